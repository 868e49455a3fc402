/* Budgets: deadline, memory, and the signals that end a run. */
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "tests/suite.h"

#include <check.h>

#include <math.h>
#include <signal.h>

START_TEST(time_starts_near_zero_and_never_goes_back)
{
    double before = budget_now_s();
    ck_assert(before >= 0.0 && before < 60.0);
    for (size_t i = 0; i < 1000; ++i) {
        const double now = budget_now_s();
        ck_assert(now >= before);
        before = now;
    }
    ck_assert(budget_cpu_s() >= 0.0);
    ck_assert_uint_ge(budget_cores(), 1);
}
END_TEST

START_TEST(a_passed_deadline_is_a_timeout)
{
    const struct budget none = {HUGE_VAL, 0, NULL};
    const struct budget over = {0.0, 0, NULL};
    const struct budget later = {budget_now_s() + 1e6, 0, NULL};
    atomic_bool is_over;
    atomic_init(&is_over, false);
    const struct budget shared = {HUGE_VAL, 0, &is_over};
    ck_assert_int_eq(budget_check(&shared), STATUS_OK);
    atomic_store(&is_over, true);
    ck_assert_int_eq(budget_check(&shared), STATUS_INTERRUPTED);
    ck_assert_int_eq(budget_check(&none), STATUS_OK);
    ck_assert_int_eq(budget_check(&later), STATUS_OK);
    ck_assert_int_eq(budget_check(&over), STATUS_TIMED_OUT);
    ck_assert_int_eq(budget_check(NULL), STATUS_OK);
}
END_TEST

START_TEST(too_many_live_bytes_are_a_limit)
{
    const struct budget budget = {HUGE_VAL, alloc_live_bytes() + 1000, NULL};
    char *block = alloc_bytes(1000, 1);
    ck_assert_int_eq(budget_check(&budget), STATUS_OK);
    block = alloc_resize(block, 1001, 1);
    ck_assert_int_eq(budget_check(&budget), STATUS_LIMIT);
    alloc_free(block);
    ck_assert_int_eq(budget_check(&budget), STATUS_OK);
}
END_TEST

START_TEST(an_interrupt_is_remembered)
{
    budget_catch_signals();
    ck_assert_int_eq(raise(SIGPIPE), 0);
    ck_assert_int_eq(budget_check(NULL), STATUS_OK);
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert_int_eq(budget_check(NULL), STATUS_INTERRUPTED);
    const struct budget over = {0.0, 0, NULL};
    ck_assert_int_eq(budget_check(&over), STATUS_INTERRUPTED);
}
END_TEST

START_TEST(a_termination_is_a_timeout)
{
    budget_catch_signals();
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(budget_check(NULL), STATUS_TIMED_OUT);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("budget");
    tcase_add_test(tests, time_starts_near_zero_and_never_goes_back);
    tcase_add_test(tests, a_passed_deadline_is_a_timeout);
    tcase_add_test(tests, too_many_live_bytes_are_a_limit);
    tcase_add_test(tests, an_interrupt_is_remembered);
    tcase_add_test(tests, a_termination_is_a_timeout);
    return tests;
}
