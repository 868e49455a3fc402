/* Back-substitution: below the truth, below its exact twin, and close to it. */
#include "domains/act_relu.h"
#include "src/net/exact.h"
#include "src/num/rational.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_rows.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

START_TEST(rows_are_below_the_truth_and_close_to_their_twin)
{
    for (size_t round = 0; round < test_count(120); round++) {
        struct ref_rows_sample sample;
        struct ref_rows rows;
        ref_rows_sample_init(&sample, round);
        struct weights *weights = weights_create(sample.layers);
        struct backward *backward = backward_create(weights);
        ref_rows_set_lines(backward, &sample);
        ref_rows_random(&rows, sample.layers, &sample.rng);
        ref_rows_check(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        ref_rows_sample_clear(&sample);
    }
}
END_TEST

/* +v and -v of neuron i as twins that were run. */
static void check_neuron(const struct ref_rows_sample *sample, size_t layer,
                         size_t i, const double found[2], const char *what)
{
    for (size_t side = 0; side < 2; side++) {
        struct ref_backward twin;
        ref_backward_init(&twin, sample->layers);
        rational_set_double(twin.c.layer[layer].value[i],
                            side == 0 ? 1.0 : -1.0);
        ref_backward_run(&twin, sample->layers, &sample->lines, &sample->scale);
        ref_rows_check_minimum(sample, found[side], &twin, what);
        ref_backward_clear(&twin);
    }
}

START_TEST(seeded_neurons_are_rows_plus_and_minus)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_rows_sample sample;
        ref_rows_sample_init(&sample, round);
        const struct layers *layers = sample.layers;
        struct weights *weights = weights_create(layers);
        struct backward *b = backward_create(weights);
        ref_rows_set_lines(b, &sample);
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
        ref_rows_sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_block_forgets_the_one_before)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_rows_sample sample;
        struct ref_rows rows;
        struct ref_rows before;
        ref_rows_sample_init(&sample, round);
        const size_t n_inputs = sample.layers->n_inputs;
        struct weights *weights = weights_create(sample.layers);
        struct backward *fresh = backward_create(weights);
        struct backward *used = backward_create(weights);
        ref_rows_random(&before, sample.layers, &sample.rng);
        ref_rows_random(&rows, sample.layers, &sample.rng);
        ref_rows_set_lines(fresh, &sample);
        ref_rows_set_lines(used, &sample);
        ref_rows_run_block(fresh, &rows, 0, rows.n);
        ref_rows_run_block(used, &before, 0, before.n);
        const size_t last = sample.layers->n_layers - 1;
        const uint32_t neuron = 0;
        backward_begin(used, 2);
        backward_seed_neurons(used, last, &neuron, 1);
        backward_run(used);
        ref_rows_run_block(used, &rows, 0, rows.n);
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
        ref_rows_sample_clear(&sample);
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
                           const struct ref_rows_sample *sample, size_t n,
                           size_t row)
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
static void check_same(const struct ref_rows_sample *sample,
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
        struct ref_rows_sample sample;
        struct ref_rows rows;
        ref_rows_sample_init(&sample, round);
        struct weights *weights = weights_create(sample.layers);
        struct backward *own = backward_create(weights);
        struct backward *shared = backward_create(weights);
        ref_rows_random(&rows, sample.layers, &sample.rng);
        ref_rows_set_lines(own, &sample);
        backward_begin(own, rows.n);
        set_row_slopes(own, &sample, rows.n, 0);
        ref_rows_seed_block(own, &rows, 0, rows.n);
        backward_run(own);
        for (size_t r = 0; r < rows.n; r++) {
            struct ref_backward twin;
            ref_backward_init(&twin, sample.layers);
            ref_rows_seed_twin(&twin, &rows, r);
            ref_rows_check_points(&sample, own, r, &twin);
            ref_backward_clear(&twin);
            ref_rows_set_lines(shared, &sample);
            set_row_slopes(shared, &sample, 0, r);
            ref_rows_run_block(shared, &rows, 0, rows.n);
            check_same(&sample, own, shared, r);
        }
        /* The next block has the slopes of the lines again. */
        ref_rows_set_lines(shared, &sample);
        ref_rows_run_block(own, &rows, 0, rows.n);
        ref_rows_run_block(shared, &rows, 0, rows.n);
        check_same(&sample, own, shared, 0);
        backward_destroy(own);
        backward_destroy(shared);
        weights_destroy(weights);
        ref_rows_sample_clear(&sample);
    }
}
END_TEST

START_TEST(sparse_and_dense_matrices_give_the_same_rows)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_rows_sample sample;
        struct ref_rows rows;
        ref_rows_sample_init(&sample, round);
        ref_rows_random(&rows, sample.layers, &sample.rng);
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
            ref_rows_set_lines(backward, &sample);
            ref_rows_check(&sample, backward, &rows);
            backward_destroy(backward);
            weights_destroy(weights);
        }
        ref_rows_sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_neuron_of_sparse_layers_touches_few_columns)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct ref_rows_sample sample;
        ref_rows_sample_init(&sample, round);
        const struct layers *layers = sample.layers;
        ref_build_sparsify(sample.layers);
        struct weights *weights = weights_create(layers);
        struct backward *b = backward_create(weights);
        ref_rows_set_lines(b, &sample);
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
        ref_rows_sample_clear(&sample);
    }
}
END_TEST

START_TEST(rows_stay_below_the_truth_near_underflow)
{
    struct ref_rows_sample sample = {.seed = test_seed()};
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
        ref_rows_sample_bound(&sample);
        struct weights *weights = weights_create(layers);
        struct backward *backward = backward_create(weights);
        ref_rows_set_lines(backward, &sample);
        struct ref_rows rows;
        ref_rows_random(&rows, layers, rng);
        for (size_t r = 0; r < rows.n; r++) {
            const int exponent = (int)rng_below(rng, 200);
            rows.constant[r] = 0.0;
            for (size_t t = 0; t < REF_ROWS_SEEDS; t++) {
                rows.seed[r][t].coefficient =
                    ldexp(rows.seed[r][t].coefficient, exponent);
            }
        }
        ref_rows_check(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        ref_rows_sample_clear(&sample);
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
    struct ref_rows_sample sample = {.seed = test_seed()};
    rng_init(&sample.rng, sample.seed);
    for (size_t round = 0; round < test_count(100); round++) {
        sample.layers =
            build_relu(rng_range(&sample.rng, 0.5, 2.0), round % 2 == 0);
        ref_region_random(&sample.region, &sample.rng, 1, 0, 1.0, 1.0);
        sample.region.lower[0] = rng_range(&sample.rng, -3.0, -0.1);
        sample.region.upper[0] = rng_range(&sample.rng, 0.1, 3.0);
        sample.region.point[0] = 0.0;
        ref_rows_sample_bound(&sample);
        const struct act_line line = act_relu_upper_short(
            sample.lines.lower[1][0], sample.lines.upper[1][0]);
        const double q = rng_range(&sample.rng, -2.0, -0.5);
        struct ref_rows rows = {.n = 1};
        for (size_t s = 0; s < REF_ROWS_SEEDS; s++) {
            rows.seed[0][s] =
                (struct ref_rows_seed){.layer = 2, .coefficient = q};
        }
        rows.seed[0][0].layer = 1;
        rows.seed[0][0].coefficient = -(q * line.slope);
        struct weights *weights = weights_create(sample.layers);
        struct backward *backward = backward_create(weights);
        ref_rows_set_lines(backward, &sample);
        ref_rows_check(&sample, backward, &rows);
        backward_destroy(backward);
        weights_destroy(weights);
        ref_rows_sample_clear(&sample);
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
