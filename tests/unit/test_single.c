/* The kernel sets in floats on whole numbers, where every set gives the same
 * floats, beside sums by the definitions. */
#include "src/base/alloc.h"
#include "src/num/cpu.h"
#include "src/num/single.h"
#include "tests/suite.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { NEURONS = 80 };

/* By the vectors they need. */
static const struct single_kernels *const SETS[] = {
    &single_kernels_plain, &single_kernels_avx2, &single_kernels_avx512};

#define REAL                    float
#define KERNELS                 single_kernels
#define PRODUCT                 single_product
#define STRIDE                  single_stride
#define LANES                   SINGLE_LANES
#define N_FORMS                 4
#define SET_FORM(product, form) ((product)->is_packed = (form) / 2 != 0)
#include "tests/kernels.def"

START_TEST(a_stride_is_the_next_multiple_of_the_lanes)
{
    ck_assert_uint_eq(single_stride(0), 0);
    ck_assert_uint_eq(single_stride(1), 16);
    ck_assert_uint_eq(single_stride(16), 16);
    ck_assert_uint_eq(single_stride(17), 32);
}
END_TEST

START_TEST(numbers_are_rounded_to_the_nearest_finite_float)
{
    ck_assert(is_same(single_round(0.1), 0.1F));
    ck_assert(is_same(single_round(1e300), FLT_MAX));
    ck_assert(is_same(single_round(-1e300), -FLT_MAX));
}
END_TEST

START_TEST(the_best_set_is_one_of_ours)
{
    ck_assert_ptr_eq(SETS[cpu_vectors()], single_kernels_best());
    ck_assert_str_eq(single_kernels_plain.name, "plain");
}
END_TEST

/* A layer of NEURONS ReLUs of all kinds, and a row. */
struct layer {
    uint16_t passed[NEURONS / 16];
    uint16_t own[NEURONS / 16];
    uint8_t phase[NEURONS + 16];
    float *q;
    float *z;
    float *y;
    float *slope;
    float *intercept;
    float *choice;
    float *gradient;
    size_t n_own;
};

/* Number `kind` of a pattern: passed, cut, own of each phase. */
static void layer_init(struct layer *l, size_t pattern)
{
    *l = (struct layer){.n_own = 0};
    NEW_ALIGNED(l->q, (size_t)7 * (NEURONS + 16));
    l->z = l->q + NEURONS + 16;
    l->y = l->z + NEURONS + 16;
    l->slope = l->y + NEURONS + 16;
    l->intercept = l->slope + NEURONS + 16;
    l->choice = l->intercept + NEURONS + 16;
    l->gradient = l->choice + NEURONS + 16;
    for (size_t i = 0; i < NEURONS; i++) {
        const size_t kind = i / 16 == 2 ? pattern : (i * i + pattern) % 6;
        l->q[i] = small(i, pattern);
        l->z[i] = small(i, pattern + 3);
        l->slope[i] = small(i, 5);
        l->intercept[i] = small(i, 6);
        if (kind == 0) {
            l->passed[i / 16] = (uint16_t)(l->passed[i / 16] | 1U << i % 16);
        } else if (kind > 1) {
            l->own[i / 16] = (uint16_t)(l->own[i / 16] | 1U << i % 16);
            l->phase[l->n_own] = (uint8_t)(kind % 3 + (i % 5 == 0 ? 4 : 0));
            l->choice[l->n_own++] = small(i, 7);
        }
    }
    /* Behind the last: as of another row. */
    for (size_t i = l->n_own; i < l->n_own + 16; i++) {
        l->choice[i] = NAN;
        l->gradient[i] = 7.0F;
    }
}

/* The line of neuron i, number `id` of those with their own: y = a z + b, its
 * gradient, and whether b is of a chord. */
struct line {
    float slope;
    float constant;
    float gradient;
    bool is_chord;
};

static struct line line_of(const struct layer *l, size_t i, size_t id)
{
    if ((l->passed[i / 16] >> i % 16 & 1) != 0) {
        return (struct line){.slope = 1.0F};
    }
    if ((l->own[i / 16] >> i % 16 & 1) == 0) {
        return (struct line){0};
    }
    switch (l->phase[id] % 4) {
    case SINGLE_PASSED:
        return (struct line){.slope = 1.0F, .gradient = -l->z[i]};
    case SINGLE_CUT:
        return (struct line){.gradient = l->z[i]};
    default:
        return l->q[i] >= 0.0F ? (struct line){.slope = l->choice[id],
                                               .gradient = l->q[i] * l->z[i]}
                               : (struct line){.slope = l->slope[i],
                                               .constant = l->intercept[i],
                                               .is_chord = true};
    }
}

static bool is_own(const struct layer *l, size_t i)
{
    return (l->own[i / 16] >> i % 16 & 1) != 0;
}

static void check_relax(const struct single_kernels *set, struct layer *l,
                        const struct single_relu *relu,
                        const struct single_row *row)
{
    float before[NEURONS];
    double sum = 0.0;
    memcpy(before, l->z, sizeof before);
    const double constant = set->relax(l->z, l->q, relu, row);
    for (size_t i = 0, id = 0; i < NEURONS; i++) {
        const struct line line = line_of(l, i, id);
        float add = l->q[i] * line.slope;
        if (is_own(l, i)) {
            const unsigned phase = l->phase[id] % 4;
            add += phase == SINGLE_PASSED ? -l->choice[id]
                   : phase == SINGLE_CUT  ? l->choice[id]
                                          : 0.0F;
            id++;
        }
        sum += line.is_chord ? (double)(l->q[i] * line.constant) : 0.0;
        ck_assert_msg(is_same(l->z[i], before[i] + add), "%s: %zu", set->name,
                      i);
    }
    ck_assert_msg(fabs(constant - sum) <= 0.0, "%s: %g, not %g", set->name,
                  constant, sum);
}

static void check_follow(const struct single_kernels *set, struct layer *l,
                         const struct single_relu *relu,
                         const struct single_row *row)
{
    set->follow(l->y, l->z, l->q, relu, row);
    for (size_t i = 0, id = 0; i < NEURONS; i++) {
        const struct line line = line_of(l, i, id);
        ck_assert_msg(is_same(l->y[i], line.slope * l->z[i] + line.constant),
                      "%s: %zu", set->name, i);
        if (is_own(l, i)) {
            ck_assert_msg(is_same(l->gradient[id], line.gradient),
                          "%s: gradient %zu", set->name, id);
            id++;
        }
    }
    for (size_t i = l->n_own; i < l->n_own + 16; i++) {
        ck_assert_msg(is_same(l->gradient[i], 7.0F), "%s: written behind",
                      set->name);
    }
}

START_TEST(rows_pass_relus_by_their_lines)
{
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        for (size_t pattern = 0; pattern < 12; pattern++) {
            struct layer l;
            layer_init(&l, pattern);
            const struct single_relu relu = {NEURONS, l.passed, l.own, l.slope,
                                             l.intercept};
            const struct single_row row = {l.choice, l.phase, l.gradient};
            check_follow(SETS[s], &l, &relu, &row);
            check_relax(SETS[s], &l, &relu, &row);
            alloc_free(l.q);
        }
    }
}
END_TEST

START_TEST(packed_columns_are_spread_to_their_bits)
{
    static const uint16_t words[4] = {0xFFFF, 0, 0x8421, 0x7FFE};
    float *block;
    NEW_ALIGNED(block, 64 + 64 + 16);
    float *packed = block + 64;
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        size_t at = 0;
        for (size_t i = 0; i < 64; i++) {
            block[i] = small(i, 1);
            packed[i] = small(i, 2);
        }
        SETS[s]->spread(block, packed, words, 64);
        for (size_t i = 0; i < 64; i++) {
            const bool is_met = (words[i / 16] >> i % 16 & 1) != 0;
            const float add = is_met ? packed[at++] : 0.0F;
            ck_assert_msg(is_same(block[i], small(i, 1) + add), "%s: %zu",
                          SETS[s]->name, i);
        }
    }
    alloc_free(block);
}
END_TEST

START_TEST(sums_are_those_of_the_terms)
{
    float *block;
    NEW_ALIGNED(block, (size_t)4 * 48);
    float *x = block + 144;
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        double sum = 0.0;
        double least = 0.0;
        for (size_t i = 0; i < 48; i++) {
            block[i] = small(i, 3);
            block[48 + i] = small(i, 8) - 10.0F;
            block[96 + i] = small(i, 9) + 10.0F;
            sum += (double)(block[i] * block[48 + i]);
            least +=
                (double)(block[i] * block[(block[i] > 0.0F ? 48 : 96) + i]);
        }
        ck_assert(fabs(SETS[s]->dot(block, block + 48, 48) - sum) <= 0.0);
        ck_assert(fabs(SETS[s]->minimise(x, block, block + 48, block + 96, 48) -
                       least) <= 0.0);
        for (size_t i = 0; i < 48; i++) {
            ck_assert(is_same(x[i], block[(block[i] > 0.0F ? 48 : 96) + i]));
        }
        ck_assert(fabs(SETS[s]->dot(block, block + 48, 0)) <= 0.0);
    }
    alloc_free(block);
}
END_TEST

/* n choices, of which every fourth is of each kind of phase. */
static void check_step(const struct single_kernels *set, size_t n)
{
    float choice[NEURONS];
    float moment[NEURONS];
    float square[NEURONS];
    float gradient[NEURONS];
    uint8_t phase[NEURONS + 16] = {0};
    for (size_t i = 0; i < NEURONS; i++) {
        choice[i] = fabsf(small(i, 2)) / 3.0F;
        moment[i] = small(i, 3);
        square[i] = fabsf(small(i, 4));
        gradient[i] = small(i, 5);
        phase[i] = (uint8_t)(i % 4 == 3 ? SINGLE_FIXED + 1 : i % 4);
    }
    const struct single_step step = {
        .n = n,
        .choice = choice,
        .moment = moment,
        .square = square,
        .gradient = gradient,
        .phase = phase,
        .first = 0.25F,
        .second = 0.125F,
        .m_share = 0.5F,
        .s_share = 0.25F,
        .slope_rate = 0.3F,
        .literal_rate = 2.0F,
    };
    set->step(&step);
    for (size_t i = 0; i < NEURONS; i++) {
        const double g = (double)gradient[i];
        const bool is_met = i < n;
        const double m = (double)small(i, 3) * (is_met ? 0.75 : 1.0) +
                         (is_met ? 0.25 * g : 0.0);
        const double q = fabs((double)small(i, 4)) * (is_met ? 0.875 : 1.0) +
                         (is_met ? 0.125 * g * g : 0.0);
        const double rate = i % 4 == 0 ? 0.3 : (i % 4 == 3 ? 0.0 : 2.0);
        double c = fabs((double)small(i, 2)) / 3.0;
        if (is_met) {
            c += rate * (m / 0.5) / (sqrt(q / 0.25) + 1e-12);
            c = fmin(fmax(c, 0.0), i % 4 == 0 ? 1.0 : HUGE_VAL);
        }
        ck_assert_double_eq_tol((double)moment[i], m, 1e-6);
        ck_assert_double_eq_tol((double)square[i], q, 1e-6);
        ck_assert_msg(fabs((double)choice[i] - c) <= 1e-5, "%s: %zu of %zu",
                      set->name, i, n);
    }
}

START_TEST(steps_move_choices_along_their_gradients)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 48, NEURONS - 1};
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_step(SETS[s], sizes[i]);
        }
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("single");
    tcase_add_test(cases, a_stride_is_the_next_multiple_of_the_lanes);
    tcase_add_test(cases, numbers_are_rounded_to_the_nearest_finite_float);
    tcase_add_test(cases, the_best_set_is_one_of_ours);
    tcase_add_test(cases, products_of_whole_numbers_are_exact_at_every_shape);
    tcase_add_test(cases, rows_pass_relus_by_their_lines);
    tcase_add_test(cases, packed_columns_are_spread_to_their_bits);
    tcase_add_test(cases, sums_are_those_of_the_terms);
    tcase_add_test(cases, steps_move_choices_along_their_gradients);
    return cases;
}
