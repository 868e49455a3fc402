/* Random networks with curves and products that stay in range. */
#include "tests/ref/ref_curves.h"

#include "tests/ref/ref_build.h"

enum { N_WEIGHTS = REF_CURVES * REF_CURVES };

void ref_curves_fill(double *values, size_t n, struct rng *rng, double lower,
                     double upper)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = rng_range(rng, lower, upper);
    }
}

void ref_curves_begin(struct ref_curves *curves, struct rng *rng,
                      size_t n_activations)
{
    double weights[N_WEIGHTS];
    double *bias = curves->bias;
    struct layers *layers = ref_build_begin(REF_CURVES);
    curves->layers = layers;
    ref_curves_fill(weights, N_WEIGHTS, rng, -1.0, 1.0);
    ref_curves_fill(bias, REF_CURVES, rng, -1.0, 1.0);
    const size_t first = ref_build_affine(layers, 0, REF_CURVES, weights, bias);
    const size_t soft =
        ref_build_activation(layers, first, ACTIVATION_SOFTPLUS);
    ref_curves_fill(weights, N_WEIGHTS, rng, 0.1, 1.0);
    ref_curves_fill(bias, REF_CURVES, rng, 0.5, 1.0);
    const size_t positive =
        ref_build_affine(layers, soft, REF_CURVES, weights, bias);
    curves->any = ref_build_activation(
        layers, positive, (enum activation)rng_below(rng, n_activations));
    curves->other = ref_build_activation(
        layers, first,
        rng_below(rng, 2) == 0 ? ACTIVATION_TANH : ACTIVATION_SIN);
}

struct layers *ref_curves_end(struct ref_curves *curves, struct rng *rng,
                              size_t source, double most)
{
    double weights[N_WEIGHTS];
    ref_curves_fill(weights, N_WEIGHTS, rng, -most, most);
    (void)ref_build_affine(curves->layers, source, REF_CURVES, weights,
                           curves->bias);
    return curves->layers;
}
