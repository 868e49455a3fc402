/* Bounds by forms over the inputs alone: cheap where few inputs vary. */
#ifndef ASTROLABE_DOMAINS_FORWARD_H
#define ASTROLABE_DOMAINS_FORWARD_H

#include "domains/bounds.h"
#include "domains/weights.h"

#include <stddef.h>

/*
 * Every neuron is a form (1) of forms.h whose symbols are the inputs that vary,
 * one for each; what relaxing a neuron costs goes to its error: each is in its
 * band (band.h). What is a constant by its bounds (bounds_is_still) has its
 * range for a form. One pass costs as much as back-substituting so many rows as
 * inputs vary, for all neurons together: what it finds to be stable needs no
 * rows of its own.
 * Lines of ReLUs have other slopes than bands: neither forms nor lines are
 * better for all neurons behind. The checker of certificates must settle the
 * same neurons, by the rule of proofs/FORMAT.md, "Forms": the numbers below are
 * part of it.
 * Source: own; the forms are those of Stolfi, de Figueiredo, "Self-Validated
 * Numerical Methods and Applications", 1997, with condensed errors.
 */
struct forward;

/* Least neurons of a network and of a layer for which forms are worth their
 * pass; most inputs that may vary, by more than FORWARD_LEAST. */
enum { FORWARD_NEURONS = 8192, FORWARD_WIDTH = 64, FORWARD_INPUTS = 16 };
#define FORWARD_LEAST 0x1p-40

/* Inputs and ranges beyond have no forms: they are too large for the
 * checker. */
#define FORWARD_MOST 0x1p20

/* How far from 0, as a share of its length, a range must be: what is stable
 * then is so by back-substitution as well, as good as certainly. So it matters
 * little that the checker's ranges are rounded in other ways. */
#define FORWARD_ROOM 0.125

/* NULL if the network has fewer neurons. weights must outlive it. Nothing is
 * settled in layers that are less wide. */
struct forward *forward_create(const struct weights *weights,
                               size_t least_neurons, size_t least_width);
void forward_destroy(struct forward *forward);

/* Turns to another region, whose box the input layer of the bounds tells;
 * forward may be NULL. */
void forward_begin(struct forward *forward, const struct bounds *bounds);

/*
 * Narrows the bounds of neurons of layer k that are unstable, and stable with
 * room by their forms, to the ranges of these. Forms of earlier layers are
 * found first, from their present bounds, if they were not since the region was
 * turned to: all these bounds must hold in it. Does nothing if forward is NULL,
 * the layer is too narrow, too many inputs vary or none, inputs are too large,
 * or a neuron of an earlier layer has no band.
 */
void forward_settle(struct forward *forward, struct bounds *bounds, size_t k);

#endif
