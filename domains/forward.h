/* Bounds by forms over the inputs alone: cheap where few inputs vary. */
#ifndef ASTROLABE_DOMAINS_FORWARD_H
#define ASTROLABE_DOMAINS_FORWARD_H

#include "domains/bounds.h"

#include <stddef.h>

/*
 * Every neuron is a form (1) of forms.h whose symbols are the inputs that vary,
 * one for each; what relaxing a neuron costs goes to its error. An unstable
 * ReLU is in the band of least area (zonotope.h), any other neuron in its own
 * (band.h). One pass costs as much as back-substituting so many rows as inputs
 * vary, for all neurons together: what it finds to be stable needs no rows of
 * its own.
 * Source: own; the forms are those of Stolfi, de Figueiredo, "Self-Validated
 * Numerical Methods and Applications", 1997, with condensed errors.
 */
struct forward;

/* Most inputs that may vary, by more than FORWARD_LEAST; neurons of a network
 * and open ones of a layer from which on forms are worth their pass. */
enum { FORWARD_INPUTS = 16, FORWARD_NEURONS = 8192, FORWARD_OPEN = 64 };
#define FORWARD_LEAST 0x1p-40

/* How far from 0, as a share of its length, an interval must be: what is stable
 * then is so by back-substitution as well, as good as certainly, which is all
 * that a checker of certificates may do. */
#define FORWARD_ROOM 0.125

/* NULL if the network has fewer neurons. layers must outlive it. */
struct forward *forward_create(const struct layers *layers,
                               size_t least_neurons);
void forward_destroy(struct forward *forward);

/* Turns to another region, whose box the input layer of the bounds tells;
 * forward may be NULL. */
void forward_begin(struct forward *forward, const struct bounds *bounds);

/*
 * Narrows the bounds of neurons of layer k that are unstable, and stable with
 * room by their forms, to the ranges of these. Forms of earlier layers are
 * found first, from their present bounds, if they were not since the region was
 * turned to: all these bounds must hold in it. Does nothing if forward is NULL,
 * too many inputs vary or none, or bounds of inputs are infinite.
 */
void forward_settle(struct forward *forward, struct bounds *bounds, size_t k);

#endif
