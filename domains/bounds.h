/* Lower and upper bounds of every neuron of every layer. */
#ifndef ASTROLABE_DOMAINS_BOUNDS_H
#define ASTROLABE_DOMAINS_BOUNDS_H

#include "src/net/layers.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * lower[k][i] <= v[k][i] <= upper[k][i] for every execution of the region
 * the bounds belong to; infinite where nothing is known (top).            (1)
 * The arrays of all layers are one block: n_total doubles each.
 */
struct bounds {
    size_t n_layers;
    size_t n_total;
    double **lower;
    double **upper;
    double *block; /* owns both sides */
};

/* Phase of a ReLU by the bounds of its pre-activation. */
enum phase { PHASE_UNSTABLE, PHASE_ACTIVE, PHASE_INACTIVE };

/* Top for every neuron of the layers. */
void bounds_init(struct bounds *bounds, const struct layers *layers);
void bounds_clear(struct bounds *bounds);
void bounds_copy(struct bounds *bounds, const struct bounds *from);

/* Active if lower >= 0, inactive if upper <= 0 (both: active), else
 * unstable. */
enum phase bounds_phase(double lower, double upper);

/* True for what is known up to a share of 2^-32 of its size, or of 1: roundings
 * alone leave more of hardly any constant. */
bool bounds_is_still(double lower, double upper);

/* True if some lower passes its upper: the region holds no execution. */
bool bounds_is_empty(const struct bounds *bounds);

#endif
