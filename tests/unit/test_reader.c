/* Input files: plain, packed, missing, broken, too long. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <check.h>
#include <zlib.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 64, PACKED_BYTES = 4096 };

static char folder[] = "/tmp/astrolabe-reader-XXXXXX";
static char path[PATH_BYTES];
static char packed_path[PATH_BYTES];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/input", folder);
    (void)snprintf(packed_path, sizeof packed_path, "%s/input.gz", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)unlink(packed_path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

/* mode: "wb" starts the file, "ab" adds one more member */
static void write_packed(const char *name, const char *mode, const char *text)
{
    gzFile stream = gzopen(name, mode);
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_ge(gzputs(stream, text), 0);
    ck_assert_int_eq(gzclose(stream), Z_OK);
}

/* Bytes of the packed file; returns how many. */
static size_t packed_bytes(unsigned char bytes[PACKED_BYTES])
{
    FILE *stream = fopen(packed_path, "rb");
    ck_assert_ptr_nonnull(stream);
    const size_t n = fread(bytes, 1, PACKED_BYTES, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert(n > 18 && n < PACKED_BYTES);
    return n;
}

static void check_loads(const char *name, size_t limit, const char *expected)
{
    struct bytes bytes = {NULL, 0};
    struct error error = {0};
    const enum status status = reader_load(&bytes, name, limit, &error);
    ck_assert_msg(status == STATUS_OK, "%s: %s", error.path, error.message);
    ck_assert_uint_eq(bytes.n, strlen(expected));
    ck_assert_str_eq(bytes.data, expected);
    bytes_clear(&bytes);
}

static void check_refuses(const char *name, size_t limit, enum status expected,
                          const char *message_part)
{
    struct bytes bytes = {NULL, 0};
    struct error error = {0};
    const enum status status = reader_load(&bytes, name, limit, &error);
    ck_assert_int_eq(status, expected);
    ck_assert_ptr_null(bytes.data);
    ck_assert_msg(strstr(error.message, message_part) != NULL,
                  "expected `%s` in `%s`", message_part, error.message);
    ck_assert_str_ne(error.path, "");
}

START_TEST(a_plain_file_is_read_whole)
{
    ref_file_save(path, "a\nb", 3);
    check_loads(path, SIZE_MAX, "a\nb");
    ref_file_save(path, "", 0);
    check_loads(path, SIZE_MAX, "");
}
END_TEST

START_TEST(a_packed_file_is_unpacked_under_any_name)
{
    write_packed(path, "wb", "inside");
    check_loads(path, SIZE_MAX, "inside");
    ck_assert_int_eq(rename(path, packed_path), 0);
    check_loads(packed_path, SIZE_MAX, "inside");
    check_loads(path, SIZE_MAX, "inside"); /* only input.gz exists */
    ref_file_save(path, "outside", 7);
    check_loads(path, SIZE_MAX, "outside");
    write_packed(path, "wb", "");
    check_loads(path, SIZE_MAX, "");
}
END_TEST

START_TEST(members_are_joined)
{
    write_packed(path, "wb", "one ");
    write_packed(path, "ab", "");
    write_packed(path, "ab", "two");
    check_loads(path, SIZE_MAX, "one two");
    check_loads(path, 7, "one two");
    check_refuses(path, 6, STATUS_BAD_INPUT, "limit of 6 bytes");
}
END_TEST

START_TEST(a_long_packed_file_is_unpacked_whole)
{
    enum { N = 300000 };
    char *text = alloc_bytes(N + 1, 1);
    for (size_t i = 0; i < N; ++i) {
        text[i] = (char)('a' + (i * i / 7) % 26);
    }
    write_packed(path, "wb", text);
    check_loads(path, N, text);
    check_refuses(path, N - 1, STATUS_BAD_INPUT, "limit");
    alloc_free(text);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    /* As long as the first buffer: the content ends where room does. */
    char text[4097] = "";
    for (size_t i = 0; i + 1 < sizeof text; ++i) {
        text[i] = (char)('a' + i % 7);
    }
    unsigned char bytes[PACKED_BYTES];
    write_packed(packed_path, "wb", text);
    check_loads(packed_path, 4096, text);
    const size_t n = packed_bytes(bytes);
    for (size_t n_kept = 2; n_kept < n; ++n_kept) {
        ref_file_save(packed_path, bytes, n_kept);
        check_refuses(packed_path, SIZE_MAX, STATUS_BAD_INPUT, "truncated");
    }
}
END_TEST

START_TEST(a_wrong_checksum_or_length_is_refused)
{
    unsigned char bytes[PACKED_BYTES];
    write_packed(packed_path, "wb", "some text");
    const size_t n = packed_bytes(bytes);
    for (size_t i = n - 8; i < n; ++i) {
        bytes[i] ^= 1U;
        ref_file_save(packed_path, bytes, n);
        check_refuses(packed_path, SIZE_MAX, STATUS_BAD_INPUT, "corrupt");
        bytes[i] ^= 1U;
    }
}
END_TEST

START_TEST(garbage_after_the_last_member_is_refused)
{
    unsigned char bytes[PACKED_BYTES];
    write_packed(packed_path, "wb", "some text");
    const size_t n = packed_bytes(bytes);
    bytes[n] = 0;
    ref_file_save(packed_path, bytes, n + 1);
    check_refuses(packed_path, SIZE_MAX, STATUS_BAD_INPUT, "found garbage");
    memcpy(bytes + n, "\x1f\x8b junk", 7);
    ref_file_save(packed_path, bytes, n + 7);
    check_refuses(packed_path, SIZE_MAX, STATUS_BAD_INPUT, "corrupt");
}
END_TEST

START_TEST(the_limit_is_exact_for_plain_files)
{
    ref_file_save(path, "12345", 5);
    check_loads(path, 5, "12345");
    check_refuses(path, 4, STATUS_BAD_INPUT, "limit of 4 bytes");
    check_refuses("/dev/zero", 100000, STATUS_BAD_INPUT, "limit");
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    check_refuses(path, SIZE_MAX, STATUS_IO, "cannot open: No such file");
    check_refuses(folder, SIZE_MAX, STATUS_IO, "is a directory");
    check_refuses("/proc/self/mem", SIZE_MAX, STATUS_IO, "cannot read");
    ref_file_save(path, "x", 1);
    char below[PATH_BYTES + 8];
    (void)snprintf(below, sizeof below, "%s/below", path);
    check_refuses(below, SIZE_MAX, STATUS_IO, "cannot open");
}
END_TEST

START_TEST(a_forbidden_file_is_refused)
{
    ref_file_save(path, "x", 1);
    ck_assert_int_eq(chmod(path, 0), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    const bool is_root = geteuid() == 0; /* who may read everything */
    ck_assert(!is_root || seteuid(65534) == 0);
    check_refuses(path, SIZE_MAX, STATUS_IO, "Permission denied");
    ck_assert(!is_root || seteuid(0) == 0);
}
END_TEST

START_TEST(standard_input_is_read_through_a_pipe)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(write(ends[1], "piped", 5), 5);
    ck_assert_int_eq(close(ends[1]), 0);
    check_loads("-", SIZE_MAX, "piped");
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("reader");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, a_plain_file_is_read_whole);
    tcase_add_test(tests, a_packed_file_is_unpacked_under_any_name);
    tcase_add_test(tests, members_are_joined);
    tcase_add_test(tests, a_long_packed_file_is_unpacked_whole);
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, a_wrong_checksum_or_length_is_refused);
    tcase_add_test(tests, garbage_after_the_last_member_is_refused);
    tcase_add_test(tests, the_limit_is_exact_for_plain_files);
    tcase_add_test(tests, what_cannot_be_read_is_named);
    tcase_add_test(tests, a_forbidden_file_is_refused);
    tcase_add_test(tests, standard_input_is_read_through_a_pipe);
    return tests;
}
