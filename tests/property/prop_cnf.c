/* Formulas as networks: verdicts against brute force, certificates against
 * the checker, networks that are nearly formulas against exact decisions. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_decide.h"
#include "tests/ref/ref_formula.h"
#include "tests/ref/ref_query.h"
#include "tests/ref/ref_solve.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

static void print_property(char text[TEXT_BYTES], size_t n_inputs)
{
    size_t n = 0;
    for (size_t i = 0; i < n_inputs; i++) {
        n += (size_t)snprintf(text + n, TEXT_BYTES - n,
                              "(declare-const X_%zu Real)"
                              "(assert (>= X_%zu 0.0))(assert (<= X_%zu 1.0))",
                              i, i, i);
    }
    (void)snprintf(text + n, TEXT_BYTES - n,
                   "(declare-const Y_0 Real)(declare-const Y_1 Real)"
                   "(assert (>= Y_0 1.0))(assert (<= Y_1 0.0))\n");
}

static void open_gadget(struct ref_subject *subject,
                        const struct ref_gadget *gadget)
{
    char text[TEXT_BYTES];
    const size_t widths[] = {gadget->n_inputs, gadget->n_units, 2};
    const double *weights[] = {gadget->first, gadget->second};
    const double *biases[] = {gadget->first_bias, gadget->second_bias};
    struct ref_bytes model = ref_subject_chain(2, widths, weights, biases);
    print_property(text, gadget->n_inputs);
    ref_subject_open(subject, &model, text);
}

/* The verdict of the whole pipeline without attacks; the certificate goes to
 * path. */
static void verify(struct verify_result *result,
                   const struct ref_subject *subject, const char *path)
{
    const struct query_network network = {.path = subject->network_path};
    struct error error = {0};
    struct query *query = NULL;
    struct verify_options options = {
        .budget = {.deadline_s = budget_now_s() + 60.0}, .threads = 1};
    ck_assert_msg(query_load(&query, subject->property_path, 1, &network, true,
                             &error) == STATUS_OK,
                  "%s", error.message);
    ck_assert_int_eq(proof_open(&options.proof, query, path, &error),
                     STATUS_OK);
    verify_query(result, query, &options);
    ck_assert_msg(proof_write(options.proof, &result->stats, &error) ==
                      STATUS_OK,
                  "%s", error.message);
    proof_destroy(options.proof);
    query_destroy(query);
}

static void expect_accepted(const struct ref_subject *subject, const char *path)
{
    struct error error = {0};
    struct bytes bytes = {0};
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 24, &error), STATUS_OK);
    struct ref_bytes copy = {0};
    ref_bytes_append(&copy, bytes.data, bytes.n);
    ck_assert_int_eq(ref_subject_check(subject, &copy, CHECK_FAST), 0);
    ck_assert_int_eq(ref_subject_check(subject, &copy, CHECK_EXACT), 0);
    ref_bytes_clear(&copy);
    bytes_clear(&bytes);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(certificates_of_formulas_are_accepted)
{
    struct rng rng;
    size_t count[2] = {0, 0};
    const size_t n_rounds = test_count(60);
    for (size_t round = 0; round < n_rounds; round++) {
        struct formula formula;
        struct ref_gadget gadget;
        struct ref_subject subject;
        struct verify_result result;
        char path[80];
        rng_init(&rng, test_seed() + round);
        const size_t n = 1 + rng_below(&rng, 9);
        ref_formula_random(&formula, &rng, n, 1 + rng_below(&rng, 6 * n),
                           n < 3 ? n : 3);
        const bool is_satisfiable = ref_formula_is_satisfiable(&formula);
        ref_gadget_init(&gadget, &formula);
        open_gadget(&subject, &gadget);
        (void)snprintf(path, sizeof path, "%s.dbc", subject.network_path);
        verify(&result, &subject, path);
        ck_assert_msg(result.verdict ==
                          (is_satisfiable ? VERDICT_SAT : VERDICT_UNSAT),
                      "round %zu", round);
        /* Decided as a formula, not by the search. */
        ck_assert_uint_eq(result.stats.boxes + result.stats.stars, 0);
        expect_accepted(&subject, path);
        count[is_satisfiable ? 1 : 0]++;
        verify_result_clear(&result);
        ref_subject_close(&subject);
        ref_gadget_clear(&gadget);
        formula_clear(&formula);
    }
    ck_assert_uint_gt(count[0], 0);
    ck_assert_uint_gt(count[1], 0);
}
END_TEST

static bool try_point(void *context, size_t worker, size_t case_index,
                      const double *x)
{
    (void)worker;
    (void)case_index;
    return ref_query_holds_at(context, x);
}

static enum solver_answer solve(struct query *query)
{
    const struct budget budget = {.deadline_s = budget_now_s() + 0.05};
    struct ref_solve run = {
        .options = {.threads = 1},
        .oracle = {.context = query, .try_point = try_point},
        .budget = &budget};
    return ref_solve(&run, query);
}

/* Changes one number to one that occurs elsewhere. */
static void spoil(struct ref_gadget *gadget, struct rng *rng)
{
    static const double numbers[] = {-2.0, -1.0, 0.0, 1.0, 2.0};
    double *const arrays[] = {gadget->first, gadget->first_bias, gadget->second,
                              gadget->second_bias};
    const size_t sizes[] = {gadget->n_units * gadget->n_inputs, gadget->n_units,
                            2 * gadget->n_units, 2};
    const size_t k = rng_below(rng, 4);
    arrays[k][rng_below(rng, sizes[k])] = numbers[rng_below(rng, 5)];
}

START_TEST(what_is_nearly_a_formula_is_decided_as_it_is)
{
    struct rng rng;
    size_t count[2] = {0, 0};
    const size_t n_rounds = test_count(150);
    for (size_t round = 0; round < n_rounds; round++) {
        struct formula formula;
        struct ref_gadget gadget;
        rng_init(&rng, test_seed() + round);
        ref_formula_random(&formula, &rng, 2, 1 + rng_below(&rng, 4), 2);
        ref_gadget_init(&gadget, &formula);
        for (size_t k = rng_below(&rng, 3); k > 0; k--) {
            spoil(&gadget, &rng);
        }
        struct query *query = ref_gadget_query(&gadget);
        const bool is_sat = ref_decide_is_sat(query);
        const enum solver_answer answer = solve(query);
        ck_assert_msg(answer != SOLVER_CLOSED || !is_sat, "round %zu", round);
        ck_assert_msg(answer != SOLVER_WITNESS || is_sat, "round %zu", round);
        count[0] += answer == SOLVER_CLOSED ? 1 : 0;
        count[1] += answer == SOLVER_WITNESS ? 1 : 0;
        query_destroy(query);
        ref_gadget_clear(&gadget);
        formula_clear(&formula);
    }
    ck_assert_uint_gt(count[0], 0);
    ck_assert_uint_gt(count[1], 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cnf");
    tcase_add_test(cases, certificates_of_formulas_are_accepted);
    tcase_add_test(cases, what_is_nearly_a_formula_is_decided_as_it_is);
    return cases;
}
