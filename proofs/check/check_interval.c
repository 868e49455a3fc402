/* Interval evaluation: each row from the ends of its columns.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_back.h"
#include "proofs/check/check_kept.h"

/* Sums are in units of 2^-(G + GUARD_BITS), terms at most 2^TERM_BITS units,
 * so that the 2^32 that a row may have do not overflow. */
enum { GUARD_BITS = 16, TERM_BITS = 94 };

/* *sum += w * v of the column at its lower end, rounded down; false if that
 * is too large or infinite. */
static bool add_term(check_wide *sum, const struct check_region *region,
                     double w, uint32_t column)
{
    const bool is_input = column < region->n_inputs;
    const unsigned bits = is_input ? region->box_bits : region->fact_bits;
    const int64_t end = region->ends[2 * (size_t)column + (w < 0 ? 1 : 0)];
    int64_t mantissa = 0;
    long exponent = 0;
    check_split_double(&mantissa, &exponent, w);
    check_wide value = (check_wide)mantissa * end;
    exponent += (long)region->fact_bits + GUARD_BITS - (long)bits;
    const bool is_finite = end != (w < 0 ? CHECK_NO_UPPER : CHECK_NO_LOWER) &&
                           check_wide_scale(&value, exponent, TERM_BITS);
    *sum += is_finite ? value : 0;
    return is_finite;
}

/* A fact below sign * v, v of row i; CHECK_NO_LOWER if that is too low. */
static int64_t row_lower(const struct check_region *region,
                         const struct check_layer *layer, size_t i, int sign)
{
    int64_t mantissa = 0;
    long exponent = 0;
    check_split_double(&mantissa, &exponent, sign * layer->bias[i]);
    check_wide sum = mantissa;
    bool is_finite = check_wide_scale(
        &sum, exponent + (long)region->fact_bits + GUARD_BITS, TERM_BITS);
    for (size_t k = layer->start[i]; is_finite && k < layer->start[i + 1];
         k++) {
        is_finite =
            add_term(&sum, region, sign * layer->weight[k], layer->column[k]);
    }
    sum >>= GUARD_BITS;
    const check_wide most = CHECK_MOST_FACT - 1;
    is_finite = is_finite && sum >= -most;
    return is_finite ? (int64_t)(sum < most ? sum : most) : CHECK_NO_LOWER;
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
        const int64_t minus = row_lower(region, layer, i, -1);
        ends[0] = row_lower(region, layer, i, 1);
        ends[1] = minus == CHECK_NO_LOWER ? CHECK_NO_UPPER : -minus;
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
