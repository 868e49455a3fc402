/* The plain C twin of the vector kernels. */
#include "src/num/dense.h"

#include <math.h>

static void add_product(const struct dense_product *product)
{
    for (size_t r = 0; r < product->n_rows; r++) {
        double *c = product->c + r * product->c_stride;
        const double *a = product->a + r * product->a_stride;
        for (size_t j = 0; product->is_new && j < product->n_cols; j++) {
            c[j] = 0.0;
        }
        for (size_t t = 0; t < product->n_live; t++) {
            const size_t i = product->live[t];
            const double *w = product->w + i * product->w_stride;
            const double factor = a[i];
            for (size_t j = 0; j < product->n_cols; j++) {
                c[j] += factor * w[j];
            }
        }
    }
}

static double relax_row(double *z, const double *q,
                        const struct dense_lines *lines)
{
    double sum = 0.0;
    for (size_t i = 0; i < lines->n; i++) {
        if (q[i] >= 0.0) {
            z[i] += q[i] * lines->lower_slope[i];
        } else {
            z[i] += q[i] * lines->upper_slope[i];
            sum += q[i] * lines->upper_intercept[i];
        }
    }
    return sum;
}

static void dot_row(double sums[2], const double *q, const double *b,
                    const double *e, size_t n)
{
    double sum = 0.0;
    double weight = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += q[i] * b[i];
        weight += fabs(q[i]) * e[i];
    }
    sums[0] = sum;
    sums[1] = weight;
}

const struct dense_kernels dense_kernels_plain = {"plain", add_product,
                                                  relax_row, dot_row};
