/* Exponents of all lanes at once.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_lanes.h"

#include "proofs/check/check_matrix.h"

#include <string.h>

/* a in lanes where the mask is -1, b where it is 0. */
#define SELECT(mask, a, b) (((a) & (mask)) | ((b) & ~(mask)))

/* The bits of the lanes' longest numbers. */
static inline void count_bits(check_lanes *n, const struct check_part *part)
{
    for (size_t r = 0; r < CHECK_LANES; r++) {
        (*n)[r] = check_bit_length((uint64_t)(part->bits[r] | part->units[r]));
    }
}

/* Raises exponents, in lanes that are 0 to any, in others down as far as there
 * is room. The q are then to be shifted left by shift[0], then right by
 * shift[1]. */
static inline void change_exponents(struct check_part *part,
                                    const check_lanes *raise,
                                    check_lanes shift[2])
{
    const check_lanes up = *raise & CHECK_USED(part);
    shift[0] = -up & (up < 0);
    shift[1] = ((up & 63) | ((up > 63) & 63)) & (up > 0);
    part->exponent += *raise;
    part->bits = (part->bits << shift[0] >> shift[1]) | ((up > 0) & 1);
    part->units = (part->units << shift[0] >> shift[1]) + ((up > 0) & 2);
}

CHECK_CLONES void check_part_normalize(struct check_part *part,
                                       check_lanes shift[2])
{
    check_lanes raise;
    count_bits(&raise, part);
    raise -= CHECK_Q_BITS;
    change_exponents(part, &raise, shift);
}

CHECK_CLONES void check_part_align(struct check_part *a, struct check_part *b,
                                   check_lanes shift[4])
{
    check_lanes raise[2];
    count_bits(&raise[0], a);
    count_bits(&raise[1], b);
    const check_lanes tops[2] = {a->exponent + raise[0],
                                 b->exponent + raise[1]};
    const check_lanes least =
        SELECT(tops[0] > tops[1], tops[0], tops[1]) - CHECK_MERGED_BITS;
    check_lanes both =
        SELECT(a->exponent < b->exponent, a->exponent, b->exponent);
    both = SELECT(both > least, both, least);
    both = SELECT(CHECK_USED(b), both, a->exponent);
    both = SELECT(CHECK_USED(a), both, b->exponent);
    raise[0] = both - a->exponent;
    raise[1] = both - b->exponent;
    change_exponents(a, &raise[0], shift);
    change_exponents(b, &raise[1], shift + 2);
}

CHECK_CLONES void check_lanes_add(check_lanes *q, check_lanes *x, size_t n,
                                  check_lanes *bits, const check_lanes shift[4],
                                  const check_lanes *above)
{
    check_lanes all = {0};
    for (size_t i = 0; i < n; i++) {
        const check_lanes y = ((q[i] << shift[0]) >> shift[1]) +
                              (((x[i] - *above) << shift[2]) >> shift[3]);
        q[i] = y;
        x[i] ^= x[i];
        all |= (y ^ (y >> 63)) | (y >> 63 & 1);
    }
    *bits |= all;
}

CHECK_CLONES void check_lanes_move(check_lanes *q, check_lanes *x, size_t n,
                                   check_lanes *bits, const check_lanes *above)
{
    const check_lanes less = *above;
    check_lanes all = {0};
    for (size_t i = 0; i < n; i++) {
        const check_lanes y = x[i] - less;
        q[i] = y;
        x[i] ^= x[i];
        all |= (y ^ (y >> 63)) | (y >> 63 & 1);
    }
    *bits = all;
}

void check_part_widen(struct check_part *part, check_lanes *q, size_t low,
                      size_t end)
{
    if (part->low == part->end) {
        part->low = part->end = low;
    }
    if (low < part->low) {
        memset(q + low, 0, (part->low - low) * sizeof *q);
        part->low = low;
    }
    if (end > part->end) {
        memset(q + part->end, 0, (end - part->end) * sizeof *q);
        part->end = end;
    }
}
