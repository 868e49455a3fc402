/* The atoms of a case as rows over inputs and outputs. */
#ifndef ASTROLABE_SOLVER_SPEC_H
#define ASTROLABE_SOLVER_SPEC_H

#include "domains/backward.h"
#include "src/query/query.h"

#include <stddef.h>

enum { SPEC_MOST_SUMMED = 16, SPEC_WEIGHT_BITS = 12 };

/*
 * Row r stands for f_r(x) = g.v - rhs_up with the atom's g; the atom can
 * hold only where f_r <= 0 (f_r < 0 if it is strict), so a lower bound of
 * f_r that is positive (not negative) refutes it.                         (1)
 * Disjunct d owns rows first[d] .. first[d+1]-1. With sums, the last row of a
 * disjunct of 2 .. SPEC_MOST_SUMMED atoms is sum_r weight[r] f_r of its atoms,
 * weight >= 0, where `atom` is NULL; it refutes the disjunct if it is positive.
 */
struct spec {
    const struct layers *layers;
    const struct query_case *query_case;
    size_t n_rows;
    size_t n_disjuncts;
    size_t *first;
    const struct query_atom **atom;
    double *weight; /* [n_rows] of the atoms, 1 at first: multiples of
                       2^-SPEC_WEIGHT_BITS between 0 and 1 */
};

void spec_init(struct spec *spec, const struct layers *layers,
               const struct query_case *query_case);
/* The same with sums. */
void spec_init_summed(struct spec *spec, const struct layers *layers,
                      const struct query_case *query_case);
/* All weights 1. */
void spec_reset_weights(struct spec *spec);
void spec_clear(struct spec *spec);

/* Whether disjunct d has a row for the sum; the row; the number of atoms. */
bool spec_has_sum(const struct spec *spec, size_t d);
size_t spec_sum(const struct spec *spec, size_t d);
size_t spec_n_atoms(const struct spec *spec, size_t d);

/* The disjunct that owns row r. */
size_t spec_owner(const struct spec *spec, size_t r);

/* Puts row r of the case into row `row` of a block just begun. */
void spec_seed(const struct spec *spec, struct backward *backward, size_t r,
               size_t row);

/* Adds `factor` times row r, that of an atom. */
void spec_seed_atom(const struct spec *spec, struct backward *backward,
                    size_t r, size_t row, double factor);

/* True if the rigorous lower bound of f_r refutes its atom by (1). */
bool spec_is_refuted(const struct spec *spec, size_t r, double lower);

/* f_r of an atom at a point, in nearest arithmetic; y = network(x). */
double spec_value(const struct spec *spec, size_t r, const double *x,
                  const double *y);

/* True if, in nearest arithmetic, all atoms of some disjunct hold. */
bool spec_holds(const struct spec *spec, const double *x, const double *y);

#endif
