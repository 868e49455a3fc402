/* Bit by bit, with nothing precomputed. */
#include "tests/ref/ref_coder.h"

enum { MOST_ZEROS = 4, MOST_LENGTH = 62 };

void ref_bits_init(struct ref_bit *bits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bits[i] = (struct ref_bit){32768, 0};
    }
}

static unsigned next_byte(struct ref_coder *coder)
{
    const size_t at = coder->at++;
    if (at >= coder->n + MOST_ZEROS) {
        coder->is_malformed = true;
    }
    return at < coder->n ? coder->bytes[at] : 0;
}

void ref_coder_open(struct ref_coder *coder, const unsigned char *bytes,
                    size_t n)
{
    *coder = (struct ref_coder){.bytes = bytes, .n = n, .range = UINT32_MAX};
    for (int i = 0; i < 4; i++) {
        coder->code = coder->code << 8 | next_byte(coder);
    }
}

/* The bit that splits the range at the bound. */
static unsigned split_range(struct ref_coder *coder, uint32_t bound)
{
    const unsigned bit = coder->code < bound ? 0 : 1;
    if (bit == 0) {
        coder->range = bound;
    } else {
        coder->code -= bound;
        coder->range -= bound;
    }
    while (coder->range < 1U << 24 && !coder->is_malformed) {
        coder->code = coder->code << 8 | next_byte(coder);
        coder->range <<= 8;
    }
    return coder->is_malformed ? 0 : bit;
}

unsigned ref_coder_bit(struct ref_coder *coder, struct ref_bit *bit)
{
    if (coder->is_malformed) {
        return 0;
    }
    const unsigned value = split_range(coder, (coder->range >> 16) * bit->p);
    const uint32_t shift = bit->n + 1 < 5 ? bit->n + 1 : 5;
    if (value == 0) {
        bit->p += (65536 - bit->p) >> shift;
    } else {
        bit->p -= bit->p >> shift;
    }
    bit->n = bit->n + 1 < 4 ? bit->n + 1 : 4;
    return value;
}

static unsigned direct_bit(struct ref_coder *coder)
{
    return coder->is_malformed ? 0 : split_range(coder, coder->range >> 1);
}

uint64_t ref_coder_number(struct ref_coder *coder, struct ref_number *number)
{
    unsigned length = 0;
    uint64_t prefix = 1; /* the bits of w = value + 1 so far */
    while (ref_coder_bit(coder, &number->length[length]) == 1) {
        if (++length > MOST_LENGTH) {
            coder->is_malformed = true;
            return 0;
        }
    }
    for (unsigned i = 0; i < length; i++) {
        const unsigned bit = prefix < 256
                                 ? ref_coder_bit(coder, &number->tree[prefix])
                                 : direct_bit(coder);
        prefix = prefix << 1 | bit;
    }
    return coder->is_malformed ? 0 : prefix - 1;
}

int64_t ref_coder_signed(struct ref_coder *coder, struct ref_number *number)
{
    const uint64_t code = ref_coder_number(coder, number);
    return code % 2 == 0 ? (int64_t)(code / 2) : -(int64_t)(code / 2) - 1;
}

bool ref_coder_is_done(const struct ref_coder *coder)
{
    return !coder->is_malformed && coder->at >= coder->n;
}
