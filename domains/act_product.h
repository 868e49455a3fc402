/* Planes around the product of two neurons, lines around a multiple. */
#ifndef ASTROLABE_DOMAINS_ACT_PRODUCT_H
#define ASTROLABE_DOMAINS_ACT_PRODUCT_H

#include "domains/act_curve.h"

/*
 * first x + second y + lower <= x y <= first x + second y + upper         (1)
 * on a box. As x y - first x - second y is linear in each of x and y, it is
 * extreme at the four corners.
 */
struct act_planes {
    double first;
    double second;
    double lower;
    double upper;
};

/*
 * The planes with first and second the middles of the other factor's
 * interval, rounded down to multiples of 2^-ACT_SLOPE_BITS: the two that are
 * nearest to each other. The corners are computed in nearest arithmetic and
 * padded by 2^-50 of the absolute terms.
 *   x[2], y[2]  ends, lower first; all 0 and infinite intercepts unless finite
 */
struct act_planes act_product_planes(const double x[2], const double y[2]);

/* x y for x, y in the intervals, rounded outward; infinite if unknown. */
void act_product_range(double *lower, double *upper, const double x[2],
                       const double y[2]);

/*
 * Lines around c z for factor[0] <= c <= factor[1], l <= z <= u: the slope of
 * both is factor[0], the intercepts bound (c - factor[0]) z.
 */
struct act_lines act_scale_lines(const double factor[2], double l, double u);

#endif
