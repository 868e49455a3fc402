/* Projected gradient descent to the disjuncts of a case, from many points. */
#ifndef ASTROLABE_ATTACK_PGD_H
#define ASTROLABE_ATTACK_PGD_H

#include "src/attack/attack.h"
#include "src/attack/confirm.h"
#include "src/attack/descent.h"
#include "src/attack/elite.h"
#include "src/attack/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One point of the batch on its way to one disjunct.
 *   value    of the aim at the present place
 *   tried    worst-atom value of the last place tried for confirmation
 *   n_tries  confirmations spent
 */
struct pgd_column {
    struct descent_plan plan;
    bool has_aim;
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
 *   elite      ends of earlier descents of this search
 *   columns    [capacity of the batch]
 *   best       [n_disjuncts] least worst-atom value of this search
 *   point      [n_inputs]
 *   n_started  starts of this search
 *   n_points   points evaluated (forward and backward) so far
 */
struct pgd {
    struct descent descent;
    struct elite elite;
    struct loss *loss;       /* not owned */
    struct confirm *confirm; /* not owned */
    struct pgd_column *columns;
    double *best;
    double *point;
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
 * corners, the lowest and the highest corner, by turns with random points and
 * points near the ends of the best descents so far. The scales of the loss are
 * set from the first batch. Once a witness is known a few more steps look for
 * one with a wider margin.
 *   loss, confirm  of the same case
 *   returns true with *witness owned by the caller
 */
bool pgd_search(struct pgd *pgd, struct witness *witness, struct loss *loss,
                struct confirm *confirm, const struct pgd_goal *goal);

#endif
