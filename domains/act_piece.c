/* Where the functions are convex and where concave. */
#include "domains/act_piece.h"

#include <math.h>

static const double PI = 0x1.921fb54442d18p+1;

/* Beyond this, sin and cos are only known to be in [-1, 1]. */
static const double FAR = 0x1p+20;

static size_t one(struct act_piece *pieces, enum piece_kind kind, double l,
                  double u)
{
    pieces[0] = (struct act_piece){.kind = kind, .a = l, .b = u};
    return 1;
}

/* Convex below 0, concave above. */
static size_t s_shaped(struct act_piece *pieces, double l, double u)
{
    if (u <= 0.0) {
        return one(pieces, PIECE_CONVEX, l, u);
    }
    if (l >= 0.0) {
        return one(pieces, PIECE_CONCAVE, l, u);
    }
    (void)one(pieces, PIECE_CONVEX, l, 0.0);
    return 1 + one(pieces + 1, PIECE_CONCAVE, 0.0, u);
}

/* sin(z + shift pi): concave between 2 k - shift and 2 k + 1 - shift times
 * pi. */
static size_t periodic(struct act_piece *pieces, double shift, double l,
                       double u)
{
    if (!(fabs(l) <= FAR && fabs(u) <= FAR && u - l <= 2.0 * PI)) {
        return 0;
    }
    size_t n = 0;
    long k = (long)floor(l / PI + shift) - 1;
    for (double a = l; n == 0 || pieces[n - 1].b < u; k++) {
        const double end = ((double)(k + 1) - shift) * PI;
        if (end < a || (end <= a && a < u)) {
            continue;
        }
        const double b = end < u ? end : u;
        n += one(pieces + n, k % 2 == 0 ? PIECE_CONCAVE : PIECE_CONVEX, a, b);
        a = b;
    }
    return n;
}

static size_t add_constant(struct act_piece *piece, double value, double a,
                           double b)
{
    *piece = (struct act_piece){PIECE_CONSTANT, a, b, value};
    return 1;
}

static size_t sign_steps(struct act_piece *pieces, double l, double u)
{
    size_t n = 0;
    if (l < 0.0) {
        n += add_constant(pieces + n, -1.0, l, u < 0.0 ? u : 0.0);
    }
    if (l <= 0.0 && u >= 0.0) {
        n += add_constant(pieces + n, 0.0, 0.0, 0.0);
    }
    if (u > 0.0) {
        n += add_constant(pieces + n, 1.0, l > 0.0 ? l : 0.0, u);
    }
    return n;
}

/* The first and the last step, and the outermost whole ones: those between
 * are linear in their number. */
static size_t floor_steps(struct act_piece *pieces, double l, double u)
{
    const double first = floor(l);
    const double last = floor(u);
    if (!(fabs(first) < 0x1p+50 && fabs(last) < 0x1p+50)) {
        return 0;
    }
    size_t n = add_constant(pieces, first, l, fmin(first + 1.0, u));
    if (first + 1.0 < last) {
        n += add_constant(pieces + n, first + 1.0, first + 1.0, first + 2.0);
        n += add_constant(pieces + n, last - 1.0, last - 1.0, last);
    }
    if (first < last) {
        n += add_constant(pieces + n, last, last, u);
    }
    return n;
}

size_t act_pieces(struct act_piece pieces[ACT_MOST_PIECES],
                  enum activation activation, double l, double u)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
    case ACTIVATION_TANH:
    case ACTIVATION_ERF:
        return s_shaped(pieces, l, u);
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_EXP:
    case ACTIVATION_SQUARE:
        return one(pieces, PIECE_CONVEX, l, u);
    case ACTIVATION_LOG:
        return l > 0.0 ? one(pieces, PIECE_CONCAVE, l, u) : 0;
    case ACTIVATION_SQRT:
        return l >= 0.0 ? one(pieces, PIECE_CONCAVE, l, u) : 0;
    case ACTIVATION_RECIPROCAL:
        return l > 0.0   ? one(pieces, PIECE_CONVEX, l, u)
               : u < 0.0 ? one(pieces, PIECE_CONCAVE, l, u)
                         : 0;
    case ACTIVATION_SIN:
        return periodic(pieces, 0.0, l, u);
    case ACTIVATION_COS:
        return periodic(pieces, 0.5, l, u);
    case ACTIVATION_SIGN:
        return sign_steps(pieces, l, u);
    case ACTIVATION_FLOOR:
        return floor_steps(pieces, l, u);
    case ACTIVATION_COUNT:
        break;
    }
    return 0;
}
