/* The binary form: bytes computed by hand, files, malformed input. */
#include "proofs/cert_bin.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASHES = 6, BODY = HASHES + 3 * SHA256_BYTES, GRIDS = 4 };

/* Replaces END after a change of the bytes before it. */
static void seal(struct bytes *bytes)
{
    unsigned char digest[SHA256_BYTES];
    const size_t n = bytes->n - SHA256_BYTES;
    sha256_digest(digest, bytes->data, n);
    memcpy(bytes->data + n, digest, SHA256_BYTES);
}

/* A file with the given bytes after its hashes. */
static struct bytes make_file(unsigned char kind, const unsigned char *body,
                              size_t n)
{
    struct bytes bytes = {.n = BODY + n + SHA256_BYTES};
    bytes.data = alloc_bytes(bytes.n + 1, 1);
    memcpy(bytes.data, "ASTC\2", 5);
    bytes.data[5] = (char)kind;
    memcpy(bytes.data + BODY, body, n);
    seal(&bytes);
    return bytes;
}

/* A file of kind 0 around what was encoded. */
static struct bytes make_proof(struct cert_encoder *encoder)
{
    unsigned char body[256] = {40, 36, 16, 8};
    cert_encoder_finish(encoder);
    ck_assert_uint_lt(encoder->bytes.n, 128);
    body[GRIDS] = (unsigned char)encoder->bytes.n;
    if (encoder->bytes.n > 0) {
        memcpy(body + GRIDS + 1, encoder->bytes.data, encoder->bytes.n);
    }
    return make_file(CERT_BIN_UNSAT, body, GRIDS + 1 + encoder->bytes.n);
}

static void expect_refusal(const struct bytes *bytes, enum status expected,
                           const char *message)
{
    struct cert cert;
    struct error error = {0};
    const enum status status = cert_bin_decode(&cert, bytes, &error);
    ck_assert_msg(status == expected && strstr(error.message, message) != NULL,
                  "status %d: %s", (int)status, error.message);
    ck_assert_ptr_null(cert.trees);
    ck_assert_ptr_null(cert.witness);
}

/*
 * One input, one ReLU layer, one case, one disjunct; a leaf with a refresh.
 * All four numbers are 1, so w = 2 has a bit of 1 and a bit of 0 for its
 * length and a bit of 0, in the same contexts each time: the probabilities of
 * a 0 are 1/2 1/2 1/2, 1/4 3/4 3/4, 3/16 13/16 13/16 and 21504/2^17 on the way
 * (shifts 1, 2, 3). Then come, each at 1/2: LEAF 1, REFRESH 1, HAS 0 and
 * DEFAULT 0, as the leaf is closed by default. In binary fractions the number
 * starts with 0.101...; the bytes are from a calculation by the formulas.
 */
START_TEST(a_leaf_has_the_bytes_computed_by_hand)
{
    static const size_t one[] = {1};
    static const struct cert_shape shape = {1, 1, 1, one};
    static const unsigned char stream[] = {0x8e, 0xe3};
    const struct cert_node leaf = {
        .kind = CERT_LEAF, .details = CERT_NONE, .refresh = 1};
    struct cert cert;
    struct bytes bytes = {0};
    unsigned char digest[SHA256_BYTES];
    cert_init(&cert, &shape);
    memset(cert.network_hash, 0x1a, SHA256_BYTES);
    memset(cert.property_hash, 0x2b, SHA256_BYTES);
    memset(cert.query_hash, 0x3c, SHA256_BYTES);
    VEC_PUSH(&cert.trees[0].nodes, leaf);
    cert_bin_encode(&bytes, &cert, NULL);
    ck_assert_uint_eq(bytes.n, BODY + GRIDS + 1 + sizeof stream + SHA256_BYTES);
    ck_assert_mem_eq(bytes.data, "ASTC\2\0\x1a", 7);
    ck_assert_int_eq(bytes.data[HASHES + 32], 0x2b);
    ck_assert_int_eq(bytes.data[HASHES + 64], 0x3c);
    ck_assert_mem_eq(bytes.data + BODY, "\50\44\20\10", GRIDS);
    ck_assert_int_eq(bytes.data[BODY + GRIDS], sizeof stream);
    ck_assert_mem_eq(bytes.data + BODY + GRIDS + 1, stream, sizeof stream);
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
    ck_assert_int_eq(cert_bin_decode(&read, &bytes, &error), STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    bytes_clear(&bytes);
    cert_clear(&read);
    cert_clear(&cert);
    (void)unlink(path);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(what_cannot_be_written_leaves_the_old_file)
{
    char path[] = "/tmp/astrolabe-test-cert-XXXXXX";
    struct cert cert;
    struct bytes bytes = {0};
    struct error error = {0};
    size_t n = 0;
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, "old", 3), 3);
    (void)close(descriptor);
    ref_cert_example(&cert);
    cert.n_inputs = 2;
    ck_assert_int_eq(cert_bin_write(&n, path, &cert, &error), STATUS_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.message, "a split of no input"));
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_uint_eq(bytes.n, 3);
    cert.n_inputs = 3;
    ck_assert_int_eq(cert_bin_write(&n, "/nonexistent/a.dbc", &cert, &error),
                     STATUS_IO);
    bytes_clear(&bytes);
    cert_clear(&cert);
    (void)unlink(path);
}
END_TEST

START_TEST(a_witness_is_kept_bit_by_bit)
{
    static const double values[] = {0.1, -0.0, 0x1p-1074, -0x1.8p1000};
    struct cert cert = {.verdict = CERT_SAT, .n_inputs = 4};
    struct cert read;
    struct bytes bytes = {0};
    struct error error = {0};
    NEW_ARRAY(cert.witness, 4);
    memcpy(cert.witness, values, sizeof values);
    cert_bin_encode(&bytes, &cert, NULL);
    ck_assert_uint_eq(bytes.n, BODY + 1 + 4 * 8 + SHA256_BYTES);
    ck_assert_int_eq(bytes.data[5], CERT_BIN_SAT);
    ck_assert_mem_eq(bytes.data + BODY + 1, "\x9a\x99\x99\x99\x99\x99\xb9\x3f",
                     8);
    ck_assert_int_eq(cert_bin_decode(&read, &bytes, &error), STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    cert_clear(&read);
    memset(bytes.data + BODY + 1, 0xff, 8);
    seal(&bytes);
    expect_refusal(&bytes, STATUS_BAD_INPUT, "not finite");
    bytes.data[BODY] = 5;
    seal(&bytes);
    expect_refusal(&bytes, STATUS_BAD_INPUT, "longer or shorter");
    bytes_clear(&bytes);
    cert_clear(&cert);
}
END_TEST

/* Cut anywhere, with and without a checksum that fits. */
START_TEST(a_cut_file_is_refused)
{
    struct cert cert;
    struct bytes bytes = {0};
    ref_cert_example(&cert);
    cert_bin_encode(&bytes, &cert, NULL);
    for (size_t n = 0; n < bytes.n; n++) {
        struct bytes cut = {.n = n, .data = alloc_bytes(n + 1, 1)};
        memcpy(cut.data, bytes.data, n);
        expect_refusal(&cut, STATUS_BAD_INPUT, "");
        if (n >= BODY + SHA256_BYTES) {
            seal(&cut);
            expect_refusal(&cut, STATUS_BAD_INPUT, "");
        }
        bytes_clear(&cut);
    }
    bytes_clear(&bytes);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* The stream itself cut, its length and the checksum made to fit: what little
 * is left may be a tree, but not the same one. */
START_TEST(a_cut_stream_is_refused_or_means_something_else)
{
    struct cert cert;
    struct bytes bytes = {0};
    size_t n_refused = 0;
    ref_cert_example(&cert);
    cert_bin_encode(&bytes, &cert, NULL);
    const size_t n_stream = (unsigned char)bytes.data[BODY + GRIDS];
    ck_assert_uint_lt(n_stream, 128);
    ck_assert_uint_eq(bytes.n, BODY + GRIDS + 1 + n_stream + SHA256_BYTES);
    for (size_t n = 0; n + 1 < n_stream; n++) {
        struct cert read;
        struct error error = {0};
        bytes.data[BODY + GRIDS] = (char)n;
        struct bytes cut =
            make_file(CERT_BIN_UNSAT, (const unsigned char *)bytes.data + BODY,
                      GRIDS + 1 + n);
        if (cert_bin_decode(&read, &cut, &error) == STATUS_OK) {
            ck_assert(!ref_cert_is_same(&cert, &read));
            cert_clear(&read);
        } else {
            n_refused++;
        }
        bytes_clear(&cut);
    }
    ck_assert_uint_gt(n_refused, n_stream / 2);
    bytes_clear(&bytes);
    cert_clear(&cert);
}
END_TEST

START_TEST(frames_that_do_not_fit_are_refused)
{
    static const struct {
        size_t at;
        unsigned char value;
        enum status status;
        const char *message;
    } rows[] = {{0, 'B', STATUS_BAD_INPUT, "expected a certificate"},
                {4, 1, STATUS_UNSUPPORTED, "of version 1 are not supported"},
                {5, 4, STATUS_BAD_INPUT, "a proof by cells with a body"},
                {5, 5, STATUS_BAD_INPUT, "a witness longer or shorter"},
                {5, 6, STATUS_BAD_INPUT, "an unknown kind"},
                {5, 1, STATUS_BAD_INPUT, "a witness longer or shorter"},
                {BODY, 61, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 1, 61, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 2, 0, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 2, 17, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 3, 0, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 3, 9, STATUS_BAD_INPUT, "a grid out of range"},
                {BODY + 4, 1, STATUS_BAD_INPUT, "longer or shorter"},
                {BODY + 4, 0xff, STATUS_BAD_INPUT, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert cert;
        struct bytes bytes = {0};
        ref_cert_example(&cert);
        cert_bin_encode(&bytes, &cert, NULL);
        bytes.data[rows[i].at] = (char)rows[i].value;
        if (i >= 3) {
            expect_refusal(&bytes, STATUS_BAD_INPUT, "");
        }
        seal(&bytes);
        expect_refusal(&bytes, rows[i].status, rows[i].message);
        bytes_clear(&bytes);
        cert_clear(&cert);
    }
}
END_TEST

/* The first numbers of a stream, the last of them hostile. */
START_TEST(huge_counts_are_refused)
{
    static const struct {
        uint64_t numbers[4];
        size_t n;
        enum status status;
    } rows[] = {{{(uint64_t)1 << 62U}, 1, STATUS_LIMIT},
                {{1, 65}, 2, STATUS_LIMIT},
                {{1, 1, ((uint64_t)1 << 63U) - 2}, 3, STATUS_LIMIT},
                {{1, 1, UINT32_MAX}, 3, STATUS_BAD_INPUT},
                {{1, 1, 1, (uint64_t)1 << 25U}, 4, STATUS_LIMIT},
                {{1, 1, 1, (uint64_t)1 << 24U}, 4, STATUS_BAD_INPUT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert_encoder encoder;
        cert_encoder_init(&encoder);
        for (size_t k = 0; k < rows[i].n; k++) {
            cert_encode_number(&encoder, rows[i].numbers[k], CERT_GROUP_SHAPE,
                               0);
        }
        struct bytes bytes = make_proof(&encoder);
        expect_refusal(&bytes, rows[i].status, "");
        bytes_clear(&bytes);
        cert_encoder_clear(&encoder);
    }
}
END_TEST

/* Three inputs, a ReLU layer, a case of two disjuncts; the root is a split. */
static void begin_split(struct cert_encoder *encoder, bool is_neuron)
{
    static const uint64_t numbers[] = {3, 1, 1, 2};
    cert_encoder_init(encoder);
    for (size_t k = 0; k < 4; k++) {
        cert_encode_number(encoder, numbers[k], CERT_GROUP_SHAPE, 0);
    }
    cert_encode_bit(encoder, false, CERT_GROUP_LEAF, 0);
    cert_encode_bit(encoder, is_neuron, CERT_GROUP_NEURON, 0);
}

static void refuse_encoded(struct cert_encoder *encoder, enum status status,
                           const char *message)
{
    struct bytes bytes = make_proof(encoder);
    expect_refusal(&bytes, status, message);
    bytes_clear(&bytes);
    cert_encoder_clear(encoder);
}

START_TEST(splits_of_nothing_are_refused)
{
    enum { NO_INPUT_ABOVE = 16 * 17 + 16 };
    struct cert_encoder encoder;
    begin_split(&encoder, true);
    cert_encode_number(&encoder, 1, CERT_GROUP_RELU, 0);
    refuse_encoded(&encoder, STATUS_BAD_INPUT, "no ReLU layer");
    begin_split(&encoder, false);
    cert_encode_number(&encoder, 3, CERT_GROUP_INPUT, NO_INPUT_ABOVE);
    refuse_encoded(&encoder, STATUS_BAD_INPUT, "no input");
    begin_split(&encoder, false);
    cert_encode_number(&encoder, 2, CERT_GROUP_INPUT, NO_INPUT_ABOVE);
    cert_encode_bit(&encoder, true, CERT_GROUP_THRESHOLD, 0);
    cert_encode_bit(&encoder, false, CERT_GROUP_THRESHOLD, 3);
    cert_encode_number(&encoder, 31, CERT_GROUP_FRACTION, 0);
    refuse_encoded(&encoder, STATUS_LIMIT, "fraction: number 31");
}
END_TEST

START_TEST(a_split_leaves_a_disjunct_open)
{
    struct cert_encoder encoder;
    begin_split(&encoder, true);
    cert_encode_number(&encoder, 0, CERT_GROUP_RELU, 0);
    cert_encode_number(&encoder, 7, CERT_GROUP_ELEMENT, 0);
    cert_encode_bit(&encoder, false, CERT_GROUP_REFRESH, 0);
    cert_encode_bit(&encoder, false, CERT_GROUP_HAS, 0);
    for (int d = 0; d < 2; d++) {
        cert_encode_bit(&encoder, true, CERT_GROUP_CLOSED, 0);
        cert_encode_bit(&encoder, false, CERT_GROUP_DEFAULT, 0);
    }
    refuse_encoded(&encoder, STATUS_BAD_INPUT, "closes all disjuncts");
}
END_TEST

/* A chain of splits as deep as a file of this size can say. */
START_TEST(depth_has_no_limit)
{
    enum { DEPTH = 100000 };
    static const size_t one[] = {1};
    static const struct cert_shape shape = {2, 1, 1, one};
    struct cert cert;
    struct cert read;
    struct bytes bytes = {0};
    struct error error = {0};
    cert_init(&cert, &shape);
    for (uint32_t i = 0; i < DEPTH; i++) {
        const struct cert_node split = {.kind = CERT_INPUT,
                                        .index = i % 2,
                                        .child = 2 * i + 1,
                                        .details = CERT_NONE};
        const struct cert_node leaf = {.kind = CERT_LEAF, .details = CERT_NONE};
        VEC_PUSH(&cert.trees[0].nodes, split);
        VEC_PUSH(&cert.trees[0].nodes, leaf);
    }
    for (uint32_t i = 1; i < DEPTH; i++) { /* the splits are the odd ones */
        const struct cert_node kept = cert.trees[0].nodes.data[2 * (size_t)i];
        cert.trees[0].nodes.data[2 * (size_t)i] =
            cert.trees[0].nodes.data[2 * (size_t)i - 1];
        cert.trees[0].nodes.data[2 * (size_t)i - 1] = kept;
    }
    const struct cert_node last = {.kind = CERT_LEAF, .details = CERT_NONE};
    VEC_PUSH(&cert.trees[0].nodes, last);
    ck_assert_int_eq(cert_check(&cert, &error), STATUS_OK);
    cert_bin_encode(&bytes, &cert, NULL);
    ck_assert_uint_lt(bytes.n, DEPTH / 50);
    ck_assert_int_eq(cert_bin_decode(&read, &bytes, &error), STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    bytes_clear(&bytes);
    cert_clear(&read);
    cert_clear(&cert);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert_bin");
    tcase_add_test(cases, a_leaf_has_the_bytes_computed_by_hand);
    tcase_add_test(cases, what_is_written_is_read_back);
    tcase_add_test(cases, what_cannot_be_written_leaves_the_old_file);
    tcase_add_test(cases, a_witness_is_kept_bit_by_bit);
    tcase_add_test(cases, a_cut_file_is_refused);
    tcase_add_test(cases, a_cut_stream_is_refused_or_means_something_else);
    tcase_add_test(cases, frames_that_do_not_fit_are_refused);
    tcase_add_test(cases, huge_counts_are_refused);
    tcase_add_test(cases, splits_of_nothing_are_refused);
    tcase_add_test(cases, a_split_leaves_a_disjunct_open);
    tcase_add_test(cases, depth_has_no_limit);
    return cases;
}
