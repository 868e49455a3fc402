/* Back-substitution in integers of any size with one exponent per block.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_old_back.h"
#include "proofs/check/check_fail.h"

/*
 * q . v + p . z + sum <= goal, where v are the base coordinates and z those
 * before the ReLU. After the blocks above block b were eliminated:
 *   q           [n_coordinates] in units of 2^unit[b] for block b, of
 *               2^input_unit for inputs
 *   p           [n_coordinates] in units of the goal's exponent
 *   sum         in units of 2^sum_unit
 */
struct check_exact {
    const struct check_base *base;
    mpz_t *q;
    mpz_t *p;
    long *unit;
    long input_unit;
    long goal_unit;
    long sum_unit;
    mpz_t sum;
    mpz_t factor;
    mpz_t product;
};

struct check_exact *check_exact_create(const struct check_base *base)
{
    struct check_exact *exact = check_alloc(1, sizeof *exact);
    exact->base = base;
    exact->q = check_alloc(base->n_coordinates, sizeof *exact->q);
    exact->p = check_alloc(base->n_coordinates, sizeof *exact->p);
    exact->unit = check_alloc(base->n_relus + 1, sizeof *exact->unit);
    for (size_t i = 0; i < base->n_coordinates; i++) {
        mpz_inits(exact->q[i], exact->p[i], NULL);
    }
    mpz_inits(exact->sum, exact->factor, exact->product, NULL);
    return exact;
}

void check_exact_free(struct check_exact *exact)
{
    for (size_t i = 0; i < exact->base->n_coordinates; i++) {
        mpz_clears(exact->q[i], exact->p[i], NULL);
    }
    mpz_clears(exact->sum, exact->factor, exact->product, NULL);
    check_free(exact->q);
    check_free(exact->p);
    check_free(exact->unit);
    check_free(exact);
}

/* sum += x * y * 2^(unit - sum_unit) */
static void add_scaled(mpz_t sum, long sum_unit, mpz_t product, long unit)
{
    if (unit < sum_unit) {
        check_reject("internal: exact number below its unit");
    }
    mpz_mul_2exp(product, product, (mp_bitcnt_t)(unit - sum_unit));
    mpz_add(sum, sum, product);
}

static void lower(long *unit, long limit)
{
    if (limit < *unit) {
        *unit = limit;
    }
}

/* Units so fine that nothing below is ever rounded; `top` is the block of
 * the last coordinate of the goal. */
static void set_units(struct check_exact *exact,
                      const struct check_region *region, size_t top)
{
    const long slope_bits = (long)region->slope_bits;
    long unit = exact->goal_unit;
    exact->sum_unit = unit;
    for (size_t b = top + 1; b-- > 0;) {
        const struct check_block *block = &exact->base->blocks[b];
        exact->unit[b] = unit;
        lower(&exact->sum_unit, unit - slope_bits - (long)region->fact_bits);
        unit -= b < exact->base->n_relus ? slope_bits : 0;
        lower(&exact->sum_unit, unit + block->bias.exponent);
        lower(&unit, unit + block->weight.exponent);
    }
    exact->input_unit = unit;
    lower(&exact->sum_unit, unit - (long)region->box_bits);
}

/* Block of a base coordinate that is not an input. */
static size_t find_block(const struct check_base *base, size_t coordinate)
{
    size_t b = base->n_relus;
    while (coordinate < base->blocks[b].first) {
        b--;
    }
    return b;
}

static void load_goal(struct check_exact *exact,
                      const struct check_region *region,
                      const struct check_goal *goal)
{
    const struct check_base *base = exact->base;
    size_t last = 0;
    for (size_t i = 0; i < base->n_coordinates; i++) {
        mpz_set_ui(exact->q[i], 0);
        mpz_set_ui(exact->p[i], 0);
    }
    mpz_set_ui(exact->sum, 0);
    exact->goal_unit = 0;
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        lower(&exact->goal_unit, term->exponent);
        last = term->coordinate > last ? term->coordinate : last;
    }
    if (last < base->n_inputs) {
        exact->input_unit = exact->goal_unit;
        exact->sum_unit = exact->goal_unit - (long)region->box_bits;
    } else {
        set_units(exact, region, find_block(base, last));
    }
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        const size_t i = term->coordinate;
        mpz_set(exact->product, term->coefficient);
        if (term->is_before) {
            add_scaled(exact->p[i], exact->goal_unit, exact->product,
                       term->exponent);
        } else {
            const long unit = i < base->n_inputs
                                  ? exact->input_unit
                                  : exact->unit[find_block(base, i)];
            add_scaled(exact->q[i], unit, exact->product, term->exponent);
        }
    }
}

/* product = value, exactly. */
static void set_wide(mpz_t product, check_wide value)
{
    const check_wide high = value / ((check_wide)1 << 62);
    mpz_set_si(product, (int64_t)high);
    mpz_mul_2exp(product, product, 62);
    const int64_t low = (int64_t)(value - high * ((check_wide)1 << 62));
    if (low >= 0) {
        mpz_add_ui(product, product, (unsigned long)low);
    } else {
        mpz_sub_ui(product, product, (unsigned long)-low);
    }
}

/*
 * factor = the coefficient of z for the coefficient q of y = max(z, 0), in
 * units of 2^-slope_bits of q's; adds the line's intercept. False if y has no
 * upper line but needs one.
 */
static bool apply_line(struct check_exact *exact,
                       const struct check_region *region, size_t i, long unit)
{
    const struct check_line *line = &region->line[i - exact->base->n_inputs];
    const int sign = mpz_sgn(exact->q[i]);
    mpz_set_ui(exact->factor, 0);
    if (sign == 0 || line->phase == CHECK_INACTIVE) {
        return true;
    }
    if (line->phase == CHECK_ACTIVE || (sign > 0 && line->is_identity_below)) {
        mpz_mul_2exp(exact->factor, exact->q[i], region->slope_bits);
    } else if (sign < 0) {
        if (!line->has_upper) {
            return false;
        }
        mpz_mul_si(exact->factor, exact->q[i], line->slope);
        set_wide(exact->product, line->intercept);
        mpz_mul(exact->product, exact->product, exact->q[i]);
        add_scaled(exact->sum, exact->sum_unit, exact->product,
                   unit - (long)region->slope_bits - (long)region->fact_bits);
    }
    return true;
}

/* Replaces factor * z_i, in units of 2^unit, by row i of block b. */
static void apply_row(struct check_exact *exact, size_t b, size_t i, long unit)
{
    const struct check_block *block = &exact->base->blocks[b];
    mpz_t number;
    check_numbers_get(number, &block->bias, i);
    mpz_mul(exact->product, exact->factor, number);
    add_scaled(exact->sum, exact->sum_unit, exact->product,
               unit + block->bias.exponent);
    size_t source = b;
    for (size_t k = block->start[i]; k < block->start[i + 1]; k++) {
        const size_t column = block->column[k];
        while (source > 0 && column < exact->base->blocks[source].first) {
            source--;
        }
        while (source < b && column >= exact->base->blocks[source + 1].first) {
            source++;
        }
        check_numbers_get(number, &block->weight, k);
        mpz_mul(exact->product, exact->factor, number);
        add_scaled(exact->q[column],
                   column < exact->base->n_inputs ? exact->input_unit
                                                  : exact->unit[source],
                   exact->product, unit + block->weight.exponent);
    }
}

static bool eliminate_block(struct check_exact *exact,
                            const struct check_region *region, size_t b)
{
    const struct check_block *block = &exact->base->blocks[b];
    const bool is_relu = b < exact->base->n_relus;
    const long unit = exact->unit[b] - (is_relu ? (long)region->slope_bits : 0);
    for (size_t i = 0; i < block->width; i++) {
        const size_t y = block->first + i;
        if (!is_relu) {
            mpz_set(exact->factor, exact->q[y]);
        } else if (!apply_line(exact, region, y, exact->unit[b])) {
            return false;
        }
        if (mpz_sgn(exact->p[y]) != 0) {
            mpz_set(exact->product, exact->p[y]);
            add_scaled(exact->factor, unit, exact->product, exact->goal_unit);
        }
        if (mpz_sgn(exact->factor) != 0) {
            apply_row(exact, b, i, unit);
        }
    }
    return true;
}

void check_exact_bound(struct check_bound *bound, struct check_exact *exact,
                       const struct check_region *region,
                       const struct check_goal *goal)
{
    size_t last = 0;
    load_goal(exact, region, goal);
    for (size_t t = 0; t < goal->n; t++) {
        last =
            goal->terms[t].coordinate > last ? goal->terms[t].coordinate : last;
    }
    bound->is_finite = false;
    if (last >= exact->base->n_inputs) {
        for (size_t b = find_block(exact->base, last) + 1; b-- > 0;) {
            if (!eliminate_block(exact, region, b)) {
                return;
            }
        }
    }
    for (size_t i = 0; i < exact->base->n_inputs; i++) {
        const int sign = mpz_sgn(exact->q[i]);
        mpz_mul_si(exact->product, exact->q[i],
                   region->box[2 * i + (sign < 0 ? 1 : 0)]);
        add_scaled(exact->sum, exact->sum_unit, exact->product,
                   exact->input_unit - (long)region->box_bits);
    }
    bound->is_finite = true;
    bound->exponent = exact->sum_unit;
    mpz_set(bound->value, exact->sum);
}
