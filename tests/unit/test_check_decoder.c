/* Streams that no writer makes: the checker refuses them, and ends. */
#include "proofs/cert_coder.h"
#include "proofs/check/check_sha.h"
#include "tests/ref/ref_certificate.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <stdio.h>

/* Y = max(max(x, 0), 0) over -1 <= x <= 1: two ReLU layers. Whatever the tree,
 * every leaf closes by default: Y <= 1 < 5. */
static void open_small(struct ref_subject *subject, const char *assertions)
{
    static const double one[] = {1.0};
    static const double zero[] = {0.0};
    const size_t widths[] = {1, 1, 1, 1};
    const double *weights[] = {one, one, one};
    const double *biases[] = {zero, zero, zero};
    static char text[1024];
    struct ref_bytes model = ref_subject_chain(3, widths, weights, biases);
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const Y_0 Real)"
                   "(assert (>= X_0 -1))(assert (<= X_0 1))%s\n",
                   assertions);
    ref_subject_open(subject, &model, text);
}

/* A number and a bit in the first context of their group. */
static void number(struct cert_encoder *encoder, enum cert_group group,
                   uint64_t value)
{
    cert_encode_number(encoder, value, group, 0);
}

static void bit(struct cert_encoder *encoder, enum cert_group group, bool value)
{
    cert_encode_bit(encoder, value, group, 0);
}

enum { LISTS_FIRST = 16, LEAF_INDEX = 1 };

/* The head of a stream with one case of n disjuncts. */
static void begin(struct cert_encoder *encoder, uint64_t n_disjuncts)
{
    cert_encoder_init(encoder);
    number(encoder, CERT_GROUP_SHAPE, 1);
    number(encoder, CERT_GROUP_SHAPE, 2);
    number(encoder, CERT_GROUP_SHAPE, 1);
    number(encoder, CERT_GROUP_SHAPE, n_disjuncts);
}

/* A leaf at the root without refresh, up to HAS. */
static void begin_leaf(struct cert_encoder *encoder, bool has)
{
    bit(encoder, CERT_GROUP_LEAF, true);
    for (size_t r = 0; r < 2; r++) {
        cert_encode_bit(encoder, false, CERT_GROUP_REFRESH, (size_t)96 + 2 * r);
    }
    cert_encode_bit(encoder, has, CERT_GROUP_HAS, LEAF_INDEX);
}

/* Its one disjunct, closed by default. */
static void end_leaf(struct cert_encoder *encoder)
{
    cert_encode_bit(encoder, false, CERT_GROUP_DEFAULT, LEAF_INDEX);
}

/* The file of a stream; the encoder is cleared. */
static struct ref_bytes finish(const struct ref_subject *subject,
                               struct cert_encoder *encoder)
{
    static const unsigned char head[] = {'A', 'S', 'T', 'C', 2, 0};
    static const unsigned char grids[] = {40, 36, 16, 8};
    struct ref_cert hashes = ref_subject_cert(subject);
    ref_cert_leaf(&hashes, 0);
    struct ref_bytes whole = ref_cert_finish(&hashes);
    unsigned char end[32];
    struct ref_bytes bytes = {0};
    cert_encoder_finish(encoder);
    ref_bytes_append(&bytes, head, sizeof head);
    ref_bytes_append(&bytes, whole.data + sizeof head, 3 * (size_t)32);
    ref_bytes_clear(&whole);
    ref_bytes_append(&bytes, grids, sizeof grids);
    ref_bytes_varint(&bytes, encoder->bytes.n);
    ref_bytes_append(&bytes, encoder->bytes.data, encoder->bytes.n);
    check_sha256(end, bytes.data, bytes.n);
    ref_bytes_append(&bytes, end, sizeof end);
    cert_encoder_clear(encoder);
    return bytes;
}

/* Both arithmetics give the status, and the twin agrees; clears the bytes. */
static void expect(const struct ref_subject *subject, struct ref_bytes *bytes,
                   int status)
{
    ck_assert_int_eq(ref_subject_check(subject, bytes, CHECK_FAST), status);
    ck_assert_int_eq(ref_subject_check(subject, bytes, CHECK_EXACT), status);
    const enum ref_verdict verdict = ref_certificate_judge(
        bytes->data, bytes->n, subject->network, subject->query);
    ck_assert_int_eq(verdict == REF_ACCEPTED, status == 0);
    ref_bytes_clear(bytes);
}

static void expect_stream(const struct ref_subject *subject,
                          struct cert_encoder *encoder, int status)
{
    struct ref_bytes bytes = finish(subject, encoder);
    expect(subject, &bytes, status);
}

static void repair(struct ref_bytes *bytes)
{
    check_sha256(bytes->data + bytes->n - 32, bytes->data, bytes->n - 32);
}

/* A slope and a lemma of each end, two splits: every kind of number. */
static struct ref_bytes write_some(const struct ref_subject *subject)
{
    struct cert_encoder encoder;
    begin(&encoder, 1);
    begin_leaf(&encoder, true);
    number(&encoder, CERT_GROUP_N_SLOPES, 1);
    cert_encode_number(&encoder, 1, CERT_GROUP_SLOPE_RELU, LISTS_FIRST);
    cert_encode_number(&encoder, 0, CERT_GROUP_SLOPE_ELEMENT, 1);
    number(&encoder, CERT_GROUP_SLOPE, 200);
    number(&encoder, CERT_GROUP_N_LEMMAS, 1);
    cert_encode_number(&encoder, 0, CERT_GROUP_LEMMA_RELU, LISTS_FIRST);
    number(&encoder, CERT_GROUP_LEMMA_ELEMENT, 0);
    bit(&encoder, CERT_GROUP_SIDE, true);
    number(&encoder, CERT_GROUP_N_ATOMS, 1);
    cert_encode_number(&encoder, 0, CERT_GROUP_ATOM, LISTS_FIRST);
    number(&encoder, CERT_GROUP_MANTISSA, 1234567);
    cert_encode_signed(&encoder, -30, CERT_GROUP_EXPONENT, 15);
    number(&encoder, CERT_GROUP_N_LITERALS, 0);
    end_leaf(&encoder);
    return finish(subject, &encoder);
}

START_TEST(what_is_written_here_is_a_certificate)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_bytes bytes = write_some(&subject);
    expect(&subject, &bytes, 0);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_bytes whole = write_some(&subject);
    for (size_t n = 0; n < whole.n; n++) {
        struct ref_bytes cut = {0};
        ref_bytes_append(&cut, whole.data, n);
        ck_assert_int_ne(ref_subject_check(&subject, &cut, CHECK_FAST), 0);
        if (n >= 32) {
            repair(&cut);
            const int status = ref_subject_check(&subject, &cut, CHECK_FAST);
            ck_assert_msg(status == 3 || status == 4,
                          "cut to %zu bytes: exit %d", n, status);
        }
        ref_bytes_clear(&cut);
    }
    ref_bytes_clear(&whole);
    ref_subject_close(&subject);
}
END_TEST

/* Bytes of the stream dropped or added, its length put right. */
START_TEST(streams_of_another_length_are_refused)
{
    enum { LENGTH = 6 + 96 + 4 };
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    struct ref_bytes whole = write_some(&subject);
    const size_t n_stream = whole.n - LENGTH - 1 - 32;
    ck_assert_uint_lt(n_stream, 120);
    for (size_t n = 0; n <= n_stream + 8; n++) {
        const unsigned char zeros[48] = {0};
        struct ref_bytes other = {0};
        ref_bytes_append(&other, whole.data, LENGTH);
        ref_bytes_varint(&other, n);
        ref_bytes_append(&other, whole.data + LENGTH + 1,
                         n < n_stream ? n : n_stream);
        ref_bytes_append(&other, zeros, 32 + (n > n_stream ? n - n_stream : 0));
        repair(&other);
        const int status = ref_subject_check(&subject, &other, CHECK_FAST);
        const enum ref_verdict verdict = ref_certificate_judge(
            other.data, other.n, subject.network, subject.query);
        ck_assert_msg((status == 0) == (verdict == REF_ACCEPTED) && status <= 4,
                      "%zu bytes of %zu: exit %d, twin %d", n, n_stream, status,
                      (int)verdict);
        ref_bytes_clear(&other);
    }
    ref_bytes_clear(&whole);
    ref_subject_close(&subject);
}
END_TEST

START_TEST(heads_out_of_range_are_refused)
{
    static const struct {
        size_t at;
        unsigned char value;
        int status;
    } changes[] = {{0, 'B', 3}, {4, 1, 4},     {4, 3, 4},    {5, 1, 3},
                   {5, 3, 1},   {5, 6, 4},     {102, 61, 3}, {103, 61, 3},
                   {104, 0, 3}, {104, 17, 3},  {105, 0, 3},  {105, 9, 3},
                   {106, 0, 3}, {106, 127, 3}, {106, 128, 3}};
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct ref_bytes bytes = write_some(&subject);
        bytes.data[changes[i].at] = changes[i].value;
        repair(&bytes);
        const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
        ck_assert_msg(status == changes[i].status ||
                          (status == 4 && changes[i].status == 3),
                      "byte %zu: exit %d", changes[i].at, status);
        ref_bytes_clear(&bytes);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(counts_without_end_are_refused)
{
    static const enum cert_group counts[] = {
        CERT_GROUP_N_SLOPES, CERT_GROUP_N_LEMMAS, CERT_GROUP_N_ATOMS,
        CERT_GROUP_N_LITERALS};
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < 4; i++) {
        for (unsigned shift = 20; shift < 63; shift += 14) {
            struct cert_encoder encoder;
            begin(&encoder, 1);
            begin_leaf(&encoder, i < 2);
            if (i < 2) {
                for (size_t k = 0; k < i; k++) {
                    number(&encoder, counts[k], 0);
                }
            } else {
                cert_encode_bit(&encoder, true, CERT_GROUP_DEFAULT, LEAF_INDEX);
                for (size_t k = 2; k < i; k++) {
                    number(&encoder, counts[k], 0);
                }
            }
            number(&encoder, counts[i], (uint64_t)1 << shift);
            struct ref_bytes bytes = finish(&subject, &encoder);
            const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
            ck_assert_msg(status == 3 || status == 4 || status == 1,
                          "count %zu of 2^%u: exit %d", i, shift, status);
            ref_bytes_clear(&bytes);
        }
    }
    ref_subject_close(&subject);
}
END_TEST

/* A number whose length has 63 digits or more. */
START_TEST(numbers_without_end_are_malformed)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (unsigned n = 100; n <= 200; n += 50) {
        struct cert_encoder encoder;
        cert_encoder_init(&encoder);
        for (unsigned i = 0; i < n; i++) { /* any bits 1 will do */
            cert_encode_bit(&encoder, true, CERT_GROUP_SIDE, 0);
        }
        struct ref_bytes bytes = finish(&subject, &encoder);
        const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
        ck_assert_msg(status == 3 || status == 1, "exit %d", status);
        ref_bytes_clear(&bytes);
    }
    ref_subject_close(&subject);
}
END_TEST

START_TEST(multipliers_over_the_limits_are_refused)
{
    static const struct {
        uint64_t half;
        int64_t exponent;
        bool is_fine;
    } cases[] = {{((uint64_t)1 << 61) - 1, 0, true},
                 {(uint64_t)1 << 61, 0, false},
                 {((uint64_t)1 << 62) + 1, 0, false},
                 {0, 10000, true},
                 {0, 10001, false},
                 {0, -10000, true},
                 {0, -10001, false},
                 {0, (int64_t)1 << 60, false}};
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_encoder encoder;
        begin(&encoder, 1);
        begin_leaf(&encoder, false);
        cert_encode_bit(&encoder, true, CERT_GROUP_DEFAULT, LEAF_INDEX);
        number(&encoder, CERT_GROUP_N_ATOMS, 1);
        cert_encode_number(&encoder, 0, CERT_GROUP_ATOM, LISTS_FIRST);
        number(&encoder, CERT_GROUP_MANTISSA, cases[i].half);
        cert_encode_signed(&encoder, cases[i].exponent, CERT_GROUP_EXPONENT,
                           cases[i].half == 0 ? 0 : 15);
        number(&encoder, CERT_GROUP_N_LITERALS, 0);
        struct ref_bytes bytes = finish(&subject, &encoder);
        const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
        ck_assert_msg((status == 0) == cases[i].is_fine && status <= 4,
                      "multiplier %zu: exit %d", i, status);
        ref_bytes_clear(&bytes);
    }
    ref_subject_close(&subject);
}
END_TEST

/* A slope above 1, and lemmas of layer 1 before those of layer 0. */
START_TEST(slopes_and_lemmas_keep_their_rules)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (uint64_t slope = 255; slope <= 257; slope++) {
        struct cert_encoder encoder;
        begin(&encoder, 1);
        begin_leaf(&encoder, true);
        number(&encoder, CERT_GROUP_N_SLOPES, 1);
        cert_encode_number(&encoder, 0, CERT_GROUP_SLOPE_RELU, LISTS_FIRST);
        number(&encoder, CERT_GROUP_SLOPE_ELEMENT, 0);
        number(&encoder, CERT_GROUP_SLOPE, slope);
        number(&encoder, CERT_GROUP_N_LEMMAS, 0);
        end_leaf(&encoder);
        expect_stream(&subject, &encoder, slope <= 256 ? 0 : 3);
    }
    for (uint64_t first = 0; first < 2; first++) {
        struct cert_encoder encoder;
        begin(&encoder, 1);
        begin_leaf(&encoder, true);
        number(&encoder, CERT_GROUP_N_SLOPES, 0);
        number(&encoder, CERT_GROUP_N_LEMMAS, 2);
        for (uint64_t i = 0; i < 2; i++) {
            const uint64_t r = i == 0 ? first : 1 - first;
            cert_encode_number(&encoder, r, CERT_GROUP_LEMMA_RELU,
                               i == 0 ? LISTS_FIRST : (size_t)first);
            cert_encode_number(&encoder, 0, CERT_GROUP_LEMMA_ELEMENT,
                               (size_t)r);
            bit(&encoder, CERT_GROUP_SIDE, true);
            number(&encoder, CERT_GROUP_N_ATOMS, 0);
            number(&encoder, CERT_GROUP_N_LITERALS, 0);
        }
        end_leaf(&encoder);
        expect_stream(&subject, &encoder, first == 0 ? 0 : 3);
    }
    ref_subject_close(&subject);
}
END_TEST

/* A split at 32/32, and a split that closes all disjuncts. */
START_TEST(splits_keep_their_rules)
{
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (uint64_t k = 31; k <= 33; k++) {
        struct cert_encoder encoder;
        begin(&encoder, 1);
        bit(&encoder, CERT_GROUP_LEAF, false);
        bit(&encoder, CERT_GROUP_NEURON, false);
        cert_encode_number(&encoder, 0, CERT_GROUP_INPUT, 16 * 17 + 16);
        cert_encode_bit(&encoder, true, CERT_GROUP_THRESHOLD, 0);
        cert_encode_bit(&encoder, false, CERT_GROUP_THRESHOLD, 3);
        number(&encoder, CERT_GROUP_FRACTION, k - 1);
        for (size_t r = 0; r < 2; r++) {
            cert_encode_bit(&encoder, false, CERT_GROUP_REFRESH, 2 * r);
        }
        bit(&encoder, CERT_GROUP_HAS, false);
        for (size_t side = 0; side < 2; side++) {
            /* Below a fraction (1), at the root's child 0 or after a leaf. */
            cert_encode_bit(&encoder, true, CERT_GROUP_LEAF,
                            ((size_t)1 * 3 + 0) * 24 +
                                (side == 0 ? 0 : (size_t)16));
            for (size_t r = 0; r < 2; r++) {
                cert_encode_bit(&encoder, false, CERT_GROUP_REFRESH,
                                (size_t)(3 + 1) * 32 + 2 * r);
            }
            cert_encode_bit(&encoder, false, CERT_GROUP_HAS, LEAF_INDEX);
            end_leaf(&encoder);
        }
        expect_stream(&subject, &encoder, k < 32 ? 0 : 3);
    }
    ref_subject_close(&subject);
    open_small(&subject, "(assert (or (>= Y_0 5) (<= Y_0 -5)))");
    struct cert_encoder encoder;
    begin(&encoder, 2);
    bit(&encoder, CERT_GROUP_LEAF, false);
    bit(&encoder, CERT_GROUP_NEURON, true);
    number(&encoder, CERT_GROUP_RELU, 0);
    number(&encoder, CERT_GROUP_ELEMENT, 0);
    for (size_t r = 0; r < 2; r++) {
        cert_encode_bit(&encoder, false, CERT_GROUP_REFRESH, 2 * r);
    }
    bit(&encoder, CERT_GROUP_HAS, false);
    for (size_t d = 0; d < 2; d++) {
        bit(&encoder, CERT_GROUP_CLOSED, true);
        bit(&encoder, CERT_GROUP_DEFAULT, false);
    }
    struct ref_bytes bytes = finish(&subject, &encoder);
    expect(&subject, &bytes, 3);
    ref_subject_close(&subject);
}
END_TEST

/* A chain of inner nodes that all split the same neuron; child 0 a leaf. */
static void encode_chain(struct cert_encoder *encoder, size_t depth)
{
    begin(encoder, 1);
    for (size_t node = 0; node <= 2 * depth; node++) {
        const bool is_leaf = node % 2 == 1 || node == 2 * depth;
        const size_t d = (node + 1) / 2; /* splits above */
        const size_t above = node == 0 ? 0 : 2;
        const size_t parent = d < 2 ? 0 : 2; /* is child 1 of a leaf's */
        const size_t own = node == 0 || node % 2 == 1 ? 0 : 2;
        cert_encode_bit(encoder, is_leaf, CERT_GROUP_LEAF,
                        ((above * 3 + parent) * 3 + own) * 8 +
                            (d / 4 < 7 ? d / 4 : 7));
        if (!is_leaf) {
            cert_encode_bit(encoder, true, CERT_GROUP_NEURON, above);
            number(encoder, CERT_GROUP_RELU, 0);
            number(encoder, CERT_GROUP_ELEMENT, 0);
        }
        for (size_t r = 0; r < 2; r++) {
            cert_encode_bit(encoder, false, CERT_GROUP_REFRESH,
                            ((is_leaf ? 3U : 0U) + above) * 32 + 2 * r);
        }
        cert_encode_bit(encoder, false, CERT_GROUP_HAS, is_leaf ? 1 : 0);
        if (is_leaf) {
            end_leaf(encoder);
        }
    }
}

START_TEST(trees_are_accepted_down_to_the_greatest_depth)
{
    static const struct {
        size_t depth;
        int status;
    } cases[] = {{100, 0}, {100000, 0}, {100001, 4}};
    struct ref_subject subject;
    open_small(&subject, "(assert (>= Y_0 5))");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_encoder encoder;
        encode_chain(&encoder, cases[i].depth);
        struct ref_bytes bytes = finish(&subject, &encoder);
        const int status = ref_subject_check(&subject, &bytes, CHECK_FAST);
        ck_assert_msg(status == cases[i].status, "depth %zu: exit %d",
                      cases[i].depth, status);
        ref_bytes_clear(&bytes);
    }
    ref_subject_close(&subject);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_decoder");
    tcase_add_test(cases, what_is_written_here_is_a_certificate);
    tcase_add_test(cases, every_cut_is_refused);
    tcase_add_test(cases, streams_of_another_length_are_refused);
    tcase_add_test(cases, heads_out_of_range_are_refused);
    tcase_add_test(cases, counts_without_end_are_refused);
    tcase_add_test(cases, numbers_without_end_are_malformed);
    tcase_add_test(cases, multipliers_over_the_limits_are_refused);
    tcase_add_test(cases, slopes_and_lemmas_keep_their_rules);
    tcase_add_test(cases, splits_keep_their_rules);
    tcase_add_test(cases, trees_are_accepted_down_to_the_greatest_depth);
    return cases;
}
