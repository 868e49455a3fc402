/* The values that a case depends on.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_NEEDED_H
#define ASTROLABE_PROOFS_CHECK_CHECK_NEEDED_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [n_coordinates] whether an output in an atom of the case is computed from the
 * value. NULL at first, without a case. */
struct check_needed {
    const struct check_case *of;
    bool *is_needed;
};

/* Turns to a case. */
void check_needed_find(struct check_needed *needed,
                       const struct check_network *network,
                       const struct check_case *of);
void check_needed_clear(struct check_needed *needed);

/* FORMAT.md, "Refresh": the pre-activations of the layer that are bounded, into
 * z; returns their number. */
size_t check_needed_neurons(uint32_t *z, const struct check_needed *needed,
                            const struct check_region *region,
                            const struct check_layer *layer);

#endif
