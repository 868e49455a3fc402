/* Coefficients of all lanes layer by layer: FORMAT.md, "Fixed-point
 * evaluation".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_words.h"

#include "proofs/check/check_fail.h"

#include <string.h>

/* Of sums of coefficients; of slopes; of intercepts and errors; of the rows
 * after which sums of intercepts are carried. */
enum { MERGED_BITS = 61, SLOPE_BITS = 16, OFFSET_BITS = 52, BLOCK = 64 };

struct check_words *check_words_create(const struct check_network *network,
                                       const struct check_words *shared)
{
    struct check_words *words = check_alloc(1, sizeof *words);
    const size_t n = network->n_layers;
    size_t width = 0;
    size_t stride = 0;
    size_t n_segments = 0;
    words->network = network;
    words->has_own_matrices = shared == NULL;
    words->matrices = shared == NULL ? check_alloc(n, sizeof *words->matrices)
                                     : shared->matrices;
    words->parts = check_alloc(n + 1, sizeof *words->parts);
    words->part = check_alloc(network->n_coordinates, sizeof *words->part);
    words->parts[0].width = network->n_inputs;
    for (size_t l = 0; l < n; l++) {
        const struct check_layer *layer = &network->layers[l];
        struct check_matrix *matrix = &words->matrices[l];
        for (size_t i = 0; i < layer->width; i++) {
            words->part[layer->first + i] = (uint32_t)(l + 1);
        }
        if (layer->kind == CHECK_AFFINE && shared == NULL) {
            check_matrix_init(matrix, layer, words->part);
        }
        words->parts[l + 1].first = layer->first;
        words->parts[l + 1].width = layer->width;
        width = layer->width > width ? layer->width : width;
        stride = matrix->stride > stride ? matrix->stride : stride;
        n_segments =
            matrix->n_segments > n_segments ? matrix->n_segments : n_segments;
    }
    const size_t n_lanes = network->n_coordinates + width + stride;
    words->block = check_alloc(n_lanes + 1, sizeof *words->q);
    words->q = (check_lanes *)words->block;
    words->q = (check_lanes *)((char *)words->block + sizeof *words->q -
                               (uintptr_t)words->block % sizeof *words->q);
    words->z = words->q + network->n_coordinates;
    words->sum = words->z + width;
    words->row = check_alloc(width, sizeof *words->row);
    words->window = check_alloc(n_segments, sizeof *words->window);
    return words;
}

void check_words_free(struct check_words *words)
{
    for (size_t l = 0; words->has_own_matrices && l < words->network->n_layers;
         l++) {
        check_matrix_clear(&words->matrices[l]);
    }
    if (words->has_own_matrices) {
        check_free(words->matrices);
    }
    check_free(words->parts);
    check_free(words->part);
    check_free(words->block);
    check_free(words->row);
    check_free(words->window);
    check_free(words);
}

/* sums[r] += value * 2^exponent, rounded down; kills the lane instead of
 * overflowing. */
static void add_to_sum(struct check_words *words, size_t r, check_wide value,
                       long exponent)
{
    const check_wide most = (check_wide)1 << 125;
    if (!check_wide_scale(&value, exponent + CHECK_SUM_BITS, 125) ||
        words->sums[r] < -most || words->sums[r] > most) {
        words->is_dead[r] = true;
    } else {
        words->sums[r] += value; /* both at most 2^125 in size */
    }
}

/* q[n] = (q << left) >> right by floor; bits receives theirs. */
CHECK_CLONES static void shift_all(check_lanes *q, size_t n, check_lanes *bits,
                                   const check_lanes *left,
                                   const check_lanes *right)
{
    check_lanes all = {0};
    for (size_t i = 0; i < n; i++) {
        const check_lanes x = (q[i] << *left) >> *right;
        q[i] = x;
        all |= (x ^ (x >> 63)) | (x >> 63 & 1);
    }
    *bits = all;
}

/* Subtracts `above` from x[n]: their bits. */
CHECK_CLONES static void subtract_all(check_lanes *x, size_t n,
                                      check_lanes *bits,
                                      const check_lanes *above)
{
    check_lanes all = {0};
    for (size_t i = 0; i < n; i++) {
        const check_lanes y = x[i] - *above;
        x[i] = y;
        all |= (y ^ (y >> 63)) | (y >> 63 & 1);
    }
    *bits = all;
}

/* q[n] += (x << left) >> right; bits receives those of the sums. */
CHECK_CLONES static void add_all(check_lanes *q, const check_lanes *x, size_t n,
                                 check_lanes *bits, const check_lanes *left,
                                 const check_lanes *right)
{
    check_lanes all = {0};
    for (size_t i = 0; i < n; i++) {
        const check_lanes y = q[i] + ((x[i] << *left) >> *right);
        q[i] = y;
        all |= (y ^ (y >> 63)) | (y >> 63 & 1);
    }
    *bits = all;
}

/* Exponent of the first bit of a lane. */
static long find_top(const struct check_part *part, size_t r)
{
    return part->exponent[r] +
           check_bit_length((uint64_t)(part->bits[r] | part->units[r]));
}

static bool has_lane(const struct check_part *part, size_t r)
{
    return (part->bits[r] | part->units[r]) != 0;
}

/* Changes a lane's exponent; there is room if it becomes finer. Its q are then
 * to be shifted by left, then right. */
static void change_exponent(struct check_part *part, size_t r, long exponent,
                            check_lanes *left, check_lanes *right)
{
    const long shift = exponent - part->exponent[r];
    part->exponent[r] = exponent;
    (*left)[r] = (*right)[r] = 0;
    if (has_lane(part, r) && shift < 0) {
        (*left)[r] = -shift;
        part->bits[r] <<= -shift;
        part->units[r] <<= -shift;
    } else if (has_lane(part, r) && shift > 0) {
        (*right)[r] = shift > 63 ? 63 : shift;
        part->bits[r] = (part->bits[r] >> (*right)[r]) | 1;
        part->units[r] = (part->units[r] >> (*right)[r]) + 2;
    }
}

/* Makes the window of a part at least low .. end - 1. */
static void widen(struct check_words *words, struct check_part *part,
                  size_t low, size_t end)
{
    if (part->low == part->end) {
        part->low = part->end = low;
    }
    if (low < part->low) {
        memset(words->q + low, 0, (part->low - low) * sizeof *words->q);
        part->low = low;
    }
    if (end > part->end) {
        memset(words->q + part->end, 0, (end - part->end) * sizeof *words->q);
        part->end = end;
    }
}

/* Adds x[n] to the coefficients of the coordinates first .., all in one part.
 * `from` tells exponent, bits and units of x. */
static void add_range(struct check_words *words, size_t first, size_t n,
                      const check_lanes *x, struct check_part from)
{
    struct check_part *part = &words->parts[words->part[first]];
    check_lanes left[2];
    check_lanes right[2];
    check_lanes bits;
    bool is_shifted = false;
    for (size_t r = 0; r < CHECK_LANES; r++) {
        long exponent =
            has_lane(part, r) ? part->exponent[r] : from.exponent[r];
        if (has_lane(part, r) && has_lane(&from, r)) {
            const long tops[2] = {find_top(part, r), find_top(&from, r)};
            const long most =
                (tops[0] > tops[1] ? tops[0] : tops[1]) - MERGED_BITS;
            exponent =
                exponent < from.exponent[r] ? exponent : from.exponent[r];
            exponent = exponent > most ? exponent : most;
        }
        change_exponent(part, r, exponent, &left[0], &right[0]);
        change_exponent(&from, r, exponent, &left[1], &right[1]);
        is_shifted = is_shifted || left[0][r] != 0 || right[0][r] != 0;
    }
    if (is_shifted) {
        shift_all(words->q + part->low, part->end - part->low, &bits, &left[0],
                  &right[0]);
    }
    widen(words, part, first, first + n);
    add_all(words->q + first, x, n, &bits, &left[1], &right[1]);
    part->bits |= bits;
    part->units += from.units;
}

/* The shifts, left then right, after which the lanes of a part have q_bits
 * bits; its exponent and units then. */
static void normalize(struct check_part *part, check_lanes shift[2],
                      long q_bits)
{
    for (size_t r = 0; r < CHECK_LANES; r++) {
        const long excess =
            check_bit_length((uint64_t)(part->bits[r] | part->units[r])) -
            q_bits;
        change_exponent(part, r, part->exponent[r] + excess, &shift[0],
                        &shift[1]);
    }
}

/*
 * Sums over some neurons with the lanes' coefficients x on the way:
 *   high * 2^26 + low  x times the intercept of upper lines, units of 2^-G
 *   error              lost by rounding coefficients of z
 *   is_missing         not 0: some number was too long, or no upper line
 */
struct line_sums {
    check_lanes high;
    check_lanes low;
    check_lanes error;
    check_lanes is_missing;
};

/* x = the coefficient of z for the coefficient x of max(z, 0), where `lower`
 * * 2^-SLOPE_BITS is the slope of the lower line of an unstable neuron. */
static inline void apply_line(check_lanes *x, struct line_sums *sums,
                              const struct check_line *line, int64_t lower,
                              unsigned slope_bits)
{
    const int64_t most = (int64_t)1 << OFFSET_BITS;
    const int64_t upper = line->slope << (SLOPE_BITS - slope_bits);
    const check_lanes negative = *x >> 63;
    const check_lanes down = *x & negative;
    const check_lanes product = (*x & ~negative) * lower + down * upper;
    const check_lanes is_inexact = (product & ((1 << SLOPE_BITS) - 1)) != 0;
    if (!line->has_upper || line->offset >= most) {
        sums->is_missing |= negative;
    } else {
        sums->high += down * (line->offset >> 26);
        sums->low += down * (line->offset & ((1 << 26) - 1));
    }
    if (line->error >= most) {
        sums->is_missing |= is_inexact;
    } else {
        sums->error += is_inexact & line->error;
    }
    *x = (product + (line->is_rounded_up ? (1 << SLOPE_BITS) - 1 : 0)) >>
         SLOPE_BITS;
}

/* Replaces q[n], shifted, of neurons by the coefficients of z. */
CHECK_CLONES static void
apply_lines(check_lanes *q, size_t n, struct line_sums *sums, check_lanes *bits,
            const check_lanes *shift, const struct check_region *region,
            const uint32_t *source, const int16_t *slope)
{
    const unsigned lower_shift = SLOPE_BITS - region->lower_bits;
    check_lanes all = *bits;
    for (size_t i = 0; i < n; i++) {
        const struct check_line *line = &region->line[source[i]];
        check_lanes x = (q[i] << shift[0]) >> shift[1];
        if (line->phase == CHECK_INACTIVE) {
            x ^= x;
        } else if (line->phase == CHECK_UNSTABLE) {
            const int64_t lower = slope != NULL && slope[i] >= 0
                                      ? (int64_t)slope[i] << lower_shift
                                      : (int64_t)line->is_identity_below
                                            << SLOPE_BITS;
            apply_line(&x, sums, line, lower, region->slope_bits);
        }
        q[i] = x;
        all |= (x ^ (x >> 63)) | (x >> 63 & 1);
    }
    *bits = all;
}

static void eliminate_relu(struct check_words *words, size_t p,
                           const struct check_region *region, bool use_slopes)
{
    const struct check_layer *layer = &words->network->layers[p - 1];
    struct check_part *part = &words->parts[p];
    const uint32_t *source = layer->source - layer->first;
    const size_t below = words->part[source[part->low]];
    long q_bits = 30;
    if (below > 0 && words->network->layers[below - 1].kind == CHECK_AFFINE) {
        q_bits = words->matrices[below - 1].q_bits;
    }
    check_lanes shift[2];
    struct check_part from = {.first = 0};
    normalize(part, shift, q_bits);
    from.exponent = part->exponent;
    for (size_t i = part->low; i < part->end; i += BLOCK) {
        const size_t n = part->end - i < BLOCK ? part->end - i : BLOCK;
        struct line_sums sums = {.high = {0}};
        apply_lines(words->q + i, n, &sums, &from.bits, shift, region,
                    source + i, use_slopes ? region->slope + i : NULL);
        for (size_t r = 0; r < CHECK_LANES; r++) {
            const check_wide sum =
                (check_wide)sums.high[r] * (1 << 26) + sums.low[r];
            add_to_sum(words, r, sum - sums.error[r],
                       part->exponent[r] - (long)region->fact_bits);
            words->is_dead[r] = words->is_dead[r] || sums.is_missing[r] != 0;
        }
    }
    for (size_t i = part->low; i < part->end;) {
        size_t n = 1;
        while (i + n < part->end && source[i + n] == source[i] + n &&
               words->part[source[i + n]] == words->part[source[i]]) {
            n++;
        }
        add_range(words, source[i], n, words->q + i, from);
        i += n;
    }
}

/* Rounding leaves coefficients up to `units` above: each costs at most this
 * times the lower end of its coordinate, if that is negative. */
static void charge_units(struct check_words *words,
                         const struct check_part *part,
                         const struct check_region *region, unsigned bits)
{
    const check_wide most = (check_wide)1 << 62;
    check_wide below = 0;
    for (size_t i = part->low; i < part->end; i++) {
        const int64_t lower = region->ends[2 * i];
        below += lower < 0 ? -(check_wide)lower : 0;
        below = lower == CHECK_NO_LOWER || below > most ? most : below;
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        if (part->units[r] != 0 && below == most) {
            words->is_dead[r] = true;
        }
        add_to_sum(words, r, -below * part->units[r],
                   part->exponent[r] - (long)bits);
    }
}

/* Finds the rows with coefficients: z and row, their number. above[0] and [1]
 * receive the sums of -q of the negative and of q of the others. */
CHECK_CLONES static size_t find_rows(struct check_words *words,
                                     const struct check_part *part,
                                     const check_lanes shift[2],
                                     check_lanes above[2])
{
    size_t n = 0;
    check_lanes sums[2] = {{0}};
    for (size_t i = part->low; i < part->end; i++) {
        const check_lanes x = (words->q[i] << shift[0]) >> shift[1];
        int64_t any = 0;
        for (size_t r = 0; r < CHECK_LANES; r++) {
            any |= x[r];
        }
        words->z[n] = x;
        words->row[n] = (uint32_t)(i - part->first);
        n += any != 0 ? 1 : 0;
        sums[0] -= x & (x >> 63);
        sums[1] += x & ~(x >> 63);
    }
    above[0] = sums[0];
    above[1] = sums[1];
    return n;
}

static void eliminate_affine(struct check_words *words, size_t p,
                             const struct check_region *region)
{
    const struct check_matrix *matrix = &words->matrices[p - 1];
    struct check_part *part = &words->parts[p];
    check_lanes shift[2];
    check_lanes above[2];
    normalize(part, shift, matrix->q_bits);
    charge_units(words, part, region, region->fact_bits);
    const size_t n = find_rows(words, part, shift, above);
    if (n == 0) {
        return;
    }
    check_matrix_multiply(words->sum, words->window, matrix, words->z,
                          words->row, n);
    const check_lanes *bias = words->sum + matrix->n_columns;
    for (size_t r = 0; r < CHECK_LANES; r++) {
        const check_wide sum =
            (check_wide)bias[0][r] * ((check_wide)1 << matrix->bias_bits) +
            bias[1][r] - (matrix->is_bias_rounded ? above[0][r] : 0);
        add_to_sum(words, r, sum, part->exponent[r] + matrix->bias_exponent);
    }
    struct check_part from = {.exponent = part->exponent + matrix->exponent};
    if (matrix->is_rounded) {
        from.units = above[0] + above[1];
    } else {
        above[0] ^= above[0];
    }
    for (size_t s = 0; s < matrix->n_segments; s++) {
        const struct check_segment *segment = &matrix->segments[s];
        const size_t low = words->window[s][0];
        const size_t width = words->window[s][1] - low;
        if (width > 0) {
            subtract_all(words->sum + low, width, &from.bits, &above[0]);
            add_range(words, segment->first + (low - segment->position), width,
                      words->sum + low, from);
        }
    }
}

static void eliminate_inputs(struct check_words *words,
                             const struct check_region *region)
{
    const struct check_part *part = &words->parts[0];
    charge_units(words, part, region, region->box_bits);
    for (size_t i = part->low; i < part->end; i++) {
        for (size_t r = 0; r < CHECK_LANES; r++) {
            const int64_t q = words->q[i][r];
            const int64_t end = region->ends[2 * i + (q < 0 ? 1 : 0)];
            add_to_sum(words, r, (check_wide)q * end,
                       part->exponent[r] - (long)region->box_bits);
        }
    }
}

void check_words_reset(struct check_words *words)
{
    for (size_t p = 0; p <= words->network->n_layers; p++) {
        struct check_part *part = &words->parts[p];
        *part = (struct check_part){.first = part->first, .width = part->width};
    }
    memset(words->is_dead, 0, sizeof words->is_dead);
    memset(words->sums, 0, sizeof words->sums);
}

void check_words_add(struct check_words *words, size_t lane, size_t coordinate,
                     const int64_t q_units[2], long exponent)
{
    check_lanes q = {0};
    struct check_part from = {.first = 0};
    q[lane] = q_units[0];
    from.exponent[lane] = exponent;
    from.bits[lane] = (q[lane] ^ (q[lane] >> 63)) | (q[lane] < 0 ? 1 : 0);
    from.units[lane] = q_units[1];
    add_range(words, coordinate, 1, &q, from);
}

void check_words_run(struct check_words *words,
                     const struct check_region *region, bool use_slopes)
{
    for (size_t p = words->network->n_layers; p > 0; p--) {
        const struct check_part *part = &words->parts[p];
        if (part->low == part->end) {
            continue;
        }
        if (words->network->layers[p - 1].kind == CHECK_RELU) {
            eliminate_relu(words, p, region, use_slopes);
        } else {
            eliminate_affine(words, p, region);
        }
    }
    eliminate_inputs(words, region);
}
