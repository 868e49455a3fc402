/* Coordinate by coordinate; nothing is shared between two bounds. */
#include "tests/ref/ref_context.h"

#include "src/base/alloc.h"

enum { MOST_BITS = 62 }; /* ends stay below 2^62 steps of their grid */

void ref_context_init(struct ref_context *region,
                      const struct check_network *network,
                      const struct ref_grids *grids)
{
    const size_t n = network->n_coordinates;
    *region = (struct ref_context){.network = network, .grids = *grids};
    region->ends = alloc_bytes(2 * n, sizeof *region->ends);
    region->has_slope = alloc_bytes(n, sizeof *region->has_slope);
    region->slopes = alloc_bytes(n, sizeof *region->slopes);
    for (size_t i = 0; i < n; i++) {
        mpq_inits(region->ends[2 * i].value, region->ends[2 * i + 1].value,
                  region->slopes[i], NULL);
    }
}

void ref_context_copy(struct ref_context *region,
                      const struct ref_context *from)
{
    ref_context_init(region, from->network, &from->grids);
    region->is_empty = from->is_empty;
    for (size_t i = 0; i < 2 * from->network->n_coordinates; i++) {
        region->ends[i].is_finite = from->ends[i].is_finite;
        mpq_set(region->ends[i].value, from->ends[i].value);
    }
    for (size_t i = 0; i < from->network->n_coordinates; i++) {
        region->has_slope[i] = from->has_slope[i];
        mpq_set(region->slopes[i], from->slopes[i]);
    }
}

void ref_context_clear(struct ref_context *region)
{
    for (size_t i = 0; i < region->network->n_coordinates; i++) {
        mpq_clears(region->ends[2 * i].value, region->ends[2 * i + 1].value,
                   region->slopes[i], NULL);
    }
    alloc_free(region->ends);
    alloc_free(region->has_slope);
    alloc_free(region->slopes);
}

void ref_scale(mpq_t x, int64_t exponent)
{
    if (exponent >= 0) {
        mpq_mul_2exp(x, x, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(x, x, (mp_bitcnt_t)-exponent);
    }
}

void ref_floor(mpq_t x, unsigned bits)
{
    mpz_t z;
    mpz_init(z);
    ref_scale(x, (int64_t)bits);
    mpz_fdiv_q(z, mpq_numref(x), mpq_denref(x));
    mpq_set_z(x, z);
    ref_scale(x, -(int64_t)bits);
    mpz_clear(z);
}

static unsigned grid_of(const struct ref_context *region, size_t coordinate)
{
    return coordinate < region->network->n_inputs ? region->grids.box
                                                  : region->grids.fact;
}

/* end = x rounded outward; where that is too long the end says less. */
static void set_end(struct ref_end *end, const mpq_t x, bool is_upper,
                    unsigned bits)
{
    mpq_t most;
    mpq_init(most);
    mpq_set_ui(most, 1, 1);
    ref_scale(most, MOST_BITS - (int64_t)bits);
    mpq_set(end->value, x);
    if (is_upper) {
        mpq_neg(end->value, end->value);
    }
    ref_floor(end->value, bits);
    if (mpq_cmp(end->value, most) > 0) {
        mpq_set(end->value, most);
    }
    mpq_neg(most, most);
    end->is_finite = mpq_cmp(end->value, most) >= 0;
    if (is_upper) {
        mpq_neg(end->value, end->value);
    }
    mpq_clear(most);
}

void ref_context_narrow(struct ref_context *region, size_t coordinate,
                        bool is_upper, const mpq_t x)
{
    struct ref_end *ends = &region->ends[2 * coordinate];
    struct ref_end *end = &ends[is_upper ? 1 : 0];
    struct ref_end found = {0};
    mpq_init(found.value);
    set_end(&found, x, is_upper, grid_of(region, coordinate));
    if (found.is_finite &&
        (!end->is_finite ||
         (is_upper ? mpq_cmp(found.value, end->value) < 0
                   : mpq_cmp(found.value, end->value) > 0))) {
        end->is_finite = true;
        mpq_set(end->value, found.value);
    }
    mpq_clear(found.value);
    if (ends[0].is_finite && ends[1].is_finite &&
        mpq_cmp(ends[0].value, ends[1].value) > 0) {
        region->is_empty = true;
    }
}

void ref_context_learn(struct ref_context *region, size_t coordinate,
                       bool is_upper, const mpq_t x)
{
    struct ref_end fact = {0};
    if (coordinate < region->network->n_inputs) {
        return; /* its ends are those of the box */
    }
    mpq_init(fact.value);
    set_end(&fact, x, is_upper, region->grids.fact);
    if (fact.is_finite) {
        ref_context_narrow(region, coordinate, is_upper, fact.value);
    }
    mpq_clear(fact.value);
}

/* Terms are rounded outward by so many bits more than facts. */
enum { GUARD_BITS = 16 };

static void round_term(mpq_t x, bool is_upper, unsigned fact_bits)
{
    if (is_upper) {
        mpq_neg(x, x);
    }
    ref_floor(x, fact_bits + GUARD_BITS);
    if (is_upper) {
        mpq_neg(x, x);
    }
}

/* An end of the sum of an affine row. */
static bool evaluate_row(mpq_t sum, const struct ref_context *region,
                         const struct check_layer *layer, size_t i,
                         bool is_upper)
{
    bool is_finite = true;
    mpq_t weight;
    mpq_init(weight);
    mpq_set_d(sum, layer->bias[i]);
    round_term(sum, is_upper, region->grids.fact);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        mpq_set_d(weight, layer->weight[k]);
        const bool takes_upper = (mpq_sgn(weight) > 0) == is_upper;
        const struct ref_end *end =
            &region->ends[2 * (size_t)layer->column[k] + (takes_upper ? 1 : 0)];
        is_finite = is_finite && end->is_finite;
        mpq_mul(weight, weight, end->value);
        round_term(weight, is_upper, region->grids.fact);
        mpq_add(sum, sum, weight);
    }
    mpq_clear(weight);
    return is_finite;
}

/* An end of max(v_source, 0). */
static bool evaluate_relu(mpq_t value, const struct ref_context *region,
                          size_t source, bool is_upper)
{
    const struct ref_end *end = &region->ends[2 * source + (is_upper ? 1 : 0)];
    mpq_set_ui(value, 0, 1);
    if (end->is_finite && mpq_sgn(end->value) > 0) {
        mpq_set(value, end->value);
    }
    return end->is_finite || !is_upper;
}

void ref_context_evaluate(struct ref_context *region)
{
    mpq_t value;
    mpq_init(value);
    for (size_t l = 0; l < region->network->n_layers; l++) {
        const struct check_layer *layer = &region->network->layers[l];
        for (size_t e = 0; e < 2 * layer->width; e++) {
            const bool is_upper = e % 2 == 1;
            const bool is_finite =
                layer->kind == CHECK_AFFINE
                    ? evaluate_row(value, region, layer, e / 2, is_upper)
                    : evaluate_relu(value, region, layer->source[e / 2],
                                    is_upper);
            if (is_finite) {
                set_end(&region->ends[2 * layer->first + e], value, is_upper,
                        region->grids.fact);
            }
        }
    }
    mpq_clear(value);
}

/* The facts of a neuron: the ends of its source on the grid of facts. */
static void find_facts(struct ref_end facts[2],
                       const struct ref_context *region, size_t source)
{
    for (size_t e = 0; e < 2; e++) {
        const struct ref_end *end = &region->ends[2 * source + e];
        facts[e].is_finite = false;
        mpq_init(facts[e].value);
        if (end->is_finite) {
            set_end(&facts[e], end->value, e == 1, region->grids.fact);
        }
    }
}

static void clear_facts(struct ref_end facts[2])
{
    mpq_clears(facts[0].value, facts[1].value, NULL);
}

enum phase { ON, OFF, OPEN };

static enum phase phase_of(const struct ref_end *ends)
{
    if (ends[0].is_finite && mpq_sgn(ends[0].value) >= 0) {
        return ON;
    }
    return ends[1].is_finite && mpq_sgn(ends[1].value) <= 0 ? OFF : OPEN;
}

/* The upper line y <= slope * z + intercept over ends of both signs. */
static void upper_line(mpq_t slope, mpq_t intercept, const struct ref_end *ends,
                       unsigned bits)
{
    mpq_t width;
    mpq_t at_upper;
    mpq_inits(width, at_upper, NULL);
    /* slope = floor((2^S u + (u - l) / 2) / (u - l)) / 2^S */
    mpq_sub(width, ends[1].value, ends[0].value);
    mpq_div(slope, ends[1].value, width);
    mpq_set_ui(at_upper, 1, 1);
    ref_scale(at_upper, -(int64_t)bits - 1);
    mpq_add(slope, slope, at_upper);
    ref_floor(slope, bits);
    mpq_mul(intercept, slope, ends[0].value);
    mpq_neg(intercept, intercept);
    mpq_mul(at_upper, slope, ends[1].value);
    mpq_sub(at_upper, ends[1].value, at_upper);
    if (mpq_cmp(at_upper, intercept) > 0) {
        mpq_set(intercept, at_upper);
    }
    mpq_clears(width, at_upper, NULL);
}

/* The lower line y >= slope * z of an unstable neuron. */
static void lower_line(mpq_t slope, const struct ref_context *region, size_t v,
                       const struct ref_end *ends, bool use_slopes)
{
    if (use_slopes && region->has_slope[v]) {
        mpq_set(slope, region->slopes[v]);
        return;
    }
    mpq_t sum;
    mpq_t part;
    mpq_inits(sum, part, NULL);
    mpq_set_ui(sum, 64, 1);
    mpq_mul(sum, sum, ends[1].value);
    mpq_set_ui(part, 63, 1);
    mpq_mul(part, part, ends[0].value);
    mpq_add(sum, sum, part);
    mpq_set_ui(
        slope,
        ends[0].is_finite && ends[1].is_finite && mpq_sgn(sum) > 0 ? 1 : 0, 1);
    mpq_clears(sum, part, NULL);
}

/* q[source] += q[v] * slope of the line; false if it has none. */
static bool pass_relu(mpq_t sum, mpq_t *q, const struct ref_context *region,
                      size_t v, size_t source, bool use_slopes)
{
    struct ref_end ends[2];
    find_facts(ends, region, source);
    const enum phase phase = phase_of(ends);
    bool has_line = true;
    mpq_t slope;
    mpq_t intercept;
    mpq_inits(slope, intercept, NULL);
    if (phase == ON) {
        mpq_set_ui(slope, 1, 1);
    } else if (phase == OPEN && mpq_sgn(q[v]) > 0) {
        lower_line(slope, region, v, ends, use_slopes);
    } else if (phase == OPEN) {
        has_line = ends[0].is_finite && ends[1].is_finite;
        if (has_line) {
            upper_line(slope, intercept, ends, region->grids.slope);
        }
    }
    mpq_mul(slope, slope, q[v]);
    mpq_add(q[source], q[source], slope);
    mpq_mul(intercept, intercept, q[v]);
    mpq_add(sum, sum, intercept);
    mpq_clears(slope, intercept, NULL);
    clear_facts(ends);
    return has_line;
}

static void pass_affine(mpq_t sum, mpq_t *q, size_t z,
                        const struct check_layer *layer)
{
    const size_t i = z - layer->first;
    mpq_t weight;
    mpq_init(weight);
    mpq_set_d(weight, layer->bias[i]);
    mpq_mul(weight, weight, q[z]);
    mpq_add(sum, sum, weight);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        mpq_set_d(weight, layer->weight[k]);
        mpq_mul(weight, weight, q[z]);
        mpq_add(q[layer->column[k]], q[layer->column[k]], weight);
    }
    mpq_clear(weight);
}

bool ref_context_bound(mpq_t sum, mpq_t *q, const struct ref_context *region,
                       bool use_slopes)
{
    const struct check_network *network = region->network;
    bool is_finite = true;
    for (size_t l = network->n_layers; l-- > 0;) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = layer->width; i-- > 0;) {
            const size_t z = layer->first + i;
            if (mpq_sgn(q[z]) == 0) {
                continue;
            }
            if (layer->kind == CHECK_AFFINE) {
                pass_affine(sum, q, z, layer);
            } else if (!pass_relu(sum, q, region, z, layer->source[i],
                                  use_slopes)) {
                is_finite = false;
            }
            mpq_set_ui(q[z], 0, 1);
        }
    }
    for (size_t z = 0; z < network->n_inputs; z++) {
        mpq_mul(q[z], q[z],
                region->ends[2 * z + (mpq_sgn(q[z]) < 0 ? 1 : 0)].value);
        mpq_add(sum, sum, q[z]);
        mpq_set_ui(q[z], 0, 1);
    }
    return is_finite;
}

size_t ref_context_source(const struct ref_context *region, size_t r, size_t e)
{
    return region->network->layers[region->network->relu[r]].source[e];
}

void ref_context_refresh(struct ref_context *region, size_t r, mpq_t *q)
{
    struct ref_context before;
    mpq_t sum;
    ref_context_copy(&before, region);
    mpq_init(sum);
    for (size_t e = 0;
         e < region->network->layers[region->network->relu[r]].width; e++) {
        const size_t z = ref_context_source(region, r, e);
        struct ref_end facts[2];
        find_facts(facts, &before, z);
        const enum phase phase = phase_of(facts);
        clear_facts(facts);
        if (phase != OPEN) {
            continue;
        }
        for (int sign = 1; sign >= -1; sign -= 2) {
            mpq_set_si(q[z], sign, 1);
            mpq_set_ui(sum, 0, 1);
            if (ref_context_bound(sum, q, &before, false)) {
                if (sign < 0) {
                    mpq_neg(sum, sum);
                }
                ref_context_learn(region, z, sign < 0, sum);
            }
        }
    }
    mpq_clear(sum);
    ref_context_clear(&before);
}
