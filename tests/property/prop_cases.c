/* Random properties: cases, normal form and tree agree at every point. */
#include "src/base/log.h"
#include "src/query/cases.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"
#include "vnnlib/dnf.h"

#include <check.h>

#include <stdlib.h>
#include <string.h>

enum { N_INPUTS = 2, N_OUTPUTS = 2, N_VALUES = 4, N_POINTS = 40 };

static const size_t base[N_VALUES] = {0, 1, 2, 3};

/* Quarters in [-3, 3]: they meet the boundaries of the random atoms. */
static void draw_point(mpq_t *values, struct rng *rng)
{
    for (size_t i = 0; i < N_VALUES; i++) {
        mpq_set_si(values[i], (long)rng_below(rng, 25) - 12, 4);
        mpq_canonicalize(values[i]);
    }
}

/* Some case holds at the point. */
static bool query_holds(const struct query *query, const mpq_t *values)
{
    for (size_t k = 0; k < query->n_cases; k++) {
        if (query_holds_exact(query, k, values, values + N_INPUTS)) {
            ck_assert(query_contains_exact(query, k, values));
            return true;
        }
    }
    return false;
}

static struct vnnlib *parse(const char *text)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s\n%s", text, error.message);
    return lib;
}

/* Number of points at which the property holds. */
static size_t compare_with_tree(const char *text, struct rng *rng)
{
    struct error error = {0};
    struct layers layers = {.n_inputs = N_INPUTS, .n_outputs = N_OUTPUTS};
    struct query query = {0};
    struct vnnlib *lib = parse(text);
    size_t n_held = 0;
    mpq_t values[N_VALUES];
    for (size_t i = 0; i < N_VALUES; i++) {
        mpq_init(values[i]);
    }
    ck_assert_msg(
        cases_build(&query, lib,
                    &(struct cases_names){.base = base, .n_inputs = N_INPUTS},
                    &error) == STATUS_OK,
        "%s\n%s", text, error.message);
    query.layers = &layers;
    for (size_t i = 0; i < N_POINTS; i++) {
        draw_point(values, rng);
        const bool holds = ref_property_holds(lib, base, (const mpq_t *)values);
        ck_assert_msg(query_holds(&query, (const mpq_t *)values) == holds,
                      "seed %llu, expected %d at quarters %ld %ld %ld %ld\n%s",
                      (unsigned long long)test_seed(), (int)holds,
                      (long)(4 * mpq_get_d(values[0])),
                      (long)(4 * mpq_get_d(values[1])),
                      (long)(4 * mpq_get_d(values[2])),
                      (long)(4 * mpq_get_d(values[3])), text);
        n_held += holds ? 1 : 0;
    }
    for (size_t i = 0; i < N_VALUES; i++) {
        mpq_clear(values[i]);
    }
    cases_destroy(query.cases, query.n_cases, N_INPUTS);
    vnnlib_destroy(lib);
    return n_held;
}

START_TEST(cases_agree_with_the_tree)
{
    char text[4096];
    struct rng rng;
    size_t n_held = 0;
    const size_t n = test_count(200);
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < n; i++) {
        ref_property_random(text, sizeof text, &rng, N_INPUTS, N_OUTPUTS);
        n_held += compare_with_tree(text, &rng);
    }
    /* Neither always nor never: the comparison means something. */
    ck_assert_uint_gt(n_held, n * N_POINTS / 20);
    ck_assert_uint_lt(n_held, n * N_POINTS * 19 / 20);
}
END_TEST

/* Size of the normal form against the limit it was accepted with. */
START_TEST(the_limit_is_never_passed)
{
    char text[4096];
    struct rng rng;
    rng_init(&rng, test_seed() + 1);
    size_t n_refused = 0;
    for (size_t i = 0; i < test_count(200); i++) {
        struct error error = {0};
        struct dnf dnf;
        const size_t limit = rng_below(&rng, 40);
        ref_property_random(text, sizeof text, &rng, N_INPUTS, N_OUTPUTS);
        struct vnnlib *lib = parse(text);
        if (dnf_build(&dnf, lib, limit, &error) == STATUS_OK) {
            ck_assert_uint_le(dnf.ends.n + dnf.literals.n, limit);
        } else {
            ck_assert_uint_eq(dnf.literals.n, 0);
            n_refused++;
        }
        dnf_clear(&dnf);
        vnnlib_destroy(lib);
    }
    ck_assert_uint_gt(n_refused, 0);
}
END_TEST

static bool is_same_end(double a, double b)
{
    return !(a < b) && !(a > b);
}

/* Two cases never have the same box, and no box is empty. */
START_TEST(boxes_are_distinct_and_not_empty)
{
    char text[4096];
    struct rng rng;
    rng_init(&rng, test_seed() + 2);
    for (size_t i = 0; i < test_count(150); i++) {
        struct error error = {0};
        struct query query = {0};
        ref_property_random(text, sizeof text, &rng, N_INPUTS, N_OUTPUTS);
        struct vnnlib *lib = parse(text);
        ck_assert_int_eq(cases_build(&query, lib,
                                     &(struct cases_names){
                                         .base = base, .n_inputs = N_INPUTS},
                                     &error),
                         STATUS_OK);
        for (size_t k = 0; k < query.n_cases; k++) {
            const struct query_case *a = &query.cases[k];
            ck_assert_uint_gt(a->n_disjuncts, 0);
            for (size_t v = 0; v < N_INPUTS; v++) {
                const int order = mpq_cmp(a->lower[v], a->upper[v]);
                const bool is_strict =
                    a->is_lower_strict[v] || a->is_upper_strict[v];
                ck_assert_msg(!(a->lower_down[v] > a->upper_up[v]) &&
                                  (!a->is_bounded || order < 0 ||
                                   (order == 0 && !is_strict)),
                              "%s", text);
            }
        }
        for (size_t k = 1; k < query.n_cases; k++) {
            const struct query_case *a = &query.cases[k - 1];
            const struct query_case *b = &query.cases[k];
            bool is_same = true;
            for (size_t v = 0; v < N_INPUTS; v++) {
                is_same = is_same && mpq_equal(a->lower[v], b->lower[v]) != 0 &&
                          mpq_equal(a->upper[v], b->upper[v]) != 0 &&
                          is_same_end(a->lower_down[v], b->lower_down[v]) &&
                          is_same_end(a->upper_up[v], b->upper_up[v]) &&
                          a->is_lower_strict[v] == b->is_lower_strict[v] &&
                          a->is_upper_strict[v] == b->is_upper_strict[v];
            }
            ck_assert_msg(!is_same, "%s", text);
        }
        cases_destroy(query.cases, query.n_cases, N_INPUTS);
        vnnlib_destroy(lib);
    }
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("cases");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, cases_agree_with_the_tree);
    tcase_add_test(cases, the_limit_is_never_passed);
    tcase_add_test(cases, boxes_are_distinct_and_not_empty);
    return cases;
}
