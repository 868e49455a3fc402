/* Log lines: prefix by level, dropped above the level, never mixed. */
#include "src/base/log.h"
#include "tests/suite.h"

#include <check.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINES_PER_THREAD = 300, N_THREADS = 4, CAPTURE_BYTES = 200000 };

static FILE *capture;
static char captured[CAPTURE_BYTES];

/* From here on stderr goes to a temporary file. */
static void start_capture(void)
{
    capture = tmpfile();
    ck_assert_ptr_nonnull(capture);
    ck_assert_int_ge(dup2(fileno(capture), STDERR_FILENO), 0);
}

/* All that went to stderr, terminated. */
static const char *read_capture(void)
{
    ck_assert_int_eq(fseek(capture, 0, SEEK_SET), 0);
    const size_t n = fread(captured, 1, sizeof captured - 1, capture);
    captured[n] = '\0';
    (void)fclose(capture);
    return captured;
}

START_TEST(lines_above_the_level_are_dropped)
{
    ck_assert_int_eq(log_get_level(), LOG_NOTE);
    start_capture();
    log_line(LOG_ERROR, "bad %d", 1);
    log_line(LOG_WARNING, "odd %s", "2");
    log_line(LOG_NOTE, "note");
    log_line(LOG_DETAIL, "dropped");
    log_set_level(LOG_DETAIL);
    log_line(LOG_DETAIL, "detail");
    log_set_level(LOG_ERROR);
    log_line(LOG_WARNING, "dropped");
    ck_assert_str_eq(read_capture(),
                     "error: bad 1\nwarning: odd 2\nnote\ndetail\n");
    ck_assert(!log_is_interactive());
}
END_TEST

static void *log_many(void *letter)
{
    char text[41];
    memset(text, *(const char *)letter, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < LINES_PER_THREAD; ++i) {
        log_line(LOG_WARNING, "%s", text);
    }
    return NULL;
}

/* One whole line of log_many at `line`. */
static void check_line(const char *line)
{
    ck_assert_mem_eq(line, "warning: ", 9);
    ck_assert_uint_eq(strspn(line + 9, (char[]){line[9], '\0'}), 40);
    ck_assert_int_eq(line[49], '\n');
}

START_TEST(lines_of_several_threads_do_not_mix)
{
    char letters[N_THREADS] = {'a', 'b', 'c', 'd'};
    pthread_t threads[N_THREADS];
    start_capture();
    for (size_t i = 0; i < N_THREADS; ++i) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, log_many, &letters[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; ++i) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    const char *line = read_capture();
    size_t n_lines = 0;
    for (; *line != '\0'; ++n_lines) {
        check_line(line);
        line += 50;
    }
    ck_assert_uint_eq(n_lines, (size_t)N_THREADS * LINES_PER_THREAD);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, lines_above_the_level_are_dropped);
    tcase_add_test(tests, lines_of_several_threads_do_not_mix);
    return tests;
}
