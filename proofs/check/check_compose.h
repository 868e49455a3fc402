/* Products of variables, and inputs that equations make one.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_COMPOSE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_COMPOSE_H

#include "proofs/check/check_atom.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_MOST_DEGREE = 8, CHECK_MOST_MONOMIALS = 1 << 16 };
enum { CHECK_MOST_TIED = 1 << 24 };

/* Monomial k of a table is variable CHECK_MONOMIAL + k until it is ranked. */
#define CHECK_MONOMIAL (CHECK_OUTPUT + CHECK_OUTPUT / 2)

/* factor[0] <= factor[1] <= ..., variables as in check_atom.h, as declared.
 *   is_used  some comparison keeps it, or it begins one that is used */
struct check_monomial {
    size_t degree;
    uint64_t factor[CHECK_MOST_DEGREE];
    bool is_used;
};

/* FORMAT.md, "Products": once finished only used ones, in their order. */
struct check_monomials {
    size_t n;
    bool is_finished;
    struct check_monomial *data;
};

/*
 * Replaces the summands start .. mid-1 and mid .. n-1 of the sum by those of
 * their product. False, the sum in any state, if it has too many or a degree
 * is too high.
 */
bool check_monomials_multiply(struct check_monomials *monomials,
                              struct check_sum *sum, size_t start, size_t mid);
/* Marks those that a sum, as check_sum_finish leaves it, has. */
void check_monomials_use(struct check_monomials *monomials,
                         const struct check_sum *sum);
/* Drops all that are not used and puts the others in their order. */
void check_monomials_finish(struct check_monomials *monomials);
/* Number of a monomial in a finished table; n if it has none. */
size_t check_monomials_find(const struct check_monomials *monomials,
                            const struct check_monomial *wanted);

/*
 * FORMAT.md, "Several networks": input i is input source[i] <= i plus
 * offset[i]; number kept[i] of the n_kept that are their own source.
 *   n  inputs as declared
 */
struct check_ties {
    size_t n;
    size_t n_kept;
    size_t *source;
    size_t *kept;
    mpq_t *offset;
};

/* n inputs, none tied. */
void check_ties_init(struct check_ties *ties, size_t n);
/* Takes notice of the equation sum = 0, the sum as check_sum_finish leaves it,
 * if it is one between two inputs. */
void check_ties_add(struct check_ties *ties, const struct check_sum *sum);
/* Fills kept; forgets all ties if some offset is no double. */
void check_ties_finish(struct check_ties *ties);
/* Puts what remains for the tied inputs of a sum. */
void check_ties_substitute(const struct check_ties *ties,
                           struct check_sum *sum);
void check_ties_clear(struct check_ties *ties);

#endif
