/* Output files: whole or not at all, whatever fails. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/base/writer.h"
#include "tests/suite.h"

#include <check.h>

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 64 };

static char folder[] = "/tmp/astrolabe-writer-XXXXXX";
static char path[PATH_BYTES];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/output", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

/* Entries of the scratch folder besides "." and "..". */
static size_t count_files(void)
{
    DIR *stream = opendir(folder);
    ck_assert_ptr_nonnull(stream);
    size_t n = 0;
    while (readdir(stream) != NULL) {
        ++n;
    }
    ck_assert_int_eq(closedir(stream), 0);
    return n - 2;
}

static struct writer *open_at(const char *name)
{
    struct writer *writer = NULL;
    struct error error = {0};
    ck_assert_int_eq(writer_open(&writer, name, &error), STATUS_OK);
    return writer;
}

static void check_content(const char *expected)
{
    struct bytes bytes = {NULL, 0};
    struct error error = {0};
    ck_assert_int_eq(reader_load(&bytes, path, SIZE_MAX, &error), STATUS_OK);
    ck_assert_str_eq(bytes.data, expected);
    bytes_clear(&bytes);
}

static void commit_text(const char *text)
{
    struct error error = {0};
    struct writer *writer = open_at(path);
    writer_print(writer, "%s", text);
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_OK);
}

START_TEST(a_file_appears_whole_at_commit)
{
    struct error error = {0};
    struct writer *writer = open_at(path);
    writer_print(writer, "%d-%s", 4, "two");
    writer_append(writer, "\0tail", 5);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_uint_eq(count_files(), 1);
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_OK);
    ck_assert_uint_eq(count_files(), 1);
    struct bytes bytes = {NULL, 0};
    ck_assert_int_eq(reader_load(&bytes, path, SIZE_MAX, &error), STATUS_OK);
    ck_assert_uint_eq(bytes.n, 10);
    ck_assert_mem_eq(bytes.data, "4-two\0tail", 10);
    bytes_clear(&bytes);
}
END_TEST

START_TEST(an_old_file_is_replaced_only_at_commit)
{
    commit_text("old");
    struct error error = {0};
    struct writer *writer = open_at(path);
    writer_print(writer, "new");
    check_content("old");
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_OK);
    check_content("new");
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    commit_text("old");
    struct writer *writer = open_at(path);
    writer_print(writer, "new");
    writer_abandon(writer);
    writer_abandon(NULL);
    check_content("old");
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(two_writers_of_one_path_do_not_disturb_each_other)
{
    struct error error = {0};
    struct writer *first = open_at(path);
    struct writer *second = open_at(path);
    writer_print(first, "first");
    writer_print(second, "second");
    ck_assert_int_eq(writer_commit(second, &error), STATUS_OK);
    check_content("second");
    ck_assert_int_eq(writer_commit(first, &error), STATUS_OK);
    check_content("first");
}
END_TEST

START_TEST(all_open_files_can_be_abandoned)
{
    struct writer *writers[3];
    for (size_t i = 0; i < 3; ++i) {
        writers[i] = open_at(path);
    }
    writer_abandon(writers[1]);
    ck_assert_uint_eq(count_files(), 2);
    writer_abandon_all();
    ck_assert_uint_eq(count_files(), 0);
    writer_abandon(writers[0]);
    writer_abandon(writers[2]);
}
END_TEST

static void check_cannot_open(const char *name, const char *message_part)
{
    struct writer *writer = NULL;
    struct error error = {0};
    ck_assert_int_eq(writer_open(&writer, name, &error), STATUS_IO);
    ck_assert_ptr_null(writer);
    ck_assert_str_eq(error.path, name);
    ck_assert_msg(strstr(error.message, message_part) != NULL, "%s",
                  error.message);
}

START_TEST(a_folder_that_takes_no_files_is_refused)
{
    check_cannot_open("/nowhere/at/all", "No such file");
    check_cannot_open(folder, "Is a directory");
    check_cannot_open("/proc/astrolabe", "cannot create");
    commit_text("x");
    char below[PATH_BYTES + 8];
    (void)snprintf(below, sizeof below, "%s/below", path);
    check_cannot_open(below, "Not a directory");
}
END_TEST

START_TEST(a_forbidden_folder_is_refused)
{
    ck_assert_int_eq(chmod(folder, 0555), 0);
    const bool is_root = geteuid() == 0; /* who may write everything */
    ck_assert(!is_root || seteuid(65534) == 0);
    check_cannot_open(path, "Permission denied");
    ck_assert(!is_root || seteuid(0) == 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

START_TEST(a_full_device_is_reported_at_commit)
{
    struct error error = {0};
    struct writer *writer = open_at("/dev/full");
    writer_print(writer, "lost");
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_IO);
    ck_assert_str_eq(error.path, "/dev/full");
    ck_assert_ptr_nonnull(strstr(error.message, "No space left"));
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file)
{
    enum { N_LINES = 20000 };
    commit_text("old");
    const struct rlimit small = {10000, RLIM_INFINITY};
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct error error = {0};
    struct writer *writer = open_at(path);
    for (size_t i = 0; i < N_LINES; ++i) {
        writer_print(writer, "line\n");
        writer_append(writer, "line\n", 5);
    }
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "File too large"));
    check_content("old");
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_failed_rename_leaves_no_temporary)
{
    struct error error = {0};
    struct writer *writer = open_at(path);
    writer_print(writer, "new");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot rename"));
    ck_assert_uint_eq(count_files(), 1);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_pipe_is_written_directly)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    char name[PATH_BYTES];
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    struct error error = {0};
    struct writer *writer = open_at(name);
    writer_print(writer, "through");
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_OK);
    char text[16] = "";
    ck_assert_int_eq(read(ends[0], text, sizeof text), 7);
    ck_assert_str_eq(text, "through");
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

START_TEST(an_open_file_named_under_dev_is_not_replaced)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_ge(fputs("before ", stream), 0);
    ck_assert_int_eq(fflush(stream), 0);
    char name[PATH_BYTES];
    (void)snprintf(name, sizeof name, "/dev/fd/%d", fileno(stream));
    struct error error = {0};
    struct writer *writer = open_at(name);
    writer_print(writer, "after");
    ck_assert_int_eq(writer_commit(writer, &error), STATUS_OK);
    ck_assert_int_eq(fclose(stream), 0);
    check_content("before after");
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("writer");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, a_file_appears_whole_at_commit);
    tcase_add_test(tests, an_old_file_is_replaced_only_at_commit);
    tcase_add_test(tests, an_abandoned_file_leaves_nothing);
    tcase_add_test(tests, two_writers_of_one_path_do_not_disturb_each_other);
    tcase_add_test(tests, all_open_files_can_be_abandoned);
    tcase_add_test(tests, a_folder_that_takes_no_files_is_refused);
    tcase_add_test(tests, a_forbidden_folder_is_refused);
    tcase_add_test(tests, a_full_device_is_reported_at_commit);
    tcase_add_test(tests, a_failed_write_leaves_the_old_file);
    tcase_add_test(tests, a_failed_rename_leaves_no_temporary);
    tcase_add_test(tests, a_pipe_is_written_directly);
    tcase_add_test(tests, an_open_file_named_under_dev_is_not_replaced);
    return tests;
}
