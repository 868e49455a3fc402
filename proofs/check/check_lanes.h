/* Numbers side by side in the lanes of a vector, and their exponents.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_LANES_H
#define ASTROLABE_PROOFS_CHECK_CHECK_LANES_H

#include <stddef.h>
#include <stdint.h>

/* Goals at a time, and bits of a sum of two coefficients less one. */
enum { CHECK_LANES = 8, CHECK_MERGED_BITS = 61 };

/* Aligned as memory of check_alloc is. */
typedef int64_t check_lanes
    __attribute__((vector_size(8 * CHECK_LANES), aligned(16)));

/* Code of which versions for several kinds of processors are made. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CHECK_CLONES               \
    __attribute__((optimize("O3"), \
                   target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CHECK_CLONES
#endif

/*
 * Coefficients c of the coordinates low .. end - 1, in each lane
 *   q * 2^exponent <= c <= (q + units) * 2^exponent                       (1)
 * If n is the length of `bits`, -2^n <= q < 2^n for all q; bits are 0 only if
 * all q are.
 */
struct check_part {
    size_t low;
    size_t end;
    check_lanes exponent;
    check_lanes bits;
    check_lanes units;
};

/* Adds the bits of y to *bits. */
static inline void check_lanes_note(check_lanes *bits, const check_lanes *y)
{
    *bits |= (*y ^ (*y >> 63)) | (*y >> 63 & 1);
}

/* -1 in lanes of a part that are not 0. */
#define CHECK_USED(part) (((part)->bits | (part)->units) != 0)

/* Gives lanes that are not 0 CHECK_Q_BITS bits: their q are then to be shifted
 * left by shift[0], then right by shift[1]. */
void check_part_normalize(struct check_part *part, check_lanes shift[2]);

/* Gives two parts one exponent, the lowest with which their sum has at most
 * CHECK_MERGED_BITS + 1 bits; shifts of a in shift[0], [1], of b in [2],
 * [3]. */
void check_part_align(struct check_part *a, struct check_part *b,
                      check_lanes shift[4]);

/* Makes the window of a part include low .. end - 1. */
void check_part_widen(struct check_part *part, size_t low, size_t end);

/* q = shifted q + shifted x, and x becomes 0, for the list[n] of places; *bits
 * receives their bits. */
void check_lanes_add(check_lanes *q, check_lanes *x, const uint32_t *list,
                     size_t n, check_lanes *bits, const check_lanes shift[4]);

/* q = x, and x becomes 0, for the list[n] of places; *bits receives their
 * bits. */
void check_lanes_move(check_lanes *q, check_lanes *x, const uint32_t *list,
                      size_t n, check_lanes *bits);

/* *bits receives the bits of q for the list[n] of places. */
void check_lanes_measure(check_lanes *bits, const check_lanes *q,
                         const uint32_t *list, size_t n);

/* Sets of numbers: number i is bit i % 64 of word i / 64. */
enum { CHECK_WORD = 64 };

static inline void check_set_add(uint64_t *set, size_t i)
{
    set[i / CHECK_WORD] |= (uint64_t)1 << i % CHECK_WORD;
}

/* Those of low .. end - 1 in the set, ascending; returns how many there are. */
size_t check_set_list(uint32_t *list, const uint64_t *set, size_t low,
                      size_t end);
/* Adds those of low .. end - 1 that `other` has to the set, and takes them from
 * `other`. */
void check_set_move(uint64_t *set, uint64_t *other, size_t low, size_t end);
/* Takes low .. end - 1 from the set. */
void check_set_remove(uint64_t *set, size_t low, size_t end);

#endif
