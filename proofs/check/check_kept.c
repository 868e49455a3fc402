/* Facts are the keys; ends are rationals on the way.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_kept.h"

#include "proofs/check/check_matrix.h"
#include "proofs/check/check_pair.h"
#include "proofs/check/check_piece.h"

#include <string.h>

enum { OFFSET_BITS = 60 };

/* x in units of 2^-G, rounded outward; false if no number is beyond it. */
static bool round_end(int64_t *end, const mpq_t x, size_t side,
                      unsigned fact_bits)
{
    mpq_t units;
    mpz_t rounded;
    mpq_init(units);
    mpz_init(rounded);
    mpq_mul_2exp(units, x, fact_bits);
    (side == 0 ? mpz_fdiv_q : mpz_cdiv_q)(rounded, mpq_numref(units),
                                          mpq_denref(units));
    bool is_small = mpz_sizeinbase(rounded, 2) <= 62;
    *end = is_small ? mpz_get_si(rounded) : 0;
    if (!is_small && (mpz_sgn(rounded) > 0) == (side == 0)) {
        is_small = true;
        *end = side == 0 ? CHECK_MOST_FACT - 1 : 1 - CHECK_MOST_FACT;
    }
    mpq_clear(units);
    mpz_clear(rounded);
    return is_small;
}

void check_get_ends(mpq_t x[2], bool is_known[2],
                    const struct check_region *region, size_t z)
{
    int64_t fact[2];
    check_region_fact(fact, region, z);
    for (size_t e = 0; e < 2; e++) {
        is_known[e] = fact[e] != (e == 0 ? CHECK_NO_LOWER : CHECK_NO_UPPER);
        mpq_set_si(x[e], is_known[e] ? fact[e] : 0, 1);
        mpq_div_2exp(x[e], x[e], region->fact_bits);
    }
}

/* Least and greatest product of an end of x and one of y. */
static void multiply_ends(mpq_t y[2], mpq_t x[2], mpq_t other[2])
{
    mpq_t product[4];
    for (size_t k = 0; k < 4; k++) {
        mpq_init(product[k]);
        mpq_mul(product[k], x[k / 2], other[k % 2]);
    }
    mpq_set(y[0], product[0]);
    mpq_set(y[1], product[0]);
    for (size_t k = 0; k < 4; k++) {
        if (mpq_cmp(product[k], y[0]) < 0) {
            mpq_set(y[0], product[k]);
        }
        if (mpq_cmp(product[k], y[1]) > 0) {
            mpq_set(y[1], product[k]);
        }
        mpq_clear(product[k]);
    }
}

/* Curves, products and scales, in rationals. */
void check_curved_ends(int64_t ends[2], const struct check_region *region,
                       const struct check_layer *layer, size_t i)
{
    mpq_t x[2];
    mpq_t y[2];
    bool is_known[2];
    bool has[2];
    if (layer->kind == CHECK_DIFFERENCE) {
        check_pair_ends(ends, region, layer, i);
        return;
    }
    mpq_inits(x[0], x[1], y[0], y[1], NULL);
    check_get_ends(x, is_known, region, layer->source[i]);
    has[0] = has[1] = is_known[0] && is_known[1];
    if (layer->kind == CHECK_CURVED) {
        check_curve_range(y, has, layer->curve, x, is_known);
    } else if (layer->kind == CHECK_PRODUCT) {
        check_get_ends(y, is_known, region, layer->source[layer->width + i]);
        has[0] = has[1] = has[0] && is_known[0] && is_known[1];
        multiply_ends(y, y, x);
    } else {
        mpq_set(y[0], layer->factor[i].lower);
        mpq_set(y[1], layer->factor[i].upper);
        multiply_ends(y, y, x);
    }
    for (size_t e = 0; e < 2; e++) {
        if (!has[e] || !round_end(&ends[e], y[e], e, region->fact_bits)) {
            ends[e] = e == 0 ? CHECK_NO_LOWER : CHECK_NO_UPPER;
        }
    }
    mpq_clears(x[0], x[1], y[0], y[1], NULL);
}

/* Lines through the ends of v itself, static or by the facts of its sources,
 * where others are missing; both of a neuron that reads several values. */
static void add_flat_lines(struct check_curve_lines *lines,
                           const struct check_region *region,
                           const struct check_layer *layer, size_t i)
{
    const size_t v = layer->first + i;
    const bool is_each =
        layer->kind == CHECK_CURVED || layer->kind == CHECK_SCALE;
    int64_t ends[2];
    check_curved_ends(ends, region, layer, i);
    if (!is_each) {
        *lines = (struct check_curve_lines){.has = {false, false}};
    }
    for (size_t e = 0; e < 2; e++) {
        if (lines->has[e]) {
            continue;
        }
        lines->slope[e] = 0.0;
        const int64_t given = region->ends[2 * v + e];
        const int64_t end = (e == 0) == (given > ends[e]) ? given : ends[e];
        mpq_t number;
        mpq_init(number);
        mpq_set_si(number, end, 1);
        mpq_div_2exp(number, number, region->fact_bits);
        lines->has[e] = end != (e == 0 ? CHECK_NO_LOWER : CHECK_NO_UPPER) &&
                        check_round(&lines->intercept[e], number, e == 1);
        mpq_clear(number);
    }
}

/* floor(number * 2^exponent); false if that is above 2^OFFSET_BITS in size. */
static bool round_down(int64_t *units, double number, long exponent)
{
    int64_t mantissa = 0;
    long last = 0;
    check_split_double(&mantissa, &last, number);
    check_wide wide = mantissa;
    const bool is_small = check_wide_scale(&wide, last + exponent, OFFSET_BITS);
    *units = is_small ? (int64_t)wide : 0;
    return is_small;
}

/* number * 2^exponent is an integer. */
static bool is_whole(double number, long exponent)
{
    int64_t mantissa = 0;
    long last = 0;
    check_split_double(&mantissa, &last, number);
    return mantissa == 0 || last + exponent >= 0;
}

/* All slopes are below 2^length in size. */
static long measure_slopes(const struct check_curve_lines *lines)
{
    const double slopes[6] = {lines->slope[0],   lines->slope[1],
                              lines->rest[0][0], lines->rest[0][1],
                              lines->rest[1][0], lines->rest[1][1]};
    long longest = CHECK_LEAST_LENGTH;
    for (size_t k = 0; k < 6; k++) {
        int64_t m = 0;
        long last = 0;
        check_split_double(&m, &last, slopes[k]);
        const uint64_t size = (uint64_t)(m < 0 ? -m : m);
        const long length = last + check_bit_length(size);
        longest = m != 0 && length > longest ? length : longest;
    }
    return longest;
}

/* The offset of a line e, from the intercept. A slope that was rounded down is
 * too low by less than one unit: v is at least, or at most, what this does to
 * the end of the source that makes it worst. False if that is not known. */
static bool find_offset(struct check_word_lines *words, size_t e,
                        const struct check_curve_lines *lines,
                        int64_t facts[3][2], unsigned fact_bits)
{
    const double slopes[3] = {lines->slope[e], lines->rest[e][0],
                              lines->rest[e][1]};
    const double intercept = lines->intercept[e];
    int64_t below = 0; /* the offset, of -v for an upper line */
    bool is_known =
        round_down(&below, e == 0 ? intercept : -intercept, (long)fact_bits);
    check_wide sum = below;
    for (size_t k = 0; is_known && k < 3; k++) {
        const int64_t end = facts[k][e];
        check_wide cost = e == 0 ? -(check_wide)end : end;
        cost = cost < 0 ? 0 : cost;
        if (!is_whole(slopes[k], words->shift)) {
            is_known = end != CHECK_NO_LOWER && end != CHECK_NO_UPPER &&
                       check_wide_scale(&cost, -words->shift, OFFSET_BITS);
            sum -= cost + 1;
        }
    }
    const check_wide most = (check_wide)1 << OFFSET_BITS;
    is_known = is_known && sum >= -most && sum <= most;
    words->offset[e] = !is_known ? 0 : (int64_t)(e == 0 ? sum : -sum);
    return is_known;
}

/* *sum += the least slope * 2^-shift * z, rounded down, in units of 2^-G; false
 * if that is not known. */
static bool add_least(check_wide *sum, int64_t slope, long shift,
                      const int64_t fact[2])
{
    const int64_t end = fact[slope < 0 ? 1 : 0];
    check_wide part = (check_wide)slope * end;
    if (slope != 0 && (end == CHECK_NO_LOWER || end == CHECK_NO_UPPER ||
                       !check_wide_scale(&part, -shift, 2L * OFFSET_BITS))) {
        return false;
    }
    *sum += slope != 0 ? part : 0;
    return true;
}

/* The lines of v, whose sources are those, for words. */
static void shorten_lines(struct check_kept *kept,
                          const struct check_region *region, size_t v,
                          const size_t sources[3])
{
    const struct check_curve_lines *lines = &kept->lines;
    struct check_word_lines *words = &kept->words;
    int64_t facts[3][2];
    for (size_t k = 0; k < 3; k++) {
        check_region_fact(facts[k], region, sources[k]);
    }
    words->length = measure_slopes(lines);
    words->shift = CHECK_SLOPE_BITS - words->length;
    for (size_t e = 0; e < 2; e++) {
        (void)round_down(&words->slope[e], lines->slope[e], words->shift);
        (void)round_down(&words->rest[e][0], lines->rest[e][0], words->shift);
        (void)round_down(&words->rest[e][1], lines->rest[e][1], words->shift);
        words->has[e] = lines->has[e] &&
                        find_offset(words, e, lines, facts, region->fact_bits);
    }
    check_wide least = words->offset[0];
    words->least = region->ends[2 * v];
    if (words->has[0] &&
        add_least(&least, words->slope[0], words->shift, facts[0]) &&
        add_least(&least, words->rest[0][0], words->shift, facts[1]) &&
        add_least(&least, words->rest[0][1], words->shift, facts[2]) &&
        least > words->least) {
        words->least = least < 0 ? (int64_t)least : 0;
    }
}

/* Makes the lines of element i of the layer anew. */
static void find_lines(struct check_kept *kept,
                       const struct check_region *region,
                       const struct check_layer *layer, size_t i)
{
    const bool is_product = layer->kind == CHECK_PRODUCT;
    const size_t sources[2] = {
        layer->source[i], layer->source[is_product ? layer->width + i : i]};
    mpq_t x[2];
    mpq_t y[2];
    bool is_known[2];
    bool is_other_known[2];
    mpq_inits(x[0], x[1], y[0], y[1], NULL);
    check_get_ends(x, is_known, region, sources[0]);
    check_get_ends(y, is_other_known, region, sources[1]);
    kept->lines = (struct check_curve_lines){.has = {false, false}};
    if (layer->kind == CHECK_DIFFERENCE) {
        kept->lines = check_pair_lines(region, layer, i);
    } else if (is_known[0] && is_known[1] && is_other_known[0] &&
               is_other_known[1]) {
        kept->lines = is_product ? check_product_lines(x, y)
                      : layer->kind == CHECK_CURVED
                          ? check_curve_lines(layer->curve, x)
                          : check_scale_lines(&layer->factor[i], x);
    }
    if (!kept->lines.has[0] || !kept->lines.has[1]) {
        add_flat_lines(&kept->lines, region, layer, i);
    }
    check_middle(y[0], x[0], x[1]);
    kept->gap =
        (kept->lines.slope[1] - kept->lines.slope[0]) * mpq_get_d(y[0]) +
        kept->lines.intercept[1] - kept->lines.intercept[0];
    mpq_clears(x[0], x[1], y[0], y[1], NULL);
}

const struct check_kept *check_kept_get(struct check_kept *kept,
                                        const struct check_region *region,
                                        const struct check_layer *layer,
                                        size_t i)
{
    const size_t v = layer->first + i;
    size_t sources[3];
    int64_t ends[8] = {region->ends[2 * v], region->ends[2 * v + 1]};
    for (size_t k = 0; k < 3; k++) {
        const size_t at = k * layer->width + i;
        sources[k] = layer->source[at < check_n_sources(layer) ? at : i];
        ends[2 * k + 2] = region->ends[2 * sources[k]];
        ends[2 * k + 3] = region->ends[2 * sources[k] + 1];
    }
    kept += v;
    if (!kept->is_known || memcmp(kept->ends, ends, sizeof ends) != 0) {
        kept->is_known = true;
        memcpy(kept->ends, ends, sizeof ends);
        find_lines(kept, region, layer, i);
        shorten_lines(kept, region, v, sources);
        kept->words.n_sources = check_n_sources(layer) / layer->width;
    }
    return kept;
}

bool check_can_gain(const struct check_region *region,
                    const struct check_layer *layer, size_t i)
{
    const uint32_t z = layer->source[i];
    if (layer->kind == CHECK_RELU) {
        return region->line[z].phase == CHECK_UNSTABLE;
    }
    return region->ends[2 * (size_t)z] < region->ends[2 * (size_t)z + 1] &&
           (layer->kind != CHECK_DIFFERENCE ||
            !check_pair_is_exact(region, layer, i));
}
