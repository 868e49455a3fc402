/* One conjunction of comparisons, sorted into input bounds and atoms. */
#ifndef ASTROLABE_QUERY_CONJUNCT_H
#define ASTROLABE_QUERY_CONJUNCT_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"
#include "vnnlib/dnf.h"
#include "vnnlib/linear_form.h"
#include "vnnlib/polynomial.h"
#include "vnnlib/vnnlib.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

/* variable <= value, or >= if not is_upper; strict: < or >. */
struct conjunct_bound {
    size_t variable;
    bool is_upper;
    bool is_strict;
    mpq_t value;
};

/*
 * The bounds and the atoms all hold. Objects in the arrays behind n_bounds
 * and n_atoms are not initialised.
 *   is_false  a constant comparison does not hold
 */
struct conjunct {
    size_t n_bounds;
    size_t bounds_capacity;
    struct conjunct_bound *bounds;
    size_t n_atoms;
    size_t atoms_capacity;
    struct query_atom *atoms;
    bool is_false;
};

/* What reading literals needs.
 *   base, monomials  as in struct cases_names
 *   n_inputs         of the query: what the ties leave
 *   ties             what is left of the inputs
 *   form             scratch, initialised */
struct conjunct_reader {
    const struct vnnlib *lib;
    const size_t *base;
    size_t n_inputs;
    const struct monomials *monomials;
    const struct net_ties *ties;
    struct linear_form form;
};

/* Appends a literal; an equation gives two bounds or two atoms. */
enum status conjunct_add(struct conjunct *conjunct,
                         struct conjunct_reader *reader,
                         struct dnf_literal literal, struct error *error);

/* Sorts the bounds by variable, lower before upper, and keeps the tightest
 * of each; the atoms keep their order. */
void conjunct_normalise(struct conjunct *conjunct);

/* True if no point satisfies all of the (normalised) bounds. */
bool conjunct_is_empty(const struct conjunct *conjunct);

/* Negative, zero, positive: a is tighter than, as tight as, looser than b,
 * both bounds of one side of one variable. */
int conjunct_compare_tightness(const struct conjunct_bound *a,
                               const struct conjunct_bound *b);

/* Deep copy of an atom into uninitialised storage, and its release. */
void conjunct_copy_atom(struct query_atom *copy, const struct query_atom *atom);
void conjunct_clear_atom(struct query_atom *atom);

void conjunct_clear(struct conjunct *conjunct);

#endif
