/* The trail: pushed by every change, popped by check_context_undo only.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_context.h"

#include "proofs/check/check_fail.h"

void check_context_init(struct check_context *context, size_t n_inputs,
                        size_t n_neurons)
{
    struct check_region *region = &context->region;
    region->box = check_alloc(2 * n_inputs, sizeof *region->box);
    region->fact = check_alloc(2 * n_neurons, sizeof *region->fact);
    region->line = check_alloc(n_neurons, sizeof *region->line);
    for (size_t i = 0; i < n_neurons; i++) {
        region->fact[2 * i] = CHECK_NO_LOWER;
        region->fact[2 * i + 1] = CHECK_NO_UPPER;
        region->line[i] =
            check_line_get(CHECK_NO_LOWER, CHECK_NO_UPPER, region->slope_bits);
    }
}

void check_context_clear(struct check_context *context)
{
    check_free(context->region.box);
    check_free(context->region.fact);
    check_free(context->region.line);
    check_free(context->changes);
}

static bool narrow(struct check_context *context, struct check_change *change,
                   int64_t *ends, const int64_t *limits)
{
    change->ends[0] = ends[0];
    change->ends[1] = ends[1];
    if (context->n_changes == context->size) {
        context->size = 2 * context->size + 64;
        context->changes = check_resize(context->changes, context->size,
                                        sizeof *context->changes);
    }
    context->changes[context->n_changes++] = *change;
    ends[0] = limits[0] > ends[0] ? limits[0] : ends[0];
    ends[1] = limits[1] < ends[1] ? limits[1] : ends[1];
    return ends[0] <= ends[1];
}

bool check_context_narrow_input(struct check_context *context, size_t input,
                                int64_t lower, int64_t upper)
{
    struct check_change change = {.is_input = true, .index = input};
    return narrow(context, &change, context->region.box + 2 * input,
                  (int64_t[2]){lower, upper});
}

bool check_context_narrow_neuron(struct check_context *context, size_t neuron,
                                 int64_t lower, int64_t upper)
{
    struct check_region *region = &context->region;
    struct check_change change = {.index = neuron,
                                  .line = region->line[neuron]};
    int64_t *ends = region->fact + 2 * neuron;
    const bool has_any =
        narrow(context, &change, ends, (int64_t[2]){lower, upper});
    if (has_any) {
        region->line[neuron] =
            check_line_get(ends[0], ends[1], region->slope_bits);
    }
    return has_any;
}

void check_context_undo(struct check_context *context, size_t n_changes)
{
    if (context->n_changes < n_changes) {
        check_reject("internal: the trail is shorter than its mark");
    }
    while (context->n_changes > n_changes) {
        const struct check_change *change =
            &context->changes[--context->n_changes];
        int64_t *ends =
            change->is_input ? context->region.box : context->region.fact;
        ends[2 * change->index] = change->ends[0];
        ends[2 * change->index + 1] = change->ends[1];
        if (!change->is_input) {
            context->region.line[change->index] = change->line;
        }
    }
}
