/* A region under change: every change goes through a trail and is undone.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_CONTEXT_H
#define ASTROLABE_PROOFS_CHECK_CHECK_CONTEXT_H

#include "proofs/check/check_old_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a change replaced: ends of an input, or of a neuron with its line. */
struct check_change {
    bool is_input;
    size_t index;
    int64_t ends[2];
    struct check_line line;
};

/* FORMAT.md, "Context of a node". */
struct check_context {
    struct check_region region;
    size_t n_changes;
    size_t size;
    struct check_change *changes;
};

/* The box is left to the caller; there are no facts. */
void check_context_init(struct check_context *context, size_t n_inputs,
                        size_t n_neurons);
void check_context_clear(struct check_context *context);

/* Narrow an input's ends or a neuron's facts to the given ones where these are
 * narrower. false: nothing is left between them (such a neuron's line may not
 * be used). */
bool check_context_narrow_input(struct check_context *context, size_t input,
                                int64_t lower, int64_t upper);
bool check_context_narrow_neuron(struct check_context *context, size_t neuron,
                                 int64_t lower, int64_t upper);

/* Takes back all changes after the first n_changes. */
void check_context_undo(struct check_context *context, size_t n_changes);

#endif
