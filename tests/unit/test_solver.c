/* The solver on queries decided by hand, without time, and when cancelled. */
#include "proofs/sink.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/ref/ref_solve.h"
#include "tests/suite.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* z = (x0 + x1, x0 - x1), y = relu(z0) + relu(z1) on [-1, 1]^2: y takes
 * [0, 2]. */
static struct query *build(void)
{
    struct layers *layers = ref_build_begin(2);
    size_t last =
        ref_build_affine(layers, 0, 2, (double[]){1.0, 1.0, 1.0, -1.0}, NULL);
    last = ref_build_relu(layers, last);
    (void)ref_build_affine(layers, last, 1, (double[]){1.0, 1.0}, NULL);
    return ref_query_create(layers, (double[]){-1.0, -1.0},
                            (double[]){1.0, 1.0});
}

/* y >= bound, or y > bound. */
static struct query *build_above(double bound, bool is_strict)
{
    struct query *query = build();
    ref_query_add_disjunct(query);
    if (is_strict) {
        ref_query_add_lt(query, (double[]){0.0, 0.0, -1.0}, -bound);
    } else {
        ref_query_add_le(query, (double[]){0.0, 0.0, -1.0}, -bound);
    }
    return query;
}

static bool try_point(void *context, size_t worker, size_t case_index,
                      const double *x)
{
    const struct query *query = context;
    (void)worker;
    (void)case_index;
    return ref_query_holds_at(query, x);
}

/* One run with any budget, recorded unless sink is NULL; the reason is left in
 * *reason. */
static enum solver_answer run_recorded(struct query *query,
                                       enum solver_engine engine,
                                       const struct budget *budget,
                                       struct sink *sink, const char **reason)
{
    struct ref_solve run = {
        .options = {.threads = 2, .engine = engine},
        .oracle = {.context = query, .try_point = try_point},
        .budget = budget,
        .sink = sink};
    const enum solver_answer answer = ref_solve(&run, query);
    *reason = run.reason;
    return answer;
}

static enum solver_answer run_within(struct query *query,
                                     enum solver_engine engine,
                                     const struct budget *budget,
                                     const char **reason)
{
    return run_recorded(query, engine, budget, NULL, reason);
}

/* Every engine gives the answer. */
static void check(struct query *query, enum solver_answer expected)
{
    for (int engine = SOLVER_AUTO; engine <= SOLVER_NEURON; engine++) {
        const char *reason = NULL;
        const enum solver_answer answer =
            run_within(query, (enum solver_engine)engine, NULL, &reason);
        ck_assert_msg(answer == expected, "engine %d: %d, not %d (%s)", engine,
                      (int)answer, (int)expected, reason);
    }
    query_destroy(query);
}

START_TEST(bounds_around_the_range_are_decided)
{
    check(build_above(2.5, false), SOLVER_CLOSED);
    check(build_above(2.0 + 0x1p-30, false), SOLVER_CLOSED);
    check(build_above(2.0, false), SOLVER_WITNESS);
    check(build_above(1.5, true), SOLVER_WITNESS);
}
END_TEST

START_TEST(a_strict_bound_at_the_maximum_is_never_a_witness)
{
    const struct budget budget = {.deadline_s = budget_now_s() + 0.05};
    struct query *query = build_above(2.0, true);
    const char *reason = NULL;
    ck_assert_int_ne(run_within(query, SOLVER_AUTO, &budget, &reason),
                     SOLVER_WITNESS);
    query_destroy(query);
}
END_TEST

START_TEST(all_disjuncts_must_be_refuted)
{
    struct query *query = build_above(2.5, false);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0}, -0.5);
    check(query, SOLVER_CLOSED);
    query = build_above(2.5, false);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0}, 0.5);
    check(query, SOLVER_WITNESS);
}
END_TEST

START_TEST(atoms_of_a_disjunct_are_refuted_together)
{
    /* y >= 3/2 and |x0| <= 1/2: y <= 2 max |x|, so x1 could serve; with
     * |x1| <= 1/2 as well it cannot. */
    struct query *query = build_above(1.5, false);
    ref_query_add_le(query, (double[]){1.0, 0.0, 0.0}, 0.5);
    ref_query_add_le(query, (double[]){-1.0, 0.0, 0.0}, 0.5);
    ref_query_add_le(query, (double[]){0.0, 1.0, 0.0}, 0.5);
    ref_query_add_le(query, (double[]){0.0, -1.0, 0.0}, 0.5);
    check(query, SOLVER_CLOSED);
}
END_TEST

START_TEST(a_disjunct_without_atoms_holds_everywhere)
{
    struct query *query = build();
    ref_query_add_disjunct(query);
    check(query, SOLVER_WITNESS);
}
END_TEST

static bool refuse_point(void *context, size_t worker, size_t case_index,
                         const double *x)
{
    (void)context;
    (void)worker;
    (void)case_index;
    (void)x;
    return false;
}

START_TEST(what_holds_everywhere_is_not_closed_for_want_of_a_witness)
{
    struct query *query = build_above(5.0, false);
    ref_query_add_disjunct(query);
    for (int engine = SOLVER_AUTO; engine <= SOLVER_NEURON; engine++) {
        const struct budget budget = {.deadline_s = budget_now_s() + 0.02};
        struct ref_solve run = {
            .options = {.threads = 1, .engine = (enum solver_engine)engine},
            .oracle = {.try_point = refuse_point},
            .budget = &budget};
        ck_assert_int_eq(ref_solve(&run, query), SOLVER_OPEN);
        ck_assert_ptr_nonnull(run.reason);
    }
    query_destroy(query);
}
END_TEST

START_TEST(an_unsafe_point_that_cannot_be_split_stays_open)
{
    for (int engine = SOLVER_AUTO; engine <= SOLVER_NEURON; engine++) {
        struct query *query = build_above(1.0, false);
        mpq_t one;
        mpq_init(one);
        mpq_set_ui(one, 1, 1);
        ref_query_set_box(query, 0, one, one);
        ref_query_set_box(query, 1, one, one);
        mpq_clear(one);
        struct ref_solve run = {
            .options = {.threads = 1, .engine = (enum solver_engine)engine},
            .oracle = {.try_point = refuse_point}};
        ck_assert_int_eq(ref_solve(&run, query), SOLVER_OPEN);
        ck_assert_ptr_nonnull(strstr(run.reason, "neither closed nor split"));
        query_destroy(query);
    }
}
END_TEST

START_TEST(no_disjunct_is_closed)
{
    check(build(), SOLVER_CLOSED);
}
END_TEST

START_TEST(a_relu_of_the_input_is_split_like_others)
{
    /* y = relu(x0) + relu(-x0) = |x0| on [-1, 1]. */
    struct layers *layers = ref_build_begin(1);
    const size_t y = ref_build_relu(layers, 0);
    (void)ref_build_affine(layers, y, 1, &(double){2.0}, NULL);
    ref_build_term(layers, 0, &(double){-1.0});
    struct query *query =
        ref_query_create(layers, &(double){-1.0}, &(double){1.0});
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 1.0}, -0.001);
    check(query, SOLVER_CLOSED);
}
END_TEST

START_TEST(what_holds_by_little_is_closed_in_a_record)
{
    /* y = relu(x + 0.5) - relu(x - 0.5) + 2^-19 on [-1, 1] is never <= 0, but
     * the bound of the root is about -0.6, and that of no part of x <= -0.5
     * above 2^-19. */
    struct layers *layers = ref_build_begin(1);
    size_t last = ref_build_affine(layers, 0, 2, (double[]){1.0, 1.0},
                                   (double[]){0.5, -0.5});
    last = ref_build_relu(layers, last);
    (void)ref_build_affine(layers, last, 1, (double[]){1.0, -1.0},
                           &(double){0x1p-19});
    struct query *query =
        ref_query_create(layers, &(double){-1.0}, &(double){1.0});
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 1.0}, 0.0);
    struct sink *sink = sink_create();
    const char *reason = NULL;
    ck_assert_int_eq(run_recorded(query, SOLVER_INPUT, NULL, sink, &reason),
                     SOLVER_CLOSED);
    sink_destroy(sink);
    query_destroy(query);
}
END_TEST

START_TEST(an_unbounded_box_stays_open)
{
    struct query *query = build_above(2.5, false);
    query->cases->is_bounded = false;
    check(query, SOLVER_OPEN);
}
END_TEST

/* Without budget nothing is decided, and everything is released. */
static void check_stopped(const struct budget *budget, const char *expected)
{
    for (int engine = SOLVER_AUTO; engine <= SOLVER_NEURON; engine++) {
        const size_t before = alloc_live_bytes();
        struct query *query = build_above(2.5, false);
        const char *reason = NULL;
        ck_assert_int_eq(
            run_within(query, (enum solver_engine)engine, budget, &reason),
            SOLVER_OPEN);
        ck_assert_ptr_nonnull(strstr(reason, expected));
        query_destroy(query);
        ck_assert_uint_eq(alloc_live_bytes(), before);
    }
}

START_TEST(no_time_leaves_the_case_open)
{
    const struct budget budget = {.deadline_s = -1.0};
    check_stopped(&budget, "time");
}
END_TEST

START_TEST(no_memory_leaves_the_case_open)
{
    const struct budget budget = {.deadline_s = HUGE_VAL, .memory_bytes = 1};
    check_stopped(&budget, "memory");
}
END_TEST

START_TEST(an_interrupt_leaves_the_case_open)
{
    budget_catch_signals();
    ck_assert_int_eq(raise(SIGINT), 0);
    check_stopped(NULL, "interrupted");
}
END_TEST

static bool interrupt(void *context, size_t worker, size_t case_index,
                      const double *lower, const double *upper, double effort)
{
    size_t *n_calls = context;
    (void)worker;
    (void)case_index;
    (void)lower;
    (void)upper;
    ck_assert(effort >= 0.0);
    ++*n_calls;
    (void)raise(SIGINT);
    return false;
}

START_TEST(an_interrupt_during_the_search_releases_all_nodes)
{
    budget_catch_signals();
    const size_t before = alloc_live_bytes();
    struct query *query = build_above(2.0, true);
    size_t n_calls = 0;
    struct ref_solve run = {.options = {.threads = 1, .engine = SOLVER_INPUT},
                            .oracle = {.context = &n_calls,
                                       .try_region = interrupt,
                                       .try_point = refuse_point}};
    ck_assert_int_eq(ref_solve(&run, query), SOLVER_OPEN);
    ck_assert_uint_eq(n_calls, 1);
    ck_assert_ptr_nonnull(strstr(run.reason, "interrupted"));
    ck_assert_uint_gt(run.stats.boxes, 0);
    query_destroy(query);
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

/* Signals once from the second thread, and lets the first one see it while
 * the second is still at its node. */
static bool interrupt_second(void *context, size_t worker, size_t case_index,
                             const double *x)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    size_t *n_calls = context;
    (void)case_index;
    (void)x;
    if (worker == 1 && ++*n_calls == 1) {
        (void)raise(SIGINT);
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

START_TEST(a_thread_still_at_work_releases_its_children)
{
    budget_catch_signals();
    const size_t before = alloc_live_bytes();
    struct query *query = build();
    ref_query_add_disjunct(query);
    size_t n_calls = 0;
    const struct budget budget = {.deadline_s = budget_now_s() + 2.0};
    struct ref_solve run = {
        .options = {.threads = 2, .engine = SOLVER_INPUT},
        .oracle = {.context = &n_calls, .try_point = interrupt_second},
        .budget = &budget};
    ck_assert_int_eq(ref_solve(&run, query), SOLVER_OPEN);
    query_destroy(query);
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

/* Notes where the first two nodes are most promising. */
struct places {
    size_t n;
    double x[2];
};

static bool note_two(void *context, size_t worker, size_t case_index,
                     const double *x)
{
    struct places *places = context;
    (void)worker;
    (void)case_index;
    if (places->n < 2) {
        places->x[places->n++] = x[0];
    }
    if (places->n == 2) {
        (void)raise(SIGINT);
    }
    return false;
}

/* y = |x| + slope x >= 0.4 on [-1, 1], which holds near both ends: the sides of
 * the first two nodes that are searched. */
static void note_places(struct places *places, enum solver_engine engine,
                        double slope)
{
    struct layers *layers = ref_build_begin(1);
    const size_t z = ref_build_affine(layers, 0, 1, &(double){1.0}, NULL);
    const size_t y = ref_build_relu(layers, z);
    (void)ref_build_affine(layers, y, 1, &(double){2.0}, NULL);
    ref_build_term(layers, z, &(double){slope - 1.0});
    struct query *query =
        ref_query_create(layers, &(double){-1.0}, &(double){1.0});
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, -1.0}, -0.4);
    struct ref_solve run = {
        .options = {.threads = 1, .engine = engine},
        .oracle = {.context = places, .try_point = note_two}};
    *places = (struct places){.n = 0};
    ck_assert_int_eq(ref_solve(&run, query), SOLVER_OPEN);
    query_destroy(query);
    ck_assert_uint_eq(places->n, 2);
}

START_TEST(the_side_of_the_failed_bound_is_searched_first)
{
    const enum solver_engine engine =
        _i % 2 == 0 ? SOLVER_INPUT : SOLVER_NEURON;
    const double sign = _i / 2 == 0 ? 1.0 : -1.0;
    struct places places;
    budget_catch_signals();
    note_places(&places, engine, sign * 0.5);
    ck_assert_double_gt(sign * places.x[0], 0.0);
    ck_assert_double_gt(sign * places.x[1], 0.0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("solver");
    tcase_add_test(cases, bounds_around_the_range_are_decided);
    tcase_add_test(cases, a_strict_bound_at_the_maximum_is_never_a_witness);
    tcase_add_test(cases, all_disjuncts_must_be_refuted);
    tcase_add_test(cases, atoms_of_a_disjunct_are_refuted_together);
    tcase_add_test(cases, a_disjunct_without_atoms_holds_everywhere);
    tcase_add_test(cases,
                   what_holds_everywhere_is_not_closed_for_want_of_a_witness);
    tcase_add_test(cases, an_unsafe_point_that_cannot_be_split_stays_open);
    tcase_add_test(cases, no_disjunct_is_closed);
    tcase_add_test(cases, a_relu_of_the_input_is_split_like_others);
    tcase_add_test(cases, what_holds_by_little_is_closed_in_a_record);
    tcase_add_test(cases, an_unbounded_box_stays_open);
    tcase_add_test(cases, no_time_leaves_the_case_open);
    tcase_add_test(cases, no_memory_leaves_the_case_open);
    tcase_add_test(cases, an_interrupt_leaves_the_case_open);
    tcase_add_test(cases, an_interrupt_during_the_search_releases_all_nodes);
    tcase_add_test(cases, a_thread_still_at_work_releases_its_children);
    tcase_add_loop_test(cases, the_side_of_the_failed_bound_is_searched_first,
                        0, 4);
    return cases;
}
