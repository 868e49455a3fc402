/* Blocks: zeroed, aligned, counted; running out ends the process with 1. */
#include "src/base/alloc.h"
#include "tests/suite.h"

#include <check.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero_bytes(const unsigned char *block, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        if (block[i] != 0) {
            return false;
        }
    }
    return true;
}

START_TEST(blocks_are_zeroed_and_aligned)
{
    for (size_t n = 0; n < 300; ++n) {
        unsigned char *plain = NULL;
        unsigned char *aligned = NULL;
        NEW_ARRAY(plain, n);
        NEW_ALIGNED(aligned, n);
        ck_assert_uint_eq((uintptr_t)plain % 16, 0);
        ck_assert_uint_eq((uintptr_t)aligned % 64, 0);
        ck_assert(is_zero_bytes(plain, n));
        ck_assert(is_zero_bytes(aligned, n));
        memset(plain, 0xff, n); /* so that the next round sees used memory */
        memset(aligned, 0xff, n);
        alloc_free(plain);
        alloc_free(aligned);
    }
}
END_TEST

START_TEST(a_grown_block_keeps_its_bytes_and_zeroes_the_rest)
{
    unsigned char *block = NULL;
    RESIZE_ARRAY(block, 10);
    memset(block, 0xff, 10);
    RESIZE_ARRAY(block, 4);
    RESIZE_ARRAY(block, 1000);
    for (size_t i = 0; i < 4; ++i) {
        ck_assert_uint_eq(block[i], 0xff);
    }
    ck_assert(is_zero_bytes(block + 4, 996));
    alloc_free(block);
}
END_TEST

START_TEST(live_and_peak_bytes_follow_the_blocks)
{
    const size_t live = alloc_live_bytes();
    double *numbers = NULL;
    NEW_ARRAY(numbers, 1000);
    ck_assert_uint_eq(alloc_live_bytes(), live + 8000);
    RESIZE_ARRAY(numbers, 3000);
    ck_assert_uint_eq(alloc_live_bytes(), live + 24000);
    RESIZE_ARRAY(numbers, 1);
    ck_assert_uint_eq(alloc_live_bytes(), live + 8);
    alloc_free(numbers);
    alloc_free(NULL);
    ck_assert_uint_eq(alloc_live_bytes(), live);
    ck_assert_uint_ge(alloc_peak_bytes(), live + 24000);
}
END_TEST

START_TEST(a_string_is_copied_and_terminated)
{
    char *copy = alloc_string("abcdef", 3);
    ck_assert_str_eq(copy, "abc");
    alloc_free(copy);
    copy = alloc_string(NULL, 0);
    ck_assert_str_eq(copy, "");
    alloc_free(copy);
}
END_TEST

static void *churn(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < 2000; ++i) {
        char *block = alloc_bytes(i, 3);
        block = alloc_resize(block, i + 1, 5);
        alloc_free(block);
    }
    return NULL;
}

START_TEST(counters_are_exact_with_several_threads)
{
    const size_t live = alloc_live_bytes();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; ++i) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, NULL), 0);
    }
    for (size_t i = 0; i < 4; ++i) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_uint_eq(alloc_live_bytes(), live);
}
END_TEST

START_TEST(an_overflowing_product_ends_the_process)
{
    alloc_free(alloc_bytes(SIZE_MAX / 8 + 2, 8));
}
END_TEST

START_TEST(an_overflowing_aligned_product_ends_the_process)
{
    alloc_free(alloc_aligned(SIZE_MAX - 70, 1));
}
END_TEST

START_TEST(an_overflowing_resize_ends_the_process)
{
    alloc_free(alloc_resize(alloc_bytes(1, 1), SIZE_MAX, SIZE_MAX));
}
END_TEST

START_TEST(an_aligned_block_cannot_be_resized)
{
    alloc_free(alloc_resize(alloc_aligned(1, 1), 2, 1));
}
END_TEST

static int hook_pipe[2];

static void report_hook(void)
{
    ck_assert_int_eq(write(hook_pipe[1], "h", 1), 1);
}

/* Exit status of a child with three allocations, the k-th of which fails;
 * 77 if none did. */
static int run_failing_child(size_t k)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alloc_set_exit(report_hook);
        alloc_fail_at(k);
        void *block = alloc_bytes(1, 1);
        block = alloc_resize(block, 2, 1);
        void *aligned = alloc_aligned(1, 1);
        alloc_free(aligned);
        alloc_free(block);
        _exit(77);
    }
    int wait_status = 0;
    ck_assert_int_eq(waitpid(child, &wait_status, 0), child);
    ck_assert(WIFEXITED(wait_status));
    return WEXITSTATUS(wait_status);
}

START_TEST(the_chosen_allocation_fails_after_running_the_hook)
{
    ck_assert_int_eq(pipe(hook_pipe), 0);
    const int exit_status = run_failing_child((size_t)_i);
    ck_assert_int_eq(close(hook_pipe[1]), 0);
    char text[4];
    const ssize_t n_hook = read(hook_pipe[0], text, sizeof text);
    ck_assert_int_eq(close(hook_pipe[0]), 0);
    const bool must_fail = _i >= 1 && _i <= 3;
    ck_assert_int_eq(exit_status, must_fail ? 1 : 77);
    ck_assert_int_eq(n_hook, must_fail ? 1 : 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("alloc");
    tcase_add_test(tests, blocks_are_zeroed_and_aligned);
    tcase_add_test(tests, a_grown_block_keeps_its_bytes_and_zeroes_the_rest);
    tcase_add_test(tests, live_and_peak_bytes_follow_the_blocks);
    tcase_add_test(tests, a_string_is_copied_and_terminated);
    tcase_add_test(tests, counters_are_exact_with_several_threads);
    tcase_add_exit_test(tests, an_overflowing_product_ends_the_process, 1);
    tcase_add_exit_test(tests, an_overflowing_aligned_product_ends_the_process,
                        1);
    tcase_add_exit_test(tests, an_overflowing_resize_ends_the_process, 1);
    tcase_add_test_raise_signal(tests, an_aligned_block_cannot_be_resized,
                                SIGABRT);
    tcase_add_loop_test(
        tests, the_chosen_allocation_fails_after_running_the_hook, 0, 5);
    return tests;
}
