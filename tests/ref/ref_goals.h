/* Random networks, boxes and goals for back-substitution. */
#ifndef ASTROLABE_TESTS_REF_REF_GOALS_H
#define ASTROLABE_TESTS_REF_REF_GOALS_H

#include "proofs/check/check_back.h"
#include "src/base/rng.h"

#include <stdbool.h>

enum { REF_MOST_WIDTH = 20, REF_MOST_INPUTS = 12, REF_N_GOALS = 11 };

/* How weights are drawn. */
enum ref_weights {
    REF_PLAIN,
    REF_FINE,
    REF_GRID,
    REF_SELECTORS,
    REF_EXTREME,
    REF_N_KINDS
};

/*
 * kind, is_affine and is_curved are set before anything is drawn.
 *   is_affine  no ReLU unstable: all bounds are attained
 *   is_curved  with curves, products and scales
 */
struct ref_goals {
    struct rng rng;
    enum ref_weights kind;
    bool is_affine;
    bool is_curved;
    struct check_network network;
    struct check_region region;
    struct check_goal goals[REF_N_GOALS];
    struct check_bound fast[REF_N_GOALS];
    struct check_bound exact[REF_N_GOALS];
};

/* Draws all. */
void ref_goals_open(struct ref_goals *sample);
void ref_goals_close(struct ref_goals *sample);

/* Fills layers whose place and width are set: sums of values before, or of
 * some; curves of any kind, products or scales of the layer below, or of any
 * values. */
void ref_goals_affine(struct ref_goals *sample, struct check_layer *layer);
void ref_goals_curved(struct ref_goals *sample, struct check_layer *layer);
/* A box, all ends and lines, and slopes for some neurons. */
void ref_goals_region(struct ref_goals *sample);

/* x = a. */
void ref_goals_rational(mpq_t x, const struct check_dyadic *a);

#endif
