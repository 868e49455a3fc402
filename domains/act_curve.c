/* Slopes by the shape of a function, intercepts by its pieces. */
#include "domains/act_curve.h"

#include "domains/act_piece.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* (1) of act_curve.h, twice over for the operations on such values. */
static const double PAD = 0x1p-39;
static const double TINY = 0x1p-1000;
static const double PI = 0x1.921fb54442d18p+1;

/* In no piece. */
static const double NO_HINT = HUGE_VAL;

enum { TANGENT_STEPS = 20, SOLVE_STEPS = 40 };

/* f'(z) by libm, (1) of act_curve.h; 0 for steps. */
static double derivative(enum activation activation, double z)
{
    const double e = exp(-fabs(z));
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return e / ((1.0 + e) * (1.0 + e));
    case ACTIVATION_TANH:
        return 4.0 * e * e / ((1.0 + e * e) * (1.0 + e * e));
    case ACTIVATION_SIGN:
    case ACTIVATION_FLOOR:
        return 0.0;
    case ACTIVATION_SQRT:
        return z > 0.0 ? 0.5 / sqrt(z) : HUGE_VAL;
    case ACTIVATION_RECIPROCAL:
        return -1.0 / z / z;
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_ERF:
    case ACTIVATION_EXP:
    case ACTIVATION_LOG:
    case ACTIVATION_SQUARE:
    case ACTIVATION_SIN:
    case ACTIVATION_COS:
    case ACTIVATION_COUNT:
        break;
    }
    return activation_slope(activation, z);
}

/* The lesser of two bounds from below; -infinity if one is no number. */
static double lesser(double a, double b)
{
    return isnan(a) || isnan(b) ? -HUGE_VAL : fmin(a, b);
}

/* side * (f(z) - slope z), padded down. */
static double value_at(enum activation activation, double side, double slope,
                       double z)
{
    const double f = activation_value(activation, z);
    const double pad = PAD * (fabs(f) + fabs(slope * z)) + TINY;
    return side * (f - slope * z) - pad;
}

/* The place in a piece where side * f, convex there, has the slope. */
static double touch(enum activation activation, double side, double slope,
                    const struct act_piece *piece)
{
    double a = piece->a;
    double b = piece->b;
    if (side * (derivative(activation, a) - slope) >= 0.0) {
        return a;
    }
    if (side * (derivative(activation, b) - slope) <= 0.0) {
        return b;
    }
    for (int step = 0; step < SOLVE_STEPS; step++) {
        const double t = 0.5 * a + 0.5 * b;
        if (side * (derivative(activation, t) - slope) < 0.0) {
            a = t;
        } else {
            b = t;
        }
    }
    return 0.5 * a + 0.5 * b;
}

/* A number not above side * (f(z) - slope z) on a piece on which side * f is
 * convex, by the tangent at t. */
static double least_by_tangent(enum activation activation, double side,
                               double slope, double t,
                               const struct act_piece *piece)
{
    const double d = derivative(activation, t);
    const double left = t - piece->a;
    const double right = piece->b - t;
    const double wide = left > right ? left : right;
    const double at_a = side * (d - slope) * -left;
    const double at_b = side * (d - slope) * right;
    const double least = lesser(at_a, at_b);
    const double pad = (PAD * (fabs(d) + fabs(slope)) + TINY) * wide +
                       PAD * fabs(least) + TINY;
    return value_at(activation, side, slope, t) + least - 2.0 * pad;
}

static double least_on_piece(enum activation activation, double side,
                             double slope, double hint,
                             const struct act_piece *piece)
{
    if (piece->kind == PIECE_CONSTANT) {
        const double at_a = slope * piece->a;
        const double at_b = slope * piece->b;
        const double size = fabs(piece->value) + fmax(fabs(at_a), fabs(at_b));
        return lesser(side * (piece->value - at_a),
                      side * (piece->value - at_b)) -
               PAD * size - TINY;
    }
    if ((piece->kind == PIECE_CONVEX) == (side > 0.0)) {
        const double t = piece->a <= hint && hint <= piece->b
                             ? hint
                             : touch(activation, side, slope, piece);
        return least_by_tangent(activation, side, slope, t, piece);
    }
    const double at_a = value_at(activation, side, slope, piece->a);
    const double at_b = value_at(activation, side, slope, piece->b);
    return lesser(at_a, at_b);
}

/* A number not above side * (f(z) - slope z); -infinity if unknown. */
static double least(enum activation activation, double side, double slope,
                    double hint, double l, double u)
{
    struct act_piece pieces[ACT_MOST_PIECES];
    const size_t n = act_pieces(pieces, activation, l, u);
    double sum = n == 0 ? -HUGE_VAL : HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        const double value =
            least_on_piece(activation, side, slope, hint, &pieces[i]);
        sum = lesser(sum, value);
    }
    if (activation == ACTIVATION_SIN || activation == ACTIVATION_COS) {
        sum -= 0x1p-47 * fmax(1.0, fmax(fabs(l), fabs(u)));
    }
    return sum;
}

double act_curve_least(enum activation activation, double slope, double hint,
                       double l, double u)
{
    assert(isfinite(l) && isfinite(u) && l <= u && isfinite(slope));
    return least(activation, 1.0, slope, hint, l, u);
}

double act_curve_greatest(enum activation activation, double slope, double hint,
                          double l, double u)
{
    assert(isfinite(l) && isfinite(u) && l <= u && isfinite(slope));
    return -least(activation, -1.0, slope, hint, l, u);
}

/* What the values of a function never leave. */
static void natural_range(double *lower, double *upper,
                          enum activation activation)
{
    *lower = -HUGE_VAL;
    *upper = HUGE_VAL;
    switch (activation) {
    case ACTIVATION_SIGMOID:
        *lower = 0.0;
        *upper = 1.0;
        break;
    case ACTIVATION_TANH:
    case ACTIVATION_ERF:
    case ACTIVATION_SIN:
    case ACTIVATION_COS:
    case ACTIVATION_SIGN:
        *lower = -1.0;
        *upper = 1.0;
        break;
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_EXP:
    case ACTIVATION_SQRT:
    case ACTIVATION_SQUARE:
        *lower = 0.0;
        break;
    case ACTIVATION_LOG:
    case ACTIVATION_RECIPROCAL:
    case ACTIVATION_FLOOR:
    case ACTIVATION_COUNT:
        break;
    }
}

/* Whether f is monotone on [l, u] and has a value everywhere there. */
static bool is_monotone(enum activation activation, double l, double u)
{
    switch (activation) {
    case ACTIVATION_LOG:
    case ACTIVATION_SQRT:
        return l >= 0.0;
    case ACTIVATION_RECIPROCAL:
        return l > 0.0 || u < 0.0;
    case ACTIVATION_SQUARE:
        return l >= 0.0 || u <= 0.0;
    case ACTIVATION_SIN:
    case ACTIVATION_COS:
    case ACTIVATION_COUNT:
        return false;
    case ACTIVATION_SIGMOID:
    case ACTIVATION_TANH:
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_ERF:
    case ACTIVATION_EXP:
    case ACTIVATION_SIGN:
    case ACTIVATION_FLOOR:
        break;
    }
    return true;
}

/* Both ends of f([l, u]) for a function that is neither sin nor cos. */
static void range_by_ends(double *lower, double *upper,
                          enum activation activation, double l, double u)
{
    const double at_l = activation_value(activation, l);
    const double at_u = activation_value(activation, u);
    const bool is_exact =
        activation == ACTIVATION_SIGN || activation == ACTIVATION_FLOOR;
    const double low = fmin(at_l, at_u);
    const double high = fmax(at_l, at_u);
    const double pad = is_exact ? 0.0 : TINY;
    const double share = is_exact ? 0.0 : PAD;
    if (isnan(at_l) || isnan(at_u)) {
        return;
    }
    if (isfinite(high)) {
        *upper = fmin(*upper, high + (share * fabs(high) + pad));
    }
    if (isfinite(low)) {
        *lower = fmax(*lower, low - (share * fabs(low) + pad));
    } else if (low > 0.0) {
        *lower = 0x1p+1023; /* both overflow: beyond the largest double */
    }
}

void act_curve_range(double *lower, double *upper, enum activation activation,
                     double l, double u)
{
    natural_range(lower, upper, activation);
    if (is_monotone(activation, l, u)) {
        range_by_ends(lower, upper, activation, l, u);
        return;
    }
    if (activation == ACTIVATION_SQUARE) {
        const double end = fmax(fabs(l), fabs(u));
        *upper = end * end * (1.0 + PAD) + TINY;
        return;
    }
    if (isfinite(l) && isfinite(u)) {
        /* Flat lines; the end with the lesser value touches. */
        *lower = fmax(*lower, act_curve_least(activation, 0.0, NO_HINT, l, u));
        *upper =
            fmin(*upper, act_curve_greatest(activation, 0.0, NO_HINT, l, u));
    }
}

/* Slope of the line through both ends, or of the function where they are
 * too near each other. */
static double chord_of(enum activation activation, double l, double u)
{
    if (u - l < 0x1p-20) {
        return derivative(activation, l);
    }
    return (activation_value(activation, u) - activation_value(activation, l)) /
           (u - l);
}

/* The place between 0 and `far` where the tangent meets the function at
 * `end`, on the other side of 0, for an S-shaped function. */
static double find_tangent(enum activation activation, double end, double far)
{
    const double at_end = activation_value(activation, end);
    double near = 0.0;
    for (int step = 0; step < TANGENT_STEPS; step++) {
        const double d = 0.5 * (near + far);
        const double rise = activation_value(activation, d) - at_end;
        const double tangent = derivative(activation, d) * (d - end);
        /* The tangent at d is too steep: it is nearer to 0 than wanted. */
        if (fabs(tangent) > fabs(rise)) {
            near = d;
        } else {
            far = d;
        }
    }
    return 0.5 * (near + far);
}

/* Slopes, and places where the lines touch the function. */
struct choice {
    double lower;
    double lower_hint;
    double upper;
    double upper_hint;
};

static struct choice choose_s_shaped(enum activation activation, double l,
                                     double u)
{
    const double middle = 0.5 * l + 0.5 * u;
    const double chord = chord_of(activation, l, u);
    struct choice choice = {chord, l, chord, u};
    if (derivative(activation, u) < chord) {
        choice.upper_hint = fmax(find_tangent(activation, l, u), middle);
        choice.upper = derivative(activation, choice.upper_hint);
    }
    if (derivative(activation, l) < chord) {
        choice.lower_hint = fmin(find_tangent(activation, u, l), middle);
        choice.lower = derivative(activation, choice.lower_hint);
    }
    return choice;
}

/*
 * Slopes of a function of steps: those of its convex hull, the upper side at
 * one place and the lower at another, on both sides of the middle. Steps are
 * at 0, or at all whole numbers from `first` to `last`.
 */
static struct choice choose_steps(enum activation activation, double l,
                                  double u)
{
    const bool is_sign = activation == ACTIVATION_SIGN;
    const double at_l = activation_value(activation, l);
    const double at_u = activation_value(activation, u);
    const double first = is_sign ? 0.0 : at_l + 1.0;
    const double last = is_sign ? 0.0 : at_u;
    const double rise = is_sign ? at_u - at_l : 1.0;
    const double high_at = (31.0 * l + 33.0 * u) / 64.0;
    const double low_at = (33.0 * l + 31.0 * u) / 64.0;
    struct choice choice = {0.0, NO_HINT, 0.0, NO_HINT};
    if (!(at_l < at_u)) {
        return choice;
    }
    if (high_at < first) {
        choice.upper = rise / (first - l);
    } else if (high_at < last) {
        choice.upper = 1.0;
    }
    if (low_at > last) {
        choice.lower = rise / (u - last);
    } else if (low_at > first) {
        choice.lower = 1.0;
    }
    return choice;
}

/*
 * Where the tangent of a function that is convex or concave on [l, u] touches
 * it: near the flatter end for exp and reciprocal, as bounds of softmax are
 * sharpest then, and for exp not where the tangent is negative at l.
 */
static double touch_place(enum activation activation, double l, double u)
{
    if (activation == ACTIVATION_EXP) {
        return fmin(l + 0.1875 * (u - l), l + 1.0);
    }
    if (activation == ACTIVATION_RECIPROCAL) {
        return l > 0.0 ? l + 0.8125 * (u - l) : l + 0.1875 * (u - l);
    }
    return 0.5 * l + 0.5 * u;
}

static struct choice choose(enum activation activation, double l, double u)
{
    struct act_piece pieces[ACT_MOST_PIECES];
    const size_t n = act_pieces(pieces, activation, l, u);
    const double touch_at = touch_place(activation, l, u);
    if (n == 1 && pieces[0].kind == PIECE_CONVEX) {
        return (struct choice){derivative(activation, touch_at), touch_at,
                               chord_of(activation, l, u), touch_at};
    }
    if (n == 1 && pieces[0].kind == PIECE_CONCAVE) {
        return (struct choice){chord_of(activation, l, u), touch_at,
                               derivative(activation, touch_at), touch_at};
    }
    if (activation == ACTIVATION_SIGMOID || activation == ACTIVATION_TANH ||
        activation == ACTIVATION_ERF) {
        return choose_s_shaped(activation, l, u);
    }
    if (activation == ACTIVATION_SIGN || activation == ACTIVATION_FLOOR) {
        return choose_steps(activation, l, u);
    }
    const bool is_flat = n == 0 || u - l > 2.0 * PI;
    const double chord = is_flat ? 0.0 : chord_of(activation, l, u);
    return (struct choice){chord, NO_HINT, chord, NO_HINT};
}

static double short_slope(double slope)
{
    return ldexp(nearbyint(ldexp(slope, ACT_SLOPE_BITS)), -ACT_SLOPE_BITS);
}

struct act_lines act_curve_lines(enum activation activation, double l, double u)
{
    struct act_lines lines = {{0.0, -HUGE_VAL}, {0.0, HUGE_VAL}};
    act_curve_range(&lines.lower.intercept, &lines.upper.intercept, activation,
                    l, u);
    if (!isfinite(l) || !isfinite(u)) {
        return lines;
    }
    const struct choice choice = choose(activation, l, u);
    const double low = short_slope(choice.lower);
    const double high = short_slope(choice.upper);
    if (isfinite(low)) {
        const double c =
            act_curve_least(activation, low, choice.lower_hint, l, u);
        if (isfinite(c)) {
            lines.lower = (struct act_line){low, c};
        }
    }
    if (isfinite(high)) {
        const double c =
            act_curve_greatest(activation, high, choice.upper_hint, l, u);
        if (isfinite(c)) {
            lines.upper = (struct act_line){high, c};
        }
    }
    return lines;
}
