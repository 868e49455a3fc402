/* Products of forms with the matrices of affine layers: for forms.c only. */
#ifndef ASTROLABE_DOMAINS_FORMS_ROWS_H
#define ASTROLABE_DOMAINS_FORMS_ROWS_H

#include "domains/forms.h"

/* Neurons of a layer: list[0 .. n-1], or the first n, which are all, if list
 * is NULL. */
struct forms_chosen {
    const uint32_t *list;
    size_t n;
};

/* The t-th of them. */
size_t forms_chosen_at(const struct forms_chosen *chosen, size_t t);

/* Centres and columns of the chosen neurons of `out` += those of the term's
 * source times its matrix, in nearest; space->column[symbol] is the row of a
 * symbol in `out`. tiling: that of the matrix, or NULL. */
void forms_multiply(struct forms_space *space, struct forms *out,
                    const struct layer_term *term, const struct tiling *tiling,
                    const struct forms_chosen *chosen);

/* error_i += sum_j |w_ij| sizes_j for the chosen neurons i, nearest. */
void forms_add_errors(double *error, const struct matrix *matrix,
                      const double *sizes, const struct forms_chosen *chosen);

#endif
