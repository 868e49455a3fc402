/* Convex pieces lie above their tangents, concave ones are least at an end.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_piece.h"

#include "proofs/check/check_transcendental.h"

enum { MOST_STEPS = 64, TOUCH_STEPS = 40 };

void check_middle(mpq_t middle, const mpq_t a, const mpq_t b)
{
    mpq_add(middle, a, b);
    mpq_div_2exp(middle, middle, 1);
}

bool check_value_at(mpq_t y[2], enum check_curve f, const mpq_t z)
{
    mpq_set(y[0], z);
    mpq_set(y[1], z);
    return check_enclose(y, f, y, CHECK_CURVE_BITS);
}

bool check_slope_at(mpq_t y[2], enum check_curve f, const mpq_t z)
{
    return check_enclose_slope(y, f, z, CHECK_CURVE_BITS);
}

enum check_shape check_shape_of(enum check_curve f, mpq_t z[2])
{
    const int sign[2] = {mpq_sgn(z[0]), mpq_sgn(z[1])};
    switch (f) {
    case CHECK_SIGMOID:
    case CHECK_TANH:
    case CHECK_ERF:
        return sign[1] <= 0   ? CHECK_CONVEX
               : sign[0] >= 0 ? CHECK_CONCAVE
                              : CHECK_S_SHAPED;
    case CHECK_SOFTPLUS:
    case CHECK_EXP:
    case CHECK_SQUARE:
        return CHECK_CONVEX;
    case CHECK_LOG:
        return sign[0] > 0 ? CHECK_CONCAVE : CHECK_NO_SHAPE;
    case CHECK_SQRT:
        return sign[0] >= 0 ? CHECK_CONCAVE : CHECK_NO_SHAPE;
    case CHECK_RECIPROCAL:
        return sign[0] > 0   ? CHECK_CONVEX
               : sign[1] < 0 ? CHECK_CONCAVE
                             : CHECK_NO_SHAPE;
    case CHECK_SIN:
    case CHECK_COS:
        return CHECK_WAVE;
    case CHECK_SIGN:
    case CHECK_FLOOR:
        return CHECK_STEPS;
    }
    return CHECK_NO_SHAPE;
}

/* A bound is sought of side * (f(z) - slope * z) from below; `least` is the
 * smallest so far. */
struct search {
    enum check_curve f;
    int side;
    mpq_t slope;
    const mpq_t *hint; /* where f may have the slope, or NULL */
    bool is_good;      /* false: no bound */
    bool has_any;
    mpq_t least;
};

static void search_init(struct search *search, enum check_curve f, int side,
                        double slope)
{
    *search = (struct search){.f = f, .side = side, .is_good = true};
    mpq_inits(search->slope, search->least, NULL);
    mpq_set_d(search->slope, slope);
}

static void search_clear(struct search *search)
{
    mpq_clears(search->slope, search->least, NULL);
}

static void note(struct search *search, const mpq_t value)
{
    if (!search->has_any || mpq_cmp(value, search->least) < 0) {
        mpq_set(search->least, value);
        search->has_any = true;
    }
}

/* sum = side * (y - slope * z), for the end of y that makes it least; sum may
 * be an end of y. */
static void subtract_line(mpq_t sum, const struct search *search, mpq_t y[2],
                          const mpq_t z)
{
    mpq_t line;
    mpq_init(line);
    mpq_mul(line, search->slope, z);
    mpq_sub(sum, y[search->side > 0 ? 0 : 1], line);
    if (search->side < 0) {
        mpq_neg(sum, sum);
    }
    mpq_clear(line);
}

static void note_at(struct search *search, const mpq_t z)
{
    mpq_t y[2];
    mpq_inits(y[0], y[1], NULL);
    if (check_value_at(y, search->f, z)) {
        subtract_line(y[0], search, y, z);
        note(search, y[0]);
    } else {
        search->is_good = false;
    }
    mpq_clears(y[0], y[1], NULL);
}

/* Whether side * (f'(z) - slope) is below, at or above 0, nearly: any answer is
 * sound. `otherwise` if f' has no value. */
static int compare_slope(const struct search *search, const mpq_t z,
                         int otherwise)
{
    mpq_t y[2];
    mpq_inits(y[0], y[1], NULL);
    int order = otherwise;
    if (check_slope_at(y, search->f, z)) {
        order = search->side * mpq_cmp(y[0], search->slope);
    }
    mpq_clears(y[0], y[1], NULL);
    return order;
}

/* t in [a, b] where side * f, convex there, has the slope, nearly. */
static void find_touch(mpq_t t, const struct search *search, const mpq_t a,
                       const mpq_t b)
{
    mpq_t ends[2];
    if (search->hint != NULL && mpq_cmp(*search->hint, a) >= 0 &&
        mpq_cmp(*search->hint, b) <= 0) {
        mpq_set(t, *search->hint);
        return;
    }
    mpq_set(t, a);
    if (compare_slope(search, a, -1) >= 0) {
        return;
    }
    mpq_set(t, b);
    if (compare_slope(search, b, 1) <= 0) {
        return;
    }
    mpq_inits(ends[0], ends[1], NULL);
    mpq_set(ends[0], a);
    mpq_set(ends[1], b);
    for (int step = 0; step < TOUCH_STEPS; step++) {
        check_middle(t, ends[0], ends[1]);
        mpq_set(ends[compare_slope(search, t, 0) < 0 ? 0 : 1], t);
    }
    mpq_clears(ends[0], ends[1], NULL);
}

/* side * f is convex on [a, b]: f(t) - s t + (f'(t) - s) (z - t) is below it
 * for each t in [a, b], and least at an end. */
static void note_tangent(struct search *search, const mpq_t a, const mpq_t b)
{
    mpq_t t;
    mpq_t y[2];
    mpq_t value;
    mpq_t part;
    mpq_t least;
    mpq_inits(t, y[0], y[1], value, part, least, NULL);
    find_touch(t, search, a, b);
    search->is_good = search->is_good && mpq_cmp(a, t) <= 0 &&
                      mpq_cmp(t, b) <= 0 && check_value_at(y, search->f, t);
    subtract_line(value, search, y, t);
    search->is_good = search->is_good && check_slope_at(y, search->f, t);
    for (int e = 0; e < 4; e++) {
        mpq_sub(part, e % 2 == 0 ? a : b, t);
        mpq_sub(y[e / 2], y[e / 2], search->slope);
        mpq_mul(part, part, y[e / 2]);
        mpq_add(y[e / 2], y[e / 2], search->slope);
        if (search->side < 0) {
            mpq_neg(part, part);
        }
        if (e == 0 || mpq_cmp(part, least) < 0) {
            mpq_set(least, part);
        }
    }
    mpq_add(value, value, least);
    note(search, value);
    mpq_clears(t, y[0], y[1], value, part, least, NULL);
}

static void note_piece(struct search *search, enum check_shape shape,
                       const mpq_t a, const mpq_t b)
{
    if ((shape == CHECK_CONVEX) == (search->side > 0)) {
        note_tangent(search, a, b);
    } else {
        note_at(search, a);
        note_at(search, b);
    }
}

/* sin(z + shift * pi) bends downwards between 0 and pi, upwards up to 2 pi, and
 * so on. Multiples of pi are rounded to 2^-80: f'' has the wrong sign for no
 * more than this, and is no more than this there, which costs less than
 * 2^-100. */
static void note_wave(struct search *search, mpq_t z[2])
{
    enum { PLACES = 80 };
    mpq_t pi[2];
    mpq_t shift;
    mpq_t from;
    mpq_t to;
    mpz_t number;
    mpq_inits(pi[0], pi[1], shift, from, to, NULL);
    mpz_init(number);
    check_enclose_pi(pi, CHECK_CURVE_BITS);
    mpq_set_ui(shift, search->f == CHECK_COS ? 1 : 0, 2);
    mpq_canonicalize(shift);
    mpq_div(from, z[0], pi[0]);
    mpq_add(from, from, shift);
    mpz_fdiv_q(number, mpq_numref(from), mpq_denref(from));
    search->is_good = search->is_good && mpz_sizeinbase(number, 2) <= 40;
    mpq_set(from, z[0]);
    for (size_t n = 0; search->is_good && mpq_cmp(from, z[1]) <= 0; n++) {
        const enum check_shape shape =
            mpz_even_p(number) != 0 ? CHECK_CONCAVE : CHECK_CONVEX;
        mpz_add_ui(number, number, 1);
        mpq_set_z(to, number);
        mpq_sub(to, to, shift);
        mpq_mul(to, to, pi[0]);
        mpq_mul_2exp(to, to, PLACES);
        mpz_fdiv_q(mpq_numref(to), mpq_numref(to), mpq_denref(to));
        mpz_set_ui(mpq_denref(to), 1);
        mpq_div_2exp(to, to, PLACES);
        const bool is_last = mpq_cmp(to, z[1]) >= 0;
        if (mpq_cmp(to, from) >= 0) {
            note_piece(search, shape, from, is_last ? z[1] : to);
            mpq_set(from, to);
        }
        search->is_good = search->is_good && n < MOST_STEPS;
        if (is_last) {
            break;
        }
    }
    mpq_set_ui(to, 1, 1);
    mpq_div_2exp(to, to, 100);
    mpq_sub(search->least, search->least, to);
    mpq_clears(pi[0], pi[1], shift, from, to, NULL);
    mpz_clear(number);
}

/* Notes side * (value - slope * z). */
static void note_value(struct search *search, const mpz_t value, int add,
                       const mpq_t z)
{
    mpq_t y[2];
    mpq_inits(y[0], y[1], NULL);
    mpq_set_z(y[0], value);
    mpz_set_si(mpq_numref(y[1]), add);
    mpq_add(y[0], y[0], y[1]);
    mpq_set(y[1], y[0]);
    subtract_line(y[0], search, y, z);
    note(search, y[0]);
    mpq_clears(y[0], y[1], NULL);
}

/* Values and limits at the steps between z[0] and z[1], and at these. */
static void note_steps(struct search *search, mpq_t z[2])
{
    const bool is_sign = search->f == CHECK_SIGN;
    mpq_t at;
    mpz_t value;
    mpq_init(at);
    mpz_init(value);
    note_at(search, z[0]);
    note_at(search, z[1]);
    mpz_cdiv_q(value, mpq_numref(z[0]), mpq_denref(z[0]));
    if (is_sign) {
        mpz_set_ui(value, 0);
    }
    mpq_set_z(at, value);
    for (size_t n = 0; mpq_cmp(at, z[1]) <= 0 && mpq_cmp(at, z[0]) >= 0; n++) {
        note_value(search, value, 0, at);
        if (mpq_cmp(at, z[0]) > 0) {
            note_value(search, value, -1, at);
        }
        if (is_sign) {
            if (mpq_cmp(at, z[1]) < 0) {
                note_value(search, value, 1, at);
            }
            break;
        }
        search->is_good = search->is_good && n < MOST_STEPS;
        if (!search->is_good) {
            break;
        }
        mpz_add_ui(value, value, 1);
        mpq_set_z(at, value);
    }
    mpq_clear(at);
    mpz_clear(value);
}

bool check_least(mpq_t least, enum check_curve f, int side, double slope,
                 mpq_t z[2], const mpq_t *hint)
{
    struct search search;
    mpq_t zero;
    mpq_init(zero);
    search_init(&search, f, side, slope);
    search.hint = hint;
    const enum check_shape shape = check_shape_of(f, z);
    switch (shape) {
    case CHECK_CONVEX:
    case CHECK_CONCAVE:
        note_piece(&search, shape, z[0], z[1]);
        break;
    case CHECK_S_SHAPED:
        note_piece(&search, CHECK_CONVEX, z[0], zero);
        note_piece(&search, CHECK_CONCAVE, zero, z[1]);
        break;
    case CHECK_WAVE:
        note_wave(&search, z);
        break;
    case CHECK_STEPS:
        note_steps(&search, z);
        break;
    case CHECK_NO_SHAPE:
        search.is_good = false;
        break;
    }
    mpq_set(least, search.least);
    const bool is_good = search.is_good && search.has_any;
    search_clear(&search);
    mpq_clear(zero);
    return is_good;
}
