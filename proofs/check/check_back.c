/* Goals by words, then those left in exact numbers.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_back.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_words.h"

/*
 * q . v + sum <= goal, exactly.
 *   q  [n_coordinates]
 */
struct check_back {
    const struct check_network *network;
    struct check_words *words;
    struct check_dyadic *q;
    struct check_dyadic sum;
    struct check_goal goal; /* scratch */
};

struct check_back *check_back_create(const struct check_network *network,
                                     const struct check_back *shared)
{
    struct check_back *back = check_alloc(1, sizeof *back);
    back->network = network;
    back->words =
        check_words_create(network, shared != NULL ? shared->words : NULL);
    back->q = check_alloc(network->n_coordinates, sizeof *back->q);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpz_init(back->q[i].value);
    }
    mpz_init(back->sum.value);
    return back;
}

void check_back_free(struct check_back *back)
{
    for (size_t i = 0; i < back->network->n_coordinates; i++) {
        mpz_clear(back->q[i].value);
    }
    mpz_clear(back->sum.value);
    check_goal_clear(&back->goal);
    check_words_free(back->words);
    check_free(back->q);
    check_free(back);
}

/* Replaces q * y, y = max(z, 0), by q times a line; false without one. */
static bool replace_neuron(struct check_back *back,
                           const struct check_region *region, size_t y,
                           uint32_t source, bool use_slopes)
{
    const struct check_line *line = &region->line[source];
    const struct check_dyadic *q = &back->q[y];
    struct check_dyadic *z = &back->q[source];
    const int sign = mpz_sgn(q->value);
    const int slope = use_slopes ? region->slope[y] : -1;
    const long unit = -(long)region->slope_bits - (long)region->fact_bits;
    if (sign == 0 || line->phase == CHECK_INACTIVE) {
        return true;
    }
    if (line->phase == CHECK_ACTIVE) {
        check_dyadic_add_product(z, q, 1, 0);
    } else if (sign > 0 && slope >= 0) {
        check_dyadic_add_product(z, q, slope, -(long)region->lower_bits);
    } else if (sign > 0) {
        check_dyadic_add_product(z, q, line->is_identity_below ? 1 : 0, 0);
    } else if (!line->has_upper) {
        return false;
    } else {
        const check_wide high = line->intercept >> 62;
        const check_wide low = line->intercept - high * ((check_wide)1 << 62);
        check_dyadic_add_product(z, q, line->slope, -(long)region->slope_bits);
        check_dyadic_add_product(&back->sum, q, (int64_t)high, unit + 62);
        check_dyadic_add_product(&back->sum, q, (int64_t)low, unit);
    }
    return true;
}

static bool replace_layer(struct check_back *back,
                          const struct check_region *region,
                          const struct check_layer *layer, bool use_slopes)
{
    for (size_t i = 0; i < layer->width; i++) {
        const size_t v = layer->first + i;
        if (layer->kind == CHECK_RELU) {
            if (!replace_neuron(back, region, v, layer->source[i],
                                use_slopes)) {
                return false;
            }
        } else if (mpz_sgn(back->q[v].value) != 0) {
            check_dyadic_add_double(&back->sum, &back->q[v], layer->bias[i]);
            for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
                check_dyadic_add_double(&back->q[layer->column[k]], &back->q[v],
                                        layer->weight[k]);
            }
        }
    }
    return true;
}

static void bound_exactly(struct check_bound *bound, struct check_back *back,
                          const struct check_region *region,
                          const struct check_goal *goal, bool use_slopes)
{
    const struct check_network *network = back->network;
    bound->is_finite = false;
    mpz_set_ui(back->sum.value, 0);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpz_set_ui(back->q[i].value, 0);
    }
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        check_dyadic_add_product(&back->q[term->coordinate], &term->factor, 1,
                                 0);
    }
    for (size_t l = network->n_layers; l-- > 0;) {
        if (!replace_layer(back, region, &network->layers[l], use_slopes)) {
            return;
        }
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        const int upper = mpz_sgn(back->q[i].value) < 0 ? 1 : 0;
        check_dyadic_add_product(&back->sum, &back->q[i],
                                 region->ends[2 * i + (size_t)upper],
                                 -(long)region->box_bits);
    }
    bound->is_finite = true;
    mpz_set(bound->value.value, back->sum.value);
    bound->value.exponent = back->sum.exponent;
}

/* Loads the goal times 2^-scale: returns scale. */
static long load_goal(struct check_words *words, size_t lane,
                      const struct check_goal *goal)
{
    enum { BITS = 60 };
    long scale = 0;
    bool has_any = false;
    mpz_t units;
    mpz_init(units);
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t t = 0; t < goal->n; t++) {
            const struct check_dyadic *factor = &goal->terms[t].factor;
            const long bits = (long)mpz_sizeinbase(factor->value, 2);
            const long top = factor->exponent + bits;
            const long excess = bits > BITS ? bits - BITS : 0;
            if (mpz_sgn(factor->value) == 0) {
                continue;
            }
            if (pass == 0) {
                scale = !has_any || top > scale ? top : scale;
                has_any = true;
                continue;
            }
            mpz_fdiv_q_2exp(units, factor->value, (mp_bitcnt_t)excess);
            const int64_t q[2] = {mpz_get_si(units), excess > 0 ? 1 : 0};
            check_words_add(words, lane, goal->terms[t].coordinate, q,
                            factor->exponent + excess - scale);
        }
    }
    mpz_clear(units);
    return scale;
}

/* value = sum * 2^(scale - CHECK_SUM_BITS) */
static void set_value(struct check_dyadic *value, check_wide sum, long scale)
{
    const check_wide low = ((check_wide)1 << 63) - 1;
    mpz_set_si(value->value, (int64_t)(sum >> 63));
    mpz_mul_2exp(value->value, value->value, 63);
    mpz_add_ui(value->value, value->value, (unsigned long)(sum & low));
    value->exponent = scale - CHECK_SUM_BITS;
}

void check_back_bounds(struct check_bound *bounds, struct check_back *back,
                       const struct check_region *region,
                       const struct check_goal *goals, size_t n,
                       enum check_arithmetic arithmetic, bool use_slopes)
{
    for (size_t from = 0; from < n; from += CHECK_LANES) {
        const size_t left = n - from;
        const size_t n_lanes = left < CHECK_LANES ? left : CHECK_LANES;
        const struct check_words *words = back->words;
        long scale[CHECK_LANES] = {0};
        if (arithmetic == CHECK_FAST) {
            check_words_reset(back->words);
            for (size_t r = 0; r < n_lanes; r++) {
                scale[r] = load_goal(back->words, r, &goals[from + r]);
            }
            check_words_run(back->words, region, use_slopes);
        }
        for (size_t r = 0; r < n_lanes; r++) {
            struct check_bound *bound = &bounds[from + r];
            if (arithmetic == CHECK_EXACT || words->is_dead[r]) {
                bound_exactly(bound, back, region, &goals[from + r],
                              use_slopes);
            } else {
                bound->is_finite = true;
                set_value(&bound->value, words->sums[r], scale[r]);
            }
        }
    }
}

/* The largest fact not above sign * v of coordinate z, exactly. */
static int64_t bound_neuron(struct check_back *back,
                            const struct check_region *region, size_t z,
                            int sign)
{
    struct check_bound bound = {.is_finite = false};
    int64_t fact = CHECK_NO_LOWER;
    mpz_init_set_si(bound.value.value, sign);
    check_goal_reset(&back->goal);
    check_goal_add(&back->goal, z, bound.value.value, 0);
    bound_exactly(&bound, back, region, &back->goal, false);
    if (bound.is_finite) {
        fact = check_dyadic_floor(&bound.value, region->fact_bits,
                                  CHECK_MOST_FACT - 1);
    }
    mpz_clear(bound.value.value);
    return fact;
}

/* The sum, in units of 2^-CHECK_SUM_BITS, as a fact, rounded down. */
static int64_t floor_sum(check_wide sum, unsigned fact_bits)
{
    const check_wide most = CHECK_MOST_FACT - 1;
    const check_wide fact = sum >> (CHECK_SUM_BITS - fact_bits);
    return fact < -most ? CHECK_NO_LOWER : (int64_t)(fact > most ? most : fact);
}

void check_back_neurons(int64_t *ends, struct check_back *back,
                        const struct check_region *region, const uint32_t *z,
                        size_t n, enum check_arithmetic arithmetic)
{
    const struct check_words *words = back->words;
    for (size_t from = 0; from < 2 * n; from += CHECK_LANES) {
        const size_t left = 2 * n - from;
        const size_t n_lanes = left < CHECK_LANES ? left : CHECK_LANES;
        if (arithmetic == CHECK_FAST) {
            check_words_reset(back->words);
            for (size_t r = 0; r < n_lanes; r++) {
                const int64_t q[2] = {r % 2 == 0 ? 1 : -1, 0};
                check_words_add(back->words, r, z[(from + r) / 2], q, 0);
            }
            check_words_run(back->words, region, false);
        }
        for (size_t r = 0; r < n_lanes; r++) {
            const int sign = r % 2 == 0 ? 1 : -1;
            const int64_t fact =
                arithmetic == CHECK_EXACT || words->is_dead[r]
                    ? bound_neuron(back, region, z[(from + r) / 2], sign)
                    : floor_sum(words->sums[r], region->fact_bits);
            ends[from + r] = sign > 0                 ? fact
                             : fact == CHECK_NO_LOWER ? CHECK_NO_UPPER
                                                      : -fact;
        }
    }
}
