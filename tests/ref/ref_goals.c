#include "tests/ref/ref_goals.h"

#include "proofs/check/check_fail.h"

#include <math.h>

enum { MOST_LAYERS = 7 };

static double draw_weight(struct ref_goals *sample)
{
    struct rng *rng = &sample->rng;
    const double x = rng_range(rng, -1.0, 1.0);
    switch (sample->kind) {
    case REF_PLAIN:
        return (double)(float)x;
    case REF_FINE:
        return x;
    case REF_GRID:
        return trunc(ldexp(x, 31)) * 0x1p-31;
    case REF_SELECTORS:
        return copysign(rng_below(rng, 4) == 0 ? 0x1p-60 : 1.0, x);
    case REF_EXTREME:
    case REF_N_KINDS:
        break;
    }
    return ldexp(x, (int)rng_below(rng, 200) - 100);
}

void ref_goals_affine(struct ref_goals *sample, struct check_layer *layer)
{
    struct rng *rng = &sample->rng;
    const size_t n = layer->first;
    const size_t sparsity = rng_below(rng, 3) == 0 ? 4 : 1;
    /* Sources: everything, or only the last coordinates. */
    const size_t from = rng_below(rng, 2) == 0 || n < REF_MOST_WIDTH
                            ? 0
                            : n - REF_MOST_WIDTH / 2;
    layer->kind = CHECK_AFFINE;
    layer->start = check_alloc(layer->width + 1, sizeof *layer->start);
    layer->column = check_alloc(layer->width * n, sizeof *layer->column);
    layer->weight = check_alloc(layer->width * n, sizeof *layer->weight);
    layer->bias = check_alloc(layer->width, sizeof *layer->bias);
    for (size_t i = 0; i < layer->width; i++) {
        size_t k = layer->start[i];
        /* Often the columns of the row before. */
        const bool is_like = i > 0 && rng_below(rng, 2) == 0;
        size_t at = is_like ? layer->start[i - 1] : 0;
        for (size_t c = n; c-- > from;) {
            const bool was_there =
                is_like && at < layer->start[i] && layer->column[at] == c;
            at += was_there ? 1 : 0;
            if (is_like ? was_there : rng_below(rng, sparsity) == 0) {
                layer->column[k] = (uint32_t)c;
                layer->weight[k++] = draw_weight(sample);
            }
        }
        layer->start[i + 1] = k;
        layer->bias[i] = rng_below(rng, 3) == 0 ? 0.0 : draw_weight(sample);
    }
}

static void draw_relu(struct ref_goals *sample, struct check_layer *layer)
{
    struct rng *rng = &sample->rng;
    const struct check_layer *below = layer - 1;
    layer->kind = CHECK_RELU;
    layer->source = check_alloc(layer->width, sizeof *layer->source);
    const bool is_mixed = rng_below(rng, 4) == 0;
    for (size_t i = 0; i < layer->width; i++) {
        layer->source[i] = (uint32_t)(is_mixed ? rng_below(rng, layer->first)
                                               : below->first + i);
    }
}

void ref_goals_curved(struct ref_goals *sample, struct check_layer *layer)
{
    static const enum check_kind KINDS[] = {CHECK_CURVED, CHECK_CURVED,
                                            CHECK_PRODUCT, CHECK_SCALE};
    struct rng *rng = &sample->rng;
    const struct check_layer *below = layer - 1;
    const bool is_mixed = rng_below(rng, 4) == 0;
    layer->kind = KINDS[rng_below(rng, 4)];
    layer->curve = (enum check_curve)rng_below(rng, CHECK_FLOOR + 1);
    layer->source = check_alloc(2 * layer->width, sizeof *layer->source);
    layer->factor = check_alloc(layer->width, sizeof *layer->factor);
    for (size_t k = 0; k < 2 * layer->width; k++) {
        layer->source[k] =
            (uint32_t)(is_mixed ? rng_below(rng, layer->first)
                                : below->first +
                                      (k + k / layer->width) % layer->width);
    }
    for (size_t i = 0; i < layer->width; i++) {
        struct check_factor *factor = &layer->factor[i];
        mpq_inits(factor->lower, factor->upper, NULL);
        mpq_set_si(factor->lower, (long)rng_below(rng, 2001) - 1000,
                   1 + rng_below(rng, 999));
        mpq_canonicalize(factor->lower);
        mpq_set_si(factor->upper, 1, 1);
        mpq_div_2exp(factor->upper, factor->upper, 100);
        mpq_add(factor->upper, factor->upper, factor->lower);
    }
}

static void draw_network(struct ref_goals *sample)
{
    struct check_network *network = &sample->network;
    struct rng *rng = &sample->rng;
    *network = (struct check_network){0};
    network->is_curved = sample->is_curved;
    network->n_inputs = 1 + rng_below(rng, REF_MOST_INPUTS);
    network->n_layers = 1 + rng_below(rng, MOST_LAYERS);
    network->layers = check_alloc(MOST_LAYERS, sizeof *network->layers);
    size_t first = network->n_inputs;
    for (size_t l = 0; l < network->n_layers; l++) {
        struct check_layer *layer = &network->layers[l];
        layer->first = first;
        layer->width = 1 + rng_below(rng, REF_MOST_WIDTH);
        if (l > 0 && !sample->is_affine && rng_below(rng, 2) == 0) {
            layer->width = layer[-1].width;
            if (sample->is_curved && rng_below(rng, 3) > 0) {
                ref_goals_curved(sample, layer);
            } else {
                draw_relu(sample, layer);
            }
        } else {
            ref_goals_affine(sample, layer);
        }
        first += layer->width;
    }
    network->n_coordinates = first;
}

void ref_goals_region(struct ref_goals *sample)
{
    struct check_region *region = &sample->region;
    struct rng *rng = &sample->rng;
    const size_t n = sample->network.n_coordinates;
    *region = (struct check_region){.box_bits = 40,
                                    .fact_bits = 36,
                                    .slope_bits = 16,
                                    .lower_bits = 8,
                                    .n_inputs = sample->network.n_inputs,
                                    .n_coordinates = n};
    if (rng_below(rng, 2) == 0) {
        region->slope_bits = 1 + (unsigned)rng_below(rng, 16);
        region->lower_bits = 1 + (unsigned)rng_below(rng, 8);
    }
    region->ends = check_alloc(2 * n, sizeof *region->ends);
    region->line = check_alloc(n, sizeof *region->line);
    region->slope = check_alloc(n, sizeof *region->slope);
    for (size_t i = 0; i < region->n_inputs; i++) {
        const int64_t middle = (int64_t)rng_below(rng, 1 << 22) - (1 << 21);
        const int64_t radius = (int64_t)rng_below(rng, 1 << 21);
        region->ends[2 * i] = (middle - radius) * (1 << 19);
        region->ends[2 * i + 1] = (middle + radius) * (1 << 19);
    }
    check_back_intervals(region, &sample->network);
    for (size_t i = 0; i < n; i++) {
        const size_t k = rng_below(rng, ((size_t)1 << region->lower_bits) + 1);
        const int slope = rng_below(rng, 2) == 0 ? -1 : (int)k;
        region->slope[i] = (int16_t)slope;
    }
}

static void draw_goals(struct ref_goals *sample)
{
    mpz_t factor;
    mpz_init(factor);
    for (size_t g = 0; g < REF_N_GOALS; g++) {
        const size_t n = 1 + rng_below(&sample->rng, 4);
        for (size_t t = 0; t < n; t++) {
            const unsigned shift = (unsigned)rng_below(&sample->rng, 62);
            mpz_set_si(factor, (int64_t)rng_next(&sample->rng) >> shift);
            check_goal_add(
                &sample->goals[g],
                rng_below(&sample->rng, sample->network.n_coordinates), factor,
                (long)rng_below(&sample->rng, 9) - 4);
        }
        mpz_init(sample->fast[g].value.value);
        mpz_init(sample->exact[g].value.value);
    }
    mpz_clear(factor);
}

void ref_goals_open(struct ref_goals *sample)
{
    draw_network(sample);
    ref_goals_region(sample);
    draw_goals(sample);
}

void ref_goals_close(struct ref_goals *sample)
{
    for (size_t l = 0; l < sample->network.n_layers; l++) {
        struct check_layer *layer = &sample->network.layers[l];
        check_free(layer->start);
        check_free(layer->column);
        check_free(layer->weight);
        check_free(layer->bias);
        check_free(layer->source);
        for (size_t i = 0; layer->factor != NULL && i < layer->width; i++) {
            mpq_clears(layer->factor[i].lower, layer->factor[i].upper, NULL);
        }
        check_free(layer->factor);
    }
    check_free(sample->network.layers);
    check_free(sample->region.ends);
    check_free(sample->region.line);
    check_free(sample->region.slope);
    for (size_t g = 0; g < REF_N_GOALS; g++) {
        check_goal_clear(&sample->goals[g]);
        mpz_clear(sample->fast[g].value.value);
        mpz_clear(sample->exact[g].value.value);
    }
}

void ref_goals_rational(mpq_t x, const struct check_dyadic *a)
{
    mpq_set_z(x, a->value);
    if (a->exponent >= 0) {
        mpq_mul_2exp(x, x, (mp_bitcnt_t)a->exponent);
    } else {
        mpq_div_2exp(x, x, (mp_bitcnt_t)-a->exponent);
    }
}
