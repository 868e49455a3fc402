/* One step of back-substitution in words: the coefficients of a layer on their
 * way to what it is computed from.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_PASS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_PASS_H

#include "proofs/check/check_matrix.h"
#include "proofs/check/check_share.h"
#include "proofs/check/check_words.h"

/*
 * coefficients . v + sums <= goals. Part 0 are the inputs, part p the
 * coordinates of layer p - 1; those outside of a part's window and of `used`
 * have coefficient 0, or one that does not matter.
 *   own, matrices  [n_layers] of affine layers; matrices may be another's
 *   uses      [p * n_parts + t] part p is computed from part t
 *   only      [p] the only part that part p is computed from; n_parts: several
 *   n_reads   [p] the most neurons or scales of part p that read the same value
 *   q         [n_coordinates] 0 of coordinates that are not used
 *   used      set of coordinates; empty between goals
 *   sum       [n_coordinates] what one layer adds; 0 between layers
 *   added     set of coordinates: sums of others are 0; empty between layers
 *   x, row    [n_coordinates] scratch: the rows that are not 0, x[k] times row
 *             row[k]
 *   column    [n_coordinates + CHECK_TILE] scratch: columns that are needed
 *   list      [n_coordinates] scratch: of those used
 *   weighted  [largest n_shares] scratch
 */
struct check_lanes_state {
    const struct check_network *network;
    size_t n_parts;
    struct check_matrix *own;
    const struct check_matrix *matrices;
    struct check_part *parts;
    bool *uses;
    size_t *only;
    int64_t *n_reads;
    bool use_slopes;
    void *block; /* of the vectors */
    check_lanes *q;
    uint64_t *used;
    check_lanes *sum;
    uint64_t *added;
    check_lanes *x;
    uint32_t *row;
    uint32_t *column;
    uint32_t *list;
    struct check_weighted *weighted;
};

/*
 * One pass over the coefficients of a layer: the window and lanes of what it
 * adds to sum; and
 *   shift     of the coefficients before
 *   constant  [0] + [1] * 2^n + [2] * 2^2n: sum of coefficients times biases or
 *             intercepts, less what rounding costs, in units that the pass
 *             knows
 *   to, set   sum and added; or q and used, if only an empty part is added to
 *   bits      of what was written to q
 *   is_missing  not 0: some number was too long, or no upper line
 */
struct check_pass {
    struct check_part from;
    check_lanes shift[2];
    check_lanes constant[3];
    check_lanes *to;
    uint64_t *set;
    check_lanes bits;
    check_lanes is_missing;
};

/* Reads the words one by one: x is in memory. */
static inline bool check_lanes_are_zero(const check_lanes *x)
{
    int64_t any = 0;
    for (size_t r = 0; r < CHECK_LANES; r++) {
        any |= (*x)[r];
    }
    return any == 0;
}

static inline void check_pass_include(struct check_part *window, size_t low,
                                      size_t end)
{
    window->low = low < window->low ? low : window->low;
    window->end = end > window->end ? end : window->end;
}

/* What check_pass_note_lower adds up to at most: too much then. */
#define CHECK_MOST_BELOW ((check_wide)1 << 62)

/* *below += max(0, -lower). */
static inline void check_pass_note_lower(check_wide *below, int64_t lower)
{
    *below += lower < 0 ? -(check_wide)lower : 0;
    *below = *below > CHECK_MOST_BELOW ? CHECK_MOST_BELOW : *below;
}

/* sums[r] += value * 2^exponent, rounded down, for |value| <= 2^126; kills the
 * lane instead of overflowing. */
static inline void check_pass_add_sum(struct check_words *words, size_t r,
                                      check_wide value, long exponent)
{
    const check_wide most = (check_wide)1 << 125;
    const long shift = exponent + CHECK_SUM_BITS;
    if (shift > 0 && !check_wide_scale(&value, shift, 125)) {
        words->is_dead[r] = true;
        return;
    }
    value >>= shift > 0 ? 0 : shift < -127 ? 127 : -shift;
    words->sums[r] += value; /* at most 2^125 before */
    if (words->sums[r] < -most || words->sums[r] > most) {
        words->is_dead[r] = true;
        words->sums[r] = 0;
    }
}

/* Adds the sums of the coordinates of a window in part p; exponent, bits and
 * units of the sums in `from`. Uses list. */
void check_pass_merge(struct check_lanes_state *state, size_t p,
                      const struct check_part *from);
/* The coordinates of part p that are used, into list; they count as unused
 * then, and their q is to become 0. Returns their number. */
size_t check_pass_take(struct check_lanes_state *state, size_t p);

/* Chooses where the sums of part p go, of which the window is known: the part
 * that will be these sums, or NULL. */
struct check_part *check_pass_start(const struct check_lanes_state *state,
                                    size_t p, struct check_pass *pass);
/* Notes the bits of what was written to q. Uses list. */
void check_pass_note(struct check_lanes_state *state, struct check_pass *pass);
/* Adds the sums to the parts that part p is computed from, of which `target` is
 * what check_pass_start said. */
void check_pass_end(struct check_lanes_state *state, size_t p,
                    struct check_pass *pass, struct check_part *target);

/* Carries the constants of the pass to the sums of all lanes. */
void check_pass_add_constants(struct check_words *words,
                              const struct check_pass *pass, long limb_bits,
                              long exponent);

/* Coefficients up to `units` higher cost at most this times the lower end of
 * their coordinate, if that is negative: `below`, in units of 2^-bits, is what
 * check_pass_note_lower adds up to for the coordinates of the part. */
void check_pass_charge(struct check_words *words, const struct check_part *part,
                       check_wide below, unsigned bits);

/* FORMAT.md, "Arithmetic": replaces the coordinates of part p, a layer of
 * ReLUs; or of curves, products or scales. */
void check_eliminate_relus(struct check_words *words, size_t p,
                           const struct check_region *region);
void check_eliminate_curves(struct check_words *words, size_t p,
                            const struct check_region *region);

#endif
