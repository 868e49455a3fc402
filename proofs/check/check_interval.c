/* Interval evaluation: each row from the ends of its columns.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_back.h"
#include "proofs/check/check_kept.h"

/* Sums are in units of 2^-(G + GUARD_BITS), terms at most 2^TERM_BITS units,
 * so that the 2^32 that a row may have do not overflow. */
enum { GUARD_BITS = 16, TERM_BITS = 94 };

/* *sum += factor * 2^shift * v, for |factor| < 2^53 and the ends of v, at the
 * end where that is least, rounded down; false if that is too large or
 * infinite. */
static bool add_term(check_wide *sum, const int64_t ends[2], int64_t factor,
                     long shift)
{
    const int64_t end = ends[factor < 0 ? 1 : 0];
    check_wide value = (check_wide)factor * end;
    const bool is_finite =
        end != (factor < 0 ? CHECK_NO_UPPER : CHECK_NO_LOWER) &&
        check_wide_scale(&value, shift, TERM_BITS);
    *sum += is_finite ? value : 0;
    return is_finite;
}

/* Facts below v and below -v of row i; CHECK_NO_LOWER if one is too low.
 * Columns that are 0 add nothing. */
static void row_lower(int64_t facts[2], const struct check_region *region,
                      const struct check_layer *layer, size_t i)
{
    const long unit = (long)region->fact_bits + GUARD_BITS;
    const check_wide most = CHECK_MOST_FACT - 1;
    int64_t m = 0;
    long exponent = 0;
    check_split_double(&m, &exponent, layer->bias[i]);
    check_wide sum[2] = {m, -m};
    bool is_finite[2];
    for (size_t e = 0; e < 2; e++) {
        is_finite[e] = check_wide_scale(&sum[e], exponent + unit, TERM_BITS);
    }
    for (size_t k = layer->start[i];
         (is_finite[0] || is_finite[1]) && k < layer->start[i + 1]; k++) {
        const uint32_t column = layer->column[k];
        const int64_t *ends = region->ends + 2 * (size_t)column;
        if (ends[0] == 0 && ends[1] == 0) {
            continue;
        }
        check_split_double(&m, &exponent, layer->weight[k]);
        exponent +=
            unit - (long)(column < region->n_inputs ? region->box_bits
                                                    : region->fact_bits);
        is_finite[0] = is_finite[0] && add_term(&sum[0], ends, m, exponent);
        is_finite[1] = is_finite[1] && add_term(&sum[1], ends, -m, exponent);
    }
    for (size_t e = 0; e < 2; e++) {
        sum[e] >>= GUARD_BITS;
        facts[e] = !is_finite[e] || sum[e] < -most ? CHECK_NO_LOWER
                   : sum[e] < most                 ? (int64_t)sum[e]
                                                   : (int64_t)most;
    }
}

/* Ends of coordinate i of the layer by those of what it is made of. */
static void find_ends(int64_t ends[2], const struct check_region *region,
                      const struct check_layer *layer, size_t i)
{
    if (layer->kind == CHECK_RELU) {
        check_region_fact(ends, region, layer->source[i]);
        ends[0] = ends[0] > 0 ? ends[0] : 0;
        ends[1] = ends[1] > 0 ? ends[1] : 0;
    } else if (layer->kind == CHECK_AFFINE) {
        row_lower(ends, region, layer, i);
        ends[1] = ends[1] == CHECK_NO_LOWER ? CHECK_NO_UPPER : -ends[1];
    } else {
        check_curved_ends(ends, region, layer, i);
    }
}

static void intersect(int64_t ends[2], const int64_t other[2])
{
    ends[0] = other[0] > ends[0] ? other[0] : ends[0];
    ends[1] = other[1] < ends[1] ? other[1] : ends[1];
}

void check_back_intervals(struct check_region *region,
                          const struct check_network *network)
{
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width; i++) {
            find_ends(region->ends + 2 * (layer->first + i), region, layer, i);
            if (layer->kind == CHECK_RELU) {
                const uint32_t z = layer->source[i];
                int64_t fact[2];
                check_region_fact(fact, region, z);
                region->line[z] =
                    check_line_get(fact[0], fact[1], region->slope_bits);
            }
            if (layer->kind == CHECK_AFFINE && network->same != NULL) {
                intersect(region->ends + 2 * (layer->first + i),
                          region->ends +
                              2 * (size_t)network->same[layer->first + i]);
            }
        }
    }
}

bool check_renew_ends(struct check_context *context,
                      const struct check_network *network, const bool *kept,
                      size_t *next, size_t end)
{
    bool has_any = true;
    for (; *next < end; (*next)++) {
        const struct check_layer *layer = &network->layers[*next];
        for (size_t i = 0; i < layer->width; i++) {
            int64_t ends[2];
            if (kept != NULL && kept[layer->first + i]) {
                continue;
            }
            find_ends(ends, &context->region, layer, i);
            has_any = check_context_narrow(context, layer->first + i, ends[0],
                                           ends[1]) &&
                      has_any;
        }
    }
    return has_any;
}
