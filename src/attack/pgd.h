/* Projected gradient descent on the loss from many points at once. */
#ifndef ASTROLABE_ATTACK_PGD_H
#define ASTROLABE_ATTACK_PGD_H

#include "src/attack/attack.h"
#include "src/attack/confirm.h"
#include "src/attack/gradient.h"
#include "src/attack/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a trajectory moves, in coordinates where the box is [-1, 1]^n. */
enum pgd_step {
    PGD_SIGN,      /* every coordinate by the rate, against the slope */
    PGD_ADAM,      /* by rate * mean / root of the mean square of slopes */
    PGD_NORMAL,    /* along the gradient, rate * sqrt(n) long */
    PGD_POLYAK,    /* to the zero of the linearised loss, or as PGD_NORMAL */
    PGD_CORNER,    /* once to the corner that lowers the linearised loss */
    PGD_FAR_CORNER /* once to the opposite corner */
};

/*
 * One column of the batch: a descent towards one disjunct.
 *   age      steps done
 *   rate     length of the next step
 *   value    of the aim at the present point
 *   tried    worst-atom value of the last point tried for confirmation
 *   n_tries  confirmations spent
 */
struct pgd_column {
    bool has_aim;
    size_t age;
    enum pgd_step step;
    double rate;
    struct loss_aim aim;
    struct loss_value value;
    double tried;
    size_t n_tries;
};

/* The box to search [n_inputs] (finite or not), how hard, and until when. */
struct pgd_goal {
    const double *lower;
    const double *upper;
    struct attack_effort effort;
    const struct budget *budget;
};

/*
 * Scratch for one network and thread.
 *   lower, upper, half  [n_inputs] the box searched and its half-widths
 *   mean, square        [n_inputs x batch] moments of PGD_ADAM
 *   columns             [batch]
 *   best                [n_disjuncts] least worst-atom value of this search
 *   n_points            points evaluated (forward and backward) so far
 */
struct pgd {
    struct gradient gradient;
    struct rng rng;
    struct loss *loss;       /* not owned */
    struct confirm *confirm; /* not owned */
    double *lower;
    double *upper;
    double *half;
    double *point;
    double *mean;
    double *square;
    struct pgd_column *columns;
    double *best;
    size_t n_varying;
    size_t n_started;
    size_t n_steps;
    double decay;
    uint64_t n_points;
};

void pgd_init(struct pgd *pgd, const struct layers *layers, uint64_t seed);
void pgd_clear(struct pgd *pgd);

/*
 * Searches the goal's box, intersected with the representable intervals of
 * the selected case, for a witness. Starts are the centre with its jumps to
 * corners, the lowest and the highest corner, then random points. The
 * scales of the loss are set from the first batch.
 *   loss, confirm  of the same case
 *   returns true with *witness owned by the caller
 */
bool pgd_search(struct pgd *pgd, struct witness *witness, struct loss *loss,
                struct confirm *confirm, const struct pgd_goal *goal);

#endif
