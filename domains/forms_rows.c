/* The rows of forms times a matrix: all of it at once, or row by row. */
#include "domains/forms_rows.h"

#include "domains/row_sum.h"
#include "src/num/dense.h"
#include "src/num/gemm_blas.h"

#include <math.h>

/* to[r] += M from[r] for n <= ABREAST rows r, each read while an entry of M is
 * at hand. Made for each n. */
enum { ABREAST = 8 };
static inline void multiply_abreast(double *to, const struct matrix *matrix,
                                    const double *from, size_t n)
{
    for (size_t i = 0; i < matrix->n_rows; i++) {
        double sum[ABREAST] = {0.0};
        for (size_t e = matrix->start[i]; e < matrix->start[i + 1]; e++) {
            const double *value = from + matrix->column[e];
            for (size_t r = 0; r < n; r++) {
                sum[r] += matrix->value[e] * value[r * matrix->n_cols];
            }
        }
        for (size_t r = 0; r < n; r++) {
            to[r * matrix->n_rows + i] += sum[r];
        }
    }
}

/* The same for any n. */
static void multiply_csr(double *to, const struct matrix *matrix,
                         const double *from, size_t n)
{
    for (; n >= ABREAST; n -= ABREAST) {
        multiply_abreast(to, matrix, from, ABREAST);
        to += ABREAST * matrix->n_rows;
        from += ABREAST * matrix->n_cols;
    }
    for (; n > 0; n--) {
        multiply_abreast(to, matrix, from, 1);
        to += matrix->n_rows;
        from += matrix->n_cols;
    }
}

/* The same by copies of tiles, into the rows of `out` from `target` on. */
static void multiply_tiles(struct forms_space *space, struct forms *out,
                           size_t target, const struct tiling *tiling,
                           const double *from, const struct gemm_shape *shape)
{
    const struct tiling_pass pass = {
        .tiling = tiling,
        .kernels = dense_kernels_best(),
        .work = &space->work,
        .to = out->rows + target * out->width,
        .from = from,
        .to_stride = shape->n_cols,
        .from_stride = shape->n_inner,
        .n_rows = shape->n_rows,
        .n_copies = tiling->n_copies,
    };
    (void)tiling_add_forward(&pass);
}

size_t forms_chosen_at(const struct forms_chosen *chosen, size_t t)
{
    return chosen->list == NULL ? t : chosen->list[t];
}

static void multiply_chosen(struct forms *out, const struct forms *in,
                            const struct matrix *matrix, const size_t *column,
                            const struct forms_chosen *chosen)
{
    for (size_t row = 0; row <= in->n_symbols; row++) {
        const size_t target = row == 0 ? 0 : column[in->symbol[row - 1]];
        const double *from = in->rows + row * in->width;
        double *to = out->rows + target * out->width;
        for (size_t t = 0; t < chosen->n; t++) {
            to[chosen->list[t]] +=
                row_sum(matrix, chosen->list[t], from, false);
        }
    }
}

/* Rows of `in` that lie side by side in `out` too are multiplied together. */
static void multiply_rows(struct forms_space *space, struct forms *out,
                          const struct layer_term *term,
                          const struct tiling *tiling)
{
    const struct forms *in = &space->forms[term->source];
    const struct matrix *matrix = &term->matrix;
    const size_t *column = space->column;
    size_t row = 0;
    while (row <= in->n_symbols) {
        const size_t target = row == 0 ? 0 : column[in->symbol[row - 1]];
        const double *from = in->rows + row * in->width;
        double *to = out->rows + target * out->width;
        size_t n = 1;
        while (row + n <= in->n_symbols &&
               column[in->symbol[row + n - 1]] == target + n) {
            n++;
        }
        const struct gemm_shape shape = {n, matrix->n_rows, matrix->n_cols};
        if (tiling != NULL) {
            multiply_tiles(space, out, target, tiling, from, &shape);
        } else if (matrix->dense == NULL) {
            multiply_csr(to, matrix, from, n);
        } else {
            gemm_blas_add_right_transposed(to, from, matrix->dense, shape);
        }
        row += n;
    }
}

/* Columns with one entry: multiples of columns of the matrix. */
static void multiply_fresh_dense(struct forms *out, const struct forms *in,
                                 const struct matrix *matrix,
                                 const size_t *column,
                                 const struct forms_chosen *chosen)
{
    for (size_t f = 0; f < in->n_fresh; f++) {
        const struct forms_fresh *fresh = &in->fresh[f];
        const double *from = matrix->dense + fresh->neuron;
        double *to = out->rows + column[fresh->symbol] * out->width;
        for (size_t t = 0; t < chosen->n; t++) {
            const size_t i = forms_chosen_at(chosen, t);
            to[i] += from[i * matrix->n_cols] * fresh->coefficient;
        }
    }
}

/* fresh_at  [n_cols] scratch, all zero before and after. */
static void multiply_fresh_csr(struct forms *out, const struct forms *in,
                               const struct matrix *matrix,
                               const size_t *column, size_t *fresh_at,
                               const struct forms_chosen *chosen)
{
    for (size_t f = 0; f < in->n_fresh; f++) {
        fresh_at[in->fresh[f].neuron] = f + 1;
    }
    for (size_t t = 0; t < chosen->n; t++) {
        const size_t i = forms_chosen_at(chosen, t);
        for (size_t e = matrix->start[i]; e < matrix->start[i + 1]; e++) {
            const size_t f = fresh_at[matrix->column[e]];
            if (f != 0) {
                const struct forms_fresh *fresh = &in->fresh[f - 1];
                out->rows[column[fresh->symbol] * out->width + i] +=
                    matrix->value[e] * fresh->coefficient;
            }
        }
    }
    for (size_t f = 0; f < in->n_fresh; f++) {
        fresh_at[in->fresh[f].neuron] = 0;
    }
}

void forms_multiply(struct forms_space *space, struct forms *out,
                    const struct layer_term *term, const struct tiling *tiling,
                    const struct forms_chosen *chosen)
{
    const struct forms *in = &space->forms[term->source];
    const struct matrix *matrix = &term->matrix;
    const size_t *column = space->column;
    if (chosen->list == NULL) {
        multiply_rows(space, out, term, tiling);
    } else {
        multiply_chosen(out, in, matrix, column, chosen);
    }
    if (matrix->dense != NULL) {
        multiply_fresh_dense(out, in, matrix, column, chosen);
    } else {
        multiply_fresh_csr(out, in, matrix, column, space->fresh_at, chosen);
    }
}

void forms_add_errors(double *error, const struct matrix *matrix,
                      const double *sizes, const struct forms_chosen *chosen)
{
    for (size_t t = 0; t < chosen->n; t++) {
        const size_t i = forms_chosen_at(chosen, t);
        double even = 0.0;
        double odd = 0.0;
        if (matrix->dense != NULL) {
            const double *w = matrix->dense + i * matrix->n_cols;
            size_t j = 0;
            for (; j + 2 <= matrix->n_cols; j += 2) {
                even += fabs(w[j]) * sizes[j];
                odd += fabs(w[j + 1]) * sizes[j + 1];
            }
            if (j < matrix->n_cols) {
                even += fabs(w[j]) * sizes[j];
            }
        } else {
            even = row_sum(matrix, i, sizes, true);
        }
        error[i] += even + odd;
    }
}
