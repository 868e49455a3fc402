/* A batch of points in a box that moves against given slopes. */
#ifndef ASTROLABE_ATTACK_DESCENT_H
#define ASTROLABE_ATTACK_DESCENT_H

#include "src/attack/gradient.h"
#include "src/base/rng.h"

#include <stdbool.h>
#include <stddef.h>

/* How a point moves, in coordinates where the box is [-1, 1]^n. */
enum descent_kind {
    DESCENT_SIGN,      /* every coordinate by the rate, against the slope */
    DESCENT_ADAM,      /* by rate * mean / root mean square of the slopes */
    DESCENT_NORMAL,    /* along the gradient, rate * sqrt(n) long */
    DESCENT_POLYAK,    /* the same, but not past the linearised zero */
    DESCENT_CORNER,    /* once to the corner where the linearised loss is
                          least; then as DESCENT_SIGN */
    DESCENT_FAR_CORNER /* once to the opposite corner; then likewise */
};

/*
 *   rate    length of the next step
 *   decay   factor of the rate from step to step
 *   excess  what the loss is to fall by, for DESCENT_POLYAK
 *   age     steps done
 */
struct descent_plan {
    enum descent_kind kind;
    double rate;
    double decay;
    double excess;
    size_t age;
};

/*
 *   gradient            points are gradient.value[0], slopes in slope[0]
 *   lower, upper, half  [n_inputs] the box and its half-widths
 *   n_varying           inputs with lower < upper
 *   mean, square        [n_inputs x capacity] moments of DESCENT_ADAM
 */
struct descent {
    struct gradient gradient;
    struct rng rng;
    double *lower;
    double *upper;
    double *half;
    size_t n_varying;
    double *mean;
    double *square;
};

void descent_init(struct descent *descent, const struct layers *layers,
                  uint64_t seed);
void descent_clear(struct descent *descent);

/* Sets bounds of input i, lower <= upper, both finite. */
void descent_set_bounds(struct descent *descent, size_t i, double lower,
                        double upper);

/* Puts point j at a random place: uniform, at a corner, or mixed. */
void descent_place_random(struct descent *descent, size_t j);

/* Puts point j at a share (0 to 1) of the way from lower to upper. */
void descent_place_diagonal(struct descent *descent, size_t j, double share);

/* Puts point j at random within `radius` half-widths of a place
 * [n_inputs]. */
void descent_place_near(struct descent *descent, size_t j, const double *place,
                        double radius);

/* Copies the coordinates of point j to x [n_inputs]. */
void descent_read(double *x, const struct descent *descent, size_t j);

/* One projected step of point j; false (and no move) if its slopes are all
 * zero or not finite. Source: Kingma and Ba, "Adam", ICLR 2015; Polyak,
 * "Minimization of unsmooth functionals", USSR Comput. Math. 1969. */
bool descent_step(struct descent *descent, size_t j, struct descent_plan *plan);

#endif
