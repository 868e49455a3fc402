/* The room of jumps: how far ends of what sign and floor read are moved.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_SOLVER_STEP_H
#define ASTROLABE_SOLVER_STEP_H

#include "src/net/layers.h"

/*
 * What is taken from the lower ends that refreshing finds for a layer's
 * sources, and added to the upper ones: 2^-30 for steps, else 0 (FORMAT.md,
 * "Refresh"). Rounded bounds of a value that reaches a jump exactly lie on
 * the other side of it, exact ones do not; with room they are on the same
 * side, and search, replay and checker draw the same lines.
 */
static inline double step_room(const struct layer *layer)
{
    return layer->kind == LAYER_ACTIVATION &&
                   (layer->activation == ACTIVATION_SIGN ||
                    layer->activation == ACTIVATION_FLOOR)
               ? 0x1p-30
               : 0.0;
}

#endif
