/* Goals by words, then those left in exact numbers.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_back.h"

#include "proofs/check/check_ahead.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_kept.h"
#include "proofs/check/check_matrix.h"
#include "proofs/check/check_pass.h"
#include "proofs/check/check_share.h"
#include "proofs/check/check_words.h"

#include <math.h>

/* Of coefficients in words; of sets of coordinates. */
enum { GOAL_BITS = 60, WORD = 64, ROOM_BITS = 30 };

/*
 * q . v + sum <= goal, exactly.
 *   q        [n_coordinates] 0 between goals
 *   is_used  [n_coordinates / WORD + 1] bits of coordinates whose q may differ
 *            from 0: most goals have few terms on their way to the inputs
 *   is_fact  [n_coordinates] whether neurons read it
 */
struct check_back {
    const struct check_network *network;
    struct check_words words;
    struct check_ahead *ahead;
    struct check_dyadic *q;
    uint64_t *is_used;
    struct check_dyadic sum;
    struct check_form *form; /* of check_back_keep */
    bool *is_fact;
    struct check_goal goal; /* scratch */
    struct check_bound bound;
};

static bool *find_facts(const struct check_network *network)
{
    bool *is_fact = check_alloc(network->n_coordinates, sizeof *is_fact);
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        const size_t n =
            layer->kind == CHECK_AFFINE ? 0 : check_n_sources(layer);
        for (size_t i = 0; i < n; i++) {
            is_fact[layer->source[i]] = true;
        }
    }
    return is_fact;
}

struct check_back *check_back_create(const struct check_network *network,
                                     const struct check_back *shared)
{
    struct check_back *back = check_alloc(1, sizeof *back);
    back->network = network;
    check_words_init(&back->words, network,
                     shared != NULL ? &shared->words : NULL);
    back->ahead = check_ahead_create(network, back->words.state->matrices,
                                     back->words.kept);
    back->q = check_alloc(network->n_coordinates, sizeof *back->q);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpz_init(back->q[i].value);
    }
    back->is_used =
        check_alloc(network->n_coordinates / WORD + 1, sizeof *back->is_used);
    mpz_init(back->sum.value);
    mpz_init(back->bound.value.value);
    back->is_fact = find_facts(network);
    return back;
}

void check_back_free(struct check_back *back)
{
    for (size_t i = 0; i < back->network->n_coordinates; i++) {
        mpz_clear(back->q[i].value);
    }
    mpz_clear(back->sum.value);
    mpz_clear(back->bound.value.value);
    check_goal_clear(&back->goal);
    check_ahead_free(back->ahead);
    check_words_clear(&back->words);
    check_free(back->q);
    check_free(back->is_used);
    check_free(back->is_fact);
    check_free(back);
}

/* Adds a * factor * 2^exponent to the coefficient of a coordinate. */
static void add_product(struct check_back *back, size_t coordinate,
                        const struct check_dyadic *a, int64_t factor,
                        long exponent)
{
    back->is_used[coordinate / WORD] |= (uint64_t)1 << coordinate % WORD;
    check_dyadic_add_product(&back->q[coordinate], a, factor, exponent);
}

/* Adds a * w to the coefficient of a coordinate. */
static void add_multiple(struct check_back *back, size_t coordinate,
                         const struct check_dyadic *a, double w)
{
    int64_t mantissa = 0;
    long exponent = 0;
    check_split_double(&mantissa, &exponent, w);
    add_product(back, coordinate, a, mantissa, exponent);
}

/* Replaces q * y, y = max(z, 0), by q times a line; false without one. */
static bool replace_neuron(struct check_back *back,
                           const struct check_region *region, size_t y,
                           uint32_t z, bool use_slopes)
{
    const struct check_line *line = &region->line[z];
    const struct check_dyadic *q = &back->q[y];
    const int sign = mpz_sgn(q->value);
    const int slope = use_slopes ? region->slope[y] : -1;
    const long unit = -(long)region->slope_bits - (long)region->fact_bits;
    if (sign == 0 || line->phase == CHECK_INACTIVE) {
        return true;
    }
    if (line->phase == CHECK_ACTIVE) {
        add_product(back, z, q, 1, 0);
    } else if (sign > 0 && slope >= 0) {
        add_product(back, z, q, slope, -(long)region->lower_bits);
    } else if (sign > 0) {
        add_product(back, z, q, line->is_identity_below ? 1 : 0, 0);
    } else if (!line->has_upper) {
        return false;
    } else {
        const check_wide high = line->intercept >> 62;
        const check_wide low = line->intercept - high * ((check_wide)1 << 62);
        add_product(back, z, q, line->slope, -(long)region->slope_bits);
        check_dyadic_add_product(&back->sum, q, (int64_t)high, unit + 62);
        check_dyadic_add_product(&back->sum, q, (int64_t)low, unit);
    }
    return true;
}

/* Replaces q * v of an affine coordinate by its row. */
static void replace_row(struct check_back *back,
                        const struct check_layer *layer, size_t v)
{
    const size_t i = v - layer->first;
    const struct check_dyadic *q = &back->q[v];
    if (mpz_sgn(q->value) == 0) {
        return;
    }
    check_dyadic_add_double(&back->sum, q, layer->bias[i]);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        add_multiple(back, layer->column[k], q, layer->weight[k]);
    }
}

/* Replaces q * v of a curve, a product or a scale by q times a line; false
 * without one. */
static bool replace_curved(struct check_back *back,
                           const struct check_region *region,
                           const struct check_layer *layer, size_t v)
{
    const struct check_dyadic *q = &back->q[v];
    const size_t i = v - layer->first;
    const int sign = mpz_sgn(q->value);
    if (sign == 0) {
        return true;
    }
    const size_t side = sign > 0 ? 0 : 1;
    const struct check_curve_lines *lines =
        &check_kept_get(back->words.kept, region, layer, i)->lines;
    if (lines->has[side]) {
        check_dyadic_add_double(&back->sum, q, lines->intercept[side]);
        add_multiple(back, layer->source[i], q, lines->slope[side]);
        for (size_t k = 1; k < check_n_sources(layer) / layer->width; k++) {
            add_multiple(back, layer->source[k * layer->width + i], q,
                         lines->rest[side][k - 1]);
        }
    }
    return lines->has[side];
}

/* Replaces q * v of the coordinate, which is of the layer or, without one, an
 * input; false without a line. */
static bool replace_value(struct check_back *back,
                          const struct check_region *region,
                          const struct check_layer *layer, size_t v,
                          bool use_slopes)
{
    if (layer == NULL) {
        const int upper = mpz_sgn(back->q[v].value) < 0 ? 1 : 0;
        check_dyadic_add_product(&back->sum, &back->q[v],
                                 region->ends[2 * v + (size_t)upper],
                                 -(long)region->box_bits);
    } else if (layer->kind == CHECK_AFFINE) {
        replace_row(back, layer, v);
    } else if (layer->kind != CHECK_RELU) {
        return replace_curved(back, region, layer, v);
    } else {
        return replace_neuron(back, region, v, layer->source[v - layer->first],
                              use_slopes);
    }
    return true;
}

/* Takes the same from the coefficients of all values that add up to 1. */
static void share_out(struct check_back *back,
                      const struct check_region *region,
                      const struct check_layer *layer)
{
    struct check_weighted *weighted =
        check_alloc(layer->n_shares, sizeof *weighted);
    struct check_dyadic share = {.exponent = 0};
    mpz_init(share.value);
    for (size_t s = 0; s < layer->width / layer->n_shares; s++) {
        for (size_t k = 0; k < layer->n_shares; k++) {
            const size_t v = check_share_at(layer, s, k);
            const struct check_dyadic *q = &back->q[v];
            weighted[k] = (struct check_weighted){
                .q = ldexp(mpz_get_d(q->value), (int)q->exponent),
                .gap = check_kept_get(back->words.kept, region, layer,
                                      v - layer->first)
                           ->gap,
                .place = v};
        }
        const struct check_dyadic *median =
            &back->q[check_share_median(weighted, layer->n_shares)];
        if (mpz_sgn(median->value) == 0) {
            continue;
        }
        mpz_set(share.value, median->value);
        share.exponent = median->exponent;
        check_dyadic_add_product(&back->sum, &share, 1, 0);
        for (size_t k = 0; k < layer->n_shares; k++) {
            add_product(back, check_share_at(layer, s, k), &share, -1, 0);
        }
    }
    mpz_clear(share.value);
    check_free(weighted);
}

/* Replaces what is used, from the last coordinate to the first. */
static void bound_exactly(struct check_bound *bound, struct check_back *back,
                          const struct check_region *region,
                          const struct check_goal *goal, bool use_slopes)
{
    const struct check_network *network = back->network;
    size_t l = network->n_layers;
    size_t n_unshared = l; /* shares of layers from here on are taken */
    bound->is_finite = true;
    mpz_set_ui(back->sum.value, 0);
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_goal_term *term = &goal->terms[t];
        add_product(back, term->coordinate, &term->factor, 1, 0);
    }
    for (size_t w = network->n_coordinates / WORD + 1; w-- > 0;) {
        while (back->is_used[w] != 0) {
            const size_t bit =
                WORD - 1 - (size_t)__builtin_clzll(back->is_used[w]);
            const size_t v = w * WORD + bit;
            while (l > 0 && v < network->layers[l - 1].first) {
                l--;
            }
            if (0 < l && l <= n_unshared &&
                network->layers[l - 1].n_shares > 0) {
                const struct check_layer *layer = &network->layers[l - 1];
                share_out(back, region, layer);
                n_unshared = l - 1;
                w = (layer->first + layer->width) / WORD + 1;
                break;
            }
            back->is_used[w] -= (uint64_t)1 << bit;
            bound->is_finite =
                bound->is_finite &&
                replace_value(back, region,
                              l == 0 ? NULL : &network->layers[l - 1], v,
                              use_slopes);
            mpz_set_ui(back->q[v].value, 0);
        }
    }
    mpz_set(bound->value.value, back->sum.value);
    bound->value.exponent = back->sum.exponent;
}

/* Adds the terms to a lane, rounded down to GOAL_BITS bits. */
static void load_goal(struct check_words *words, size_t lane,
                      const struct check_goal *goal)
{
    mpz_t units;
    mpz_init(units);
    for (size_t t = 0; t < goal->n; t++) {
        const struct check_dyadic *factor = &goal->terms[t].factor;
        const size_t bits = mpz_sizeinbase(factor->value, 2);
        const size_t excess = bits > GOAL_BITS ? bits - GOAL_BITS : 0;
        mpz_fdiv_q_2exp(units, factor->value, excess);
        const int64_t q[2] = {mpz_get_si(units), excess > 0 ? 1 : 0};
        check_words_add(words, lane, goal->terms[t].coordinate, q,
                        factor->exponent + (long)excess);
    }
    mpz_clear(units);
}

/* value = sum * 2^-CHECK_SUM_BITS */
static void set_value(struct check_dyadic *value, check_wide sum)
{
    const check_wide low = ((check_wide)1 << 63) - 1;
    mpz_set_si(value->value, (int64_t)(sum >> 63));
    mpz_mul_2exp(value->value, value->value, 63);
    mpz_add_ui(value->value, value->value, (unsigned long)(sum & low));
    value->exponent = -CHECK_SUM_BITS;
}

void check_back_bounds(struct check_bound *bounds, struct check_back *back,
                       const struct check_region *region,
                       const struct check_goal *goals, size_t n,
                       enum check_arithmetic arithmetic)
{
    struct check_words *words = &back->words;
    for (size_t from = 0; from < n; from += CHECK_LANES) {
        const size_t left = n - from;
        const size_t n_lanes = left < CHECK_LANES ? left : CHECK_LANES;
        if (arithmetic == CHECK_FAST) {
            check_words_reset(words, n_lanes);
            for (size_t r = 0; r < n_lanes; r++) {
                load_goal(words, r, &goals[from + r]);
            }
            check_words_run(words, region, true,
                            n <= CHECK_LANES ? back->form : NULL);
        }
        for (size_t r = 0; r < n_lanes; r++) {
            struct check_bound *bound = &bounds[from + r];
            if (arithmetic == CHECK_EXACT || words->is_dead[r]) {
                bound_exactly(bound, back, region, &goals[from + r], true);
            } else {
                bound->is_finite = true;
                set_value(&bound->value, words->sums[r]);
            }
        }
    }
}

void check_back_keep(struct check_back *back, struct check_form *form)
{
    back->form = form;
}

void check_back_finish(struct check_bound *bounds, struct check_back *back,
                       const struct check_region *region,
                       const struct check_form *form, size_t n)
{
    check_words_finish(&back->words, region, form);
    for (size_t r = 0; r < n; r++) {
        bounds[r].is_finite = !back->words.is_dead[r];
        set_value(&bounds[r].value, back->words.sums[r]);
    }
}

bool check_back_renew(struct check_context *context,
                      const struct check_back *back, size_t *next, size_t end)
{
    const struct check_network *network = back->network;
    return network->same != NULL ||
           check_renew_ends(context, network,
                            network->is_curved ? NULL : back->is_fact, next,
                            end);
}

bool check_back_has_forms(const struct check_back *back)
{
    return check_words_have_forms(&back->words);
}

void check_back_enter(struct check_back *back)
{
    check_ahead_reset(back->ahead);
}

/* Narrows those of z[n] that forms settle to their ranges; the others come
 * first then. Returns their number. */
static size_t settle(uint32_t *z, size_t n, struct check_back *back,
                     struct check_context *context)
{
    size_t n_left = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t range[2];
        if (!check_ahead_settles(range, back->ahead, &context->region, z[k]) ||
            !check_context_narrow(context, z[k], range[0], range[1])) {
            z[n_left++] = z[k];
        }
    }
    return n_left;
}

size_t check_back_settle(uint32_t *z, size_t n, struct check_back *back,
                         struct check_context *context,
                         const struct check_layer *layer)
{
    const bool has_forms =
        layer->kind == CHECK_RELU && layer->width >= CHECK_AHEAD_WIDTH;
    return has_forms ? settle(z, n, back, context) : n;
}

/* The fact that the exact lower bound of z, or of -z for sign -1, gives. */
static int64_t bound_exact_end(struct check_back *back,
                               const struct check_region *region, uint32_t z,
                               int sign)
{
    struct check_bound *bound = &back->bound;
    mpz_t factor;
    mpz_init_set_si(factor, sign);
    check_goal_reset(&back->goal);
    check_goal_add(&back->goal, z, factor, 0);
    bound_exactly(bound, back, region, &back->goal, false);
    mpz_clear(factor);
    return bound->is_finite
               ? check_dyadic_floor(&bound->value, region->fact_bits,
                                    CHECK_MOST_FACT - 1)
               : CHECK_NO_LOWER;
}

/* A fact from the bound of a lane's goal. */
static int64_t round_fact(check_wide sum, unsigned fact_bits)
{
    const check_wide most = CHECK_MOST_FACT - 1;
    sum >>= CHECK_SUM_BITS - fact_bits;
    return sum < -most ? CHECK_NO_LOWER : (int64_t)(sum < most ? sum : most);
}

/* z and -z of neurons in lanes, n in all or as many as there are lanes. */
static void load_neurons(struct check_words *words, const uint32_t *z, size_t n)
{
    check_words_reset(words, n < CHECK_LANES ? n : CHECK_LANES);
    for (size_t r = 0; r < words->n_lanes; r++) {
        const int64_t one[2] = {r % 2 == 0 ? 1 : -1, 0};
        check_words_add(words, r, z[r / 2], one, 0);
    }
}

void check_back_neurons(int64_t *ends, struct check_back *back,
                        const struct check_region *region, const uint32_t *z,
                        size_t n, enum check_arithmetic arithmetic)
{
    struct check_words *words = &back->words;
    for (size_t i = 0; i < 2 * n; i++) {
        const size_t lane = i % CHECK_LANES;
        if (arithmetic == CHECK_FAST && lane == 0) {
            load_neurons(words, z + i / 2, 2 * n - i);
            check_words_run(words, region, false, NULL);
        }
        if (arithmetic == CHECK_FAST && !words->is_dead[lane]) {
            ends[i] = round_fact(words->sums[lane], region->fact_bits);
        } else {
            ends[i] =
                bound_exact_end(back, region, z[i / 2], i % 2 == 0 ? 1 : -1);
        }
        if (i % 2 == 1) {
            ends[i] = ends[i] == CHECK_NO_LOWER ? CHECK_NO_UPPER : -ends[i];
        }
    }
}

void check_back_leave_room(int64_t *ends, size_t n,
                           const struct check_layer *layer, unsigned fact_bits)
{
    const int64_t room = (int64_t)1
                         << (fact_bits > ROOM_BITS ? fact_bits - ROOM_BITS : 0);
    const int64_t most = CHECK_MOST_FACT - room;
    const bool is_step =
        layer->kind == CHECK_CURVED &&
        (layer->curve == CHECK_SIGN || layer->curve == CHECK_FLOOR);
    for (size_t i = 0; i < n && is_step; i++) {
        int64_t *end = ends + 2 * i;
        end[0] = end[0] > -most ? end[0] - room : CHECK_NO_LOWER;
        end[1] = end[1] < most ? end[1] + room : CHECK_NO_UPPER;
    }
}
