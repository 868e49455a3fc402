/* Every domain: contains every execution, close to its exact twin. */
#include "domains/box.h"
#include "domains/domain.h"
#include "domains/zonotope.h"
#include "src/num/rational.h"
#include "tests/ref/ref_network.h"
#include "tests/ref/ref_zonotope.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* A random network with a region of its inputs. */
struct sample {
    struct rng rng;
    uint64_t seed;
    struct layers *layers;
    struct ref_region region;
};

static void sample_init(struct sample *sample, size_t round, size_t n_rows)
{
    sample->seed = test_seed() + round;
    rng_init(&sample->rng, sample->seed);
    struct rng *rng = &sample->rng;
    const struct ref_network_shape shape = ref_network_draw_shape(rng, 5, 7);
    sample->layers = ref_network_random(rng, &shape);
    const double scale = ref_network_draw_scale(rng);
    const double width = scale * rng_range(rng, 0.0, 2.0);
    ref_region_random(&sample->region, rng, shape.n_inputs, n_rows, scale,
                      rng_below(rng, 6) == 0 ? 0.0 : width);
}

static void sample_clear(struct sample *sample)
{
    layers_destroy(sample->layers);
    ref_region_clear(&sample->region);
}

/* Bounds of one domain, made from top by a domain object of its own. */
static enum domain_answer run(struct bounds *bounds,
                              const struct domain_ops *ops,
                              const struct sample *sample,
                              const struct budget *budget)
{
    struct domain *domain = ops->create(sample->layers);
    const enum domain_answer answer =
        ops->propagate(domain, bounds, &sample->region.region, budget);
    ops->destroy(domain);
    return answer;
}

static bool is_within(const mpq_t value, double lower, double upper)
{
    mpq_t end;
    mpq_init(end);
    bool is_inside = lower < HUGE_VAL && upper > -HUGE_VAL;
    if (is_inside && isfinite(lower)) {
        rational_set_double(end, lower);
        is_inside = mpq_cmp(end, value) <= 0;
    }
    if (is_inside && isfinite(upper)) {
        rational_set_double(end, upper);
        is_inside = mpq_cmp(value, end) <= 0;
    }
    mpq_clear(end);
    return is_inside;
}

/* Exact values at points of the region lie within the bounds. */
static void check_contains(const struct bounds *bounds, struct sample *sample,
                           const char *name)
{
    double x[16];
    struct ref_values values;
    ref_values_init(&values, sample->layers);
    for (size_t point = 0; point < 6; point++) {
        ref_region_sample(x, &sample->region, &sample->rng);
        ref_network_eval(&values, sample->layers, x);
        for (size_t k = 0; k < sample->layers->n_layers; k++) {
            for (size_t i = 0; i < values.layer[k].width; i++) {
                const double l = bounds->lower[k][i];
                const double u = bounds->upper[k][i];
                ck_assert_msg(is_within(values.layer[k].value[i], l, u),
                              "%s, seed %llu: value near %a of neuron %zu of "
                              "layer %zu is outside [%a, %a]",
                              name, (unsigned long long)sample->seed,
                              mpq_get_d(values.layer[k].value[i]), i, k, l, u);
            }
        }
    }
    ref_values_clear(&values);
}

START_TEST(every_domain_contains_every_execution)
{
    for (size_t round = 0; round < test_count(120); round++) {
        struct sample sample;
        sample_init(&sample, round, round % 3);
        for (size_t d = 0; d < domain_count(); d++) {
            const struct domain_ops *ops = domain_at(d);
            struct bounds bounds;
            bounds_init(&bounds, sample.layers);
            ck_assert_int_eq(run(&bounds, ops, &sample, NULL), DOMAIN_DONE);
            ck_assert(!bounds_is_empty(&bounds));
            check_contains(&bounds, &sample, ops->name);
            bounds_clear(&bounds);
        }
        sample_clear(&sample);
    }
}
END_TEST

/* The bounds [l, u] enclose the exact range and pass it by no more than
 * `slack`. */
static void check_tight(const struct ref_range *range, double l, double u,
                        const mpq_t slack, const char *name)
{
    mpq_t end;
    mpq_t allowed;
    mpq_inits(end, allowed, (mpq_ptr)NULL);
    rational_set_double(allowed, 0x1p-1000);
    mpq_add(allowed, allowed, slack);
    rational_set_double(end, l);
    ck_assert_msg(mpq_cmp(end, range->lower) <= 0,
                  "%s: %a is above the exact lower end", name, l);
    mpq_add(end, end, allowed);
    ck_assert_msg(mpq_cmp(end, range->lower) >= 0,
                  "%s: %a is far below the exact lower end", name, l);
    rational_set_double(end, u);
    ck_assert_msg(mpq_cmp(end, range->upper) >= 0,
                  "%s: %a is below the exact upper end", name, u);
    mpq_sub(end, end, allowed);
    ck_assert_msg(mpq_cmp(end, range->upper) <= 0,
                  "%s: %a is far above the exact upper end", name, u);
    mpq_clears(end, allowed, (mpq_ptr)NULL);
}

/* ReLU bounds follow exactly from those of the source. */
static void check_relu(const struct bounds *bounds, const struct layer *layer,
                       size_t k)
{
    for (size_t i = 0; i < layer->width; i++) {
        const double l = fmax(bounds->lower[layer->source][i], 0.0);
        const double u = fmax(bounds->upper[layer->source][i], 0.0);
        ck_assert(bounds->lower[k][i] >= l && bounds->lower[k][i] <= l);
        ck_assert(bounds->upper[k][i] >= u && bounds->upper[k][i] <= u);
    }
}

START_TEST(box_rows_enclose_the_exact_image_by_a_few_units)
{
    for (size_t round = 0; round < test_count(120); round++) {
        struct sample sample;
        sample_init(&sample, round, 0);
        struct bounds bounds;
        bounds_init(&bounds, sample.layers);
        (void)run(&bounds, &box_domain_ops, &sample, NULL);
        struct ref_range range;
        ref_range_init(&range);
        mpq_t slack;
        mpq_init(slack);
        for (size_t k = 1; k < sample.layers->n_layers; k++) {
            const struct layer *layer = &sample.layers->layer[k];
            if (layer->kind != LAYER_AFFINE) {
                check_relu(&bounds, layer, k);
                continue;
            }
            const size_t n = box_row_terms(layer);
            for (size_t i = 0; i < layer->width; i++) {
                ref_box_row(&range, sample.layers, &bounds, k, i);
                mpq_set_ui(slack, 2 * n + 8, 1);
                mpq_mul(slack, slack, range.size);
                mpq_div_2exp(slack, slack, 53);
                check_tight(&range, bounds.lower[k][i], bounds.upper[k][i],
                            slack, "box");
            }
        }
        ref_range_clear(&range);
        mpq_clear(slack);
        bounds_clear(&bounds);
        sample_clear(&sample);
    }
}
END_TEST

/* Exact ranges narrowed like the domain does: by the interval image. */
static void meet(struct ref_range *range, const struct ref_range *image)
{
    if (mpq_cmp(range->lower, image->lower) < 0) {
        mpq_set(range->lower, image->lower);
    }
    if (mpq_cmp(range->upper, image->upper) > 0) {
        mpq_set(range->upper, image->upper);
    }
}

/* sizes: absolute terms carried through the layers without cancellation,
 * A_i = sum_j |w_ij| A_j + |b_i|, which rounding errors are relative to. */
static void absolute_sizes(struct ref_values *sizes,
                           const struct sample *sample)
{
    const struct layers *layers = sample->layers;
    mpq_t *input = sizes->layer[0].value;
    for (size_t i = 0; i < layers->n_inputs; i++) {
        rational_set_double(input[i], fmax(fabs(sample->region.lower[i]),
                                           fabs(sample->region.upper[i])));
    }
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            mpq_t *size = &sizes->layer[k].value[i];
            if (layer->kind == LAYER_RELU) {
                mpq_set(*size, sizes->layer[layer->source].value[i]);
                continue;
            }
            rational_set_double(*size, fabs(layer->bias[i]));
            for (size_t t = 0; t < layer->n_terms; t++) {
                ref_matrix_add_abs_row(
                    *size, &layer->terms[t].matrix, i,
                    sizes->layer[layer->terms[t].source].value);
            }
        }
    }
}

/* The twin of layer k against the bounds; slack 2^-44 of the sizes. */
static void check_zonotope_layer(const struct sample *sample,
                                 const struct bounds *bounds,
                                 const struct ref_zonotope *twin,
                                 const struct ref_values *sizes, size_t k)
{
    struct ref_range range;
    struct ref_range image;
    mpq_t slack;
    ref_range_init(&range);
    ref_range_init(&image);
    mpq_init(slack);
    for (size_t i = 0; i < sample->layers->layer[k].width; i++) {
        ref_zonotope_range(&range, twin, k, i);
        ref_box_row(&image, sample->layers, bounds, k, i);
        meet(&range, &image);
        mpq_div_2exp(slack, sizes->layer[k].value[i], 44);
        check_tight(&range, bounds->lower[k][i], bounds->upper[k][i], slack,
                    "zonotope");
    }
    mpq_clear(slack);
    ref_range_clear(&range);
    ref_range_clear(&image);
}

START_TEST(zonotope_encloses_its_exact_twin_closely)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, round, 0);
        struct bounds bounds;
        bounds_init(&bounds, sample.layers);
        (void)run(&bounds, &zonotope_domain_ops, &sample, NULL);
        struct ref_zonotope twin;
        ref_zonotope_init(&twin, sample.layers, &bounds);
        struct ref_values sizes;
        ref_values_init(&sizes, sample.layers);
        absolute_sizes(&sizes, &sample);
        for (size_t k = 1; k < sample.layers->n_layers; k++) {
            if (sample.layers->layer[k].kind == LAYER_AFFINE) {
                check_zonotope_layer(&sample, &bounds, &twin, &sizes, k);
            }
        }
        ref_values_clear(&sizes);
        ref_zonotope_clear(&twin);
        bounds_clear(&bounds);
        sample_clear(&sample);
    }
}
END_TEST

/* Sum over the affine neurons of how much narrower `fine` is; every pair of
 * bounds is checked to be nested. */
static double check_nested(const struct bounds *fine,
                           const struct bounds *coarse, const char *name)
{
    double gain = 0.0;
    for (size_t i = 0; i < fine->n_total; i++) {
        const double l = coarse->block[i];
        const double u = coarse->block[coarse->n_total + i];
        const double fine_l = fine->block[i];
        const double fine_u = fine->block[fine->n_total + i];
        ck_assert_msg(l <= fine_l && fine_u <= u,
                      "%s: [%a, %a] is not within [%a, %a]", name, fine_l,
                      fine_u, l, u);
        if (u > l) {
            gain += 1.0 - (fine_u - fine_l) / (u - l);
        }
    }
    return gain;
}

START_TEST(star_is_inside_zonotope_is_inside_box)
{
    double gains[2] = {0.0, 0.0};
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, round, round % 3);
        struct bounds bounds[3];
        static const char *const names[] = {"box", "zonotope", "star"};
        for (size_t d = 0; d < 3; d++) {
            bounds_init(&bounds[d], sample.layers);
            (void)run(&bounds[d], domain_find(names[d]), &sample, NULL);
        }
        for (size_t d = 0; d < 2; d++) {
            gains[d] += check_nested(&bounds[d + 1], &bounds[d], names[d + 1]);
        }
        for (size_t d = 0; d < 3; d++) {
            bounds_clear(&bounds[d]);
        }
        sample_clear(&sample);
    }
    ck_assert_double_gt(gains[0], 5.0);
    ck_assert_double_gt(gains[1], 5.0);
}
END_TEST

START_TEST(no_time_leaves_valid_bounds)
{
    const struct budget none = {.deadline_s = -1.0};
    for (size_t round = 0; round < test_count(10); round++) {
        struct sample sample;
        sample_init(&sample, round, 1);
        for (size_t d = 0; d < domain_count(); d++) {
            struct bounds bounds;
            bounds_init(&bounds, sample.layers);
            ck_assert_int_eq(run(&bounds, domain_at(d), &sample, &none),
                             DOMAIN_INTERRUPTED);
            check_contains(&bounds, &sample, domain_at(d)->name);
            bounds_clear(&bounds);
        }
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_workspace_forgets_earlier_regions)
{
    for (size_t round = 0; round < test_count(20); round++) {
        struct sample sample;
        sample_init(&sample, round, 1);
        struct ref_region other;
        ref_region_random(&other, &sample.rng, sample.region.n_inputs, 2, 1.0,
                          4.0);
        for (size_t d = 0; d < domain_count(); d++) {
            const struct domain_ops *ops = domain_at(d);
            struct bounds fresh;
            struct bounds used;
            bounds_init(&fresh, sample.layers);
            bounds_init(&used, sample.layers);
            (void)run(&fresh, ops, &sample, NULL);
            struct domain *domain = ops->create(sample.layers);
            (void)ops->propagate(domain, &used, &other.region, NULL);
            bounds_clear(&used);
            bounds_init(&used, sample.layers);
            (void)ops->propagate(domain, &used, &sample.region.region, NULL);
            ops->destroy(domain);
            ck_assert_msg(memcmp(fresh.block, used.block,
                                 2 * fresh.n_total * sizeof(double)) == 0,
                          "%s, seed %llu: an earlier region changed the result",
                          ops->name, (unsigned long long)sample.seed);
            bounds_clear(&fresh);
            bounds_clear(&used);
        }
        ref_region_clear(&other);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(incoming_bounds_are_kept_and_contradictions_found)
{
    for (size_t round = 0; round < test_count(20); round++) {
        struct sample sample;
        sample_init(&sample, round, 0);
        const size_t last = sample.layers->n_layers - 1;
        for (size_t d = 0; d < domain_count(); d++) {
            struct bounds first;
            struct bounds second;
            bounds_init(&first, sample.layers);
            bounds_init(&second, sample.layers);
            (void)run(&first, domain_at(0), &sample, NULL);
            bounds_copy(&second, &first);
            ck_assert_int_eq(run(&second, domain_at(d), &sample, NULL),
                             DOMAIN_DONE);
            (void)check_nested(&second, &first, domain_at(d)->name);
            check_contains(&second, &sample, domain_at(d)->name);
            second.upper[last][0] =
                first.lower[last][0] - 1.0 - fabs(first.lower[last][0]);
            ck_assert_int_eq(run(&second, domain_at(d), &sample, NULL),
                             DOMAIN_EMPTY);
            bounds_clear(&first);
            bounds_clear(&second);
        }
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(the_table_finds_its_rows)
{
    for (size_t d = 0; d < domain_count(); d++) {
        ck_assert_ptr_eq(domain_find(domain_at(d)->name), domain_at(d));
        ck_assert_ptr_nonnull(domain_at(d)->guarantee);
    }
    ck_assert_ptr_null(domain_find("sphere"));
    ck_assert_ptr_eq(domain_find("box"), &box_domain_ops);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("domains");
    tcase_add_test(cases, every_domain_contains_every_execution);
    tcase_add_test(cases, box_rows_enclose_the_exact_image_by_a_few_units);
    tcase_add_test(cases, zonotope_encloses_its_exact_twin_closely);
    tcase_add_test(cases, star_is_inside_zonotope_is_inside_box);
    tcase_add_test(cases, no_time_leaves_valid_bounds);
    tcase_add_test(cases, a_workspace_forgets_earlier_regions);
    tcase_add_test(cases, incoming_bounds_are_kept_and_contradictions_found);
    tcase_add_test(cases, the_table_finds_its_rows);
    return cases;
}
