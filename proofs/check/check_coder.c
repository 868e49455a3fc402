/* Bits by splitting a range, numbers bit by bit.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_coder.h"

enum { MOST_PAST = 4, MOST_LENGTH = 62, SLOWEST = 5 };

/* code = code * 256 + the next byte, 0 behind the end. */
static void shift_byte(struct check_coder *coder)
{
    coder->code <<= 8;
    if (check_cursor_left(&coder->stream) > 0) {
        coder->code |= check_cursor_u8(&coder->stream);
    } else if (++coder->n_past > MOST_PAST) {
        check_cursor_fail(&coder->stream, "the stream ends within a tree");
    }
}

struct check_coder check_coder_open(struct check_cursor stream)
{
    struct check_coder coder = {.stream = stream, .range = UINT32_MAX};
    for (int i = 0; i < 4; i++) {
        shift_byte(&coder);
    }
    return coder;
}

/* The bit whose value 0 has the lower `bound` of the range. */
static bool split_range(struct check_coder *coder, uint32_t bound)
{
    const bool bit = coder->code >= bound;
    if (bit) {
        coder->code -= bound;
        coder->range -= bound;
    } else {
        coder->range = bound;
    }
    while (coder->range < (uint32_t)1 << 24) {
        coder->range <<= 8;
        shift_byte(coder);
    }
    return bit;
}

bool check_coder_bit(struct check_coder *coder, struct check_bit *context)
{
    uint32_t p = context->flipped ^ 0x8000U;
    const bool bit = split_range(coder, (coder->range >> 16) * p);
    const unsigned shift = context->n + 1U;
    p = bit ? p - (p >> shift) : p + ((65536 - p) >> shift);
    context->flipped = (uint16_t)(p ^ 0x8000U);
    context->n = shift < SLOWEST ? (uint16_t)shift : SLOWEST - 1;
    return bit;
}

uint64_t check_coder_number(struct check_coder *coder,
                            struct check_number *context)
{
    unsigned length = 0;
    while (check_coder_bit(coder, &context->length[length])) {
        if (++length > MOST_LENGTH) {
            check_cursor_fail(&coder->stream, "number too long");
        }
    }
    uint64_t value = 1;
    for (; length > 0; length--) {
        const bool bit = value < 256
                             ? check_coder_bit(coder, &context->tree[value])
                             : split_range(coder, coder->range >> 1);
        value = 2 * value + (bit ? 1 : 0);
    }
    return value - 1;
}

int64_t check_coder_signed(struct check_coder *coder,
                           struct check_number *context)
{
    const uint64_t code = check_coder_number(coder, context);
    const int64_t half = (int64_t)(code >> 1);
    return (code & 1) != 0 ? -1 - half : half;
}

void check_coder_finish(const struct check_coder *coder)
{
    if (check_cursor_left(&coder->stream) > 0) {
        check_cursor_fail(&coder->stream, "bytes after the last record");
    }
}
