/* Random exact-layer networks and regions, evaluated in rationals. */
#include "tests/ref/ref_network.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/rational.h"
#include "tests/ref/ref_build.h"

#include <math.h>
#include <string.h>

static bool is_chance(struct rng *rng, size_t one_in)
{
    return rng_below(rng, one_in) == 0;
}

/* A weight in [-scale, scale]: zero, a whole multiple of scale/4, a float32
 * value or a full double. */
static double random_weight(struct rng *rng, double scale)
{
    const double x = rng_range(rng, -scale, scale);
    switch (rng_below(rng, 8)) {
    case 0:
        return 0.0;
    case 1:
        return scale * 0.25 * ((double)rng_below(rng, 9) - 4.0);
    case 2:
    case 3:
        return (double)(float)x;
    default:
        return x;
    }
}

static void matrix_init_dense(struct matrix *matrix, size_t n_rows,
                              size_t n_cols)
{
    *matrix = (struct matrix){.n_rows = n_rows, .n_cols = n_cols};
    NEW_ALIGNED(matrix->dense, n_rows * n_cols);
}

static void fill_random(struct matrix *matrix, struct rng *rng,
                        const struct ref_network_shape *shape)
{
    const size_t n = matrix->n_rows * matrix->n_cols;
    for (size_t i = 0; i < n; i++) {
        matrix->dense[i] = random_weight(rng, shape->scale);
    }
    if ((shape->features & REF_NETWORK_ODD) == 0) {
        return;
    }
    const size_t bytes = matrix->n_cols * sizeof *matrix->dense;
    double *first = matrix->dense;
    double *last = first + (matrix->n_rows - 1) * matrix->n_cols;
    if (is_chance(rng, 3)) {
        memset(last, 0, bytes);
    } else if (matrix->n_rows > 1 && is_chance(rng, 2)) {
        memcpy(last, first, bytes);
    }
    if (is_chance(rng, 2)) {
        matrix->dense[rng_below(rng, n)] = -0.0;
    }
}

static void add_term(struct layer *layer, const struct layers *layers,
                     size_t source)
{
    RESIZE_ARRAY(layer->terms, layer->n_terms + 1);
    struct layer_term *term = &layer->terms[layer->n_terms++];
    term->source = source;
    matrix_init_dense(&term->matrix, layer->width, layers->layer[source].width);
}

static void begin_affine(struct layer *layer, size_t width)
{
    *layer = (struct layer){.kind = LAYER_AFFINE, .width = width};
    NEW_ARRAY(layer->bias, width);
}

/* Places two earlier layers side by side by shifted identities. */
static void append_concat(struct layers *layers, struct rng *rng)
{
    struct layer *layer = &layers->layer[layers->n_layers];
    const size_t last = layers->n_layers - 1;
    const size_t sources[2] = {rng_below(rng, layers->n_layers), last};
    const size_t shift = layers->layer[sources[0]].width;
    begin_affine(layer, shift + layers->layer[last].width);
    for (size_t t = 0; t < 2; t++) {
        add_term(layer, layers, sources[t]);
        struct matrix *matrix = &layer->terms[t].matrix;
        for (size_t j = 0; j < matrix->n_cols; j++) {
            const size_t row = t == 0 ? j : shift + j;
            matrix->dense[row * matrix->n_cols + j] = 1.0;
        }
        ref_build_to_csr(matrix);
    }
    layers->n_layers++;
}

static void append_affine(struct layers *layers, struct rng *rng,
                          const struct ref_network_shape *shape, size_t width)
{
    struct layer *layer = &layers->layer[layers->n_layers];
    begin_affine(layer, width);
    const bool is_skip = (shape->features & REF_NETWORK_SKIP) != 0;
    const size_t n_terms = is_skip ? 1 + rng_below(rng, 3) : 1;
    for (size_t t = 0; t < n_terms; t++) {
        const size_t source =
            t == 0 ? layers->n_layers - 1 : rng_below(rng, layers->n_layers);
        add_term(layer, layers, source);
        fill_random(&layer->terms[t].matrix, rng, shape);
        if ((shape->features & REF_NETWORK_CSR) != 0 && is_chance(rng, 2)) {
            ref_build_to_csr(&layer->terms[t].matrix);
        }
    }
    for (size_t i = 0; i < width; i++) {
        layer->bias[i] = random_weight(rng, shape->scale);
    }
    layers->n_layers++;
}

static void append_relu(struct layers *layers, size_t source)
{
    struct layer *layer = &layers->layer[layers->n_layers++];
    *layer = (struct layer){.kind = LAYER_RELU,
                            .width = layers->layer[source].width,
                            .source = source};
    layers->n_relus += layer->width;
}

double ref_network_draw_scale(struct rng *rng)
{
    static const double scales[] = {1.0, 1e-6, 1e6, 0.25};
    return scales[rng_below(rng, 4)];
}

struct ref_network_shape
ref_network_draw_shape(struct rng *rng, size_t most_inputs, size_t most_width)
{
    struct ref_network_shape shape;
    shape.n_inputs = 1 + rng_below(rng, most_inputs);
    shape.n_outputs = 1 + rng_below(rng, 3);
    shape.n_stages = 1 + rng_below(rng, 4);
    shape.width = 1 + rng_below(rng, most_width);
    shape.scale = ref_network_draw_scale(rng);
    shape.features = (unsigned)rng_below(rng, 32);
    return shape;
}

struct layers *ref_network_random(struct rng *rng,
                                  const struct ref_network_shape *shape)
{
    REQUIRE(shape->n_inputs > 0 && shape->n_outputs > 0 && shape->width > 0);
    struct layers *layers = NULL;
    NEW(layers);
    layers->n_inputs = shape->n_inputs;
    layers->n_outputs = shape->n_outputs;
    NEW_ARRAY(layers->layer, 4 * shape->n_stages + 2);
    layers->layer[0] =
        (struct layer){.kind = LAYER_INPUT, .width = shape->n_inputs};
    layers->n_layers = 1;
    for (size_t stage = 0; stage < shape->n_stages; stage++) {
        append_affine(layers, rng, shape, 1 + rng_below(rng, shape->width));
        if (!is_chance(rng, 6)) {
            append_relu(layers, layers->n_layers - 1);
        }
        if ((shape->features & REF_NETWORK_RELU) != 0 && is_chance(rng, 3)) {
            append_relu(layers, rng_below(rng, layers->n_layers));
        }
        if ((shape->features & REF_NETWORK_CONCAT) != 0 && is_chance(rng, 3)) {
            append_concat(layers, rng);
        }
    }
    append_affine(layers, rng, shape, shape->n_outputs);
    return layers;
}

void ref_values_init(struct ref_values *values, const struct layers *layers)
{
    values->n_layers = layers->n_layers;
    NEW_ARRAY(values->layer, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        struct ref_vector *vector = &values->layer[k];
        vector->width = layers->layer[k].width;
        NEW_ARRAY(vector->value, vector->width);
        for (size_t i = 0; i < vector->width; i++) {
            mpq_init(vector->value[i]);
        }
    }
}

void ref_values_clear(struct ref_values *values)
{
    for (size_t k = 0; k < values->n_layers; k++) {
        for (size_t i = 0; i < values->layer[k].width; i++) {
            mpq_clear(values->layer[k].value[i]);
        }
        alloc_free(values->layer[k].value);
    }
    alloc_free(values->layer);
    *values = (struct ref_values){0};
}

/* y += w * v, or |w| * v. */
static void add_product(mpq_t y, double w, const mpq_t v)
{
    mpq_t product;
    mpq_init(product);
    rational_set_double(product, w);
    mpq_mul(product, product, v);
    mpq_add(y, y, product);
    mpq_clear(product);
}

static double same(double w)
{
    return w;
}

static void add_row(mpq_t y, const struct matrix *matrix, size_t row, mpq_t *v,
                    double (*weight)(double w))
{
    if (matrix->dense != NULL) {
        const double *w = matrix->dense + row * matrix->n_cols;
        for (size_t j = 0; j < matrix->n_cols; j++) {
            add_product(y, weight(w[j]), v[j]);
        }
        return;
    }
    for (size_t e = matrix->start[row]; e < matrix->start[row + 1]; e++) {
        add_product(y, weight(matrix->value[e]), v[matrix->column[e]]);
    }
}

void ref_matrix_add_row(mpq_t y, const struct matrix *matrix, size_t row,
                        mpq_t *v)
{
    add_row(y, matrix, row, v, same);
}

void ref_matrix_add_abs_row(mpq_t y, const struct matrix *matrix, size_t row,
                            mpq_t *v)
{
    add_row(y, matrix, row, v, fabs);
}

static void eval_neuron(mpq_t y, const struct ref_values *values,
                        const struct layer *layer, size_t i)
{
    if (layer->kind == LAYER_RELU) {
        mpq_set(y, values->layer[layer->source].value[i]);
        if (mpq_sgn(y) < 0) {
            mpq_set_ui(y, 0, 1);
        }
        return;
    }
    rational_set_double(y, layer->bias[i]);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        ref_matrix_add_row(y, &term->matrix, i,
                           values->layer[term->source].value);
    }
}

void ref_network_eval(struct ref_values *values, const struct layers *layers,
                      const double *x)
{
    for (size_t i = 0; i < layers->n_inputs; i++) {
        rational_set_double(values->layer[0].value[i], x[i]);
    }
    for (size_t k = 1; k < layers->n_layers; k++) {
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            eval_neuron(values->layer[k].value[i], values, &layers->layer[k],
                        i);
        }
    }
}

/* g.x exactly. */
static void dot_exact(mpq_t sum, const double *g, const double *x, size_t n)
{
    mpq_t value;
    mpq_init(value);
    mpq_set_ui(sum, 0, 1);
    for (size_t i = 0; i < n; i++) {
        rational_set_double(value, x[i]);
        add_product(sum, g[i], value);
    }
    mpq_clear(value);
}

static void random_box(struct ref_region *region, struct rng *rng, double scale,
                       double width)
{
    for (size_t i = 0; i < region->n_inputs; i++) {
        const double centre = rng_range(rng, -scale, scale);
        const double extent =
            is_chance(rng, 8) ? 0.0 : rng_range(rng, 0.0, width);
        region->lower[i] = centre;
        region->upper[i] = centre + extent;
        region->point[i] = rng_range(rng, region->lower[i], region->upper[i]);
    }
}

void ref_region_random(struct ref_region *region, struct rng *rng,
                       size_t n_inputs, size_t n_rows, double scale,
                       double width)
{
    *region = (struct ref_region){.n_inputs = n_inputs};
    NEW_ARRAY(region->lower, n_inputs);
    NEW_ARRAY(region->upper, n_inputs);
    NEW_ARRAY(region->point, n_inputs);
    NEW_ARRAY(region->row, n_rows * n_inputs);
    NEW_ARRAY(region->rhs, n_rows);
    random_box(region, rng, scale, width);
    mpq_t sum;
    mpq_init(sum);
    for (size_t j = 0; j < n_rows; j++) {
        double *g = region->row + j * n_inputs;
        double reach = 0.0;
        for (size_t i = 0; i < n_inputs; i++) {
            g[i] = random_weight(rng, 1.0);
            reach += fabs(g[i]) * (region->upper[i] - region->lower[i]);
        }
        dot_exact(sum, g, region->point, n_inputs);
        const double slack = is_chance(rng, 4) ? 0.0 : rng_range(rng, 0.0, 0.2);
        region->rhs[j] = rational_up(sum) + slack * reach;
    }
    mpq_clear(sum);
    region->region = (struct region){.lower = region->lower,
                                     .upper = region->upper,
                                     .n_rows = n_rows,
                                     .row = region->row,
                                     .rhs = region->rhs};
    REQUIRE(ref_region_contains(region, region->point));
}

void ref_region_clear(struct ref_region *region)
{
    alloc_free(region->lower);
    alloc_free(region->upper);
    alloc_free(region->point);
    alloc_free(region->row);
    alloc_free(region->rhs);
    *region = (struct ref_region){0};
}

bool ref_region_contains(const struct ref_region *region, const double *x)
{
    for (size_t i = 0; i < region->n_inputs; i++) {
        if (!(region->lower[i] <= x[i] && x[i] <= region->upper[i])) {
            return false;
        }
    }
    bool is_inside = true;
    mpq_t sum;
    mpq_t rhs;
    mpq_inits(sum, rhs, (mpq_ptr)NULL);
    for (size_t j = 0; j < region->region.n_rows && is_inside; j++) {
        dot_exact(sum, region->row + j * region->n_inputs, x, region->n_inputs);
        rational_set_double(rhs, region->rhs[j]);
        is_inside = mpq_cmp(sum, rhs) <= 0;
    }
    mpq_clears(sum, rhs, (mpq_ptr)NULL);
    return is_inside;
}

void ref_region_sample(double *x, const struct ref_region *region,
                       struct rng *rng)
{
    const size_t n = region->n_inputs;
    const size_t one_in = 1 + rng_below(rng, 3);
    for (size_t i = 0; i < n; i++) {
        const double l = region->lower[i];
        const double u = region->upper[i];
        x[i] = rng_range(rng, l, u);
        if (is_chance(rng, one_in)) {
            x[i] = is_chance(rng, 2) ? l : u;
        }
    }
    for (size_t tries = 0; tries < 40; tries++) {
        if (ref_region_contains(region, x)) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            x[i] = region->point[i] + 0.75 * (x[i] - region->point[i]);
        }
    }
    memcpy(x, region->point, n * sizeof *x);
}
