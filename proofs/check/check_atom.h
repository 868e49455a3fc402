/* Linear sums, and atoms, which compare them with numbers.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_ATOM_H
#define ASTROLABE_PROOFS_CHECK_CHECK_ATOM_H

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* coefficient * X_index, or * Y_index if is_output; never zero. */
struct check_term {
    bool is_output;
    size_t index;
    mpz_t coefficient;
};

/*
 * sum_t coefficient_t * v_t <= rhs, or < rhs if strict.                   (1)
 * Terms ascend, inputs before outputs. The comparison of the file was
 * multiplied by a positive number: one input alone has coefficient 1 or -1,
 * otherwise the number is the least common denominator. No terms: 0 <= rhs.
 */
struct check_atom {
    size_t n_terms;
    struct check_term *terms;
    mpq_t rhs;
    bool is_strict;
};

/* X_i is variable i, Y_i is CHECK_OUTPUT + i, and CHECK_CONSTANT is 1. */
#define CHECK_OUTPUT   ((uint64_t)1 << 40U)
#define CHECK_CONSTANT (2 * CHECK_OUTPUT)

struct check_summand {
    uint64_t variable;
    mpq_t value;
};

/* The sum of value * variable over n summands; n_made own a value. */
struct check_sum {
    size_t n;
    size_t n_made;
    struct check_summand *data;
};

/* Appends 1 * variable; the place of the 1. */
mpq_t *check_sum_append(struct check_sum *sum, uint64_t variable);
/* Multiplies the summands from `start` on. */
void check_sum_multiply(struct check_sum *sum, size_t start,
                        const mpq_t factor);
void check_sum_negate(struct check_sum *sum, size_t start);
/* Makes the sum the left side of an atom `sum <= 0`, or `sum < 0`: one summand
 * per variable, scaled as (1) says, and at last the constant. */
void check_sum_finish(struct check_sum *sum);
void check_sum_clear(struct check_sum *sum);

/* The atom of a finished sum. */
void check_atom_init(struct check_atom *atom, const struct check_sum *sum,
                     bool is_strict);
void check_atom_clear(struct check_atom *atom);

#endif
