/* Closing of a node by hand: clipping, literals joined with atoms. */
#include "domains/box.h"
#include "proofs/sink.h"
#include "solver/prover.h"
#include "solver/prover_dual.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>

/* x in [-1, 1], z = 2 x, out = (x, relu(x)); more inputs are 0. */
struct fixture {
    struct query *query;
    struct weights *weights;
    struct prover *prover;
    struct node_bounds *root;
};

enum { PRE_ACTIVATION = 1, WIDE_INPUTS = PROVER_SCORE_INPUTS + 1 };

/* Bounds of the whole box by intervals. */
static void open_root(struct fixture *f, const struct layers *layers,
                      const struct region *region)
{
    struct bounds bounds;
    (void)ref_bounds(&bounds, &box_domain_ops, layers, region);
    f->root = node_bounds_create(layers, &bounds);
    backward_set_scale(f->prover->backward, &bounds);
    bounds_clear(&bounds);
}

static void fixture_init(struct fixture *f, size_t n_inputs)
{
    static const double first[WIDE_INPUTS] = {1.0};
    static const double lower[WIDE_INPUTS] = {-1.0};
    static const double twice[WIDE_INPUTS] = {2.0};
    struct layers *layers = ref_build_begin(n_inputs);
    const size_t z = ref_build_affine(layers, 0, 1, twice, NULL);
    const size_t y = ref_build_relu(layers, z);
    (void)ref_build_affine(layers, y, 2, (double[]){0.0, 0.5}, NULL);
    ref_build_term(layers, z, (double[]){0.5, 0.0});
    f->query = ref_query_create(layers, lower, first);
    f->weights = weights_create(layers);
    f->prover = prover_create(f->weights);
    const struct region region = {.lower = lower, .upper = first};
    open_root(f, layers, &region);
}

static void fixture_clear(struct fixture *f)
{
    prover_destroy(f->prover);
    node_bounds_release(f->root);
    weights_destroy(f->weights);
    query_destroy(f->query);
}

/* Closes the whole box, behind a literal if there is one. */
static bool close_box(struct fixture *f, const struct split *literal)
{
    const struct query_case *c = f->query->cases;
    struct prover *p = f->prover;
    prover_set_case(p, c);
    struct node *node =
        node_create_root(c->lower_down, c->upper_up, f->query->layers->n_inputs,
                         c->n_disjuncts, f->root);
    if (literal != NULL) {
        const struct node_rest rest = {node->lower, node->upper, node->open,
                                       node->n_open, f->root};
        struct node *child = node_create_child(node, &rest, literal);
        node_destroy(node);
        node = child;
    }
    prover_load(p, node);
    const bool is_closed = !prover_bound_neurons(p, node) || prover_close(p);
    node_destroy(node);
    return is_closed;
}

/* x lies above the lower end, no further than a fraction of the box and the
 * margin. */
static bool is_just_below(double lower, double x)
{
    return lower <= x && x - lower < 2.0 / SINK_FRACTIONS + 1e-4;
}

static bool is_equal(double x, double y)
{
    return x <= y && x >= y;
}

static bool is_just_above(double upper, double x)
{
    return is_just_below(-upper, -x);
}

START_TEST(an_atom_clips_the_box_to_where_it_can_hold)
{
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 2.0, 0.0}, 0.5);
    ck_assert(!close_box(&f, NULL));
    ck_assert(is_just_above(f.prover->upper[0], 0.25));
    ck_assert(is_just_below(f.prover->lower[0], -1.0));
    ref_query_add_le(f.query, (double[]){0.0, -3.0, 0.0}, 1.5);
    ck_assert(!close_box(&f, NULL));
    ck_assert(is_just_above(f.prover->upper[0], 0.25));
    ck_assert(is_just_below(f.prover->lower[0], -0.5));
    ref_query_add_le(f.query, (double[]){0.0, -3.0, 0.0}, -1.5);
    ck_assert(close_box(&f, NULL));
    fixture_clear(&f);
}
END_TEST

START_TEST(clips_are_recorded_as_they_were_made)
{
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 2.0, 0.0}, 0.5);
    ref_query_add_le(f.query, (double[]){0.0, -3.0, 0.0}, 1.5);
    f.prover->record.is_on = true;
    ck_assert(!close_box(&f, NULL));
    double lower = -1.0;
    double upper = 1.0;
    for (size_t i = 0; i < f.prover->record.clips.n; i++) {
        const struct record_clip *clip = &f.prover->record.clips.data[i];
        const double place = record_fraction(lower, upper, clip->fraction);
        ck_assert_uint_eq(clip->input, 0);
        *(clip->is_upper ? &upper : &lower) = place;
    }
    ck_assert_uint_ge(f.prover->record.clips.n, 2);
    ck_assert(is_equal(lower, f.prover->lower[0]));
    ck_assert(is_equal(upper, f.prover->upper[0]));
    ck_assert(is_just_above(upper, 0.25));
    ck_assert(is_just_below(lower, -0.5));
    fixture_clear(&f);
}
END_TEST

/* The sum of (size[i] x)^2 on [-1, 1], to be kept above -1: layer 1 is
 * squared. */
static void fixture_squares(struct fixture *f, const double *size, size_t n)
{
    static const double lower = -1.0;
    static const double upper = 1.0;
    static const double ones[] = {1.0, 1.0};
    struct layers *layers = ref_build_begin(1);
    const size_t z = ref_build_affine(layers, 0, n, size, NULL);
    const size_t v = ref_build_activation(layers, z, ACTIVATION_SQUARE);
    (void)ref_build_affine(layers, v, 1, ones, NULL);
    *f = (struct fixture){.query = ref_query_create(layers, &lower, &upper)};
    f->weights = weights_create(layers);
    f->prover = prover_create(f->weights);
    const struct region region = {.lower = &lower, .upper = &upper};
    open_root(f, layers, &region);
    ref_query_add_disjunct(f->query);
    ref_query_add_le(f->query, (double[]){0.0, 1.0}, -1.0);
}

START_TEST(certificates_have_no_large_bounds)
{
    enum { Z = 1 };
    struct fixture f;
    fixture_squares(&f, (double[]){0x1p30, 1.0}, 2);
    (void)close_box(&f, NULL);
    ck_assert(isfinite(f.prover->bounds.upper[Z][0]));
    f.prover->record.is_on = true;
    (void)close_box(&f, NULL);
    ck_assert(isinf(f.prover->bounds.lower[Z][0]));
    ck_assert(isinf(f.prover->bounds.upper[Z][0]));
    ck_assert(isfinite(f.prover->bounds.upper[Z][1]));
    fixture_clear(&f);
}
END_TEST

/* Layers of ReLUs and others refreshed for y = (size x)^2 on [-1, 1]. */
static uint64_t find_refreshed(double size)
{
    struct fixture f;
    fixture_squares(&f, &size, 1);
    ck_assert(close_box(&f, NULL));
    const uint64_t refreshed = f.prover->record.refresh;
    fixture_clear(&f);
    return refreshed;
}

START_TEST(values_that_hardly_vary_are_not_bounded_again)
{
    ck_assert_uint_eq(find_refreshed(1.0), 1);
    ck_assert_uint_eq(find_refreshed(0x1p-30), 1);
    ck_assert_uint_eq(find_refreshed(0x1p-34), 0);
}
END_TEST

START_TEST(fractions_are_rounded_down_on_the_grid)
{
    const double unit = 0x1p-40;
    ck_assert(is_equal(record_fraction(0.0, 33.0 * unit, 31), 31.0 * unit));
    ck_assert(is_equal(record_fraction(-33.0 * unit, 0.0, 1), -32.0 * unit));
    ck_assert(is_equal(record_fraction(-4095.0, 4095.0, 16), 0.0));
    ck_assert(
        is_equal(record_fraction(-4095.0, 4095.0, 31), 4095.0 - 8190.0 / 32.0));
}
END_TEST

START_TEST(the_rows_of_the_parent_screen_its_children)
{
    /* f = x - 1/2 > 0 refutes the upper half box, and clips the lower. */
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 1.0, 0.0}, 0.5);
    ck_assert(!close_box(&f, NULL));
    node_bounds_keep_rows(f.root, f.prover->row, f.prover->constant, 1, 1);
    struct node *node =
        node_create_root((double[]){0.75}, (double[]){1.0}, 1, 1, f.root);
    prover_load(f.prover, node);
    ck_assert(prover_screen(f.prover, node));
    ck_assert_uint_eq(f.prover->record.refresh, 0);
    node->lower[0] = 0.0;
    prover_load(f.prover, node);
    ck_assert(!prover_screen(f.prover, node));
    ck_assert(is_just_above(f.prover->upper[0], 0.5));
    ck_assert_uint_eq(f.prover->record.n_early, f.prover->record.clips.n);
    node_destroy(node);
    fixture_clear(&f);
}
END_TEST

START_TEST(the_hull_of_all_open_disjuncts_is_kept)
{
    for (size_t order = 0; order < 2; order++) {
        struct fixture f;
        fixture_init(&f, 1);
        for (size_t d = 0; d < 2; d++) {
            const double sign = d == order ? 1.0 : -1.0;
            ref_query_add_disjunct(f.query);
            ref_query_add_le(f.query, (double[]){0.0, sign, 0.0}, -0.75);
        }
        ck_assert(!close_box(&f, NULL));
        ck_assert_uint_eq(f.prover->n_open, 2);
        ck_assert(is_just_above(f.prover->upper[0], 1.0));
        ck_assert(is_just_below(f.prover->lower[0], -1.0));
        fixture_clear(&f);
    }
}
END_TEST

START_TEST(only_open_disjuncts_are_left)
{
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 1.0, 0.0}, -1.5);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 1.0, 0.0}, -0.5);
    ck_assert(!close_box(&f, NULL));
    ck_assert_uint_eq(f.prover->n_open, 1);
    ck_assert_uint_eq(f.prover->open[0], 1);
    ck_assert(is_just_above(f.prover->upper[0], -0.5));
    fixture_clear(&f);
}
END_TEST

START_TEST(an_atom_that_holds_at_one_end_is_not_refuted)
{
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 2.0, 0.0}, -2.0);
    ck_assert(!close_box(&f, NULL));
    ck_assert(is_just_below(f.prover->lower[0], -1.0));
    ck_assert(is_just_above(f.prover->upper[0], -1.0));
    fixture_clear(&f);
}
END_TEST

START_TEST(a_literal_refutes_together_with_an_atom)
{
    /* z >= 0 and x <= c: empty for c < 0, the point 0 for c = 0. */
    const struct split literal = {SPLIT_NEURON, true, PRE_ACTIVATION, 0, 0,
                                  0.0};
    const struct split opposite = {SPLIT_NEURON, false, PRE_ACTIVATION, 0, 0,
                                   0.0};
    for (size_t n_inputs = 1; n_inputs <= WIDE_INPUTS;
         n_inputs += WIDE_INPUTS - 1) {
        static const double atom[WIDE_INPUTS + 2] = {1.0};
        struct fixture f;
        fixture_init(&f, n_inputs);
        ref_query_add_disjunct(f.query);
        ref_query_add_le(f.query, atom, 0.0);
        ck_assert(!close_box(&f, &literal));
        ck_assert(!close_box(&f, &opposite));
        f.query->cases->disjuncts[0].atoms[0].rhs_up = -0x1p-20;
        ck_assert(!close_box(&f, NULL));
        ck_assert(close_box(&f, &literal));
        ck_assert(!close_box(&f, &opposite));
        fixture_clear(&f);
    }
}
END_TEST

START_TEST(a_literal_makes_its_neuron_stable)
{
    /* Behind z <= 0 is y = 0, behind z >= 0 is y = x. */
    const struct split upper = {SPLIT_NEURON, true, PRE_ACTIVATION, 0, 0, 0.0};
    const struct split lower = {SPLIT_NEURON, false, PRE_ACTIVATION, 0, 0, 0.0};
    struct fixture f;
    fixture_init(&f, 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 0.0, -1.0}, -0.25);
    ck_assert(close_box(&f, &lower));
    ck_assert(!close_box(&f, &upper));
    ck_assert(is_just_below(f.prover->lower[0], 0.25));
    ck_assert(!close_box(&f, NULL));
    fixture_clear(&f);
}
END_TEST

/* Whether a network of one ReLU, and a curve behind it if is_curved, has the
 * small simplex. */
static bool has_simplex(size_t n_inputs, bool is_curved)
{
    static const double weights[WIDE_INPUTS] = {1.0};
    struct layers *layers = ref_build_begin(n_inputs);
    size_t last = ref_build_affine(layers, 0, 1, weights, NULL);
    last = ref_build_relu(layers, last);
    if (is_curved) {
        last = ref_build_activation(layers, last, ACTIVATION_TANH);
    }
    (void)ref_build_affine(layers, last, 1, weights, NULL);
    struct weights *copy = weights_create(layers);
    struct prover *p = prover_create(copy);
    const bool has_lp = p->lp != NULL;
    prover_destroy(p);
    weights_destroy(copy);
    layers_destroy(layers);
    return has_lp;
}

START_TEST(the_small_simplex_is_for_few_inputs)
{
    ck_assert(has_simplex(PROVER_LP_INPUTS, false));
    ck_assert(!has_simplex(PROVER_LP_INPUTS + 1, false));
    ck_assert(has_simplex(PROVER_LP_INPUTS + 1, true));
    ck_assert(has_simplex(PROVER_SCORE_INPUTS, true));
    ck_assert(!has_simplex(PROVER_SCORE_INPUTS + 1, true));
}
END_TEST

START_TEST(failing_near_the_goal_tells_how_far_slopes_reach)
{
    /* relu(x) - 1/8 on [-1, 2]: at least -9/8 by default, -1/8 by slope 0. */
    enum { N = PROVER_LP_INPUTS + 1 };
    struct fixture f = {0};
    static const double first[N] = {1.0};
    static const double lower[N] = {-1.0};
    static const double upper[N] = {2.0};
    struct layers *layers = ref_build_begin(N);
    const size_t z = ref_build_affine(layers, 0, 1, first, NULL);
    const size_t y = ref_build_relu(layers, z);
    (void)ref_build_affine(layers, y, 1, &(double){1.0}, &(double){-0.125});
    const struct region region = {.lower = lower, .upper = upper};
    f.query = ref_query_create(layers, lower, upper);
    ref_query_add_disjunct(f.query);
    double output[N + 1] = {0.0};
    output[N] = 1.0;
    ref_query_add_le(f.query, output, 0.0);
    f.weights = weights_create(layers);
    f.prover = prover_create(f.weights);
    open_root(&f, layers, &region);
    struct prover *p = f.prover;
    prover_set_case(p, f.query->cases);
    struct node *node = node_create_root(lower, upper, N, 1, f.root);
    prover_load(p, node);
    ck_assert(prover_bound_neurons(p, node));
    p->n_before = backward_madds(p->backward) - ((uint64_t)1 << 40);
    ck_assert(!prover_close(p));
    ck_assert(p->is_long);
    ck_assert_double_gt(p->slope_reach, 1.4);
    ck_assert_double_lt(p->slope_reach, 1.6);
    node_destroy(node);
    fixture_clear(&f);
}
END_TEST

START_TEST(slopes_of_its_own_close_a_box)
{
    /* relu(x) + 1/2 > 0 on [-1, 2]: by the slope 1, which is the default, at
     * least -1/2, by the slope 0 at least 1/2. */
    struct fixture f = {0};
    struct layers *layers = ref_build_begin(1);
    const size_t z = ref_build_affine(layers, 0, 1, &(double){1.0}, NULL);
    const size_t y = ref_build_relu(layers, z);
    (void)ref_build_affine(layers, y, 1, &(double){1.0}, &(double){0.5});
    const double ends[2] = {-1.0, 2.0};
    const struct region region = {.lower = ends, .upper = ends + 1};
    f.query = ref_query_create(layers, ends, ends + 1);
    ref_query_add_disjunct(f.query);
    ref_query_add_le(f.query, (double[]){0.0, 1.0}, 0.0);
    f.weights = weights_create(layers);
    f.prover = prover_create(f.weights);
    open_root(&f, layers, &region);
    f.prover->record.is_on = true;
    ck_assert(!close_box(&f, NULL));
    struct node *node = node_create_root(ends, ends + 1, 1, 1, f.root);
    prover_load(f.prover, node);
    ck_assert(prover_bound_neurons(f.prover, node));
    double reached;
    ck_assert(prover_dual_close_box(&reached, f.prover, node));
    ck_assert_uint_eq(f.prover->record.closed.n, 1);
    ck_assert_uint_eq(f.prover->record.steps.n, 1);
    ck_assert_uint_eq(f.prover->record.slopes.n, 1);
    ck_assert_double_lt(f.prover->record.slopes.data[0].value, 0.5);
    node_destroy(node);
    fixture_clear(&f);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("prover");
    tcase_add_test(cases, an_atom_clips_the_box_to_where_it_can_hold);
    tcase_add_test(cases, clips_are_recorded_as_they_were_made);
    tcase_add_test(cases, certificates_have_no_large_bounds);
    tcase_add_test(cases, values_that_hardly_vary_are_not_bounded_again);
    tcase_add_test(cases, fractions_are_rounded_down_on_the_grid);
    tcase_add_test(cases, the_rows_of_the_parent_screen_its_children);
    tcase_add_test(cases, the_hull_of_all_open_disjuncts_is_kept);
    tcase_add_test(cases, only_open_disjuncts_are_left);
    tcase_add_test(cases, an_atom_that_holds_at_one_end_is_not_refuted);
    tcase_add_test(cases, a_literal_refutes_together_with_an_atom);
    tcase_add_test(cases, a_literal_makes_its_neuron_stable);
    tcase_add_test(cases, the_small_simplex_is_for_few_inputs);
    tcase_add_test(cases, slopes_of_its_own_close_a_box);
    tcase_add_test(cases, failing_near_the_goal_tells_how_far_slopes_reach);
    return cases;
}
