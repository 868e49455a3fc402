/* What the literals of a node set in the rows of the dual bound. */
#include "solver/dual_literal.h"
#include "solver/prover.h"
#include "solver/prover_dual.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <string.h>

enum { FIRST = 1, SECOND = 3, LITERALS = 4 };

/* x in [-1, 1], z = (2 x, x + 4), z' = relu(z_0) - 0.5, out = relu(z'): neuron
 * 1 of z is stable. */
struct fixture {
    struct query *query;
    struct weights *weights;
    struct prover *prover;
};

static const struct split PATH[LITERALS] = {
    {.kind = SPLIT_NEURON, .layer = FIRST, .index = 0, .is_upper = true},
    {.kind = SPLIT_INPUT, .index = 0},
    {.kind = SPLIT_NEURON, .layer = FIRST, .index = 1, .is_upper = true},
    {.kind = SPLIT_NEURON, .layer = SECOND, .index = 0},
};

static void fixture_init(struct fixture *f)
{
    static const double lower[] = {-1.0};
    static const double upper[] = {1.0};
    struct bounds bounds;
    struct layers *layers = ref_build_begin(1);
    size_t at = ref_build_affine(layers, 0, 2, (double[]){2.0, 1.0},
                                 (double[]){0.0, 4.0});
    ck_assert_uint_eq(at, FIRST);
    at = ref_build_relu(layers, at);
    at =
        ref_build_affine(layers, at, 1, (double[]){1.0, 0.0}, (double[]){-0.5});
    ck_assert_uint_eq(at, SECOND);
    at = ref_build_relu(layers, at);
    (void)ref_build_affine(layers, at, 1, (double[]){1.0}, NULL);
    f->query = ref_query_create(layers, lower, upper);
    ref_query_add_disjunct(f->query);
    ref_query_add_le(f->query, (double[]){0.0, 1.0}, 1.0);
    const struct query_case *c = f->query->cases;
    f->weights = weights_create(layers);
    f->prover = prover_create(f->weights);
    prover_set_case(f->prover, c);
    ck_assert_int_eq(ref_bounds_of_query(&bounds, f->query), DOMAIN_DONE);
    prover_dual_set_root(f->prover, &bounds);
    bounds_clear(&bounds);
}

static void fixture_clear(struct fixture *f)
{
    prover_destroy(f->prover);
    weights_destroy(f->weights);
    query_destroy(f->query);
}

/* Rows with multipliers, then the literals of the path. */
static struct dual *set_rows(struct fixture *f, size_t target, size_t n_kept)
{
    struct split path[LITERALS];
    memcpy(path, PATH, sizeof path);
    const struct node node = {.depth = LITERALS, .path = path};
    struct dual *d = f->prover->dual;
    ck_assert_uint_eq(d->n_unstable, 2);
    d->target = target;
    d->n_rows = 2;
    for (size_t r = 0; r < d->n_rows; r++) {
        dual_set_row(d, r, 0);
        for (size_t i = 0; i < d->n_unstable; i++) {
            d->choice[r * d->n_unstable + i] = 0.25F;
        }
    }
    dual_set_literals(d, &node, n_kept);
    return d;
}

static void check_neuron(const struct dual *d, size_t i, enum phase phase,
                         double choice)
{
    for (size_t r = 0; r < d->n_rows; r++) {
        ck_assert_uint_eq(d->phase[r * d->n_unstable + i], phase);
        ck_assert_double_eq_tol((double)d->choice[r * d->n_unstable + i],
                                choice, 1e-9);
    }
}

START_TEST(literals_are_the_phases_of_all_rows)
{
    struct fixture f;
    fixture_init(&f);
    const struct dual *d = set_rows(&f, 0, 0);
    ck_assert_uint_eq(dual_literal(d, &PATH[0]), 0);
    ck_assert_uint_eq(dual_literal(d, &PATH[1]), DUAL_STABLE);
    ck_assert_uint_eq(dual_literal(d, &PATH[2]), DUAL_STABLE);
    ck_assert_uint_eq(dual_literal(d, &PATH[3]), 1);
    check_neuron(d, 0, PHASE_ACTIVE, 0.0);
    check_neuron(d, 1, PHASE_INACTIVE, 0.0);
    fixture_clear(&f);
}
END_TEST

START_TEST(earlier_literals_keep_their_multipliers)
{
    struct fixture f;
    fixture_init(&f);
    const struct dual *d = set_rows(&f, 0, LITERALS - 1);
    check_neuron(d, 0, PHASE_ACTIVE, 0.25);
    check_neuron(d, 1, PHASE_INACTIVE, 0.0);
    fixture_clear(&f);
}
END_TEST

START_TEST(literals_above_what_the_rows_bound_are_left_out)
{
    struct fixture f;
    fixture_init(&f);
    const struct dual *d = set_rows(&f, SECOND, 0);
    ck_assert_uint_eq(dual_literal(d, &PATH[0]), 0);
    ck_assert_uint_eq(dual_literal(d, &PATH[3]), DUAL_STABLE);
    check_neuron(d, 0, PHASE_ACTIVE, 0.0);
    check_neuron(d, 1, PHASE_UNSTABLE, 0.25);
    fixture_clear(&f);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("dual_literal");
    tcase_add_test(tests, literals_are_the_phases_of_all_rows);
    tcase_add_test(tests, earlier_literals_keep_their_multipliers);
    tcase_add_test(tests, literals_above_what_the_rows_bound_are_left_out);
    return tests;
}
