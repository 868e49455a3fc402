/* The plain C twin of the vector kernels. */
#include "src/num/dense.h"

#include <math.h>

#define REAL        double
#define PRODUCT     dense_product
#define PRODUCT_ROW dense_product_row
#include "src/num/product_plain.def"

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

static double minimum(const double *a, const double *lower, const double *upper,
                      size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double at_lower = a[i] * lower[i];
        const double at_upper = a[i] * upper[i];
        sum += at_lower < at_upper ? at_lower : at_upper;
    }
    return sum;
}

const struct dense_kernels dense_kernels_plain = {"plain", add_product,
                                                  relax_row, dot_row, minimum};
