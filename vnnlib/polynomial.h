/* Comparisons with products of variables: linear forms over monomials. */
#ifndef ASTROLABE_VNNLIB_POLYNOMIAL_H
#define ASTROLABE_VNNLIB_POLYNOMIAL_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "vnnlib/linear_form.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Degree of a monomial; monomials of a property, and of one expression while
 * it is multiplied out. */
enum { MONOMIAL_DEGREE = 8, MONOMIALS_LIMIT = 1 << 16 };

/* The product of variables factor[0] <= factor[1] <= ..., at least two in a
 * table. */
struct monomial {
    size_t degree;
    size_t factor[MONOMIAL_DEGREE];
};

/*
 * The monomials of degree 2 or more of all comparisons of a property, each
 * read as left side minus right side with equal monomials added up and those
 * of coefficient 0 dropped; and with each one that without its last factor,
 * if the degree of that is at least 2. Ascending by degree, squares before
 * the others of degree 2, then by the factors, first to last. In linear forms
 * variable first + k stands for monomial k.
 */
struct monomials {
    size_t first;
    size_t n;
    struct monomial *data;
};

/*
 * Fills the table.
 *   first    above all base[i] + e
 *   base     [lib->variables.n] element e of variable i is base[i] + e
 *   returns  STATUS_OK; STATUS_UNSUPPORTED with the place where a limit above
 *            is passed. The table is to be cleared in every case.
 */
enum status monomials_collect(struct monomials *monomials, size_t first,
                              const struct vnnlib *lib, const size_t *base,
                              struct error *error);
void monomials_clear(struct monomials *monomials);

/* Number of the monomial; monomials->n if it is not in the table. */
size_t monomials_find(const struct monomials *monomials,
                      const struct monomial *wanted);

/* linear_form_read with products of variables; the monomials are those of
 * the table. */
enum status monomials_read_form(struct linear_form *form,
                                const struct monomials *monomials,
                                const struct vnnlib *lib, uint32_t node,
                                const size_t *base, struct error *error);

#endif
