/* A recursive walk with copied contexts and rational back-substitution. */
#include "tests/ref/ref_certificate.h"

#include "proofs/check/check_sha.h"
#include "src/base/alloc.h"

#include <gmp.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An end of an interval that may be infinite. */
struct end {
    bool is_finite;
    mpq_t value;
};

/* Ends of inputs, then of neurons: [2 * i] lower, [2 * i + 1] upper. */
struct context {
    struct end *ends;
    bool is_empty;
    size_t depth;
};

struct literal {
    bool is_neuron;
    size_t neuron;
    unsigned side;
};

struct judge {
    const unsigned char *bytes;
    size_t n;
    bool is_malformed;
    bool is_rejected;
    unsigned bits[3]; /* box, fact, slope */
    size_t trees;
    size_t n_trees;
    size_t bit;
    size_t data;
    size_t data_end;
    const struct check_network *network;
    const struct check_query *query;
    size_t number;
    size_t n_neurons;
    size_t *first_neuron; /* [n_relus] */
    struct literal path[256];
    mpq_t *q; /* [n_coordinates] */
};

static uint64_t malformed(struct judge *judge)
{
    judge->is_malformed = true;
    return 0;
}

static uint64_t take_varint(struct judge *judge, size_t *at, size_t end)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 10; i++) {
        if (*at >= end) {
            return malformed(judge);
        }
        const uint64_t byte = judge->bytes[(*at)++];
        if (i == 9 && byte > 1) {
            return malformed(judge);
        }
        value |= (byte & 127U) << (7 * i);
        if (byte < 128) {
            return byte == 0 && i > 0 ? malformed(judge) : value;
        }
    }
    return malformed(judge);
}

static uint64_t take_number(struct judge *judge)
{
    return judge->is_malformed
               ? 0
               : take_varint(judge, &judge->data, judge->data_end);
}

static int64_t take_signed(struct judge *judge)
{
    const uint64_t code = take_number(judge);
    return code % 2 == 0 ? (int64_t)(code / 2) : -(int64_t)(code / 2) - 1;
}

static unsigned take_bit(struct judge *judge)
{
    if (judge->is_malformed || judge->bit >= 8 * judge->n_trees) {
        return (unsigned)malformed(judge);
    }
    const unsigned byte = judge->bytes[judge->trees + judge->bit / 8];
    return byte >> (judge->bit++ % 8) & 1U;
}

/* x *= 2^exponent */
static void scale(mpq_t x, int64_t exponent)
{
    if (exponent >= 0) {
        mpq_mul_2exp(x, x, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(x, x, (mp_bitcnt_t)-exponent);
    }
}

/* x = its floor on the grid 2^-bits. */
static void floor_grid(mpq_t x, unsigned bits)
{
    mpz_t z;
    mpz_init(z);
    scale(x, (int64_t)bits);
    mpz_fdiv_q(z, mpq_numref(x), mpq_denref(x));
    mpq_set_z(x, z);
    scale(x, -(int64_t)bits);
    mpz_clear(z);
}

/* x = mantissa * 2^exponent from the data; true if it is within limits. */
static void take_exponent(struct judge *judge, mpq_t x)
{
    const int64_t exponent = take_signed(judge);
    if (exponent > 10000 || exponent < -10000) {
        (void)malformed(judge);
    } else {
        scale(x, exponent);
    }
}

static void take_multiplier(struct judge *judge, mpq_t x)
{
    const uint64_t mantissa = take_number(judge);
    if (mantissa == 0) {
        (void)malformed(judge);
    }
    mpq_set_ui(x, mantissa, 1);
    take_exponent(judge, x);
}

static size_t n_ends(const struct judge *judge)
{
    return 2 * (judge->network->n_inputs + judge->n_neurons);
}

static struct end *end_of_neuron(const struct judge *judge,
                                 const struct context *context, size_t neuron)
{
    return &context->ends[2 * (judge->network->n_inputs + neuron)];
}

static struct context copy_context(const struct judge *judge,
                                   const struct context *from)
{
    struct context context = *from;
    context.ends = alloc_bytes(n_ends(judge), sizeof *context.ends);
    for (size_t i = 0; i < n_ends(judge); i++) {
        mpq_init(context.ends[i].value);
        if (from->ends != NULL) {
            context.ends[i].is_finite = from->ends[i].is_finite;
            mpq_set(context.ends[i].value, from->ends[i].value);
        }
    }
    return context;
}

static void clear_context(const struct judge *judge, struct context *context)
{
    for (size_t i = 0; i < n_ends(judge); i++) {
        mpq_clear(context->ends[i].value);
    }
    alloc_free(context->ends);
}

/* Intersects an end with x; upper: whether it is an upper one. */
static void narrow(struct end *end, const mpq_t x, bool upper)
{
    if (!end->is_finite ||
        (upper ? mpq_cmp(x, end->value) < 0 : mpq_cmp(x, end->value) > 0)) {
        end->is_finite = true;
        mpq_set(end->value, x);
    }
}

static bool is_crossed(const struct end *ends)
{
    return ends[0].is_finite && ends[1].is_finite &&
           mpq_cmp(ends[0].value, ends[1].value) > 0;
}

enum phase { ON, OFF, OPEN };

static enum phase phase_of(const struct end *ends)
{
    if (ends[0].is_finite && mpq_sgn(ends[0].value) >= 0) {
        return ON;
    }
    return ends[1].is_finite && mpq_sgn(ends[1].value) <= 0 ? OFF : OPEN;
}

/* The upper line y <= slope * z + intercept over ends of both signs. */
static void upper_line(mpq_t slope, mpq_t intercept, const struct end *ends,
                       unsigned bits)
{
    mpq_t width;
    mpq_t at_upper;
    mpq_inits(width, at_upper, NULL);
    /* slope = floor((2^S u + (u - l) / 2) / (u - l)) / 2^S */
    mpq_sub(width, ends[1].value, ends[0].value);
    mpq_div(slope, ends[1].value, width);
    mpq_set_ui(at_upper, 1, 1);
    scale(at_upper, -(int64_t)bits - 1);
    mpq_add(slope, slope, at_upper);
    floor_grid(slope, bits);
    mpq_mul(intercept, slope, ends[0].value);
    mpq_neg(intercept, intercept);
    mpq_mul(at_upper, slope, ends[1].value);
    mpq_sub(at_upper, ends[1].value, at_upper);
    if (mpq_cmp(at_upper, intercept) > 0) {
        mpq_set(intercept, at_upper);
    }
    mpq_clears(width, at_upper, NULL);
}

/* q[source] += q[z] * slope of the line; false if it has none. */
static bool pass_relu(const struct judge *judge, mpq_t sum, size_t z,
                      size_t source, const struct end *ends)
{
    mpq_t slope;
    mpq_t intercept;
    bool has_line = true;
    const int sign = mpq_sgn(judge->q[z]);
    const enum phase phase = phase_of(ends);
    mpq_inits(slope, intercept, NULL);
    if (phase == ON) {
        mpq_set_ui(slope, 1, 1);
    } else if (phase == OPEN && sign > 0) {
        mpq_t negated;
        mpq_init(negated);
        mpq_neg(negated, ends[0].value);
        const bool identity = ends[0].is_finite && ends[1].is_finite &&
                              mpq_cmp(ends[1].value, negated) > 0;
        mpq_set_ui(slope, identity ? 1 : 0, 1);
        mpq_clear(negated);
    } else if (phase == OPEN && sign < 0) {
        has_line = ends[0].is_finite && ends[1].is_finite;
        if (has_line) {
            upper_line(slope, intercept, ends, judge->bits[2]);
        }
    }
    mpq_mul(slope, slope, judge->q[z]);
    mpq_add(judge->q[source], judge->q[source], slope);
    mpq_mul(intercept, intercept, judge->q[z]);
    mpq_add(sum, sum, intercept);
    mpq_clears(slope, intercept, NULL);
    return has_line;
}

static void pass_affine(const struct judge *judge, mpq_t sum, size_t z,
                        const struct check_layer *layer)
{
    const size_t i = z - layer->first;
    mpq_t weight;
    mpq_init(weight);
    mpq_set_d(weight, layer->bias[i]);
    mpq_mul(weight, weight, judge->q[z]);
    mpq_add(sum, sum, weight);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        mpq_set_d(weight, layer->weight[k]);
        mpq_mul(weight, weight, judge->q[z]);
        mpq_add(judge->q[layer->column[k]], judge->q[layer->column[k]], weight);
    }
    mpq_clear(weight);
}

/* sum += the lower bound of judge->q . v, which is used up; false: none. */
static bool bound(const struct judge *judge, mpq_t sum,
                  const struct context *context)
{
    const struct check_network *network = judge->network;
    bool is_finite = true;
    for (size_t l = network->n_layers; l-- > 0;) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = layer->width; i-- > 0;) {
            const size_t z = layer->first + i;
            if (mpq_sgn(judge->q[z]) == 0) {
                continue;
            }
            if (layer->kind == CHECK_AFFINE) {
                pass_affine(judge, sum, z, layer);
            } else {
                is_finite =
                    pass_relu(
                        judge, sum, z, layer->source[i],
                        end_of_neuron(judge, context,
                                      judge->first_neuron[layer->relu] + i)) &&
                    is_finite;
            }
            mpq_set_ui(judge->q[z], 0, 1);
        }
    }
    for (size_t z = 0; z < network->n_inputs; z++) {
        const struct end *ends = &context->ends[2 * z];
        mpq_mul(judge->q[z], judge->q[z],
                ends[mpq_sgn(judge->q[z]) < 0 ? 1 : 0].value);
        mpq_add(sum, sum, judge->q[z]);
        mpq_set_ui(judge->q[z], 0, 1);
    }
    return is_finite;
}

/* The coordinate of z of a neuron. */
static size_t source_of(const struct judge *judge, size_t neuron)
{
    size_t r = judge->network->n_relus - 1;
    while (judge->first_neuron[r] > neuron) {
        r--;
    }
    return judge->network->layers[judge->network->relu[r]]
        .source[neuron - judge->first_neuron[r]];
}

static void refresh_relu(struct judge *judge, struct context *context, size_t r)
{
    struct context before = copy_context(judge, context);
    const size_t width = judge->network->layers[judge->network->relu[r]].width;
    mpq_t sum;
    mpq_init(sum);
    for (size_t e = 0; e < width; e++) {
        const size_t neuron = judge->first_neuron[r] + e;
        struct end *ends = end_of_neuron(judge, context, neuron);
        if (phase_of(end_of_neuron(judge, &before, neuron)) != OPEN) {
            continue;
        }
        for (int sign = 1; sign >= -1; sign -= 2) {
            mpq_set_si(judge->q[source_of(judge, neuron)], sign, 1);
            mpq_set_ui(sum, 0, 1);
            if (bound(judge, sum, &before)) {
                floor_grid(sum, judge->bits[1]);
                if (sign < 0) {
                    mpq_neg(sum, sum);
                }
                narrow(&ends[sign < 0 ? 1 : 0], sum, sign < 0);
            }
        }
        context->is_empty = context->is_empty || is_crossed(ends);
    }
    mpq_clear(sum);
    clear_context(judge, &before);
}

static const struct check_case *case_of(const struct judge *judge)
{
    return &judge->query->cases[judge->number];
}

/* q += factor * form of the atom; sum -= factor * its right side. */
static void add_atom(const struct judge *judge, mpq_t sum,
                     const struct check_atom *atom, const mpq_t factor)
{
    mpq_t x;
    mpq_init(x);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        const size_t z =
            term->is_output ? judge->network->output[term->index] : term->index;
        mpq_set_z(x, term->coefficient);
        mpq_mul(x, x, factor);
        mpq_add(judge->q[z], judge->q[z], x);
    }
    mpq_mul(x, factor, atom->rhs);
    mpq_sub(sum, sum, x);
    mpq_clear(x);
}

static bool closes_by_default(struct judge *judge,
                              const struct context *context,
                              const struct check_disjunct *disjunct)
{
    bool is_closed = context->is_empty;
    mpq_t sum;
    mpq_t one;
    mpq_inits(sum, one, NULL);
    mpq_set_ui(one, 1, 1);
    for (size_t a = 0; a < disjunct->n_atoms && !is_closed; a++) {
        mpq_set_ui(sum, 0, 1);
        add_atom(judge, sum, disjunct->atoms[a], one);
        is_closed = bound(judge, sum, context) &&
                    mpq_sgn(sum) >= (disjunct->atoms[a]->is_strict ? 0 : 1);
    }
    mpq_clears(sum, one, NULL);
    return is_closed;
}

static bool closes_by_combination(struct judge *judge,
                                  const struct context *context,
                                  const struct check_disjunct *disjunct)
{
    bool is_strict = false;
    mpq_t sum;
    mpq_t factor;
    mpq_inits(sum, factor, NULL);
    const uint64_t n_atoms = take_number(judge);
    for (uint64_t i = 0; i < n_atoms && !judge->is_malformed; i++) {
        const uint64_t a = take_number(judge);
        take_multiplier(judge, factor);
        if (a >= disjunct->n_atoms) {
            judge->is_rejected = true;
        } else if (!judge->is_malformed) {
            add_atom(judge, sum, disjunct->atoms[a], factor);
            is_strict = is_strict || disjunct->atoms[a]->is_strict;
        }
    }
    const uint64_t n_literals = take_number(judge);
    for (uint64_t i = 0; i < n_literals && !judge->is_malformed; i++) {
        const uint64_t place = take_number(judge);
        take_multiplier(judge, factor);
        if (place >= context->depth || !judge->path[place].is_neuron) {
            judge->is_rejected = true;
        } else if (!judge->is_malformed) {
            const size_t z = source_of(judge, judge->path[place].neuron);
            if (judge->path[place].side == 1) {
                mpq_neg(factor, factor);
            }
            mpq_add(judge->q[z], judge->q[z], factor);
        }
    }
    const bool is_finite = bound(judge, sum, context);
    const bool is_closed =
        context->is_empty || (is_finite && mpq_sgn(sum) >= (is_strict ? 0 : 1));
    mpq_clears(sum, factor, NULL);
    return is_closed;
}

static void judge_leaf(struct judge *judge, const struct context *context)
{
    const bool is_explicit = take_bit(judge) != 0;
    for (size_t d = 0; d < case_of(judge)->n_disjuncts && !judge->is_malformed;
         d++) {
        const struct check_disjunct *disjunct = &case_of(judge)->disjuncts[d];
        const uint64_t kind = is_explicit ? take_number(judge) : 0;
        if (kind > 1) {
            (void)malformed(judge);
        } else if (!(kind == 1 ? closes_by_combination(judge, context, disjunct)
                               : closes_by_default(judge, context, disjunct))) {
            judge->is_rejected = true;
        }
    }
}

/* NOLINTBEGIN(misc-no-recursion): the depth is limited by path. */
static void judge_node(struct judge *judge, const struct context *from,
                       size_t depth);

static void judge_input(struct judge *judge, struct context *context,
                        size_t depth)
{
    size_t input = 0;
    mpq_t threshold;
    for (size_t bit = 0; (size_t)1 << bit < judge->network->n_inputs; bit++) {
        input |= (size_t)take_bit(judge) << bit;
    }
    const bool is_explicit = take_bit(judge) != 0;
    if (judge->is_malformed || input >= judge->network->n_inputs) {
        (void)malformed(judge);
        return;
    }
    struct end *ends = &context->ends[2 * input];
    mpq_init(threshold);
    if (is_explicit) {
        mpq_set_si(threshold, take_signed(judge), 1);
        take_exponent(judge, threshold);
    } else {
        mpq_add(threshold, ends[0].value, ends[1].value);
        scale(threshold, -1);
    }
    mpq_t on_grid;
    mpq_init(on_grid);
    mpq_set(on_grid, threshold);
    floor_grid(on_grid, judge->bits[0]);
    if (is_explicit && mpq_equal(on_grid, threshold) == 0) {
        judge->is_rejected = true;
    }
    if (mpq_cmp(on_grid, ends[0].value) <= 0 ||
        mpq_cmp(on_grid, ends[1].value) >= 0) {
        judge->is_rejected = true;
    }
    for (unsigned side = 0; side < 2 && !judge->is_rejected; side++) {
        struct context child = copy_context(judge, context);
        narrow(&child.ends[2 * input + (side == 0 ? 1 : 0)], on_grid,
               side == 0);
        judge->path[depth] = (struct literal){.side = side};
        judge_node(judge, &child, depth + 1);
        clear_context(judge, &child);
    }
    mpq_clears(threshold, on_grid, NULL);
}

static void judge_neuron(struct judge *judge, struct context *context,
                         size_t depth)
{
    const uint64_t r = take_number(judge);
    const uint64_t e = take_number(judge);
    const struct check_network *network = judge->network;
    mpq_t zero;
    if (judge->is_malformed || r >= network->n_relus ||
        e >= network->layers[network->relu[r]].width) {
        judge->is_rejected = true;
        return;
    }
    mpq_init(zero);
    for (unsigned side = 0; side < 2 && !judge->is_rejected; side++) {
        struct context child = copy_context(judge, context);
        const size_t neuron = judge->first_neuron[r] + (size_t)e;
        struct end *ends = end_of_neuron(judge, &child, neuron);
        narrow(&ends[side == 0 ? 1 : 0], zero, side == 0);
        child.is_empty = child.is_empty || is_crossed(ends);
        judge->path[depth] = (struct literal){true, neuron, side};
        judge_node(judge, &child, depth + 1);
        clear_context(judge, &child);
    }
    mpq_clear(zero);
}

static void judge_node(struct judge *judge, const struct context *from,
                       size_t depth)
{
    struct context context = copy_context(judge, from);
    context.depth = depth;
    const bool is_inner = take_bit(judge) != 0;
    const bool has_refresh = take_bit(judge) != 0;
    if (depth >= sizeof judge->path / sizeof *judge->path) {
        (void)malformed(judge);
    }
    for (size_t r = 0; r < judge->network->n_relus && has_refresh &&
                       !judge->is_malformed && !context.is_empty;
         r++) {
        refresh_relu(judge, &context, r);
    }
    if (judge->is_malformed || judge->is_rejected) {
        clear_context(judge, &context);
        return;
    }
    if (!is_inner) {
        judge_leaf(judge, &context);
    } else if (take_bit(judge) != 0) {
        judge_neuron(judge, &context, depth);
    } else {
        judge_input(judge, &context, depth);
    }
    clear_context(judge, &context);
}

/* NOLINTEND(misc-no-recursion) */

static void judge_case(struct judge *judge)
{
    const struct context nothing = {0};
    struct context root = copy_context(judge, &nothing);
    for (size_t e = 0; e < 2 * judge->network->n_inputs; e++) {
        /* Rounding outward is rounding the right sides up. */
        mpq_neg(root.ends[e].value, case_of(judge)->box[e]->rhs);
        floor_grid(root.ends[e].value, judge->bits[0]);
        if (e % 2 == 1) {
            mpq_neg(root.ends[e].value, root.ends[e].value);
        }
        root.ends[e].is_finite = true;
    }
    judge_node(judge, &root, 0);
    clear_context(judge, &root);
}

/* Finds the sections. */
static void open_file(struct judge *judge)
{
    const unsigned char *bytes = judge->bytes;
    size_t at = 9 + 3 * 32;
    if (judge->n < at + 3 + 32 || memcmp(bytes, "ASTC\1", 6) != 0 ||
        bytes[6] > 60 || bytes[7] > 60 || bytes[8] < 1 || bytes[8] > 16) {
        (void)malformed(judge);
        return;
    }
    judge->bits[0] = bytes[6];
    judge->bits[1] = bytes[7];
    judge->bits[2] = bytes[8];
    judge->is_rejected =
        take_varint(judge, &at, judge->n) != judge->query->n_cases;
    const uint64_t n_trees = take_varint(judge, &at, judge->n);
    if (judge->is_malformed || n_trees > judge->n - at) {
        (void)malformed(judge);
        return;
    }
    judge->trees = at;
    judge->n_trees = (size_t)n_trees;
    at += judge->n_trees;
    const uint64_t n_data = take_varint(judge, &at, judge->n);
    if (judge->is_malformed || n_data > judge->n - at ||
        judge->n - at - (size_t)n_data != 32) {
        (void)malformed(judge);
        return;
    }
    judge->data = at;
    judge->data_end = at + (size_t)n_data;
    unsigned char hash[32];
    check_sha256(hash, bytes, judge->n - 32);
    judge->is_rejected =
        judge->is_rejected || memcmp(hash, bytes + judge->n - 32, 32) != 0;
}

static void check_ends(struct judge *judge)
{
    if (judge->data != judge->data_end ||
        (judge->bit + 7) / 8 != judge->n_trees) {
        (void)malformed(judge);
    }
    while (judge->bit % 8 != 0 && !judge->is_malformed) {
        judge->is_malformed = take_bit(judge) != 0;
    }
}

enum ref_verdict ref_certificate_judge(const unsigned char *bytes, size_t n,
                                       const struct check_network *network,
                                       const struct check_query *query)
{
    struct judge judge = {
        .bytes = bytes, .n = n, .network = network, .query = query};
    open_file(&judge);
    judge.first_neuron =
        alloc_bytes(network->n_relus + 1, sizeof *judge.first_neuron);
    for (size_t r = 0; r < network->n_relus; r++) {
        judge.first_neuron[r] = judge.n_neurons;
        judge.n_neurons += network->layers[network->relu[r]].width;
    }
    judge.q = alloc_bytes(network->n_coordinates, sizeof *judge.q);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpq_init(judge.q[i]);
    }
    for (; judge.number < query->n_cases && !judge.is_malformed &&
           !judge.is_rejected;
         judge.number++) {
        judge_case(&judge);
    }
    if (!judge.is_rejected && !judge.is_malformed) {
        check_ends(&judge);
    }
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpq_clear(judge.q[i]);
    }
    alloc_free(judge.q);
    alloc_free(judge.first_neuron);
    return judge.is_malformed  ? REF_MALFORMED
           : judge.is_rejected ? REF_REJECTED
                               : REF_ACCEPTED;
}
