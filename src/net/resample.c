/* Places and weights as rational numbers: nothing is rounded. */
#include "src/net/resample.h"

#include "src/num/rational.h"

#include <math.h>

static void set_size(mpq_t value, size_t n)
{
    mpq_set_ui(value, (unsigned long)n, 1);
}

/* (place + 1/2) / scale, less 1/2 if is_centred. */
static void half_pixel(mpq_t place, const struct resample_axis *axis, size_t o,
                       bool is_centred)
{
    mpq_t half;
    mpq_init(half);
    mpq_set_ui(half, 1, 2);
    set_size(place, o);
    mpq_add(place, place, half);
    mpq_div(place, place, axis->scale);
    if (is_centred) {
        mpq_sub(place, place, half);
    }
    mpq_clear(half);
}

/* Adds n_in / 2 * (1 - n_out / (scale * n_in)). */
static void add_offset(mpq_t place, const struct resample_axis *axis)
{
    mpq_t inside;
    mpq_t shown;
    mpq_t half;
    mpq_inits(inside, shown, half, NULL);
    set_size(inside, axis->n_in);
    set_size(shown, axis->n_out);
    mpq_div(shown, shown, axis->scale);
    mpq_sub(inside, inside, shown);
    mpq_set_ui(half, 1, 2);
    mpq_mul(inside, inside, half);
    mpq_add(place, place, inside);
    mpq_clears(inside, shown, half, NULL);
}

/* True if scale * n_in is n_out. */
static bool is_whole(const struct resample_axis *axis)
{
    mpq_t size;
    mpq_init(size);
    set_size(size, axis->n_in);
    mpq_mul(size, size, axis->scale);
    const bool is_same = mpq_cmp_ui(size, (unsigned long)axis->n_out, 1) == 0;
    mpq_clear(size);
    return is_same;
}

/* Place in the input that output place o shows. */
static enum status find_place(mpq_t place, struct import *import,
                              enum resample_place kind,
                              const struct resample_axis *axis, size_t o)
{
    switch (kind) {
    case RESAMPLE_ASYMMETRIC:
        set_size(place, o);
        mpq_div(place, place, axis->scale);
        break;
    case RESAMPLE_ALIGNED:
        if (!is_whole(axis)) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "align_corners with a size that is not whole "
                                 "differs between runtimes");
        }
        mpq_set_ui(place, (unsigned long)(o * (axis->n_in - 1)),
                   axis->n_out > 1 ? (unsigned long)(axis->n_out - 1) : 1);
        mpq_canonicalize(place);
        break;
    case RESAMPLE_PYTORCH:
        half_pixel(place, axis, o, true);
        if (axis->n_out == 1) {
            mpq_set_ui(place, 0, 1);
        }
        break;
    case RESAMPLE_HALF_PIXEL:
    case RESAMPLE_TF_HALF_PIXEL:
        half_pixel(place, axis, o, kind == RESAMPLE_HALF_PIXEL);
        break;
    case RESAMPLE_SYMMETRIC:
        half_pixel(place, axis, o, true);
        add_offset(place, axis);
        break;
    }
    return STATUS_OK;
}

static long floor_of(const mpq_t value)
{
    mpz_t floor;
    mpz_init(floor);
    mpz_fdiv_q(floor, mpq_numref(value), mpq_denref(value));
    const long result = mpz_get_si(floor);
    mpz_clear(floor);
    return result;
}

/* `at` inside the axis. */
static size_t clamp(long at, size_t n_in)
{
    if (at < 0) {
        return 0;
    }
    return (size_t)at >= n_in ? n_in - 1 : (size_t)at;
}

/* The integer that the rounding picks; *is_close: another one is so near that
 * a runtime in float32 may pick that. */
static long round_place(bool *is_close, const mpq_t place,
                        enum resample_rounding rounding)
{
    const bool is_half =
        rounding == RESAMPLE_PREFER_FLOOR || rounding == RESAMPLE_PREFER_CEIL;
    const bool is_down =
        rounding == RESAMPLE_FLOOR || rounding == RESAMPLE_PREFER_CEIL;
    mpq_t moved;
    mpq_t part;
    mpq_inits(moved, part, NULL);
    mpq_set_si(part, is_down ? 1 : -1, 2);
    mpq_set(moved, place);
    if (is_half) {
        mpq_add(moved, moved, part);
    }
    const long below = floor_of(moved);
    mpq_set_si(part, below, 1);
    mpq_sub(part, moved, part);
    const double rest = mpq_get_d(part);
    const bool is_step = mpq_sgn(part) == 0;
    const double near = 0x1p-20 * (1.0 + fabs((double)below));
    *is_close = !is_step && (rest < near || rest > 1.0 - near);
    mpq_clears(moved, part, NULL);
    return is_down || is_step ? below : below + 1;
}

/* Weights of the four neighbours at distance t from the second, by Keys'
 * kernel with coefficient a. */
static void set_cubic(mpq_t weight[RESAMPLE_TAPS], const mpq_t t, double a)
{
    mpq_t coefficient;
    mpq_t distance;
    mpq_t part;
    mpq_inits(coefficient, distance, part, NULL);
    rational_set_double(coefficient, a);
    for (long k = 0; k < RESAMPLE_TAPS; k++) {
        mpq_set_si(part, k - 1, 1);
        mpq_sub(distance, t, part);
        mpq_abs(distance, distance);
        /* Outer: a (((d - 5) d + 8) d - 4); inner: ((a+2) d - (a+3)) d^2 + 1 */
        const bool is_outer = k == 0 || k == RESAMPLE_TAPS - 1;
        mpq_t *y = &weight[k];
        mpq_set_si(part, is_outer ? -5 : 2, 1);
        if (is_outer) {
            mpq_add(*y, distance, part);
            mpq_mul(*y, *y, distance);
            mpq_set_si(part, 8, 1);
            mpq_add(*y, *y, part);
            mpq_mul(*y, *y, distance);
            mpq_set_si(part, -4, 1);
            mpq_add(*y, *y, part);
            mpq_mul(*y, *y, coefficient);
            continue;
        }
        mpq_add(*y, coefficient, part);
        mpq_mul(*y, *y, distance);
        mpq_sub(*y, *y, coefficient);
        mpq_set_si(part, 3, 1);
        mpq_sub(*y, *y, part);
        mpq_mul(*y, *y, distance);
        mpq_mul(*y, *y, distance);
        mpq_set_si(part, 1, 1);
        mpq_add(*y, *y, part);
    }
    mpq_clears(coefficient, distance, part, NULL);
}

/* Adds a neighbour, at the edge if it lies outside. */
static void add_tap(struct resample_taps *taps, long at, size_t n_in,
                    const mpq_t weight)
{
    const size_t index = clamp(at, n_in);
    size_t k = 0;
    while (k < taps->n && taps->index[k] != index) {
        k++;
    }
    if (k == taps->n) {
        mpq_init(taps->weight[k]);
        taps->index[k] = index;
        taps->n++;
    }
    mpq_add(taps->weight[k], taps->weight[k], weight);
}

/* Divides by the sum of all weights. */
static enum status normalise(struct resample_taps *taps, struct import *import)
{
    mpq_t sum;
    mpq_init(sum);
    for (size_t k = 0; k < taps->n; k++) {
        mpq_add(sum, sum, taps->weight[k]);
    }
    const bool is_zero = mpq_sgn(sum) == 0;
    for (size_t k = 0; k < taps->n && !is_zero; k++) {
        mpq_div(taps->weight[k], taps->weight[k], sum);
    }
    mpq_clear(sum);
    return is_zero ? import_refuse(import, STATUS_UNSUPPORTED,
                                   "weights that add up to zero")
                   : STATUS_OK;
}

/* The neighbours of a place between elements. */
static enum status blend(struct resample_taps *taps, struct import *import,
                         const struct resample *resample,
                         const struct resample_axis *axis, const mpq_t place)
{
    const bool is_cubic = resample->mode == RESAMPLE_CUBIC;
    const long n_in = (long)axis->n_in;
    const long below = floor_of(place);
    mpq_t weight[RESAMPLE_TAPS];
    mpq_t t;
    mpq_init(t);
    for (size_t k = 0; k < RESAMPLE_TAPS; k++) {
        mpq_init(weight[k]);
    }
    mpq_set_si(t, below, 1);
    mpq_sub(t, place, t);
    if (is_cubic) {
        set_cubic(weight, t, resample->cubic);
    } else {
        mpq_set(weight[2], t);
        mpq_set_ui(weight[1], 1, 1);
        mpq_sub(weight[1], weight[1], t);
    }
    bool is_cut = false;
    for (long k = 0; k < RESAMPLE_TAPS; k++) {
        const long at = below + k - 1;
        const bool is_outside = at < 0 || at >= n_in;
        if (is_outside && resample->is_outside_excluded) {
            is_cut = true;
        } else if (mpq_sgn(weight[k]) != 0) {
            add_tap(taps, at, axis->n_in, weight[k]);
        }
    }
    mpq_clear(t);
    for (size_t k = 0; k < RESAMPLE_TAPS; k++) {
        mpq_clear(weight[k]);
    }
    return is_cut ? normalise(taps, import) : STATUS_OK;
}

/* The one element that is nearest to the place. */
static enum status pick(struct resample_taps *taps, struct import *import,
                        const struct resample *resample,
                        const struct resample_axis *axis, const mpq_t place)
{
    bool is_close = false;
    const long at = round_place(&is_close, place, resample->rounding);
    if (is_close) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "the nearest element depends on rounding");
    }
    mpq_t one;
    mpq_init(one);
    mpq_set_ui(one, 1, 1);
    add_tap(taps, at, axis->n_in, one);
    mpq_clear(one);
    return STATUS_OK;
}

enum status resample_place(struct resample_taps *taps, struct import *import,
                           const struct resample *resample,
                           const struct resample_axis *axis, size_t o)
{
    mpq_t place;
    mpq_init(place);
    enum status status = find_place(place, import, resample->place, axis, o);
    if (status == STATUS_OK) {
        status = (resample->mode == RESAMPLE_NEAREST ? pick : blend)(
            taps, import, resample, axis, place);
    }
    mpq_clear(place);
    return status;
}

void resample_clear(struct resample_taps *taps)
{
    for (size_t k = 0; k < taps->n; k++) {
        mpq_clear(taps->weight[k]);
    }
    *taps = (struct resample_taps){0};
}
