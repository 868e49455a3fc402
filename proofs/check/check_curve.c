/* Slopes by the shape of a curve.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_curve.h"

#include "proofs/check/check_piece.h"
#include "proofs/check/check_transcendental.h"

#include <math.h>

enum { SLOPE_BITS = 16, SHORT_BITS = 20, TANGENT_STEPS = 20 };

bool check_round(double *rounded, const mpq_t x, bool is_up)
{
    mpq_t back;
    double d = mpq_get_d(x); /* towards 0 */
    if (!(fabs(d) < 0x1p1000)) {
        return false;
    }
    mpq_init(back);
    mpq_set_d(back, d);
    const int order = mpq_cmp(back, x);
    const double step = fabs(d) * 0x1p-51 + 0x1p-1074;
    if (is_up && order < 0) {
        d += step;
    } else if (!is_up && order > 0) {
        d -= step;
    }
    mpq_clear(back);
    *rounded = d;
    return true;
}

/* x in units of 2^-SLOPE_BITS, to the nearest or down. false if too large. */
static bool round_slope(double *slope, const mpq_t x, bool is_down)
{
    mpq_t units;
    mpz_t floor;
    mpq_init(units);
    mpz_init(floor);
    mpq_mul_2exp(units, x, SLOPE_BITS + 1);
    mpz_fdiv_q(floor, mpq_numref(units), mpq_denref(units));
    mpz_add_ui(floor, floor, is_down ? 0 : 1);
    mpz_fdiv_q_2exp(floor, floor, 1);
    const bool is_small = mpz_sizeinbase(floor, 2) <= 52;
    *slope = is_small ? mpz_get_d(floor) * 0x1p-16 : 0.0;
    mpq_clear(units);
    mpz_clear(floor);
    return is_small;
}

/* (f(z[1]) - f(z[0])) / (z[1] - z[0]), nearly, or f' if these are near each
 * other. */
static bool find_chord(mpq_t chord, enum check_curve f, mpq_t z[2])
{
    mpq_t y[2][2];
    mpq_t width;
    mpq_inits(y[0][0], y[0][1], y[1][0], y[1][1], width, NULL);
    mpq_sub(width, z[1], z[0]);
    mpq_mul_2exp(width, width, SHORT_BITS);
    bool is_good = false;
    if (mpq_cmp_ui(width, 1, 1) < 0) {
        is_good = check_slope_at(y[0], f, z[0]);
        mpq_set(chord, y[0][0]);
    } else {
        is_good =
            check_value_at(y[0], f, z[0]) && check_value_at(y[1], f, z[1]);
        mpq_div_2exp(width, width, SHORT_BITS);
        mpq_sub(chord, y[1][0], y[0][0]);
        mpq_div(chord, chord, width);
    }
    mpq_clears(y[0][0], y[0][1], y[1][0], y[1][1], width, NULL);
    return is_good;
}

/* d between 0 and far where the tangent meets f at `end`, nearly. */
static bool find_tangent(mpq_t d, enum check_curve f, const mpq_t end,
                         const mpq_t far)
{
    mpq_t between[2];
    mpq_t y[2];
    mpq_t at_end[2];
    mpq_t slope[2];
    mpq_inits(between[0], between[1], y[0], y[1], at_end[0], at_end[1], NULL);
    mpq_inits(slope[0], slope[1], NULL);
    mpq_set(between[1], far);
    bool is_good = check_value_at(at_end, f, end);
    for (int step = 0; is_good && step < TANGENT_STEPS; step++) {
        check_middle(d, between[0], between[1]);
        is_good = check_value_at(y, f, d) && check_slope_at(slope, f, d);
        mpq_sub(y[0], y[0], at_end[0]);
        mpq_sub(y[1], d, end);
        mpq_mul(slope[0], slope[0], y[1]);
        mpq_abs(slope[0], slope[0]);
        mpq_abs(y[0], y[0]);
        mpq_set(between[mpq_cmp(slope[0], y[0]) > 0 ? 0 : 1], d);
    }
    check_middle(d, between[0], between[1]);
    mpq_clears(between[0], between[1], y[0], y[1], at_end[0], at_end[1], NULL);
    mpq_clears(slope[0], slope[1], NULL);
    return is_good;
}

/* The slope of one line, [0] lower or [1] upper, of an S-shaped curve; `touch`
 * is where it has it. */
static bool choose_s_shaped(mpq_t slope, mpq_t touch, enum check_curve f,
                            size_t side, mpq_t z[2])
{
    mpq_t y[2];
    mpq_inits(y[0], y[1], NULL);
    bool is_good = find_chord(slope, f, z) && check_slope_at(y, f, z[side]);
    mpq_set(touch, z[side]);
    if (is_good && mpq_cmp(y[0], slope) < 0) {
        is_good = find_tangent(touch, f, z[1 - side], z[side]);
        check_middle(y[0], z[0], z[1]);
        const int order = mpq_cmp(touch, y[0]);
        if (side == 0 ? order > 0 : order < 0) {
            mpq_set(touch, y[0]);
        }
        is_good = is_good && check_slope_at(y, f, touch);
        mpq_set(slope, y[0]);
    }
    mpq_clears(y[0], y[1], NULL);
    return is_good;
}

/* Whether sin or cos bend one way on z: their value is -f'', whose zeros are pi
 * apart, so that it changes its sign once at most in less than pi. */
static enum check_shape bend_of_wave(enum check_curve f, mpq_t z[2])
{
    mpq_t y[2][2];
    mpq_t width;
    enum check_shape shape = CHECK_WAVE;
    mpq_inits(y[0][0], y[0][1], y[1][0], y[1][1], width, NULL);
    mpq_sub(width, z[1], z[0]);
    if (mpq_cmp_ui(width, 31415926, 10000000) < 0 &&
        check_value_at(y[0], f, z[0]) && check_value_at(y[1], f, z[1])) {
        if (mpq_sgn(y[0][0]) >= 0 && mpq_sgn(y[1][0]) >= 0) {
            shape = CHECK_CONCAVE;
        } else if (mpq_sgn(y[0][1]) <= 0 && mpq_sgn(y[1][1]) <= 0) {
            shape = CHECK_CONVEX;
        }
    }
    mpq_clears(y[0][0], y[0][1], y[1][0], y[1][1], width, NULL);
    return shape;
}

/* The slope of the upper (side 1) or lower side of the convex hull of steps,
 * beside the middle. From the end z[1 - side] that side rises to the first
 * step, `near`, then from step to step, and is flat behind the last one,
 * `far`. */
static bool choose_steps(mpq_t slope, enum check_curve f, size_t side,
                         mpq_t z[2])
{
    const int order = side == 1 ? 1 : -1;
    mpq_t y[2][2];
    mpq_t near;
    mpq_t far;
    mpq_t place;
    mpq_inits(y[0][0], y[0][1], y[1][0], y[1][1], near, far, place, NULL);
    const bool is_good =
        check_value_at(y[0], f, z[0]) && check_value_at(y[1], f, z[1]);
    mpq_sub(slope, y[1][0], y[0][0]);
    bool is_rising = is_good && mpq_sgn(slope) > 0;
    if (f == CHECK_FLOOR) {
        mpq_set_ui(slope, 1, 1);
        mpq_add(y[0][0], y[0][0], slope);
        mpq_set(near, y[1 - side][0]);
        mpq_set(far, y[side][0]);
    }
    mpq_sub(place, z[side], z[1 - side]);
    mpq_div_2exp(place, place, 6);
    check_middle(y[0][1], z[0], z[1]);
    mpq_add(place, place, y[0][1]);
    if (is_rising && order * mpq_cmp(place, near) < 0) {
        mpq_sub(near, near, z[1 - side]);
        mpq_abs(near, near);
        mpq_div(slope, slope, near);
    } else {
        is_rising = is_rising && order * mpq_cmp(place, far) < 0;
        mpq_set_ui(slope, is_rising ? 1 : 0, 1);
    }
    mpq_clears(y[0][0], y[0][1], y[1][0], y[1][1], near, far, place, NULL);
    return is_good;
}

/* Where the tangent of a curve that bends one way touches it. */
static void find_place(mpq_t place, enum check_curve f, mpq_t z[2])
{
    enum { NEAR = 3, FAR = 13, PLACE_BITS = 4 };
    mpq_t part;
    if (f != CHECK_EXP && f != CHECK_RECIPROCAL) {
        check_middle(place, z[0], z[1]);
        return;
    }
    mpq_init(part);
    mpq_sub(place, z[1], z[0]);
    mpq_set_ui(part, f != CHECK_EXP && mpq_sgn(z[0]) > 0 ? FAR : NEAR, 1);
    mpq_mul(place, place, part);
    mpq_div_2exp(place, place, PLACE_BITS);
    if (f == CHECK_EXP && mpq_cmp_ui(place, 1, 1) > 0) {
        mpq_set_ui(place, 1, 1);
    }
    mpq_add(place, place, z[0]);
    mpq_clear(part);
}

/* The slope of a line, and where f has it if that is known. */
static bool choose(mpq_t slope, mpq_t touch, enum check_curve f, size_t side,
                   mpq_t z[2])
{
    enum check_shape shape = check_shape_of(f, z);
    bool is_good = shape != CHECK_NO_SHAPE;
    shape = shape == CHECK_WAVE ? bend_of_wave(f, z) : shape;
    mpq_t y[2];
    mpq_inits(y[0], y[1], NULL);
    find_place(touch, f, z);
    if (shape == (side == 0 ? CHECK_CONVEX : CHECK_CONCAVE)) {
        is_good = check_slope_at(y, f, touch);
        mpq_set(slope, y[0]);
    } else if (shape == CHECK_CONVEX || shape == CHECK_CONCAVE) {
        is_good = find_chord(slope, f, z);
    } else if (shape == CHECK_S_SHAPED) {
        is_good = choose_s_shaped(slope, touch, f, side, z);
    } else if (shape == CHECK_WAVE) {
        check_enclose_pi(y, CHECK_CURVE_BITS);
        mpq_mul_2exp(y[0], y[0], 1);
        mpq_sub(y[1], z[1], z[0]);
        mpq_set_ui(slope, 0, 1);
        is_good = mpq_cmp(y[1], y[0]) > 0 || find_chord(slope, f, z);
    } else if (shape == CHECK_STEPS) {
        is_good = choose_steps(slope, f, side, z);
    }
    mpq_clears(y[0], y[1], NULL);
    return is_good;
}

struct check_curve_lines check_curve_lines(enum check_curve f, mpq_t z[2])
{
    struct check_curve_lines lines = {.has = {false, false}};
    mpq_t slope;
    mpq_t touch;
    mpq_inits(slope, touch, NULL);
    for (size_t side = 0; side < 2; side++) {
        enum check_shape shape = check_shape_of(f, z);
        shape = shape == CHECK_WAVE ? bend_of_wave(f, z) : shape;
        const bool has_touch = shape != CHECK_WAVE && shape != CHECK_STEPS;
        lines.has[side] =
            choose(slope, touch, f, side, z) &&
            round_slope(&lines.slope[side], slope, false) &&
            check_least(slope, f, side == 0 ? 1 : -1, lines.slope[side], z,
                        has_touch ? (const mpq_t *)&touch : NULL);
        if (side == 1) {
            mpq_neg(slope, slope);
        }
        lines.has[side] = lines.has[side] &&
                          check_round(&lines.intercept[side], slope, side == 1);
    }
    mpq_clears(slope, touch, NULL);
    return lines;
}

/* The values of f never leave these; false without an end. */
static bool natural_end(int *end, enum check_curve f, size_t side)
{
    const bool is_within_one = f == CHECK_TANH || f == CHECK_ERF ||
                               f == CHECK_SIN || f == CHECK_COS ||
                               f == CHECK_SIGN;
    const bool is_positive = f == CHECK_SIGMOID || f == CHECK_SOFTPLUS ||
                             f == CHECK_EXP || f == CHECK_SQUARE;
    *end = side == 1 ? 1 : is_within_one ? -1 : 0;
    return is_within_one || (is_positive && side == 0) ||
           (f == CHECK_SIGMOID && side == 1);
}

/* An end of reciprocals or squares of numbers beyond z[0], or before z[1],
 * whichever is known to be of one sign. */
static bool range_beyond(mpq_t end, enum check_curve f, size_t side, mpq_t z[2],
                         const bool is_known[2])
{
    const bool is_above = is_known[0] && mpq_sgn(z[0]) > 0;
    const bool is_below = is_known[1] && mpq_sgn(z[1]) < 0;
    const size_t near = is_above ? 0 : 1;
    if (!is_above && !is_below) {
        return false;
    }
    if (f == CHECK_SQUARE && side == 0) {
        mpq_mul(end, z[near], z[near]);
        return true;
    }
    if (f == CHECK_RECIPROCAL) {
        mpq_set_ui(end, 0, 1);
        if (side != near) {
            mpq_inv(end, z[near]);
        }
        return true;
    }
    return false;
}

/* An end of the range from the ends of z that are known; false without one. */
static bool range_end(mpq_t end, enum check_curve f, size_t side, mpq_t z[2],
                      const bool is_known[2])
{
    if (f == CHECK_RECIPROCAL || f == CHECK_SQUARE || f == CHECK_SIN ||
        f == CHECK_COS) {
        if (!is_known[0] || !is_known[1]) {
            return range_beyond(end, f, side, z, is_known);
        }
        const bool is_found =
            check_least(end, f, side == 0 ? 1 : -1, 0.0, z, NULL);
        if (side == 1) {
            mpq_neg(end, end);
        }
        return is_found;
    }
    /* log and sqrt need a lower end, from where on they have values. */
    bool is_found =
        is_known[side] && ((f != CHECK_LOG && f != CHECK_SQRT) ||
                           (is_known[0] && mpq_sgn(z[0]) >= (f == CHECK_LOG)));
    if (is_found) {
        mpq_t ends[2];
        mpq_inits(ends[0], ends[1], NULL);
        is_found = check_value_at(ends, f, z[side]);
        mpq_set(end, ends[side]);
        mpq_clears(ends[0], ends[1], NULL);
    }
    return is_found;
}

void check_curve_range(mpq_t y[2], bool has[2], enum check_curve f, mpq_t z[2],
                       const bool is_known[2])
{
    for (size_t side = 0; side < 2; side++) {
        mpq_t found;
        int end = 0;
        mpq_init(found);
        has[side] = natural_end(&end, f, side);
        mpq_set_si(y[side], end, 1);
        const bool is_found = range_end(found, f, side, z, is_known);
        const int order = mpq_cmp(found, y[side]);
        if (is_found && (!has[side] || (side == 0 ? order > 0 : order < 0))) {
            mpq_set(y[side], found);
        }
        has[side] = has[side] || is_found;
        mpq_clear(found);
    }
}

struct check_curve_lines check_product_lines(mpq_t x[2], mpq_t y[2])
{
    struct check_curve_lines lines = {.has = {false, false}};
    mpq_t slope[2];
    mpq_t value;
    mpq_t part;
    mpq_t least[2];
    mpq_inits(slope[0], slope[1], value, part, least[0], least[1], NULL);
    check_middle(slope[0], y[0], y[1]);
    check_middle(slope[1], x[0], x[1]);
    const bool is_small = round_slope(&lines.slope[0], slope[0], true) &&
                          round_slope(&lines.rest[0][0], slope[1], true);
    lines.slope[1] = lines.slope[0];
    lines.rest[1][0] = lines.rest[0][0];
    mpq_set_d(slope[0], lines.slope[0]);
    mpq_set_d(slope[1], lines.rest[0][0]);
    for (size_t corner = 0; corner < 4; corner++) {
        const size_t i = corner / 2;
        const size_t j = corner % 2;
        mpq_mul(value, x[i], y[j]);
        mpq_mul(part, slope[0], x[i]);
        mpq_sub(value, value, part);
        mpq_mul(part, slope[1], y[j]);
        mpq_sub(value, value, part);
        for (size_t side = 0; side < 2; side++) {
            const int order = mpq_cmp(value, least[side]);
            if (corner == 0 || (side == 0 ? order < 0 : order > 0)) {
                mpq_set(least[side], value);
            }
        }
    }
    for (size_t side = 0; side < 2; side++) {
        lines.has[side] = is_small && check_round(&lines.intercept[side],
                                                  least[side], side == 1);
    }
    mpq_clears(slope[0], slope[1], value, part, least[0], least[1], NULL);
    return lines;
}

struct check_curve_lines check_scale_lines(const struct check_factor *c,
                                           mpq_t z[2])
{
    struct check_curve_lines lines = {.has = {false, false}};
    mpq_t slope;
    mpq_t value;
    mpq_t least[2];
    mpq_inits(slope, value, least[0], least[1], NULL);
    bool is_good = check_round(&lines.slope[0], c->lower, false);
    lines.slope[1] = lines.slope[0];
    mpq_set_d(slope, lines.slope[0]);
    for (size_t corner = 0; corner < 4; corner++) {
        mpq_sub(value, corner / 2 == 0 ? c->lower : c->upper, slope);
        mpq_mul(value, value, z[corner % 2]);
        for (size_t side = 0; side < 2; side++) {
            const int order = mpq_cmp(value, least[side]);
            if (corner == 0 || (side == 0 ? order < 0 : order > 0)) {
                mpq_set(least[side], value);
            }
        }
    }
    for (size_t side = 0; side < 2; side++) {
        lines.has[side] = is_good && check_round(&lines.intercept[side],
                                                 least[side], side == 1);
    }
    mpq_clears(slope, value, least[0], least[1], NULL);
    return lines;
}
