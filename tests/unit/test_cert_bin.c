/* The binary form: bytes computed by hand, files, malformed input. */
#include "proofs/cert_bin.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 105, TREES_AT = HEAD + 2, DATA_AT = TREES_AT + 5 };

static const size_t TWO[] = {2};
static const struct cert_shape SHAPE = {3, 1, TWO};

START_TEST(the_example_has_the_bytes_computed_by_hand)
{
    static const unsigned char body[] = {
        1,                                            /* cases */
        4,  0x53, 0xe5, 0x50, 0x02,                   /* trees */
        19,                                           /* data */
        1,  0xac, 0x02,                               /* neuron 1 300 */
        0,  1,    2,    0,    3,    1,                /* default; 3/2 atom 0 */
        4,  1,    0,    1,    1,    0xab, 0x15, 0x19, /* atom 4; literal 1 */
        5,  5};                                       /* -3/8 */
    struct cert cert;
    struct bytes bytes = {0};
    unsigned char digest[SHA256_BYTES];
    ref_cert_example(&cert);
    cert_bin_encode(&bytes, &cert);
    ck_assert_uint_eq(bytes.n, HEAD + sizeof body + SHA256_BYTES);
    ck_assert_mem_eq(bytes.data, "ASTC\1\0\50\44\20\x1a", 10);
    ck_assert_int_eq(bytes.data[9 + 32], 0x2b);
    ck_assert_int_eq(bytes.data[9 + 64], 0x3c);
    ck_assert_mem_eq(bytes.data + HEAD, body, sizeof body);
    sha256_digest(digest, bytes.data, bytes.n - SHA256_BYTES);
    ck_assert_mem_eq(bytes.data + bytes.n - SHA256_BYTES, digest, SHA256_BYTES);
    bytes_clear(&bytes);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    char path[] = "/tmp/astrolabe-test-cert-XXXXXX";
    struct cert cert;
    struct cert read;
    struct bytes bytes = {0};
    struct error error = {0};
    size_t n = 0;
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    (void)close(descriptor);
    ref_cert_example(&cert);
    ck_assert_int_eq(cert_bin_write(&n, path, &cert, &error), STATUS_OK);
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_uint_eq(bytes.n, n);
    ck_assert_int_eq(cert_bin_decode(&read, &bytes, &SHAPE, &error), STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    cert_clear(&read);
    bytes_clear(&bytes);
    cert_clear(&cert);
    (void)unlink(path);
}
END_TEST

START_TEST(an_unwritable_path_is_an_error)
{
    struct cert cert;
    struct error error = {0};
    size_t n = 0;
    ref_cert_example(&cert);
    ck_assert_int_eq(
        cert_bin_write(&n, "/nonexistent/folder/a.dbc", &cert, &error),
        STATUS_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "cannot create"));
    cert_clear(&cert);
}
END_TEST

/* The example with its checksum made right again after the change that the
 * caller makes at bytes->data. */
static void encode_example(struct bytes *bytes)
{
    struct cert cert;
    ref_cert_example(&cert);
    cert_bin_encode(bytes, &cert);
    cert_clear(&cert);
}

static enum status decode(struct bytes *bytes, const struct cert_shape *shape,
                          struct error *error)
{
    struct cert cert;
    unsigned char digest[SHA256_BYTES];
    if (bytes->n >= SHA256_BYTES) {
        sha256_digest(digest, bytes->data, bytes->n - SHA256_BYTES);
        memcpy(bytes->data + bytes->n - SHA256_BYTES, digest, SHA256_BYTES);
    }
    *error = (struct error){0};
    const enum status status = cert_bin_decode(&cert, bytes, shape, error);
    if (status == STATUS_OK) {
        cert_clear(&cert);
    }
    return status;
}

struct example {
    size_t at;
    int byte;
    enum status status;
    const char *message;
};

START_TEST(malformed_bytes_are_refused)
{
    static const struct example examples[] = {
        {0, 'B', STATUS_BAD_INPUT, "byte 0: expected a certificate"},
        {4, 2, STATUS_UNSUPPORTED, "version 2"},
        {5, 1, STATUS_UNSUPPORTED, "semantics 1"},
        {6, 61, STATUS_BAD_INPUT, "a grid out of range"},
        {7, 61, STATUS_BAD_INPUT, "a grid out of range"},
        {8, 0, STATUS_BAD_INPUT, "a grid out of range"},
        {8, 17, STATUS_BAD_INPUT, "a grid out of range"},
        {HEAD, 2, STATUS_BAD_INPUT, "has 2 cases, the query 1"},
        {HEAD, 0x81, STATUS_BAD_INPUT, "has 513 cases"},
        {HEAD + 1, 3, STATUS_BAD_INPUT, "bytes after the last section"},
        {HEAD + 1, 5, STATUS_BAD_INPUT, "bytes after the last section"},
        {HEAD + 1, 99, STATUS_BAD_INPUT, "a section longer than the file"},
        {TREES_AT, 0x5b, STATUS_BAD_INPUT, "a split of no input"},
        {TREES_AT + 3, 0x0a, STATUS_BAD_INPUT, "bits after the last tree"},
        {TREES_AT + 3, 0x03, STATUS_BAD_INPUT, "found the end of the trees"},
        {DATA_AT - 1, 18, STATUS_BAD_INPUT, "bytes after the last section"},
        {DATA_AT - 1, 20, STATUS_BAD_INPUT, "a section longer than the file"},
        {DATA_AT + 2, 0x00, STATUS_BAD_INPUT,
         "a number with a superfluous byte"},
        {DATA_AT + 3, 2, STATUS_BAD_INPUT, "an unknown kind of closing"},
        {DATA_AT + 7, 0, STATUS_BAD_INPUT, "a multiplier of zero"},
        {DATA_AT + 5, 1, STATUS_BAD_INPUT, "a multiplier of zero"},
        {DATA_AT + 12, 0, STATUS_BAD_INPUT, "data that no node uses"},
        {DATA_AT + 5, 3, STATUS_BAD_INPUT, "found the end of the section"}};
    struct bytes bytes = {0};
    struct error error;
    encode_example(&bytes);
    ck_assert_int_eq(decode(&bytes, &SHAPE, &error), STATUS_OK);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *one = &examples[i];
        const char before = bytes.data[one->at];
        bytes.data[one->at] = (char)one->byte;
        const enum status status = decode(&bytes, &SHAPE, &error);
        bytes.data[one->at] = before;
        ck_assert_msg(status == one->status &&
                          strstr(error.message, one->message) != NULL,
                      "example %zu: %s: %s", i, status_name(status),
                      error.message);
    }
    bytes_clear(&bytes);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(a_wrong_checksum_is_refused)
{
    struct bytes bytes = {0};
    struct cert cert;
    struct error error = {0};
    encode_example(&bytes);
    bytes.data[bytes.n - 1] = (char)(bytes.data[bytes.n - 1] ^ 1);
    ck_assert_int_eq(cert_bin_decode(&cert, &bytes, &SHAPE, &error),
                     STATUS_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "the checksum does not fit"));
    bytes_clear(&bytes);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct bytes bytes = {0};
    struct error error;
    encode_example(&bytes);
    while (bytes.n > 0) {
        bytes.n--;
        ck_assert_msg(decode(&bytes, &SHAPE, &error) != STATUS_OK,
                      "%zu bytes are enough", bytes.n);
    }
    bytes_clear(&bytes);
}
END_TEST

/* Puts n bytes in place of one and repairs the length of the section. */
static void replace(struct bytes *bytes, size_t at, const void *with, size_t n)
{
    char *data = alloc_bytes(bytes->n + n, 1);
    memcpy(data, bytes->data, at);
    memcpy(data + at, with, n);
    memcpy(data + at + n, bytes->data + at + 1, bytes->n - at - 1);
    alloc_free(bytes->data);
    bytes->data = data;
    bytes->n += n - 1;
    data[DATA_AT - 1] = (char)(data[DATA_AT - 1] + (char)n - 1);
}

START_TEST(long_numbers_are_bounded)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum status status;
        const char *message;
    } examples[] = {{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10,
                     STATUS_BAD_INPUT, "a number of more than 64 bits"},
                    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11,
                     STATUS_BAD_INPUT, "a number of more than 64 bits"},
                    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10,
                     STATUS_LIMIT, "is over the limit 4294967295"},
                    {"\xff\xff\xff\xff\x0f", 5, STATUS_OK, ""}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct bytes bytes = {0};
        struct error error;
        encode_example(&bytes);
        replace(&bytes, DATA_AT, examples[i].bytes, examples[i].n);
        const enum status status = decode(&bytes, &SHAPE, &error);
        ck_assert_msg(status == examples[i].status &&
                          strstr(error.message, examples[i].message) != NULL,
                      "example %zu: %s: %s", i, status_name(status),
                      error.message);
        bytes_clear(&bytes);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert_bin");
    tcase_add_test(cases, the_example_has_the_bytes_computed_by_hand);
    tcase_add_test(cases, what_is_written_is_read_back);
    tcase_add_test(cases, an_unwritable_path_is_an_error);
    tcase_add_test(cases, malformed_bytes_are_refused);
    tcase_add_test(cases, a_wrong_checksum_is_refused);
    tcase_add_test(cases, every_truncation_is_refused);
    tcase_add_test(cases, long_numbers_are_bounded);
    return cases;
}
