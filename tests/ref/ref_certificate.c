/* A recursive walk with copied contexts. */
#include "tests/ref/ref_certificate.h"

#include "proofs/check/check_sha.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_claim.h"
#include "tests/ref/ref_combination.h"
#include "tests/ref/ref_witness.h"

#include <stdint.h>
#include <string.h>

/* Contexts by what is above a node: nothing or a split at a midpoint or on the
 * grid, a split at a fraction, one of a neuron; and by its elder sibling: none,
 * an inner node, a leaf. */
enum { ABOVE_PLAIN, ABOVE_FRACTION, ABOVE_NEURON, N_ABOVE };
enum { NO_SIBLING, INNER_SIBLING, LEAF_SIBLING, N_SIBLINGS };

/* Every context of the stream but those of combinations; ref_bit only. */
struct contexts {
    struct ref_bit leaf[N_ABOVE][N_SIBLINGS][N_SIBLINGS][8];
    struct ref_bit neuron[N_ABOVE];
    struct ref_number input[REF_LISTS][REF_LISTS];
    struct ref_bit threshold[2][N_ABOVE];
    struct ref_number fraction;
    struct ref_number grid;
    struct ref_number relu;
    struct ref_number element[16];
    struct ref_bit refresh[2][N_ABOVE][16][2];
    struct ref_bit has[2];
    struct ref_number n_slopes;
    struct ref_number slope_relu[REF_LISTS];
    struct ref_number slope_element[16];
    struct ref_number slope;
    struct ref_number n_lemmas;
    struct ref_number lemma_relu[REF_LISTS];
    struct ref_number lemma_element[16];
    struct ref_bit side;
    struct ref_bit closed;
    struct ref_bit is_explicit[2];
    struct ref_number shape;
    struct ref_combination_bits combination;
};

/* What a node knows, for itself and those below. */
struct context {
    struct ref_context region;
    bool *is_open; /* [n_disjuncts of the case] */
    size_t n_open;
    size_t n_literals;
    size_t inputs[2]; /* list contexts of the nearest input splits above */
    size_t above;
    size_t siblings[2]; /* of the parent, of the node */
    size_t depth;
};

enum { MOST_RELUS = 64 };

struct judge {
    struct ref_coder coder;
    struct contexts *contexts;
    struct ref_combination combination;
    struct ref_literal path[REF_DEPTH];
    struct ref_grids grids;
    const struct check_network *network;
    const struct check_query *query;
    size_t number; /* of the case */
    size_t n_nodes;
    bool is_rejected;
    bool gave_up;
};

static bool is_over(const struct judge *judge)
{
    return judge->coder.is_malformed || judge->is_rejected || judge->gave_up;
}

static const struct check_case *case_of(const struct judge *judge)
{
    return &judge->query->cases[judge->number];
}

static void copy_context(struct context *context, const struct judge *judge,
                         const struct context *from)
{
    const size_t n = case_of(judge)->n_disjuncts;
    *context = *from;
    ref_context_copy(&context->region, &from->region);
    context->is_open = alloc_bytes(n, sizeof *context->is_open);
    memcpy(context->is_open, from->is_open, n * sizeof *context->is_open);
}

static void clear_context(struct context *context)
{
    ref_context_clear(&context->region);
    alloc_free(context->is_open);
}

/* Reads a neuron: rejected if there is none.
 *   element  [16] contexts by layer */
static bool read_neuron(struct judge *judge, struct ref_number *relu,
                        struct ref_number *element, size_t *r, size_t *e)
{
    const uint64_t layer = ref_coder_number(&judge->coder, relu);
    const uint64_t place =
        ref_coder_number(&judge->coder, &element[ref_list_context(layer)]);
    const struct check_network *network = judge->network;
    if (layer >= network->n_relus ||
        place >= network->layers[network->relu[layer]].width) {
        judge->is_rejected = true;
    }
    *r = (size_t)layer;
    *e = (size_t)place;
    return !is_over(judge);
}

/* A split as it is read; fraction and grid_units by their kind. */
struct split {
    bool is_neuron;
    size_t z;
    size_t input;
    enum { MIDPOINT, FRACTION, GRID } kind;
    uint64_t fraction;
    int64_t grid_units;
};

static void read_split(struct judge *judge, struct split *split,
                       const struct context *context)
{
    struct ref_coder *coder = &judge->coder;
    struct contexts *contexts = judge->contexts;
    split->is_neuron =
        ref_coder_bit(coder, &contexts->neuron[context->above]) == 1;
    if (split->is_neuron) {
        size_t r = 0;
        size_t e = 0;
        if (read_neuron(judge, &contexts->relu, contexts->element, &r, &e)) {
            split->z = ref_context_source(&context->region, r, e);
        }
        return;
    }
    struct ref_number *inputs = contexts->input[context->inputs[0]];
    const uint64_t input = ref_coder_number(coder, &inputs[context->inputs[1]]);
    if (input >= judge->network->n_inputs) {
        judge->is_rejected = true;
        return;
    }
    split->input = (size_t)input;
    if (ref_coder_bit(coder, &contexts->threshold[0][context->above]) == 0) {
        split->kind = MIDPOINT;
    } else if (ref_coder_bit(coder, &contexts->threshold[1][context->above]) ==
               1) {
        split->kind = GRID;
        split->grid_units = ref_coder_signed(coder, &contexts->grid);
    } else {
        split->kind = FRACTION;
        split->fraction = ref_coder_number(coder, &contexts->fraction) + 1;
        if (split->fraction >= 32) {
            coder->is_malformed = true;
        }
    }
}

/* threshold of an input split; rejected unless it is inside. */
static void find_threshold(struct judge *judge, mpq_t threshold,
                           const struct split *split,
                           const struct context *context)
{
    const struct ref_end *ends = &context->region.ends[2 * split->input];
    mpq_t part;
    mpq_init(part);
    if (split->kind == GRID) {
        mpq_set_si(threshold, split->grid_units, 1);
        ref_scale(threshold, -(int64_t)judge->grids.box);
    } else if (split->kind == MIDPOINT) {
        mpq_add(threshold, ends[0].value, ends[1].value);
        ref_scale(threshold, -1);
        ref_floor(threshold, judge->grids.box);
    } else {
        mpq_sub(part, ends[1].value, ends[0].value);
        mpq_set_ui(threshold, split->fraction, 1);
        mpq_mul(part, part, threshold);
        ref_scale(part, -5);
        ref_floor(part, judge->grids.box);
        mpq_add(threshold, ends[0].value, part);
    }
    if (!context->region.is_empty && (mpq_cmp(threshold, ends[0].value) <= 0 ||
                                      mpq_cmp(threshold, ends[1].value) >= 0)) {
        judge->is_rejected = true;
    }
    mpq_clear(part);
}

static uint64_t read_refresh(struct judge *judge, const struct context *context,
                             bool is_leaf)
{
    uint64_t bits = 0;
    unsigned last = 0;
    for (size_t r = 0; r < judge->network->n_relus; r++) {
        struct ref_bit *bit =
            judge->contexts
                ->refresh[is_leaf ? 1 : 0][context->above][ref_list_context(r)];
        last = ref_coder_bit(&judge->coder, &bit[last]);
        bits |= (uint64_t)last << r;
    }
    return bits;
}

static void read_slopes(struct judge *judge, struct context *context)
{
    struct contexts *contexts = judge->contexts;
    size_t list = REF_LIST_START;
    for (uint64_t n = ref_coder_number(&judge->coder, &contexts->n_slopes);
         n > 0 && !is_over(judge); n--) {
        size_t r = 0;
        size_t e = 0;
        if (!read_neuron(judge, &contexts->slope_relu[list],
                         contexts->slope_element, &r, &e)) {
            return;
        }
        list = ref_list_context(r);
        const uint64_t slope =
            ref_coder_number(&judge->coder, &contexts->slope);
        if (slope > (uint64_t)1 << judge->grids.lower) {
            judge->coder.is_malformed = true;
            return;
        }
        const size_t v =
            judge->network->layers[judge->network->relu[r]].first + e;
        mpq_t *value = &context->region.slopes[v];
        context->region.has_slope[v] = true;
        mpq_set_ui(*value, slope, 1);
        ref_scale(*value, -(int64_t)judge->grids.lower);
    }
}

/* Refreshes layers first .. end - 1 as the bits say. */
static void refresh(struct judge *judge, struct context *context, uint64_t bits,
                    size_t first, size_t end)
{
    for (size_t r = first; r < end; r++) {
        if ((bits >> r & 1U) != 0 && !context->region.is_empty) {
            /* Closings of empty regions leave their form behind. */
            ref_combination_reset(&judge->combination);
            ref_context_refresh(&context->region, r, judge->combination.q);
        }
    }
}

/* The only disjunct that is open, if there is one. */
static const struct check_disjunct *only_open(const struct judge *judge,
                                              const struct context *context)
{
    const struct check_disjunct *only = NULL;
    for (size_t d = 0; d < case_of(judge)->n_disjuncts; d++) {
        if (context->is_open[d] && context->n_open == 1) {
            only = &case_of(judge)->disjuncts[d];
        }
    }
    return only;
}

/* Reads the rest of a lemma for z and adds the fact. */
static void read_lemma(struct judge *judge, struct context *context, size_t z)
{
    struct ref_combination *combination = &judge->combination;
    const bool is_upper =
        ref_coder_bit(&judge->coder, &judge->contexts->side) == 1;
    ref_combination_reset(combination);
    mpq_set_si(combination->q[z], is_upper ? -1 : 1, 1);
    ref_combination_read(
        combination, &judge->coder, &judge->contexts->combination,
        only_open(judge, context), judge->path, context->n_literals);
    judge->is_rejected = judge->is_rejected || combination->is_invalid;
    if (!is_over(judge) && !context->region.is_empty &&
        ref_context_bound(combination->sum, combination->q, &context->region,
                          true)) {
        if (is_upper) {
            mpq_neg(combination->sum, combination->sum);
        }
        ref_context_learn(&context->region, z, is_upper, combination->sum);
    }
    ref_combination_reset(combination);
}

/* Step c: the lemmas of each layer, then its refresh. */
static void add_facts(struct judge *judge, struct context *context,
                      uint64_t bits, bool has_lemmas)
{
    struct contexts *contexts = judge->contexts;
    size_t next = 0; /* layer to refresh */
    size_t list = REF_LIST_START;
    uint64_t n =
        has_lemmas ? ref_coder_number(&judge->coder, &contexts->n_lemmas) : 0;
    for (; n > 0 && !is_over(judge); n--) {
        size_t r = 0;
        size_t e = 0;
        if (!read_neuron(judge, &contexts->lemma_relu[list],
                         contexts->lemma_element, &r, &e)) {
            return;
        }
        list = ref_list_context(r);
        if (r < next) {
            judge->coder.is_malformed = true;
            return;
        }
        refresh(judge, context, bits, next, r);
        next = r;
        read_lemma(judge, context, ref_context_source(&context->region, r, e));
    }
    if (!is_over(judge)) {
        refresh(judge, context, bits, next, judge->network->n_relus);
    }
}

static bool closes_by_default(struct judge *judge,
                              const struct context *context,
                              const struct check_disjunct *disjunct)
{
    bool is_closed = context->region.is_empty;
    mpq_t one;
    mpq_init(one);
    mpq_set_ui(one, 1, 1);
    for (size_t a = 0; a < disjunct->n_atoms && !is_closed; a++) {
        ref_combination_reset(&judge->combination);
        ref_combination_add_atom(&judge->combination, disjunct->atoms[a], one);
        is_closed =
            ref_combination_refutes(&judge->combination, &context->region);
    }
    mpq_clear(one);
    return is_closed;
}

static bool closes_by_combination(struct judge *judge,
                                  const struct context *context,
                                  const struct check_disjunct *disjunct)
{
    ref_combination_reset(&judge->combination);
    ref_combination_read(&judge->combination, &judge->coder,
                         &judge->contexts->combination, disjunct, judge->path,
                         context->n_literals);
    judge->is_rejected = judge->is_rejected || judge->combination.is_invalid;
    return !is_over(judge) &&
           (context->region.is_empty ||
            ref_combination_refutes(&judge->combination, &context->region));
}

static void read_closings(struct judge *judge, struct context *context,
                          bool is_leaf)
{
    const size_t n_open = context->n_open;
    for (size_t d = 0; d < case_of(judge)->n_disjuncts && !is_over(judge);
         d++) {
        const struct check_disjunct *disjunct = &case_of(judge)->disjuncts[d];
        if (!context->is_open[d] ||
            (!is_leaf &&
             (n_open < 2 ||
              ref_coder_bit(&judge->coder, &judge->contexts->closed) == 0))) {
            continue;
        }
        const bool is_explicit =
            ref_coder_bit(&judge->coder,
                          &judge->contexts->is_explicit[is_leaf ? 1 : 0]) == 1;
        if (is_over(judge) ||
            !(is_explicit ? closes_by_combination(judge, context, disjunct)
                          : closes_by_default(judge, context, disjunct))) {
            judge->is_rejected = true;
        }
        context->is_open[d] = false;
        context->n_open--;
    }
    if (!is_leaf && context->n_open == 0) {
        judge->coder.is_malformed = true;
    }
}

/* NOLINTBEGIN(misc-no-recursion): REF_DEPTH at most. */
static bool judge_node(struct judge *judge, const struct context *from);

static void judge_children(struct judge *judge, const struct context *context,
                           const struct split *split)
{
    mpq_t threshold; /* 0 of a neuron split */
    mpq_init(threshold);
    if (!split->is_neuron) {
        find_threshold(judge, threshold, split, context);
    }
    bool first_is_leaf = false;
    for (unsigned side = 0; side < 2 && !is_over(judge); side++) {
        struct context child;
        copy_context(&child, judge, context);
        child.depth++;
        child.above = split->is_neuron          ? ABOVE_NEURON
                      : split->kind == FRACTION ? ABOVE_FRACTION
                                                : ABOVE_PLAIN;
        child.siblings[0] = context->siblings[1];
        child.siblings[1] = side == 0       ? NO_SIBLING
                            : first_is_leaf ? LEAF_SIBLING
                                            : INNER_SIBLING;
        if (split->is_neuron) {
            judge->path[child.n_literals++] =
                (struct ref_literal){split->z, side};
        } else {
            child.inputs[1] = context->inputs[0];
            child.inputs[0] = ref_list_context(split->input);
        }
        ref_context_narrow(&child.region,
                           split->is_neuron ? split->z : split->input,
                           side == 0, threshold);
        first_is_leaf = judge_node(judge, &child);
        clear_context(&child);
    }
    mpq_clear(threshold);
}

/* The node, whose context is that of its parent and the literal, and all below:
 * whether it is a leaf. */
static bool judge_node(struct judge *judge, const struct context *from)
{
    if (from->depth >= REF_DEPTH || judge->n_nodes++ >= REF_NODES) {
        judge->gave_up = true;
        return true;
    }
    struct context context;
    struct split split = {0};
    copy_context(&context, judge, from);
    struct ref_bit *leaf =
        judge->contexts
            ->leaf[context.above][context.siblings[0]][context.siblings[1]];
    const bool is_leaf =
        ref_coder_bit(&judge->coder,
                      &leaf[context.depth / 4 < 7 ? context.depth / 4 : 7]) ==
        1;
    if (!is_leaf) {
        read_split(judge, &split, &context);
    }
    const uint64_t bits = read_refresh(judge, &context, is_leaf);
    struct ref_bit *has = &judge->contexts->has[is_leaf ? 1 : 0];
    const bool has_records = ref_coder_bit(&judge->coder, has) == 1;
    if (has_records) {
        read_slopes(judge, &context);
    }
    if (!is_over(judge)) {
        add_facts(judge, &context, bits, has_records);
    }
    if (!is_over(judge)) {
        read_closings(judge, &context, is_leaf);
    }
    if (!is_over(judge) && !is_leaf) {
        judge_children(judge, &context, &split);
    }
    clear_context(&context);
    return is_leaf;
}

/* NOLINTEND(misc-no-recursion) */

static void judge_case(struct judge *judge)
{
    const struct check_case *of = case_of(judge);
    struct context root = {.n_open = of->n_disjuncts,
                           .inputs = {REF_LIST_START, REF_LIST_START}};
    mpq_t end;
    mpq_init(end);
    ref_context_init(&root.region, judge->network, &judge->grids);
    root.is_open = alloc_bytes(of->n_disjuncts, sizeof *root.is_open);
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        root.is_open[d] = true;
    }
    for (size_t e = 0; e < 2 * judge->network->n_inputs; e++) {
        if (of->box[e] == NULL) {
            judge->is_rejected = true;
            continue;
        }
        mpq_set(end, of->box[e]->rhs);
        if (e % 2 == 0) {
            mpq_neg(end, end); /* -x <= rhs */
        }
        ref_context_narrow(&root.region, e / 2, e % 2 == 1, end);
        judge->is_rejected =
            judge->is_rejected || !root.region.ends[e].is_finite;
    }
    ref_context_evaluate(&root.region);
    if (!is_over(judge)) {
        (void)judge_node(judge, &root);
    }
    clear_context(&root);
    mpq_clear(end);
}

/* A number of the shape, which must be n. */
static void expect_shape(struct judge *judge, size_t n)
{
    if (ref_coder_number(&judge->coder, &judge->contexts->shape) != n) {
        judge->is_rejected = true;
    }
}

static enum ref_verdict judge_stream(struct judge *judge)
{
    expect_shape(judge, judge->network->n_inputs);
    expect_shape(judge, judge->network->n_relus);
    expect_shape(judge, judge->query->n_cases);
    for (; judge->number < judge->query->n_cases && !is_over(judge);
         judge->number++) {
        expect_shape(judge, case_of(judge)->n_disjuncts);
        if (!is_over(judge)) {
            judge_case(judge);
        }
    }
    if (judge->gave_up) {
        return REF_GAVE_UP;
    }
    if (judge->coder.is_malformed) {
        return REF_MALFORMED;
    }
    if (judge->is_rejected) {
        return REF_REJECTED;
    }
    return ref_coder_is_done(&judge->coder) ? REF_ACCEPTED : REF_MALFORMED;
}

/* bytes[n]: grids, length and stream of a proof. */
static enum ref_verdict judge_proof(const unsigned char *bytes, size_t n,
                                    const struct check_network *network,
                                    const struct check_query *query)
{
    uint64_t n_stream = 0;
    size_t at = 4;
    unsigned shift = 0;
    if (n < 5 || bytes[0] > 60 || bytes[1] > 60 || bytes[2] < 1 ||
        bytes[2] > 16 || bytes[3] < 1 || bytes[3] > 8 ||
        network->n_relus > MOST_RELUS) {
        return REF_MALFORMED;
    }
    do {
        n_stream |= (uint64_t)(bytes[at] & 127U) << shift;
        shift += 7;
    } while (bytes[at++] >= 128 && at < n && shift < 56);
    if (n_stream != n - at || (at > 5 && bytes[at - 1] == 0)) {
        return REF_MALFORMED;
    }
    struct judge *judge = alloc_bytes(1, sizeof *judge);
    judge->contexts = alloc_bytes(1, sizeof *judge->contexts);
    ref_bits_init((struct ref_bit *)judge->contexts,
                  sizeof *judge->contexts / sizeof(struct ref_bit));
    ref_combination_init(&judge->combination, network);
    ref_coder_open(&judge->coder, bytes + at, (size_t)n_stream);
    judge->grids = (struct ref_grids){bytes[0], bytes[1], bytes[2], bytes[3]};
    judge->network = network;
    judge->query = query;
    const enum ref_verdict verdict = judge_stream(judge);
    ref_combination_clear(&judge->combination);
    alloc_free(judge->contexts);
    alloc_free(judge);
    return verdict;
}

enum ref_verdict ref_certificate_judge(const unsigned char *bytes, size_t n,
                                       const struct check_network *network,
                                       const struct check_query *query)
{
    const size_t head = 6 + 3 * 32;
    unsigned char hash[32];
    if (n < head + 32 || memcmp(bytes, "ASTC\2", 5) != 0 || bytes[5] > 1) {
        return REF_MALFORMED;
    }
    check_sha256(hash, bytes, n - 32);
    if (memcmp(hash, bytes + n - 32, 32) != 0) {
        return REF_REJECTED;
    }
    n -= head + 32;
    if (network->is_curved && bytes[5] == 0) {
        return ref_claim_is_refuted(network, query) ? REF_REJECTED
                                                    : REF_GAVE_UP;
    }
    return bytes[5] == 0 ? judge_proof(bytes + head, n, network, query)
                         : ref_witness_judge(bytes + head, n, network, query);
}
