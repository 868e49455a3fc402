/* Random rows to bound by back-substitution, and checks of them. */
#include "tests/ref/ref_rows.h"

#include "domains/domain.h"
#include "src/num/interval.h"
#include "src/num/rational.h"
#include "tests/suite.h"

#include <math.h>

static void propagate(struct bounds *bounds, const struct layers *layers,
                      const struct ref_region *region, const char *name)
{
    const struct domain_ops *ops = domain_find(name);
    struct domain *domain = ops->create(layers);
    ck_assert_int_eq(ops->propagate(domain, bounds, &region->region, NULL),
                     DOMAIN_DONE);
    ops->destroy(domain);
}

void ref_rows_sample_bound(struct ref_rows_sample *sample)
{
    bounds_init(&sample->scale, sample->layers);
    propagate(&sample->scale, sample->layers, &sample->region, "box");
    bounds_init(&sample->lines, sample->layers);
    bounds_copy(&sample->lines, &sample->scale);
}

void ref_rows_sample_init(struct ref_rows_sample *sample, size_t round)
{
    sample->seed = test_seed() + round;
    rng_init(&sample->rng, sample->seed);
    struct rng *rng = &sample->rng;
    const struct ref_network_shape shape =
        ref_network_draw_shape(rng, REF_ROWS_INPUTS, 11);
    sample->layers = ref_network_random(rng, &shape);
    struct ref_region *region = &sample->region;
    const double scale = ref_network_draw_scale(rng);
    ref_region_random(region, rng, shape.n_inputs, 0, scale, 2.0 * scale);
    bounds_init(&sample->scale, sample->layers);
    propagate(&sample->scale, sample->layers, region, "box");
    for (size_t j = 0; round % 2 == 0 && j < shape.n_inputs; j++) {
        double *end =
            rng_below(rng, 2) == 0 ? &region->lower[j] : &region->upper[j];
        *end = rng_range(rng, region->lower[j], region->upper[j]);
        region->point[j] = *end;
    }
    bounds_init(&sample->lines, sample->layers);
    bounds_copy(&sample->lines, &sample->scale);
    propagate(&sample->lines, sample->layers, region,
              round % 3 == 0 ? "zonotope" : "box");
}

void ref_rows_sample_clear(struct ref_rows_sample *sample)
{
    layers_destroy(sample->layers);
    ref_region_clear(&sample->region);
    bounds_clear(&sample->scale);
    bounds_clear(&sample->lines);
}

void ref_rows_set_lines(struct backward *backward,
                        const struct ref_rows_sample *sample)
{
    const struct layers *layers = sample->layers;
    backward_set_scale(backward, &sample->scale);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t source = layers->layer[k].source;
        if (layers->layer[k].kind == LAYER_RELU) {
            backward_set_lines(backward, k, sample->lines.lower[source],
                               sample->lines.upper[source]);
        }
    }
}

void ref_rows_random(struct ref_rows *rows, const struct layers *layers,
                     struct rng *rng)
{
    rows->n = 1 + rng_below(rng, REF_ROWS_MOST);
    for (size_t r = 0; r < rows->n; r++) {
        const bool is_output = rng_below(rng, 2) == 0;
        for (size_t s = 0; s < REF_ROWS_SEEDS; s++) {
            const size_t layer = is_output ? layers->n_layers - 1
                                           : rng_below(rng, layers->n_layers);
            const bool is_whole = rng_below(rng, 2) == 0;
            rows->seed[r][s] = (struct ref_rows_seed){
                .layer = layer,
                .neuron = rng_below(rng, layers->layer[layer].width),
                .coefficient = is_whole ? (double)rng_below(rng, 5) - 2.0
                                        : rng_range(rng, -3.0, 3.0),
            };
        }
        rows->constant[r] =
            rng_below(rng, 3) == 0 ? 0.0 : rng_range(rng, -2.0, 2.0);
    }
}

void ref_rows_seed_block(struct backward *backward, const struct ref_rows *rows,
                         size_t first, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        for (size_t s = 0; s < REF_ROWS_SEEDS; s++) {
            const struct ref_rows_seed *seed = &rows->seed[first + r][s];
            double *c = backward_seed(backward, seed->layer, r);
            /* A neuron named twice takes the coefficient named last. */
            c[seed->neuron] = seed->coefficient;
        }
        backward_add_constant(backward, r, rows->constant[first + r]);
    }
}

void ref_rows_run_block(struct backward *backward, const struct ref_rows *rows,
                        size_t first, size_t n)
{
    backward_begin(backward, n);
    ref_rows_seed_block(backward, rows, first, n);
    backward_run(backward);
}

void ref_rows_seed_twin(struct ref_backward *twin, const struct ref_rows *rows,
                        size_t r)
{
    for (size_t s = 0; s < REF_ROWS_SEEDS; s++) {
        const struct ref_rows_seed *seed = &rows->seed[r][s];
        rational_set_double(twin->c.layer[seed->layer].value[seed->neuron],
                            seed->coefficient);
    }
    rational_set_double(twin->constant, rows->constant[r]);
}

/* c.v + constant of a twin that has not been run. */
static void eval_twin(mpq_t sum, const struct ref_backward *twin,
                      const struct ref_values *values)
{
    mpq_t term;
    mpq_init(term);
    mpq_set(sum, twin->constant);
    for (size_t k = 0; k < values->n_layers; k++) {
        for (size_t i = 0; i < values->layer[k].width; i++) {
            mpq_mul(term, twin->c.layer[k].value[i], values->layer[k].value[i]);
            mpq_add(sum, sum, term);
        }
    }
    mpq_clear(term);
}

/* A.x + b of row r of the last block, exactly as the doubles stand. */
static void eval_row(mpq_t sum, const struct backward *backward, size_t r,
                     const double *x, size_t n_inputs)
{
    mpq_t term;
    mpq_t factor;
    mpq_inits(term, factor, (mpq_ptr)NULL);
    const double *a = backward_coefficients(backward, r);
    rational_set_double(sum, backward_constant(backward, r));
    for (size_t j = 0; j < n_inputs; j++) {
        rational_set_double(term, a[j]);
        rational_set_double(factor, x[j]);
        mpq_mul(term, term, factor);
        mpq_add(sum, sum, term);
    }
    mpq_clears(term, factor, (mpq_ptr)NULL);
}

void ref_rows_check_points(struct ref_rows_sample *sample,
                           const struct backward *backward, size_t r,
                           const struct ref_backward *unrun)
{
    double x[REF_ROWS_INPUTS];
    mpq_t row;
    mpq_t truth;
    mpq_inits(row, truth, (mpq_ptr)NULL);
    struct ref_values values;
    ref_values_init(&values, sample->layers);
    for (size_t point = 0; point < 3; point++) {
        ref_region_sample(x, &sample->region, &sample->rng);
        ref_network_eval(&values, sample->layers, x);
        eval_twin(truth, unrun, &values);
        eval_row(row, backward, r, x, sample->layers->n_inputs);
        ck_assert_msg(mpq_cmp(row, truth) <= 0,
                      "seed %llu: row %zu is %a at a point of value %a",
                      (unsigned long long)sample->seed, r, mpq_get_d(row),
                      mpq_get_d(truth));
    }
    ref_values_clear(&values);
    mpq_clears(row, truth, (mpq_ptr)NULL);
}

/* The rounding that a bound may lose: eight times what (2) charges. */
static void set_allowed(mpq_t allowed, const struct ref_rows_sample *sample,
                        const struct ref_backward *twin)
{
    double total = 1.0;
    for (size_t i = 0; i < sample->scale.n_total; i++) {
        total += fabs(sample->scale.block[i]) +
                 fabs(sample->scale.block[sample->scale.n_total + i]);
    }
    mpq_t underflow;
    mpq_init(underflow);
    rational_set_double(underflow, total * 0x1p-1020);
    rational_set_double(allowed,
                        16.0 * interval_gamma(sample->scale.n_total + 64));
    mpq_mul(allowed, allowed, twin->size);
    mpq_add(allowed, allowed, underflow);
    mpq_clear(underflow);
}

void ref_rows_check_minimum(const struct ref_rows_sample *sample, double found,
                            const struct ref_backward *twin, const char *what)
{
    mpq_t minimum;
    mpq_t allowed;
    mpq_t value;
    mpq_inits(minimum, allowed, value, (mpq_ptr)NULL);
    ref_backward_minimum(minimum, twin, sample->region.lower,
                         sample->region.upper);
    ck_assert_msg(isfinite(found), "%s, seed %llu: no bound", what,
                  (unsigned long long)sample->seed);
    rational_set_double(value, found);
    ck_assert_msg(mpq_cmp(value, minimum) <= 0,
                  "%s, seed %llu: %a is above the exact minimum %a", what,
                  (unsigned long long)sample->seed, found, mpq_get_d(minimum));
    set_allowed(allowed, sample, twin);
    mpq_sub(minimum, minimum, value);
    ck_assert_msg(mpq_cmp(minimum, allowed) <= 0,
                  "%s, seed %llu: %a is %g too low, allowed are %g", what,
                  (unsigned long long)sample->seed, found, mpq_get_d(minimum),
                  mpq_get_d(allowed));
    mpq_clears(minimum, allowed, value, (mpq_ptr)NULL);
}

void ref_rows_check(struct ref_rows_sample *sample, struct backward *backward,
                    const struct ref_rows *rows)
{
    const double *lower = sample->region.lower;
    const double *upper = sample->region.upper;
    double found[REF_ROWS_MOST];
    ref_rows_run_block(backward, rows, 0, rows->n);
    for (size_t r = 0; r < rows->n; r++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        ref_rows_seed_twin(&twin, rows, r);
        ref_rows_check_points(sample, backward, r, &twin);
        found[r] = backward_minimum(backward, r, lower, upper);
        ref_backward_clear(&twin);
    }
    for (size_t r = 0; r < rows->n; r++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        ref_rows_seed_twin(&twin, rows, r);
        ref_backward_run(&twin, sample->layers, &sample->lines, &sample->scale);
        ref_rows_check_minimum(sample, found[r], &twin, "in a block");
        ref_rows_run_block(backward, rows, r, 1);
        ref_rows_check_minimum(sample,
                               backward_minimum(backward, 0, lower, upper),
                               &twin, "alone");
        ref_backward_clear(&twin);
    }
}
