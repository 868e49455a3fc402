/* Back-substitution in fixed-point words, rounded to the safe side.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_old_back.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_old_kernel.h"
#include "proofs/check/check_old_matrix.h"

#include <string.h>

/* FORMAT.md, "Fixed-point evaluation". */
enum {
    HALF = CHECK_HALF,
    MERGED_BITS = 60, /* and of one with terms of several blocks */
    GOAL_BITS = 60,   /* and of one in a goal */
    SUM_BITS = 64,    /* sums are in units of 2^-SUM_BITS */
    FACT_BITS = 52,   /* most bits of the facts behind an upper line */
    MOST_COORDINATES = 1 << 24
};

_Static_assert((-1 >> 1) == -1, "negative numbers are shifted by floor");

/* Coefficients of a block or of the inputs in one lane: q * 2^exponent, and
 * the coefficient meant is at most n_units units above. -2^n <= q < 2^n
 * for all q, where n is the length of `bits`, 0 only if all q are. */
struct part {
    bool is_set;
    long exponent;
    uint64_t bits;
    int64_t n_units;
};

/* One goal on its way; see check_exact.c. */
struct lane {
    const struct check_goal *goal;
    long scale;   /* the goal is multiplied by 2^-scale */
    bool is_dead; /* some number was too long, or an upper line is missing */
    int64_t *q;   /* [n_coordinates] */
    struct part *parts; /* [n_relus + 2], the inputs last */
    check_wide sum;     /* in units of 2^-SUM_BITS */
    long exponent;      /* of z below */
};

/*
 *   row     [width] the rows used, of neurons that are not inactive or that a
 *           goal names; is_named [width] those of a goal
 *   z       [width][CHECK_LANES] coefficients of z in the rows used
 *   high, low  [CHECK_LANES][stride] sums of products
 */
struct check_fixed {
    const struct check_base *base;
    struct check_matrix *matrices;
    struct lane lanes[CHECK_LANES];
    uint32_t *row;
    bool *is_named;
    int32_t *z;
    int64_t *high;
    int64_t *low;
};

struct check_fixed *check_fixed_create(const struct check_base *base)
{
    struct check_fixed *fixed = check_alloc(1, sizeof *fixed);
    size_t width = 0;
    size_t stride = 0;
    if (base->n_coordinates > MOST_COORDINATES) {
        check_unsupported("more than %d neurons", MOST_COORDINATES);
    }
    fixed->base = base;
    fixed->matrices = check_alloc(base->n_relus + 1, sizeof *fixed->matrices);
    for (size_t b = 0; b <= base->n_relus; b++) {
        struct check_matrix *matrix = &fixed->matrices[b];
        check_matrix_init(matrix, &base->blocks[b]);
        width = base->blocks[b].width > width ? base->blocks[b].width : width;
        stride = matrix->stride > stride ? matrix->stride : stride;
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        struct lane *lane = &fixed->lanes[r];
        lane->q = check_alloc(base->n_coordinates, sizeof *lane->q);
        lane->parts = check_alloc(base->n_relus + 2, sizeof *lane->parts);
    }
    fixed->z = check_alloc(width * CHECK_LANES, sizeof *fixed->z);
    fixed->row = check_alloc(width, sizeof *fixed->row);
    fixed->is_named = check_alloc(width, sizeof *fixed->is_named);
    fixed->high = check_alloc(stride * CHECK_LANES, sizeof *fixed->high);
    fixed->low = check_alloc(stride * CHECK_LANES, sizeof *fixed->low);
    return fixed;
}

void check_fixed_free(struct check_fixed *fixed)
{
    for (size_t b = 0; b <= fixed->base->n_relus; b++) {
        check_matrix_clear(&fixed->matrices[b]);
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        check_free(fixed->lanes[r].q);
        check_free(fixed->lanes[r].parts);
    }
    check_free(fixed->matrices);
    check_free(fixed->z);
    check_free(fixed->row);
    check_free(fixed->is_named);
    check_free(fixed->high);
    check_free(fixed->low);
    check_free(fixed);
}

/* lane->sum += value * 2^exponent, rounded down; kills the lane instead of
 * overflowing. */
static void add_to_sum(struct lane *lane, check_wide value, long exponent)
{
    const long shift = exponent + SUM_BITS;
    const check_wide most = (check_wide)1 << 126;
    if (shift < 0) {
        value >>= shift < -127 ? 127 : -shift;
    } else if (value != 0) {
        if (shift > 126 || value > most >> shift || value < -(most >> shift)) {
            lane->is_dead = true;
            return;
        }
        value *= (check_wide)1 << shift;
    }
    /* |sum| <= 2^126 and |value| <= 2^126: no overflow in the sum. */
    lane->sum += value;
    lane->is_dead = lane->is_dead || lane->sum > most || lane->sum < -most;
}

/* The block of base coordinate i; n_relus + 1 for inputs. */
static size_t part_of(const struct check_base *base, size_t i)
{
    size_t b = base->n_relus;
    if (i < base->n_inputs) {
        return b + 1;
    }
    while (i < base->blocks[b].first) {
        b--;
    }
    return b;
}

/* Exponents of the last and the first bit of a goal: [0], [1]. */
static void measure_goal(long range[2], const struct check_goal *goal)
{
    bool is_first = true;
    range[0] = range[1] = 0;
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        if (mpz_sgn(term->coefficient) != 0) {
            const long low =
                term->exponent + (long)mpz_scan1(term->coefficient, 0);
            const long top =
                term->exponent + (long)mpz_sizeinbase(term->coefficient, 2);
            range[0] = is_first || low < range[0] ? low : range[0];
            range[1] = is_first || top > range[1] ? top : range[1];
            is_first = false;
        }
    }
}

/* The coefficient in units of 2^unit, which divide it. */
static int64_t term_units(const struct check_goal_term *term, long unit)
{
    mpz_t scaled;
    mpz_init(scaled);
    const long shift = term->exponent - unit;
    if (shift >= 0) {
        mpz_mul_2exp(scaled, term->coefficient, (mp_bitcnt_t)shift);
    } else {
        mpz_fdiv_q_2exp(scaled, term->coefficient, (mp_bitcnt_t)-shift);
    }
    const int64_t units = mpz_get_si(scaled);
    mpz_clear(scaled);
    return units;
}

static void load_lane(struct check_fixed *fixed, struct lane *lane,
                      const struct check_goal *goal)
{
    const struct check_base *base = fixed->base;
    long range[2];
    measure_goal(range, goal);
    lane->goal = goal;
    lane->scale = range[1];
    lane->is_dead = range[1] - range[0] > GOAL_BITS;
    lane->sum = 0;
    memset(lane->parts, 0, (base->n_relus + 2) * sizeof *lane->parts);
    for (size_t t = 0; t < goal->n && !lane->is_dead; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        if (!term->is_before && mpz_sgn(term->coefficient) != 0) {
            const size_t b = part_of(base, term->coordinate);
            struct part *part = &lane->parts[b];
            if (!part->is_set) {
                const bool is_input = b > base->n_relus;
                memset(lane->q + (is_input ? 0 : base->blocks[b].first), 0,
                       (is_input ? base->n_inputs : base->blocks[b].width) *
                           sizeof *lane->q);
                part->is_set = true;
                part->exponent = range[0] - lane->scale;
            }
            const int64_t units = term_units(term, range[0]);
            lane->q[term->coordinate] = units;
            part->bits |= (uint64_t)(units < 0 ? -units : units);
        }
    }
}

/* The last block that the goals use; false if they use inputs only. */
static bool find_last_block(const struct check_base *base, size_t *last,
                            const struct check_goal *goals, size_t n)
{
    size_t coordinate = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < goals[i].n; t++) {
            const size_t c = goals[i].terms[t].coordinate;
            coordinate = c > coordinate ? c : coordinate;
        }
    }
    *last = part_of(base, coordinate);
    return coordinate >= base->n_inputs;
}

static bool is_before_in(const struct check_block *block,
                         const struct check_goal_term *term)
{
    return term->is_before && term->coordinate >= block->first &&
           term->coordinate < block->first + block->width;
}

/*
 * Chooses the lane's exponent in block b: its coefficients have at most
 * q_bits bits in units of 2^lane->exponent, one less if there are terms of
 * the goal to add. Outputs may not be rounded. Returns the shift of the
 * lane's coefficients; false in *has_any if there are none at all.
 */
static long choose_exponent(const struct check_fixed *fixed, struct lane *lane,
                            size_t b, bool *has_any)
{
    const struct check_block *block = &fixed->base->blocks[b];
    const struct part *part = &lane->parts[b];
    const long q_bits = (long)fixed->matrices[b].q_bits;
    long top = 0; /* exponent of the first bit */
    bool has_before = false;
    *has_any = part->is_set;
    if (part->is_set) {
        top = part->exponent + check_bit_length(part->bits);
    }
    for (size_t t = 0; t < lane->goal->n; t++) {
        const struct check_goal_term *term = &lane->goal->terms[t];
        if (is_before_in(block, term) && mpz_sgn(term->coefficient) != 0) {
            const long bits = term->exponent - lane->scale +
                              (long)mpz_sizeinbase(term->coefficient, 2);
            top = !*has_any || bits > top ? bits : top;
            *has_any = has_before = true;
        }
    }
    const long least = top - q_bits + (has_before ? 1 : 0);
    lane->exponent =
        part->is_set && part->exponent > least ? part->exponent : least;
    const long shift = part->is_set ? lane->exponent - part->exponent : 0;
    if (b == fixed->base->n_relus && shift > 0) {
        lane->is_dead = true;
    }
    return shift < 63 ? shift : 63;
}

/*
 * The coefficient of z for the coefficient q of y = max(z, 0), both in units
 * u = 2^lane->exponent. *constant, in units of u * 2^-(S+G), receives the
 * line's intercept and what rounding costs:
 *   q*s*z >= q'*z - |q' - q*s| * (u_z or -l_z)                           (2)
 */
static int64_t apply_line(struct lane *lane, check_wide *constant,
                          const struct check_region *region, size_t neuron,
                          int64_t q)
{
    const struct check_line *line = &region->line[neuron];
    if (line->phase == CHECK_ACTIVE) {
        return q;
    }
    if (line->phase == CHECK_INACTIVE || q == 0) {
        return 0;
    }
    if (q > 0) {
        return line->is_identity_below ? q : 0;
    }
    const int64_t lower = region->fact[2 * neuron];
    const int64_t upper = region->fact[2 * neuron + 1];
    const int64_t most = (int64_t)1 << FACT_BITS;
    if (!line->has_upper || lower < -most || upper > most) {
        lane->is_dead = true;
        return 0;
    }
    const int64_t unit = (int64_t)1 << region->slope_bits;
    const int64_t product = q * line->slope;
    const int64_t down = product >> region->slope_bits;
    const int64_t rest = product - down * unit;
    *constant += q * line->intercept;
    if (rest == 0 ||
        (check_wide)rest * -lower <= (check_wide)(unit - rest) * upper) {
        *constant -= (check_wide)rest * -lower;
        return down;
    }
    *constant -= (check_wide)(unit - rest) * upper;
    return down + 1;
}

/* Finds the rows of block b that some lane uses: their number. */
static size_t find_rows(struct check_fixed *fixed, size_t b,
                        const struct check_region *region)
{
    const struct check_block *block = &fixed->base->blocks[b];
    const struct check_line *line =
        region->line + (block->first - fixed->base->n_inputs);
    bool has_part = false;
    bool has_named = false;
    for (size_t r = 0; r < CHECK_LANES; r++) {
        const struct lane *lane = &fixed->lanes[r];
        has_part = has_part || (!lane->is_dead && lane->parts[b].is_set);
        for (size_t t = 0; t < lane->goal->n; t++) {
            if (is_before_in(block, &lane->goal->terms[t])) {
                const size_t i = lane->goal->terms[t].coordinate - block->first;
                fixed->is_named[i] = has_named = true;
            }
        }
    }
    size_t n = 0;
    for (size_t i = 0; i < block->width && (has_part || has_named); i++) {
        const bool is_live = has_part && (b == fixed->base->n_relus ||
                                          line[i].phase != CHECK_INACTIVE);
        fixed->row[n] = (uint32_t)i;
        n += is_live || fixed->is_named[i] ? 1 : 0;
        fixed->is_named[i] = false;
    }
    return n;
}

/* Adds the goal's term on z of row i to the lane's coefficient. */
static int32_t add_before(struct lane *lane, const struct check_goal_term *term,
                          check_wide *constant,
                          const struct check_region *region, size_t neuron)
{
    const long unit = lane->exponent + lane->scale;
    const int64_t lower = region->fact[2 * neuron];
    if (term->exponent + (long)mpz_scan1(term->coefficient, 0) < unit) {
        /* What is rounded off is at most a unit. */
        if (lower < -((int64_t)1 << FACT_BITS)) {
            lane->is_dead = true;
        } else if (lower < 0) {
            *constant +=
                (check_wide)lower * ((check_wide)1 << region->slope_bits);
        }
    }
    return (int32_t)term_units(term, unit);
}

/* Fills the lane's column of z for n rows of block b. */
static void fill_column(struct check_fixed *fixed, size_t r, size_t b,
                        const struct check_region *region, size_t n)
{
    struct lane *lane = &fixed->lanes[r];
    const struct check_block *block = &fixed->base->blocks[b];
    const size_t neuron = block->first - fixed->base->n_inputs;
    int32_t *z = fixed->z + r;
    check_wide constant = 0;
    bool has_any = false;
    const long shift =
        lane->is_dead ? 0 : choose_exponent(fixed, lane, b, &has_any);
    if (has_any && !lane->is_dead && lane->parts[b].is_set) {
        check_kernel_gather(z, lane->q + block->first, fixed->row, n,
                            (unsigned)shift);
    } else {
        for (size_t a = 0; a < n; a++) {
            z[a * CHECK_LANES] = 0;
        }
    }
    for (size_t a = 0; a < n && b < fixed->base->n_relus; a++) {
        const size_t i = neuron + fixed->row[a];
        if (region->line[i].phase != CHECK_ACTIVE) {
            z[a * CHECK_LANES] = (int32_t)apply_line(lane, &constant, region, i,
                                                     z[a * CHECK_LANES]);
        }
    }
    for (size_t t = 0; t < lane->goal->n && !lane->is_dead; t++) {
        const struct check_goal_term *term = &lane->goal->terms[t];
        if (is_before_in(block, term) && mpz_sgn(term->coefficient) != 0) {
            const size_t i = term->coordinate - block->first;
            size_t a = 0;
            while (fixed->row[a] != i) {
                a++;
            }
            z[a * CHECK_LANES] +=
                add_before(lane, term, &constant, region, neuron + i);
        }
    }
    if (constant != 0 && !lane->is_dead) {
        add_to_sum(lane, constant,
                   lane->exponent - (long)region->slope_bits -
                       (long)region->fact_bits);
    }
}

/* Changes a part and its q[n] to another exponent, rounding down. */
static void rescale(struct part *part, int64_t *q, size_t n, long exponent)
{
    const long shift = exponent - part->exponent;
    part->exponent = exponent;
    if (shift <= 0) { /* there is room: see merge_exponent */
        for (size_t i = 0; i < n; i++) {
            q[i] *= (int64_t)1 << -shift;
        }
        part->bits <<= -shift;
        part->n_units *= (int64_t)1 << -shift;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        q[i] >>= shift < 63 ? shift : 63;
    }
    part->bits = (part->bits >> (shift < 63 ? shift : 63)) | 1;
    part->n_units = (part->n_units >> (shift < 63 ? shift : 63)) + 2;
}

/* The finer exponent, or the finest at which a sum has at most MERGED_BITS. */
static long merge_exponent(const struct part *a, const struct part *b)
{
    const long tops[2] = {
        a->exponent + check_bit_length(a->bits | (uint64_t)a->n_units),
        b->exponent + check_bit_length(b->bits | (uint64_t)b->n_units)};
    const long top = (tops[0] > tops[1] ? tops[0] : tops[1]) + 1;
    const long finer = a->exponent < b->exponent ? a->exponent : b->exponent;
    return top - MERGED_BITS > finer ? top - MERGED_BITS : finer;
}

/* Some columns of a matrix, c .. c + n - 1, that belong to one part, base
 * coordinates first .. first + width - 1; column c to number first + i. */
struct range {
    size_t c;
    size_t n;
    size_t part;
    size_t first;
    size_t width;
    size_t i;
};

static struct range find_range(const struct check_base *base,
                               const struct check_matrix *matrix, size_t c)
{
    const size_t coordinate = matrix->first + c;
    const size_t left = matrix->n_columns - 1 - c;
    struct range range = {.c = c, .part = part_of(base, coordinate)};
    const bool is_input = range.part > base->n_relus;
    range.first = is_input ? 0 : base->blocks[range.part].first;
    range.width = is_input ? base->n_inputs : base->blocks[range.part].width;
    range.i = coordinate - range.first;
    range.n = range.width - range.i < left ? range.width - range.i : left;
    return range;
}

/* Adds the sums of products in a range of columns; see scatter. */
static void scatter_range(struct check_fixed *fixed, size_t r,
                          const struct check_matrix *matrix,
                          const struct range *range, const int64_t *above)
{
    struct lane *lane = &fixed->lanes[r];
    struct part *part = &lane->parts[range->part];
    int64_t *high = fixed->high + r * matrix->stride + range->c;
    const int64_t *low = fixed->low + r * matrix->stride + range->c;
    int64_t *q = lane->q + range->first;
    const int64_t most = above[0] + above[1];
    int64_t dropped = 0;
    struct part from = {.is_set = true,
                        .exponent = lane->exponent + matrix->exponent + HALF};
    from.bits = check_kernel_carry(part->is_set ? high : q + range->i, &dropped,
                                   high, low, range->n, above[0]);
    from.n_units =
        (dropped == 0 ? 0 : 1) + (most == 0 ? 0 : (most >> HALF) + 1);
    if (part->is_set) {
        const long exponent = merge_exponent(part, &from);
        rescale(part, q, range->width, exponent);
        rescale(&from, high, range->n, exponent);
        for (size_t k = 0; k < range->n; k++) {
            q[range->i + k] += high[k];
        }
        part->bits = 2 * (part->bits | from.bits) + 1;
        part->n_units += from.n_units;
    } else if (from.bits != 0 || from.n_units != 0) {
        const size_t end = range->i + range->n;
        *part = from;
        memset(q, 0, range->i * sizeof *q);
        memset(q + end, 0, (range->width - end) * sizeof *q);
    }
}

/*
 * Adds the sums of products of one lane to its coefficients. Where the weights
 * are rounded down, sum z * weight is above the sum of products by at most
 * above[1] and below it by at most above[0], in units of low.
 */
static void scatter(struct check_fixed *fixed, size_t r, size_t b,
                    const int64_t *above)
{
    const struct check_matrix *matrix = &fixed->matrices[b];
    struct lane *lane = &fixed->lanes[r];
    const size_t last = matrix->n_columns - 1;
    const int64_t high = fixed->high[r * matrix->stride + last];
    const int64_t low = fixed->low[r * matrix->stride + last];
    add_to_sum(lane,
               (check_wide)high * ((check_wide)1 << HALF) + low - above[0],
               lane->exponent + matrix->exponent);
    for (size_t c = 0; c < last;) {
        const struct range range = find_range(fixed->base, matrix, c);
        scatter_range(fixed, r, matrix, &range, above);
        c += range.n;
    }
}

static void eliminate_block(struct check_fixed *fixed, size_t b,
                            const struct check_region *region)
{
    const struct check_matrix *matrix = &fixed->matrices[b];
    int64_t above[CHECK_LANES][2] = {{0}};
    const size_t n = find_rows(fixed, b, region);
    if (n == 0) {
        return;
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        fill_column(fixed, r, b, region, n);
    }
    check_matrix_multiply(fixed->high, fixed->low, matrix, fixed->z, fixed->row,
                          n);
    for (size_t a = 0; a < n && matrix->is_rounded; a++) {
        for (size_t r = 0; r < CHECK_LANES; r++) {
            const int64_t z = fixed->z[a * CHECK_LANES + r];
            above[r][z > 0 ? 1 : 0] += z > 0 ? z : -z;
        }
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        if (!fixed->lanes[r].is_dead) {
            scatter(fixed, r, b, above[r]);
        }
    }
}

/* Puts inputs at their worst end: for a coefficient between q and q + n_units,
 *   coefficient * x >= q * (x's end) - n_units * max(0, -lower)          (3) */
static void eliminate_inputs(struct check_fixed *fixed, struct lane *lane,
                             const struct check_region *region)
{
    const struct part *part = &lane->parts[fixed->base->n_relus + 1];
    const size_t n = part->is_set ? fixed->base->n_inputs : 0;
    for (size_t i = 0; i < n && !lane->is_dead; i++) {
        const int64_t q = lane->q[i]; /* < 2^62, as the ends are */
        const int64_t lower = region->box[2 * i];
        const int64_t end = q < 0 ? region->box[2 * i + 1] : lower;
        const check_wide charge =
            lower < 0 ? (check_wide)part->n_units * -lower : 0;
        add_to_sum(lane, (check_wide)q * end - charge,
                   part->exponent - (long)region->box_bits);
    }
}

/* bound = sum * 2^exponent */
static void set_bound(struct check_bound *bound, check_wide sum, long exponent)
{
    const check_wide half = (check_wide)1 << 63;
    bound->is_finite = true;
    bound->exponent = exponent;
    mpz_set_si(bound->value, (int64_t)(sum >> 63));
    mpz_mul_2exp(bound->value, bound->value, 63);
    mpz_add_ui(bound->value, bound->value, (unsigned long)(sum & (half - 1)));
}

void check_fixed_bounds(struct check_bound *bounds, bool *is_done,
                        struct check_fixed *fixed,
                        const struct check_region *region,
                        const struct check_goal *goals, size_t n)
{
    static const struct check_goal nothing = {0};
    for (size_t from = 0; from < n; from += CHECK_LANES) {
        const size_t n_lanes = n - from < CHECK_LANES ? n - from : CHECK_LANES;
        size_t b = 0;
        for (size_t r = 0; r < CHECK_LANES; r++) {
            load_lane(fixed, &fixed->lanes[r],
                      r < n_lanes ? &goals[from + r] : &nothing);
        }
        if (find_last_block(fixed->base, &b, goals + from, n_lanes)) {
            for (b++; b-- > 0;) {
                eliminate_block(fixed, b, region);
            }
        }
        for (size_t r = 0; r < n_lanes; r++) {
            struct lane *lane = &fixed->lanes[r];
            eliminate_inputs(fixed, lane, region);
            is_done[from + r] = !lane->is_dead;
            if (!lane->is_dead) {
                set_bound(&bounds[from + r], lane->sum, lane->scale - SUM_BITS);
            }
        }
    }
}
