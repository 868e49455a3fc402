/* Which elements a resized axis shows, and how much of each. */
#ifndef ASTROLABE_NET_RESAMPLE_H
#define ASTROLABE_NET_RESAMPLE_H

#include "src/net/import.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

enum resample_mode { RESAMPLE_NEAREST, RESAMPLE_LINEAR, RESAMPLE_CUBIC };

enum resample_place {
    RESAMPLE_HALF_PIXEL,
    RESAMPLE_SYMMETRIC, /* half_pixel_symmetric */
    RESAMPLE_PYTORCH,   /* pytorch_half_pixel */
    RESAMPLE_ALIGNED,   /* align_corners */
    RESAMPLE_ASYMMETRIC,
    RESAMPLE_TF_HALF_PIXEL /* tf_half_pixel_for_nn */
};

enum resample_rounding {
    RESAMPLE_PREFER_FLOOR,
    RESAMPLE_PREFER_CEIL,
    RESAMPLE_FLOOR,
    RESAMPLE_CEIL
};

/* How to resize: the same for all axes. */
struct resample {
    enum resample_mode mode;
    enum resample_place place;
    enum resample_rounding rounding;
    double cubic; /* cubic_coeff_a */
    bool is_outside_excluded;
};

/* One axis: `scale` is exact, n_out / n_in or what the file says. */
struct resample_axis {
    size_t n_in;
    size_t n_out;
    mpq_t scale;
};

enum { RESAMPLE_TAPS = 4 };

/* Output place o shows the sum of weight[k] times element index[k] of the
 * axis; the indices differ. To be cleared with resample_clear. */
struct resample_taps {
    size_t n;
    size_t index[RESAMPLE_TAPS];
    mpq_t weight[RESAMPLE_TAPS];
};

/*
 * The taps of output place o, exactly as ONNX defines them for real numbers.
 *   returns STATUS_OK and *taps; STATUS_UNSUPPORTED where the definitions of
 *           runtimes differ: places so close to a step that rounding decides,
 *           and align_corners with scales that give no whole sizes
 */
enum status resample_place(struct resample_taps *taps, struct import *import,
                           const struct resample *resample,
                           const struct resample_axis *axis, size_t o);
void resample_clear(struct resample_taps *taps);

#endif
