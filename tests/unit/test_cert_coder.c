/* The range coder: bytes computed by hand, adaptation, ends of streams. */
#include "proofs/cert_coder.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "tests/suite.h"

#include <string.h>

/* Encodes bits in one context of LEAF. */
static void encode_bits(struct cert_encoder *encoder, const char *bits)
{
    cert_encoder_init(encoder);
    for (; *bits != '\0'; bits++) {
        cert_encode_bit(encoder, *bits == '1', CERT_GROUP_LEAF, 0);
    }
    cert_encoder_finish(encoder);
}

/*
 * Range 0xffffffff, p 0x8000: a 1 adds 0xffff * 0x8000 = 0x7fff8000 and leaves
 * 0x80007fff; p becomes 0x4000. The second 1 adds 0x8000 * 0x4000. Rounded up
 * to three bytes of zeros: 0x80.., 0xa0... After 18 bits of 0 the range is
 * still above 2^24, and nothing is left to say.
 */
START_TEST(bits_have_the_bytes_computed_by_hand)
{
    static const struct {
        const char *bits;
        size_t n;
        unsigned char bytes[4];
    } rows[] = {{"", 0, {0}},
                {"0", 0, {0}},
                {"1", 1, {0x80}},
                {"11", 1, {0xa0}},
                {"000000000000000000", 0, {0}},
                {"01", 1, {0x60}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert_encoder encoder;
        encode_bits(&encoder, rows[i].bits);
        ck_assert_uint_eq(encoder.bytes.n, rows[i].n);
        ck_assert_msg(rows[i].n == 0 || memcmp(encoder.bytes.data,
                                               rows[i].bytes, rows[i].n) == 0,
                      "%s: %02x", rows[i].bits,
                      (unsigned)encoder.bytes.data[0]);
        cert_encoder_clear(&encoder);
    }
}
END_TEST

/* 5 + 1 is 110 in binary: two bits of 1 and a 0 for the length, each in a new
 * context, then 1 and 0: the fraction 0.11010, rounded up from just below. */
START_TEST(numbers_have_the_bytes_computed_by_hand)
{
    struct cert_encoder encoder;
    cert_encoder_init(&encoder);
    cert_encode_number(&encoder, 5, CERT_GROUP_SHAPE, 0);
    cert_encoder_finish(&encoder);
    ck_assert_uint_eq(encoder.bytes.n, 1);
    ck_assert_uint_eq(encoder.bytes.data[0], 0xd0);
    cert_encoder_clear(&encoder);
}
END_TEST

/* p after each bit of 0, then of 1: shifts 1, 2, 3, 4, 5, 5. */
START_TEST(probabilities_adapt_slower_and_slower)
{
    enum { N_LOOKED_AT = 500 }; /* LEAF is among the first */
    static const uint16_t p[] = {49152, 53248, 54784, 55456, 55771, 56076};
    static const uint16_t q[] = {16384, 12288, 10752, 10080, 9765, 9460};
    for (size_t n = 1; n <= 6; n++) {
        struct cert_encoder encoder;
        bool is_zero_seen = false;
        bool is_one_seen = false;
        encode_bits(&encoder, &"000000"[6 - n]);
        for (size_t i = 0; i < N_LOOKED_AT && !is_zero_seen; i++) {
            is_zero_seen = encoder.contexts[i].p == p[n - 1];
        }
        cert_encoder_clear(&encoder);
        encode_bits(&encoder, &"111111"[6 - n]);
        for (size_t i = 0; i < N_LOOKED_AT && !is_one_seen; i++) {
            is_one_seen = encoder.contexts[i].p == q[n - 1];
        }
        cert_encoder_clear(&encoder);
        ck_assert(is_zero_seen && is_one_seen);
    }
}
END_TEST

enum { N_ITEMS = 3000 };

struct item {
    enum cert_group group;
    uint64_t number;
};

static void draw_items(struct item *items, struct rng *rng)
{
    static const enum cert_group group[] = {CERT_GROUP_SIDE, CERT_GROUP_SHAPE,
                                            CERT_GROUP_GRID};
    const size_t rare = 1 + rng_below(rng, 200);
    for (size_t i = 0; i < N_ITEMS; i++) {
        items[i].group = group[rng_below(rng, 3)];
        const uint64_t word = rng_next(rng) >> (2 + rng_below(rng, 62));
        items[i].number = items[i].group == CERT_GROUP_SIDE
                              ? (rng_below(rng, rare) == 0 ? 1 : 0)
                              : word;
        if (items[i].group == CERT_GROUP_SHAPE && rng_below(rng, 100) == 0) {
            items[i].number = ((uint64_t)1 << 63U) - 2;
        }
    }
}

static void encode_items(struct cert_encoder *encoder, const struct item *items,
                         size_t n)
{
    cert_encoder_init(encoder);
    for (size_t i = 0; i < n; i++) {
        const uint64_t number = items[i].number;
        if (items[i].group == CERT_GROUP_SIDE) {
            cert_encode_bit(encoder, number != 0, items[i].group, 0);
        } else if (items[i].group == CERT_GROUP_SHAPE) {
            cert_encode_number(encoder, number, items[i].group, 0);
        } else {
            cert_encode_signed(encoder,
                               i % 2 == 0 ? (int64_t)number : -(int64_t)number,
                               items[i].group, 0);
        }
    }
    cert_encoder_finish(encoder);
}

static bool decode_items(struct cert_decoder *decoder, const struct item *items,
                         size_t n)
{
    bool is_same = true;
    for (size_t i = 0; i < n && is_same; i++) {
        if (items[i].group == CERT_GROUP_SIDE) {
            is_same = cert_decode_bit(decoder, items[i].group, 0) ==
                      (items[i].number != 0);
        } else if (items[i].group == CERT_GROUP_SHAPE) {
            is_same = cert_decode_number(decoder, items[i].group, 0) ==
                      items[i].number;
        } else {
            const int64_t number = (int64_t)items[i].number;
            is_same = cert_decode_signed(decoder, items[i].group, 0) ==
                      (i % 2 == 0 ? number : -number);
        }
    }
    return is_same;
}

START_TEST(what_is_encoded_is_decoded_to_the_last_byte)
{
    static struct item items[N_ITEMS];
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(60); i++) {
        struct cert_encoder encoder;
        struct cert_decoder decoder;
        const size_t n = rng_below(&rng, N_ITEMS + 1);
        draw_items(items, &rng);
        encode_items(&encoder, items, n);
        cert_decoder_init(&decoder, encoder.bytes.data, encoder.bytes.n);
        ck_assert(decode_items(&decoder, items, n));
        ck_assert(cert_decoder_is_finished(&decoder));
        cert_decoder_clear(&decoder);
        cert_encoder_clear(&encoder);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* Without its last bytes a stream of some length misses more than four. */
START_TEST(a_cut_or_longer_stream_is_noticed)
{
    static struct item items[N_ITEMS];
    struct rng rng;
    struct cert_encoder encoder;
    struct cert_decoder decoder;
    rng_init(&rng, test_seed());
    draw_items(items, &rng);
    encode_items(&encoder, items, N_ITEMS);
    VEC_PUSH(&encoder.bytes, 0);
    const size_t n = encoder.bytes.n;
    const size_t lengths[] = {n - 6, n + 4, 0, 1};
    VEC_RESERVE(&encoder.bytes, n + 4);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        cert_decoder_init(&decoder, encoder.bytes.data, lengths[i]);
        const bool is_same = decode_items(&decoder, items, N_ITEMS);
        ck_assert(!is_same || !cert_decoder_is_finished(&decoder));
        ck_assert(i == 1 || decoder.is_malformed || !is_same);
        cert_decoder_clear(&decoder);
    }
    cert_encoder_clear(&encoder);
}
END_TEST

START_TEST(a_number_too_long_is_malformed)
{
    static const unsigned char ones[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff};
    struct cert_decoder decoder;
    cert_decoder_init(&decoder, ones, sizeof ones);
    (void)cert_decode_number(&decoder, CERT_GROUP_SHAPE, 0);
    ck_assert(decoder.is_malformed);
    ck_assert(!cert_decoder_is_finished(&decoder));
    cert_decoder_clear(&decoder);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert_coder");
    tcase_add_test(cases, bits_have_the_bytes_computed_by_hand);
    tcase_add_test(cases, numbers_have_the_bytes_computed_by_hand);
    tcase_add_test(cases, probabilities_adapt_slower_and_slower);
    tcase_add_test(cases, what_is_encoded_is_decoded_to_the_last_byte);
    tcase_add_test(cases, a_cut_or_longer_stream_is_noticed);
    tcase_add_test(cases, a_number_too_long_is_malformed);
    return cases;
}
