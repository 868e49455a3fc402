/* Status values are pinned and named; broken requirements abort. */
#include "src/base/require.h"
#include "src/base/status.h"
#include "tests/suite.h"

#include <check.h>

#include <signal.h>
#include <string.h>

static const enum status ALL[] = {
    STATUS_OK, STATUS_USAGE,     STATUS_BAD_INPUT,   STATUS_UNSUPPORTED,
    STATUS_IO, STATUS_TIMED_OUT, STATUS_INTERRUPTED, STATUS_LIMIT,
};

START_TEST(values_are_pinned_in_tens)
{
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; ++i) {
        ck_assert_uint_eq((size_t)ALL[i], 10 * i);
    }
}
END_TEST

START_TEST(names_are_distinct)
{
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; ++i) {
        for (size_t j = 0; j < i; ++j) {
            ck_assert_str_ne(status_name(ALL[i]), status_name(ALL[j]));
        }
    }
}
END_TEST

/* The calls made are recorded in n_calls. */
static enum status try_two(size_t *n_calls, enum status first)
{
    enum status status = STATUS_OK;
    STATUS_TRY((++*n_calls, first));
    STATUS_TRY((++*n_calls, STATUS_OK));
cleanup:
    return status;
}

START_TEST(a_refusal_jumps_to_cleanup)
{
    size_t n_calls = 0;
    ck_assert_int_eq(try_two(&n_calls, STATUS_IO), STATUS_IO);
    ck_assert_uint_eq(n_calls, 1);
    ck_assert_int_eq(try_two(&n_calls, STATUS_OK), STATUS_OK);
    ck_assert_uint_eq(n_calls, 3);
}
END_TEST

START_TEST(a_broken_requirement_aborts)
{
    REQUIRE(strlen("held") == 4);
    REQUIRE(strlen("broken") == 4);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("status");
    tcase_add_test(tests, values_are_pinned_in_tens);
    tcase_add_test(tests, names_are_distinct);
    tcase_add_test(tests, a_refusal_jumps_to_cleanup);
    tcase_add_test_raise_signal(tests, a_broken_requirement_aborts, SIGABRT);
    return tests;
}
