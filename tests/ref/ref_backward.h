/* Back-substitution in rationals: the slow twin of domains/backward. */
#ifndef ASTROLABE_TESTS_REF_REF_BACKWARD_H
#define ASTROLABE_TESTS_REF_REF_BACKWARD_H

#include "domains/bounds.h"
#include "tests/ref/ref_network.h"

#include <gmp.h>

#include <stddef.h>

/*
 * One row: sum_k c[k].v[k] + constant before ref_backward_run, and
 * A.x + constant after it, with A = c[0].
 *   size  sum of |q| (|W| m + |b| + m) over all coefficients q that were met,
 *         m the magnitudes of `scale`, ReLUs by their source: (2) of
 *         backward.h without its factor
 */
struct ref_backward {
    struct ref_values c;
    mpq_t constant;
    mpq_t size;
};

/* A zero row. */
void ref_backward_init(struct ref_backward *row, const struct layers *layers);
void ref_backward_clear(struct ref_backward *row);

/*
 * Eliminates all layers down to the input with the lines that
 * act_relu_lower and act_relu_upper_short choose from `lines`, exactly as the
 * doubles stand; magnitudes from `scale`.
 */
void ref_backward_run(struct ref_backward *row, const struct layers *layers,
                      const struct bounds *lines, const struct bounds *scale);

/* min { A.x + constant : lower <= x <= upper }. */
void ref_backward_minimum(mpq_t minimum, const struct ref_backward *row,
                          const double *lower, const double *upper);

#endif
