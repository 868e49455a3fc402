/* From the atoms through the layers to the inputs.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_needed.h"

#include "proofs/check/check_atom.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_kept.h"

#include <string.h>

static void mark_outputs(bool *is_needed, const struct check_network *network,
                         const struct check_disjunct *disjunct)
{
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        const struct check_atom *atom = disjunct->atoms[a];
        for (size_t t = 0; t < atom->n_terms; t++) {
            if (atom->terms[t].is_output) {
                is_needed[network->output[atom->terms[t].index]] = true;
            }
        }
    }
}

/* What value i of the layer is computed from. */
static void mark_sources(bool *is_needed, const struct check_layer *layer,
                         size_t i)
{
    if (layer->kind == CHECK_AFFINE) {
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            is_needed[layer->column[k]] = true;
        }
        return;
    }
    for (size_t k = i; k < check_n_sources(layer); k += layer->width) {
        is_needed[layer->source[k]] = true;
    }
}

void check_needed_find(struct check_needed *needed,
                       const struct check_network *network,
                       const struct check_case *of)
{
    const size_t n = network->n_coordinates;
    if (needed->of == of) {
        return;
    }
    if (needed->is_needed == NULL) {
        needed->is_needed = check_alloc(n, sizeof *needed->is_needed);
    }
    needed->of = of;
    memset(needed->is_needed, false, n * sizeof *needed->is_needed);
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        mark_outputs(needed->is_needed, network, &of->disjuncts[d]);
    }
    for (size_t l = network->n_layers; l-- > 0;) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = layer->width; i-- > 0;) {
            const size_t v = layer->first + i;
            if (needed->is_needed[v] && network->same != NULL) {
                needed->is_needed[network->same[v]] = true;
            }
            if (needed->is_needed[v]) {
                mark_sources(needed->is_needed, layer, i);
            }
        }
    }
}

void check_needed_clear(struct check_needed *needed)
{
    check_free(needed->is_needed);
}

size_t check_needed_neurons(uint32_t *z, const struct check_needed *needed,
                            const struct check_region *region,
                            const struct check_layer *layer)
{
    size_t n = 0;
    for (size_t i = 0; i < check_n_numbered(layer); i++) {
        if (layer->source[i] >= region->n_inputs &&
            needed->is_needed[layer->source[i]] &&
            check_can_gain(region, layer, i)) {
            z[n++] = layer->source[i];
        }
    }
    return n;
}
