/* The checker's lines of curves: above and below at many places, and near. */
#include "proofs/check/check_curve.h"
#include "proofs/check/check_transcendental.h"
#include "tests/suite.h"

#include <stdint.h>

enum { N_CURVES = CHECK_FLOOR + 1, N_PLACES = 33, PLACES = 20 };

static uint64_t state = 1;

/* A multiple of 2^-PLACES below most in size. */
static void draw(mpq_t x, unsigned long most)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    const uint64_t range = (uint64_t)2 * most << PLACES;
    const int64_t units =
        (int64_t)((state >> 16) % range) - (int64_t)(range / 2);
    mpq_set_si(x, units, 1);
    mpq_div_2exp(x, x, PLACES);
}

/* sum = slope * z + intercept */
static void set_line(mpq_t sum, const struct check_curve_lines *lines,
                     size_t side, const mpq_t z)
{
    mpq_t part;
    mpq_init(part);
    mpq_set_d(sum, lines->slope[side]);
    mpq_mul(sum, sum, z);
    mpq_set_d(part, lines->intercept[side]);
    mpq_add(sum, sum, part);
    mpq_clear(part);
}

/* The lines hold at places between the ends; the least distance from them. */
static void compare(double gaps[2], const struct check_curve_lines *lines,
                    enum check_curve f, mpq_t ends[2])
{
    mpq_t z[2];
    mpq_t y[2];
    mpq_t line;
    mpq_inits(z[0], z[1], y[0], y[1], line, NULL);
    gaps[0] = gaps[1] = 1e9;
    for (unsigned long k = 0; k < N_PLACES; k++) {
        mpq_sub(z[0], ends[1], ends[0]);
        mpq_set_ui(line, k, N_PLACES - 1);
        mpq_canonicalize(line);
        mpq_mul(z[0], z[0], line);
        mpq_add(z[0], z[0], ends[0]);
        mpq_set(z[1], z[0]);
        ck_assert(check_enclose(y, f, z, 256));
        for (size_t side = 0; side < 2; side++) {
            set_line(line, lines, side, z[0]);
            mpq_sub(line, side == 0 ? y[1] : line, side == 0 ? line : y[0]);
            ck_assert_msg(mpq_sgn(line) >= 0,
                          "curve %d side %zu: %g from %g to %g", (int)f, side,
                          mpq_get_d(z[0]), mpq_get_d(ends[0]),
                          mpq_get_d(ends[1]));
            const double gap = mpq_get_d(line);
            gaps[side] = gap < gaps[side] ? gap : gaps[side];
        }
    }
    mpq_clears(z[0], z[1], y[0], y[1], line, NULL);
}

START_TEST(lines_hold_and_touch)
{
    mpq_t ends[2];
    mpq_inits(ends[0], ends[1], NULL);
    size_t n_lines = 0;
    for (int k = 0; k < 40 * N_CURVES; k++) {
        const enum check_curve f = (enum check_curve)(k % N_CURVES);
        const unsigned long most = k / N_CURVES % 4 == 0   ? 1
                                   : k / N_CURVES % 4 == 1 ? 2
                                                           : 8;
        double gaps[2];
        draw(ends[0], most);
        draw(ends[1], most);
        if (mpq_cmp(ends[0], ends[1]) > 0) {
            mpq_swap(ends[0], ends[1]);
        }
        const struct check_curve_lines lines = check_curve_lines(f, ends);
        ck_assert(lines.has[0] == lines.has[1]);
        if (!lines.has[0]) {
            ck_assert(f == CHECK_LOG || f == CHECK_SQRT ||
                      f == CHECK_RECIPROCAL);
            continue;
        }
        n_lines++;
        compare(gaps, &lines, f, ends);
        const double width = mpq_get_d(ends[1]) - mpq_get_d(ends[0]);
        const double step = f < CHECK_SIGN ? width : 1.0 + 2.0 * width;
        ck_assert_msg((gaps[0] < 0.08 * step && gaps[1] < 0.08 * step) ||
                          f >= CHECK_SIGN,
                      "curve %d from %g to %g: gaps %g %g", (int)f,
                      mpq_get_d(ends[0]), mpq_get_d(ends[1]), gaps[0], gaps[1]);
    }
    ck_assert_uint_gt(n_lines, 400);
    check_transcendental_clear();
    mpq_clears(ends[0], ends[1], NULL);
}
END_TEST

/* The lines of f from z0 to z1, each over 2^10. */
static struct check_curve_lines lines_between(enum check_curve f, long z0,
                                              long z1)
{
    mpq_t z[2];
    mpq_inits(z[0], z[1], NULL);
    mpq_set_si(z[0], z0, 1024);
    mpq_set_si(z[1], z1, 1024);
    mpq_canonicalize(z[0]);
    mpq_canonicalize(z[1]);
    const struct check_curve_lines lines = check_curve_lines(f, z);
    mpq_clears(z[0], z[1], NULL);
    return lines;
}

static bool is_equal(double x, double y)
{
    return x <= y && x >= y;
}

START_TEST(steps_take_values_and_both_limits)
{
    struct check_curve_lines lines = lines_between(CHECK_SIGN, -1024, 0);
    ck_assert(is_equal(lines.slope[1], 1.0));      /* from -1 to 0 */
    ck_assert(is_equal(lines.intercept[0], -1.0)); /* near 0 it is still -1 */
    ck_assert(is_equal(lines.intercept[1], 0.0));  /* at 0 it is 0 */
    lines = lines_between(CHECK_SIGN, 0, 2048);
    ck_assert(is_equal(lines.slope[0], 0.5));
    ck_assert(is_equal(lines.slope[1], 0.0)); /* behind 0 it is 1 at once */
    ck_assert(is_equal(lines.intercept[0], 0.0));
    ck_assert(is_equal(lines.intercept[1], 1.0));
    lines = lines_between(CHECK_SIGN, -2048, -1);
    ck_assert(is_equal(lines.slope[0], 0.0));
    ck_assert(is_equal(lines.intercept[1], -1.0));
    lines = lines_between(CHECK_SIGN, 0, 0);
    ck_assert(is_equal(lines.intercept[0], 0.0));
    ck_assert(is_equal(lines.intercept[1], 0.0));
}
END_TEST

START_TEST(steps_have_the_sides_of_their_hull)
{
    /* Ends over 2^10; slopes and intercepts of the lower and the upper line. */
    static const struct {
        enum check_curve f;
        long ends[2];
        double slope[2];
        double intercept[2];
    } rows[] = {
        {CHECK_SIGN, {-1024, 1024}, {0.0, 0.0}, {-1.0, 1.0}},
        {CHECK_SIGN, {-1024, 2048}, {1.0, 0.0}, {-1.0, 1.0}},
        {CHECK_SIGN, {-2048, 1024}, {0.0, 1.0}, {-1.0, 1.0}},
        {CHECK_FLOOR, {512, 1536}, {0.0, 0.0}, {0.0, 1.0}},
        {CHECK_FLOOR, {0, 1536}, {0.0, 1.0}, {0.0, 0.0}},
        {CHECK_FLOOR, {512, 2048}, {1.0, 1.0}, {-1.0, 0.0}},
        {CHECK_FLOOR, {512, 3584}, {1.0, 1.0}, {-1.0, 0.0}},
        {CHECK_FLOOR, {-1024, -1}, {0.0, 0.0}, {-1.0, -1.0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct check_curve_lines lines =
            lines_between(rows[i].f, rows[i].ends[0], rows[i].ends[1]);
        for (size_t side = 0; side < 2; side++) {
            ck_assert_msg(
                is_equal(lines.slope[side], rows[i].slope[side]) &&
                    is_equal(lines.intercept[side], rows[i].intercept[side]),
                "row %zu, side %zu: %g %g", i, side, lines.slope[side],
                lines.intercept[side]);
        }
    }
}
END_TEST

START_TEST(nothing_is_known_around_a_pole)
{
    ck_assert(!lines_between(CHECK_RECIPROCAL, -1, 1).has[0]);
    ck_assert(!lines_between(CHECK_RECIPROCAL, 0, 1).has[1]);
    ck_assert(!lines_between(CHECK_RECIPROCAL, -1, 0).has[0]);
    ck_assert(!lines_between(CHECK_LOG, 0, 1).has[0]);
    ck_assert(!lines_between(CHECK_LOG, -1, 1).has[1]);
    ck_assert(!lines_between(CHECK_SQRT, -1, 1).has[1]);
    ck_assert(lines_between(CHECK_RECIPROCAL, 1, 2).has[0]);
    ck_assert(lines_between(CHECK_RECIPROCAL, -2, -1).has[1]);
}
END_TEST

START_TEST(points_have_lines)
{
    for (int f = 0; f < N_CURVES; f++) {
        const struct check_curve_lines lines =
            lines_between((enum check_curve)f, 700, 700);
        ck_assert(lines.has[0] && lines.has[1]);
        const double z = 700.0 / 1024.0;
        ck_assert_double_eq_tol(lines.slope[0] * z + lines.intercept[0],
                                lines.slope[1] * z + lines.intercept[1], 1e-12);
    }
}
END_TEST

START_TEST(products_take_all_corners)
{
    mpq_t x[2];
    mpq_t y[2];
    mpq_t value;
    mpq_t line;
    mpq_inits(x[0], x[1], y[0], y[1], value, line, NULL);
    for (int k = 0; k < 200; k++) {
        double gaps[2] = {1e9, 1e9};
        for (int e = 0; e < 2; e++) {
            draw(x[e], 3);
            draw(y[e], 3);
        }
        if (mpq_cmp(x[0], x[1]) > 0) {
            mpq_swap(x[0], x[1]);
        }
        if (mpq_cmp(y[0], y[1]) > 0) {
            mpq_swap(y[0], y[1]);
        }
        const struct check_curve_lines lines = check_product_lines(x, y);
        for (int corner = 0; corner < 4; corner++) {
            const mpq_t *at[2] = {(const mpq_t *)&x[corner / 2],
                                  (const mpq_t *)&y[corner % 2]};
            mpq_mul(value, *at[0], *at[1]);
            for (size_t side = 0; side < 2; side++) {
                mpq_t part;
                mpq_init(part);
                set_line(line, &lines, side, *at[0]);
                mpq_set_d(part, lines.rest[0][0]);
                mpq_mul(part, part, *at[1]);
                mpq_add(line, line, part);
                mpq_sub(line, side == 0 ? value : line,
                        side == 0 ? line : value);
                ck_assert_int_ge(mpq_sgn(line), 0);
                const double gap = mpq_get_d(line);
                gaps[side] = gap < gaps[side] ? gap : gaps[side];
                mpq_clear(part);
            }
        }
        ck_assert(gaps[0] < 1e-12 && gaps[1] < 1e-12);
    }
    mpq_clears(x[0], x[1], y[0], y[1], value, line, NULL);
}
END_TEST

START_TEST(ranges_hold_the_values)
{
    mpq_t z[2];
    mpq_t y[2];
    bool has[2];
    const bool all[2] = {true, true};
    const bool lower[2] = {true, false};
    mpq_inits(z[0], z[1], y[0], y[1], NULL);
    mpq_set_si(z[0], -1, 2);
    mpq_set_si(z[1], 3, 1);
    check_curve_range(y, has, CHECK_SQUARE, z, all);
    ck_assert(has[0] && has[1] && mpq_sgn(y[0]) == 0 &&
              mpq_cmp_ui(y[1], 9, 1) == 0);
    check_curve_range(y, has, CHECK_SQUARE, z, lower);
    ck_assert(has[0] && !has[1]);
    check_curve_range(y, has, CHECK_RECIPROCAL, z, all);
    ck_assert(!has[0] && !has[1]);
    check_curve_range(y, has, CHECK_LOG, z, all);
    ck_assert(!has[0] && !has[1]);
    check_curve_range(y, has, CHECK_SIGMOID, z, lower);
    ck_assert(has[0] && has[1] && mpq_cmp_ui(y[1], 1, 1) == 0);
    ck_assert(mpq_get_d(y[0]) > 0.3775 && mpq_get_d(y[0]) < 0.3776);
    check_curve_range(y, has, CHECK_SIN, z, all);
    ck_assert(mpq_cmp_ui(y[1], 1, 1) <= 0 && mpq_get_d(y[1]) > 0.999999);
    ck_assert(mpq_get_d(y[0]) < -0.4794 && mpq_get_d(y[0]) > -0.4795);
    mpq_clears(z[0], z[1], y[0], y[1], NULL);
    check_transcendental_clear();
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_curve");
    tcase_add_test(cases, lines_hold_and_touch);
    tcase_add_test(cases, steps_take_values_and_both_limits);
    tcase_add_test(cases, steps_have_the_sides_of_their_hull);
    tcase_add_test(cases, nothing_is_known_around_a_pole);
    tcase_add_test(cases, points_have_lines);
    tcase_add_test(cases, products_take_all_corners);
    tcase_add_test(cases, ranges_hold_the_values);
    return cases;
}
