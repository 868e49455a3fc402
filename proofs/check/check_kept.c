/* Facts are the keys; ends are rationals on the way.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_kept.h"

#include <string.h>

/* x in units of 2^-G, rounded outward; false if too large. */
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
    const bool is_small = mpz_sizeinbase(rounded, 2) <= 62;
    *end = is_small ? mpz_get_si(rounded) : 0;
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

/* Lines through the ends of v itself, where others are missing. */
static void add_flat_lines(struct check_curve_lines *lines,
                           const struct check_region *region, size_t v)
{
    mpq_t ends[2];
    bool is_known[2];
    mpq_inits(ends[0], ends[1], NULL);
    check_get_ends(ends, is_known, region, v);
    lines->slope[0] = lines->slope[1] = lines->other = 0.0;
    for (size_t e = 0; e < 2; e++) {
        lines->has[e] =
            is_known[e] && check_round(&lines->intercept[e], ends[e], e == 1);
    }
    mpq_clears(ends[0], ends[1], NULL);
}

const struct check_curve_lines *
check_kept_get(struct check_kept *kept, const struct check_region *region,
               const struct check_layer *layer, size_t i)
{
    const bool is_product = layer->kind == CHECK_PRODUCT;
    const size_t v = layer->first + i;
    const size_t sources[2] = {
        layer->source[i], layer->source[is_product ? layer->width + i : i]};
    int64_t facts[6];
    kept += v;
    check_region_fact(facts, region, sources[0]);
    check_region_fact(facts + 2, region, sources[1]);
    check_region_fact(facts + 4, region, v);
    if (kept->is_known && memcmp(kept->facts, facts, sizeof facts) == 0) {
        return &kept->lines;
    }
    mpq_t x[2];
    mpq_t y[2];
    bool is_known[2];
    bool is_other_known[2];
    mpq_inits(x[0], x[1], y[0], y[1], NULL);
    check_get_ends(x, is_known, region, sources[0]);
    check_get_ends(y, is_other_known, region, sources[1]);
    kept->is_known = true;
    memcpy(kept->facts, facts, sizeof facts);
    kept->lines = (struct check_curve_lines){.other = 0.0};
    if (is_known[0] && is_known[1] && is_other_known[0] && is_other_known[1]) {
        kept->lines = is_product ? check_product_lines(x, y)
                      : layer->kind == CHECK_CURVED
                          ? check_curve_lines(layer->curve, x)
                          : check_scale_lines(&layer->factor[i], x);
    }
    if (!kept->lines.has[0] || !kept->lines.has[1]) {
        add_flat_lines(&kept->lines, region, v);
    }
    mpq_clears(x[0], x[1], y[0], y[1], NULL);
    return &kept->lines;
}
