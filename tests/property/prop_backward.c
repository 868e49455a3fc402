/* Back-substitution: below the truth, below its exact twin, and close to it. */
#include "domains/act_relu.h"
#include "domains/backward.h"
#include "domains/domain.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"
#include "src/num/rational.h"
#include "tests/ref/ref_backward.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 6, ROWS = 9, INPUTS_MAX = 6 };

static const double scales[] = {1.0, 1e-6, 1e6, 0.25};

/* A network, a region, and bounds for scale and lines; `region` is the one
 * the lines hold for, inside the one of the scale. */
struct sample {
    struct rng rng;
    uint64_t seed;
    struct layers *layers;
    struct ref_region region;
    struct bounds scale;
    struct bounds lines;
};

static bool is_zero(double x)
{
    return !(x < 0.0 || x > 0.0);
}

static void propagate(struct bounds *bounds, const struct layers *layers,
                      const struct ref_region *region, const char *name)
{
    const struct domain_ops *ops = domain_find(name);
    struct domain *domain = ops->create(layers);
    ck_assert_int_eq(ops->propagate(domain, bounds, &region->region, NULL),
                     DOMAIN_DONE);
    ops->destroy(domain);
}

static void sample_init(struct sample *sample, size_t round)
{
    sample->seed = test_seed() + round;
    rng_init(&sample->rng, sample->seed);
    struct rng *rng = &sample->rng;
    const struct ref_network_shape shape = {
        .n_inputs = 1 + rng_below(rng, INPUTS_MAX),
        .n_outputs = 1 + rng_below(rng, 3),
        .n_stages = 1 + rng_below(rng, 4),
        .width = 1 + rng_below(rng, 11),
        .scale = scales[rng_below(rng, 4)],
        .features = (unsigned)rng_below(rng, 32),
    };
    sample->layers = ref_network_random(rng, &shape);
    struct ref_region *region = &sample->region;
    const double scale = scales[rng_below(rng, 4)];
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

static void sample_clear(struct sample *sample)
{
    layers_destroy(sample->layers);
    ref_region_clear(&sample->region);
    bounds_clear(&sample->scale);
    bounds_clear(&sample->lines);
}

static void set_lines(struct backward *backward, const struct layers *layers,
                      const struct sample *sample)
{
    backward_set_scale(backward, &sample->scale);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t source = layers->layer[k].source;
        if (layers->layer[k].kind == LAYER_RELU) {
            backward_set_lines(backward, k, sample->lines.lower[source],
                               sample->lines.upper[source]);
        }
    }
}

/* Rows to bound: some coefficients each, and a constant. */
struct seed {
    size_t layer;
    size_t neuron;
    double coefficient;
};

struct rows {
    size_t n;
    struct seed seed[ROWS][SEEDS];
    double constant[ROWS];
};

static void rows_random(struct rows *rows, const struct layers *layers,
                        struct rng *rng)
{
    rows->n = 1 + rng_below(rng, ROWS);
    for (size_t r = 0; r < rows->n; r++) {
        const bool is_output = rng_below(rng, 2) == 0;
        for (size_t s = 0; s < SEEDS; s++) {
            const size_t layer = is_output ? layers->n_layers - 1
                                           : rng_below(rng, layers->n_layers);
            const bool is_whole = rng_below(rng, 2) == 0;
            rows->seed[r][s] = (struct seed){
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

/* Rows `first` .. `first + n` - 1 as those of the block that was begun. */
static void seed_block(struct backward *backward, const struct rows *rows,
                       size_t first, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        for (size_t s = 0; s < SEEDS; s++) {
            const struct seed *seed = &rows->seed[first + r][s];
            double *c = backward_seed(backward, seed->layer, r);
            /* A neuron named twice takes the coefficient named last. */
            c[seed->neuron] = seed->coefficient;
        }
        backward_add_constant(backward, r, rows->constant[first + r]);
    }
}

/* The product: these rows as one block. */
static void run_block(struct backward *backward, const struct rows *rows,
                      size_t first, size_t n)
{
    backward_begin(backward, n);
    seed_block(backward, rows, first, n);
    backward_run(backward);
}

/* The twin of row r, not yet run. */
static void seed_twin(struct ref_backward *twin, const struct rows *rows,
                      size_t r)
{
    for (size_t s = 0; s < SEEDS; s++) {
        const struct seed *seed = &rows->seed[r][s];
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

/* Row r of the block is below the seeded sum at points of the region. */
static void check_points(struct sample *sample, const struct backward *backward,
                         size_t r, const struct ref_backward *unrun)
{
    double x[INPUTS_MAX];
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
static void set_allowed(mpq_t allowed, const struct sample *sample,
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

/* `found` is not above the minimum of the twin that was run, and close. */
static void check_minimum(const struct sample *sample, double found,
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

/* Every row, all in one block and each in a block of its own. */
static void check_rows(struct sample *sample, struct backward *backward,
                       const struct rows *rows)
{
    const double *lower = sample->region.lower;
    const double *upper = sample->region.upper;
    double found[ROWS];
    run_block(backward, rows, 0, rows->n);
    for (size_t r = 0; r < rows->n; r++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        seed_twin(&twin, rows, r);
        check_points(sample, backward, r, &twin);
        found[r] = backward_minimum(backward, r, lower, upper);
        ref_backward_clear(&twin);
    }
    for (size_t r = 0; r < rows->n; r++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        seed_twin(&twin, rows, r);
        ref_backward_run(&twin, sample->layers, &sample->lines, &sample->scale);
        check_minimum(sample, found[r], &twin, "in a block");
        run_block(backward, rows, r, 1);
        check_minimum(sample, backward_minimum(backward, 0, lower, upper),
                      &twin, "alone");
        ref_backward_clear(&twin);
    }
}

START_TEST(rows_are_below_the_truth_and_close_to_their_twin)
{
    for (size_t round = 0; round < test_count(120); round++) {
        struct sample sample;
        struct rows rows;
        sample_init(&sample, round);
        struct weights *weights = weights_create(sample.layers);
        struct backward *backward = backward_create(weights);
        set_lines(backward, sample.layers, &sample);
        rows_random(&rows, sample.layers, &sample.rng);
        check_rows(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

/* +v and -v of neuron i as twins that were run. */
static void check_neuron(const struct sample *sample, size_t layer, size_t i,
                         const double found[2], const char *what)
{
    for (size_t side = 0; side < 2; side++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        rational_set_double(twin.c.layer[layer].value[i],
                            side == 0 ? 1.0 : -1.0);
        ref_backward_run(&twin, sample->layers, &sample->lines, &sample->scale);
        check_minimum(sample, found[side], &twin, what);
        ref_backward_clear(&twin);
    }
}

START_TEST(seeded_neurons_are_rows_plus_and_minus)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, round);
        const struct layers *layers = sample.layers;
        struct weights *weights = weights_create(layers);
        struct backward *b = backward_create(weights);
        set_lines(b, layers, &sample);
        for (size_t k = 1; k < layers->n_layers; k++) {
            const double *lower = sample.region.lower;
            const double *upper = sample.region.upper;
            uint32_t neurons[3] = {0};
            double found[3][2];
            const size_t n = 1 + rng_below(&sample.rng, 3);
            if (layers->layer[k].kind != LAYER_AFFINE) {
                continue;
            }
            backward_begin(b, 2 * n);
            for (size_t t = 0; t < n; t++) {
                neurons[t] =
                    (uint32_t)rng_below(&sample.rng, layers->layer[k].width);
            }
            backward_seed_neurons(b, k, neurons, n);
            backward_run(b);
            for (size_t t = 0; t < n; t++) {
                found[t][0] = backward_minimum(b, 2 * t, lower, upper);
                found[t][1] = backward_minimum(b, 2 * t + 1, lower, upper);
                check_neuron(&sample, k, neurons[t], found[t], "neurons");
            }
            backward_begin(b, 2);
            backward_seed(b, k, 0)[neurons[0]] = 1.0;
            backward_seed(b, k, 1)[neurons[0]] = -1.0;
            backward_run(b);
            found[0][0] = backward_minimum(b, 0, lower, upper);
            found[0][1] = backward_minimum(b, 1, lower, upper);
            check_neuron(&sample, k, neurons[0], found[0], "seeds");
        }
        backward_destroy(b);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_block_forgets_the_one_before)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        struct rows rows;
        struct rows before;
        sample_init(&sample, round);
        const size_t n_inputs = sample.layers->n_inputs;
        struct weights *weights = weights_create(sample.layers);
        struct backward *fresh = backward_create(weights);
        struct backward *used = backward_create(weights);
        rows_random(&before, sample.layers, &sample.rng);
        rows_random(&rows, sample.layers, &sample.rng);
        set_lines(fresh, sample.layers, &sample);
        set_lines(used, sample.layers, &sample);
        run_block(fresh, &rows, 0, rows.n);
        run_block(used, &before, 0, before.n);
        const size_t last = sample.layers->n_layers - 1;
        const uint32_t neuron = 0;
        backward_begin(used, 2);
        backward_seed_neurons(used, last, &neuron, 1);
        backward_run(used);
        run_block(used, &rows, 0, rows.n);
        for (size_t r = 0; r < rows.n; r++) {
            const double b = backward_constant(fresh, r);
            ck_assert_mem_eq(backward_coefficients(fresh, r),
                             backward_coefficients(used, r),
                             n_inputs * sizeof(double));
            ck_assert(is_zero(b - backward_constant(used, r)));
        }
        backward_destroy(fresh);
        backward_destroy(used);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

/* Slopes of each row for the lower lines of unstable neurons, by row, layer and
 * neuron. */
static double slope_of(size_t row, size_t layer, size_t neuron)
{
    return (double)((row * 7 + layer * 3 + neuron * 5) % 9) / 8.0;
}

/* Gives the rows of a block of n, or if n is 0 the lines of all rows alike, the
 * slopes of their numbers, of `row` in the latter case. */
static void set_row_slopes(struct backward *backward,
                           const struct sample *sample, size_t n, size_t row)
{
    for (size_t k = 0; k < sample->layers->n_layers; k++) {
        const struct layer *layer = &sample->layers->layer[k];
        for (size_t i = 0; layer->kind == LAYER_RELU && i < layer->width; i++) {
            if (bounds_phase(sample->lines.lower[layer->source][i],
                             sample->lines.upper[layer->source][i]) !=
                PHASE_UNSTABLE) {
                continue;
            }
            for (size_t r = 0; r < n; r++) {
                backward_set_row_slope(backward, r, k, i, slope_of(r, k, i));
            }
            if (n == 0) {
                backward_set_slope(backward, k, i, slope_of(row, k, i));
            }
        }
    }
}

/* Row r of both last blocks is the same. */
static void check_same(const struct sample *sample,
                       const struct backward *found,
                       const struct backward *wanted, size_t r)
{
    const double *a = backward_coefficients(found, r);
    const double *b = backward_coefficients(wanted, r);
    for (size_t j = 0; j < sample->layers->n_inputs; j++) {
        ck_assert_msg(is_zero(a[j] - b[j]), "seed %llu, row %zu",
                      (unsigned long long)sample->seed, r);
    }
    ck_assert(
        is_zero(backward_constant(found, r) - backward_constant(wanted, r)));
}

START_TEST(rows_with_slopes_of_their_own_are_as_if_all_had_them)
{
    for (size_t round = 0; round < test_count(120); round++) {
        struct sample sample;
        struct rows rows;
        sample_init(&sample, round);
        struct weights *weights = weights_create(sample.layers);
        struct backward *own = backward_create(weights);
        struct backward *shared = backward_create(weights);
        rows_random(&rows, sample.layers, &sample.rng);
        set_lines(own, sample.layers, &sample);
        backward_begin(own, rows.n);
        set_row_slopes(own, &sample, rows.n, 0);
        seed_block(own, &rows, 0, rows.n);
        backward_run(own);
        for (size_t r = 0; r < rows.n; r++) {
            struct ref_backward twin;
            ref_backward_init(&twin, sample.layers);
            seed_twin(&twin, &rows, r);
            check_points(&sample, own, r, &twin);
            ref_backward_clear(&twin);
            set_lines(shared, sample.layers, &sample);
            set_row_slopes(shared, &sample, 0, r);
            run_block(shared, &rows, 0, rows.n);
            check_same(&sample, own, shared, r);
        }
        /* The next block has the slopes of the lines again. */
        set_lines(shared, sample.layers, &sample);
        run_block(own, &rows, 0, rows.n);
        run_block(shared, &rows, 0, rows.n);
        check_same(&sample, own, shared, 0);
        backward_destroy(own);
        backward_destroy(shared);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(sparse_and_dense_matrices_give_the_same_rows)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        struct rows rows;
        sample_init(&sample, round);
        rows_random(&rows, sample.layers, &sample.rng);
        for (size_t form = 0; form < 2; form++) {
            if (form == 0) {
                ref_build_densify(sample.layers);
            } else {
                ref_build_sparsify(sample.layers);
            }
            struct weights *weights = weights_create(sample.layers);
            struct backward *backward = backward_create(weights);
            ck_assert_uint_eq(
                backward_block(backward, sample.layers->n_layers - 1),
                form == 0 ? BACKWARD_ROWS / 2 : 1);
            set_lines(backward, sample.layers, &sample);
            check_rows(&sample, backward, &rows);
            backward_destroy(backward);
            weights_destroy(weights);
        }
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_neuron_of_sparse_layers_touches_few_columns)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, round);
        const struct layers *layers = sample.layers;
        ref_build_sparsify(sample.layers);
        struct weights *weights = weights_create(layers);
        struct backward *b = backward_create(weights);
        set_lines(b, layers, &sample);
        for (size_t k = 1; k < layers->n_layers; k++) {
            for (size_t i = 0; i < layers->layer[k].width; i++) {
                const uint32_t neuron = (uint32_t)i;
                if (layers->layer[k].kind != LAYER_AFFINE) {
                    break;
                }
                backward_begin(b, 2);
                backward_seed_neurons(b, k, &neuron, 1);
                backward_run(b);
                const double found[2] = {
                    backward_minimum(b, 0, sample.region.lower,
                                     sample.region.upper),
                    backward_minimum(b, 1, sample.region.lower,
                                     sample.region.upper)};
                check_neuron(&sample, k, i, found, "sparse neurons");
            }
        }
        backward_destroy(b);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(rows_stay_below_the_truth_near_underflow)
{
    struct sample sample = {.seed = test_seed()};
    rng_init(&sample.rng, sample.seed);
    struct rng *rng = &sample.rng;
    for (size_t round = 0; round < test_count(100); round++) {
        double w[3][9];
        const int up = (int)rng_below(rng, 200);
        for (size_t i = 0; i < 27; i++) {
            const int exponent = i < 9 ? -(int)rng_below(rng, 40) : up;
            w[i / 9][i % 9] = ldexp(rng_range(rng, -1.0, 1.0), exponent);
        }
        struct layers *layers = ref_build_begin(3);
        const size_t first = ref_build_affine(layers, 0, 3, w[0], NULL);
        const size_t second = ref_build_affine(
            layers, ref_build_relu(layers, first), 3, w[1], NULL);
        (void)ref_build_affine(layers, ref_build_relu(layers, second), 3, w[2],
                               NULL);
        sample.layers = layers;
        ref_region_random(&sample.region, rng, 3, 0, 1.0, 1.0);
        for (size_t j = 0; j < 3; j++) {
            const int exponent = -1000 - (int)rng_below(rng, 80);
            sample.region.lower[j] = ldexp(sample.region.lower[j], exponent);
            sample.region.upper[j] = ldexp(sample.region.upper[j], exponent);
            sample.region.point[j] = sample.region.lower[j];
        }
        bounds_init(&sample.scale, layers);
        propagate(&sample.scale, layers, &sample.region, "box");
        bounds_init(&sample.lines, layers);
        bounds_copy(&sample.lines, &sample.scale);
        struct weights *weights = weights_create(layers);
        struct backward *backward = backward_create(weights);
        set_lines(backward, layers, &sample);
        struct rows rows;
        rows_random(&rows, layers, rng);
        for (size_t r = 0; r < rows.n; r++) {
            const int exponent = (int)rng_below(rng, 200);
            rows.constant[r] = 0.0;
            for (size_t t = 0; t < SEEDS; t++) {
                rows.seed[r][t].coefficient =
                    ldexp(rows.seed[r][t].coefficient, exponent);
            }
        }
        check_rows(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

/* Layers x, z = w x, y = relu(z), and if shared another user of z. */
static struct layers *build_relu(double w, bool is_shared)
{
    struct layers *layers = ref_build_begin(1);
    const size_t z = ref_build_affine(layers, 0, 1, &w, NULL);
    const size_t y = ref_build_relu(layers, z);
    if (is_shared) {
        (void)ref_build_affine(layers, y, 1, &w, NULL);
        ref_build_term(layers, z, &w);
    }
    return layers;
}

START_TEST(a_cancelled_relu_pays_for_its_rounding)
{
    struct sample sample = {.seed = test_seed()};
    rng_init(&sample.rng, sample.seed);
    for (size_t round = 0; round < test_count(100); round++) {
        sample.layers =
            build_relu(rng_range(&sample.rng, 0.5, 2.0), round % 2 == 0);
        ref_region_random(&sample.region, &sample.rng, 1, 0, 1.0, 1.0);
        sample.region.lower[0] = rng_range(&sample.rng, -3.0, -0.1);
        sample.region.upper[0] = rng_range(&sample.rng, 0.1, 3.0);
        sample.region.point[0] = 0.0;
        bounds_init(&sample.scale, sample.layers);
        propagate(&sample.scale, sample.layers, &sample.region, "box");
        bounds_init(&sample.lines, sample.layers);
        bounds_copy(&sample.lines, &sample.scale);
        const struct act_line line = act_relu_upper_short(
            sample.lines.lower[1][0], sample.lines.upper[1][0]);
        const double q = rng_range(&sample.rng, -2.0, -0.5);
        struct rows rows = {.n = 1};
        for (size_t s = 0; s < SEEDS; s++) {
            rows.seed[0][s] = (struct seed){.layer = 2, .coefficient = q};
        }
        rows.seed[0][0].layer = 1;
        rows.seed[0][0].coefficient = -(q * line.slope);
        struct weights *weights = weights_create(sample.layers);
        struct backward *backward = backward_create(weights);
        set_lines(backward, sample.layers, &sample);
        check_rows(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("backward");
    tcase_add_test(cases, rows_are_below_the_truth_and_close_to_their_twin);
    tcase_add_test(cases, seeded_neurons_are_rows_plus_and_minus);
    tcase_add_test(cases, a_block_forgets_the_one_before);
    tcase_add_test(cases, rows_with_slopes_of_their_own_are_as_if_all_had_them);
    tcase_add_test(cases, sparse_and_dense_matrices_give_the_same_rows);
    tcase_add_test(cases, a_neuron_of_sparse_layers_touches_few_columns);
    tcase_add_test(cases, rows_stay_below_the_truth_near_underflow);
    tcase_add_test(cases, a_cancelled_relu_pays_for_its_rounding);
    return cases;
}
