/* A region under change: every change goes through a trail and is undone.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_REGION_H
#define ASTROLABE_PROOFS_CHECK_CHECK_REGION_H

#include "proofs/check/check_activation.h"
#include "proofs/check/check_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What holds in a region, FORMAT.md, "Context of a node".
 *   box_bits, fact_bits, slope_bits, lower_bits  B, G, S, A
 *   ends   [2 * n_coordinates] ends[2 * i] <= v_i <= ends[2 * i + 1], for
 *          inputs in units of 2^-B, for others in units of 2^-G. The facts
 *          of a neuron are the ends of its source; those of other
 *          coordinates do not change below a root.
 *   line   [n_coordinates] for sources of ReLUs: check_line_get of the ends
 *          (check_region_fact); otherwise unused
 *   slope  [n_coordinates] for outputs of ReLUs: the lower line is y >=
 *          slope * 2^-A * z if the neuron is unstable; -1: the default
 */
struct check_region {
    unsigned box_bits;
    unsigned fact_bits;
    unsigned slope_bits;
    unsigned lower_bits;
    size_t n_inputs;
    size_t n_coordinates;
    int64_t *ends;
    struct check_line *line;
    int16_t *slope;
};

/* The ends of coordinate i in units of 2^-G, rounded outward; those of inputs
 * that are too large for it are infinite. */
void check_region_fact(int64_t fact[2], const struct check_region *region,
                       size_t i);

/* Units of 2^-G as units of 2^-B, for an end of an input, rounded outward. */
int64_t check_region_level(const struct check_region *region, int64_t level,
                           bool is_upper);

/* What coordinate `index` had before a change. */
struct check_change {
    size_t index;
    int16_t slope;
    int64_t ends[2];
    struct check_line line;
};

struct check_context {
    struct check_region region;
    size_t n_changes;
    size_t size;
    struct check_change *changes;
};

/* Storage for the region, whose bits and numbers are set; all slopes are the
 * default. Ends, and lines once these are known, are left to the caller. */
void check_context_init(struct check_context *context);
void check_context_clear(struct check_context *context);

/* Narrows the ends of coordinate i, in its units, to the given ones where
 * these are narrower. false: nothing is left between them (its line may not
 * be used then). */
bool check_context_narrow(struct check_context *context, size_t i,
                          int64_t lower, int64_t upper);
void check_context_set_slope(struct check_context *context, size_t i,
                             int16_t slope);

/* Takes back all changes after the first n_changes. */
void check_context_undo(struct check_context *context, size_t n_changes);

/* FORMAT.md, "Box": the ends of the inputs, from those of case `number`. */
void check_region_load(struct check_region *region, const struct check_case *of,
                       size_t number);

#endif
