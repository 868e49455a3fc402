/* Sums of a query's atoms and a path's literals, in rational numbers. */
#ifndef ASTROLABE_TESTS_REF_REF_COMBINATION_H
#define ASTROLABE_TESTS_REF_REF_COMBINATION_H

#include "proofs/check/check_query.h"
#include "tests/ref/ref_coder.h"
#include "tests/ref/ref_context.h"

#include <stdbool.h>

/* Contexts of the numbers of a list: 16 for the first one, else that of the
 * number before, at most 15. */
enum { REF_LISTS = 17, REF_LIST_START = 16 };
size_t ref_list_context(uint64_t before);

/* The contexts of combinations. */
struct ref_combination_bits {
    struct ref_number n_atoms;
    struct ref_number atom[REF_LISTS];
    struct ref_number n_literals;
    struct ref_number literal[REF_LISTS];
    struct ref_number mantissa;
    struct ref_number exponent[16];
};

/* z <= 0 of a coordinate in child 0, z >= 0 in child 1. */
struct ref_literal {
    size_t z;
    unsigned side;
};

/*
 * What combinations add to: q . v + sum <= 0 for all that satisfies atoms and
 * literals, < 0 if is_strict.
 *   q           [n_coordinates] 0 before and after each bound
 *   is_invalid  a citation of something that is not there
 */
struct ref_combination {
    const struct check_network *network;
    mpq_t *q;
    mpq_t sum;
    bool is_strict;
    bool is_invalid;
};

void ref_combination_init(struct ref_combination *combination,
                          const struct check_network *network);
void ref_combination_clear(struct ref_combination *combination);

/* Back to nothing. */
void ref_combination_reset(struct ref_combination *combination);

void ref_combination_add_atom(struct ref_combination *combination,
                              const struct check_atom *atom,
                              const mpq_t factor);

/*
 * Reads a combination and adds it.
 *   disjunct  whose atoms may be used; NULL: none
 *   literals  [n_literals] of the path, the root's first
 */
void ref_combination_read(struct ref_combination *combination,
                          struct ref_coder *coder,
                          struct ref_combination_bits *bits,
                          const struct check_disjunct *disjunct,
                          const struct ref_literal *literals,
                          size_t n_literals);

/* True if no point of the region has q . v + sum <= 0 (< 0 if strict). */
bool ref_combination_refutes(struct ref_combination *combination,
                             const struct ref_context *region);

#endif
