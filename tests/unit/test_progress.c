/* The progress line is bounded, overwritten and wiped. */
#include "src/app/progress.h"
#include "tests/suite.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(the_line_says_what_is_open_and_proved)
{
    const struct astrolabe_progress snapshot = {12.34, 56, 78, 0.5, -0.25};
    char text[PROGRESS_LINE_BYTES];
    progress_format(text, &snapshot);
    ck_assert_str_eq(text,
                     "12.3 s  open 56  closed 78  proved 50.00 %  bound -0.25");
}
END_TEST

START_TEST(the_line_is_cut_at_its_width)
{
    const struct astrolabe_progress snapshot = {1e300, UINT64_MAX, UINT64_MAX,
                                                1.0, -HUGE_VAL};
    char text[PROGRESS_LINE_BYTES];
    progress_format(text, &snapshot);
    ck_assert_uint_lt(strlen(text), PROGRESS_LINE_BYTES);
}
END_TEST

START_TEST(a_shorter_line_wipes_the_longer_one)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    struct progress progress = {.file = stream};
    const struct astrolabe_progress longer = {1.0, 1000000, 1, 0.0, 0.0};
    const struct astrolabe_progress shorter = {1.0, 1, 1, 0.0, 0.0};
    progress_clear(&progress);
    ck_assert_uint_eq(n, 0);
    progress_show(&progress, &longer);
    const size_t n_longer = progress.n_shown;
    progress_show(&progress, &shorter);
    ck_assert_uint_eq(n, 2 * (n_longer + 1));
    progress_clear(&progress);
    ck_assert_uint_eq(progress.n_shown, 0);
    ck_assert_int_eq(text[n - 1], '\r');
    ck_assert_int_eq(fclose(stream), 0);
    free(text);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("progress");
    tcase_add_test(cases, the_line_says_what_is_open_and_proved);
    tcase_add_test(cases, the_line_is_cut_at_its_width);
    tcase_add_test(cases, a_shorter_line_wipes_the_longer_one);
    return cases;
}
