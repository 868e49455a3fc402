/* Exponents of all lanes at once.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_lanes.h"

#include "proofs/check/check_matrix.h"

#include <stdbool.h>

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

CHECK_CLONES void check_lanes_add(check_lanes *q, check_lanes *x,
                                  const uint32_t *list, size_t n,
                                  check_lanes *bits, const check_lanes shift[4])
{
    check_lanes all = {0};
    for (size_t k = 0; k < n; k++) {
        const size_t i = list[k];
        q[i] =
            ((q[i] << shift[0]) >> shift[1]) + ((x[i] << shift[2]) >> shift[3]);
        x[i] ^= x[i];
        check_lanes_note(&all, &q[i]);
    }
    *bits = all;
}

CHECK_CLONES void check_lanes_move(check_lanes *q, check_lanes *x,
                                   const uint32_t *list, size_t n,
                                   check_lanes *bits)
{
    check_lanes all = {0};
    for (size_t k = 0; k < n; k++) {
        const size_t i = list[k];
        q[i] = x[i];
        x[i] ^= x[i];
        check_lanes_note(&all, &q[i]);
    }
    *bits = all;
}

CHECK_CLONES void check_lanes_measure(check_lanes *bits, const check_lanes *q,
                                      const uint32_t *list, size_t n)
{
    check_lanes all = {0};
    for (size_t k = 0; k < n; k++) {
        check_lanes_note(&all, &q[list[k]]);
    }
    *bits = all;
}

void check_part_widen(struct check_part *part, size_t low, size_t end)
{
    const bool is_empty = part->low == part->end;
    part->low = is_empty || low < part->low ? low : part->low;
    part->end = is_empty || end > part->end ? end : part->end;
}

/* The bits of word w that stand for low .. end - 1, w being one of theirs. */
static uint64_t get_mask(size_t w, size_t low, size_t end)
{
    const size_t first = w * CHECK_WORD;
    const uint64_t from =
        low > first ? UINT64_MAX << (low - first) : UINT64_MAX;
    return end - first < CHECK_WORD ? from & ~(UINT64_MAX << (end - first))
                                    : from;
}

size_t check_set_list(uint32_t *list, const uint64_t *set, size_t low,
                      size_t end)
{
    size_t n = 0;
    for (size_t w = low / CHECK_WORD; w * CHECK_WORD < end; w++) {
        uint64_t left = set[w] & get_mask(w, low, end);
        for (; left != 0; left &= left - 1) {
            list[n++] =
                (uint32_t)(w * CHECK_WORD + (size_t)__builtin_ctzll(left));
        }
    }
    return n;
}

void check_set_move(uint64_t *set, uint64_t *other, size_t low, size_t end)
{
    for (size_t w = low / CHECK_WORD; w * CHECK_WORD < end; w++) {
        const uint64_t mask = get_mask(w, low, end);
        set[w] |= other[w] & mask;
        other[w] &= ~mask;
    }
}

void check_set_remove(uint64_t *set, size_t low, size_t end)
{
    for (size_t w = low / CHECK_WORD; w * CHECK_WORD < end; w++) {
        set[w] &= ~get_mask(w, low, end);
    }
}
