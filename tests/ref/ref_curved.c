/* Random layers of every kind. */
#include "tests/ref/ref_curved.h"

#include "tests/ref/ref_build.h"

#include <math.h>

/* The point of this file is to compare doubles with long doubles. */
#pragma GCC diagnostic ignored "-Wdouble-promotion"

long double ref_curved_function(enum activation activation, long double z)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return z >= 0.0L ? 1.0L / (1.0L + expl(-z))
                         : expl(z) / (1.0L + expl(z));
    case ACTIVATION_TANH:
        return tanhl(z);
    case ACTIVATION_SOFTPLUS:
        return fmaxl(z, 0.0L) + log1pl(expl(-fabsl(z)));
    case ACTIVATION_ERF:
        return erfl(z);
    case ACTIVATION_EXP:
        return expl(z);
    case ACTIVATION_LOG:
        return logl(z);
    case ACTIVATION_SQRT:
        return sqrtl(z);
    case ACTIVATION_RECIPROCAL:
        return fabsl(z) > 0.0L ? 1.0L / z : HUGE_VALL;
    case ACTIVATION_SQUARE:
        return z * z;
    case ACTIVATION_SIN:
        return sinl(z);
    case ACTIVATION_COS:
        return cosl(z);
    case ACTIVATION_SIGN:
        return z > 0.0L ? 1.0L : z < 0.0L ? -1.0L : 0.0L;
    case ACTIVATION_FLOOR:
        return floorl(z);
    case ACTIVATION_COUNT:
        break;
    }
    return 0.0L;
}

static void random_weights(double *weights, size_t n, struct rng *rng)
{
    for (size_t i = 0; i < n; i++) {
        weights[i] = rng_range(rng, -1.5, 1.5);
    }
}

enum { WIDTH = REF_CURVED_WIDTH, STAGES = 3 };

/* Appends a layer of a random kind to two layers of width WIDTH. */
static size_t add_random(struct layers *layers, size_t first, size_t second,
                         struct rng *rng)
{
    const double lower[WIDTH] = {0.3, -2.0 / 3.0, 1.0, 0.0};
    const double upper[WIDTH] = {0.31, -0.66, 1.0, 0.0};
    switch (rng_below(rng, 6)) {
    case 0:
        return ref_build_relu(layers, first);
    case 1:
        return ref_build_product(layers, first, second);
    case 2:
        return ref_build_scale(layers, first, lower, upper);
    default:
        return ref_build_activation(
            layers, first, (enum activation)rng_below(rng, ACTIVATION_COUNT));
    }
}

struct layers *ref_curved_network(struct rng *rng)
{
    double weights[WIDTH * WIDTH];
    double bias[WIDTH];
    struct layers *layers = ref_build_begin(WIDTH);
    size_t last = 0;
    size_t before = 0;
    for (size_t stage = 0; stage < STAGES; stage++) {
        random_weights(weights, (size_t)WIDTH * WIDTH, rng);
        random_weights(bias, WIDTH, rng);
        const size_t z = ref_build_affine(layers, last, WIDTH, weights, bias);
        const size_t other = stage > 0 && rng_below(rng, 2) == 0 ? before : z;
        before = add_random(layers, z, other, rng);
        last = rng_below(rng, 3) == 0 ? add_random(layers, before, z, rng)
                                      : before;
    }
    random_weights(weights, (size_t)2 * WIDTH, rng);
    (void)ref_build_affine(layers, last, 2, weights, NULL);
    return layers;
}

void ref_curved_eval(long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH],
                     const struct layers *layers, const double *x, double t)
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            const long double z = values[layer->source][i];
            long double v = 0.0L;
            if (layer->kind == LAYER_INPUT) {
                v = x[i];
            } else if (layer->kind == LAYER_RELU) {
                v = fmaxl(z, 0.0L);
            } else if (layer->kind == LAYER_ACTIVATION) {
                v = ref_curved_function(layer->activation, z);
            } else if (layer->kind == LAYER_PRODUCT) {
                v = z * values[layer->other][i];
            } else if (layer->kind == LAYER_SCALE) {
                v = z * ((1.0L - t) * layer->factor_lower[i] +
                         t * layer->factor_upper[i]);
            } else {
                const struct layer_term *term = &layer->terms[0];
                v = layer->bias[i];
                for (size_t j = 0; j < term->matrix.n_cols; j++) {
                    v += term->matrix.dense[i * term->matrix.n_cols + j] *
                         values[term->source][j];
                }
            }
            values[k][i] = v;
        }
    }
}

bool ref_curved_has_values(
    long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH],
    const struct layers *layers)
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            const long double z = values[layer->source][i];
            const bool is_step = layer->kind == LAYER_ACTIVATION &&
                                 (layer->activation == ACTIVATION_SIGN ||
                                  layer->activation == ACTIVATION_FLOOR);
            if (!isfinite(values[k][i]) || fabsl(values[k][i]) > 1e6L ||
                (is_step && fabsl(z - roundl(z)) < 1e-9L)) {
                return false;
            }
        }
    }
    return true;
}
