/* The head, then node after node with the contexts of its fields.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_records.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_sha.h"

#include <string.h>

enum { VERSION = 2, MOST_BITS = 60, MOST_SLOPE_BITS = 16, MOST_LOWER_BITS = 8 };
enum { MOST_EXPONENT = 10000, MOST_RELUS = 64, FRACTIONS = 32 };
enum { MOST_RECORDS = 1 << 24 };
enum { MOST_SHARED = 15, NONE = 16 }; /* contexts by a number, or without */

/* FORMAT.md, "Contexts"; all zero at the start. */
struct check_contexts {
    struct check_bit leaf[3][3][3][8], neuron[3], threshold[2][3];
    struct check_bit refresh[2][3][MOST_SHARED + 1][2], has[2];
    struct check_bit side, closed, by[2];
    struct check_number input[NONE + 1][NONE + 1], fraction, grid, level;
    struct check_number relu, element[MOST_SHARED + 1];
    struct check_number n_slopes, slope_relu[NONE + 1], slope;
    struct check_number slope_element[MOST_SHARED + 1];
    struct check_number n_lemmas, lemma_relu[NONE + 1];
    struct check_number lemma_element[MOST_SHARED + 1];
    struct check_number n_atoms, atom[NONE + 1];
    struct check_number n_literals, literal[NONE + 1];
    struct check_number mantissa, exponent[MOST_SHARED + 1], shape;
};

/* The context of a number: large ones share theirs. */
static size_t shared(uint64_t value)
{
    return value < MOST_SHARED ? value : MOST_SHARED;
}

static void read_kind(struct check_head *head, struct check_cursor *cursor)
{
    if (memcmp(check_cursor_skip(cursor, 4), "ASTC", 4) != 0) {
        check_cursor_fail(cursor, "not a certificate: no ASTC at its start");
    }
    const unsigned version = check_cursor_u8(cursor);
    const unsigned kind = check_cursor_u8(cursor);
    if (version != VERSION || kind > 5) {
        check_unsupported("%s: version %u, kind %u is not supported",
                          head->file.path, version, kind);
    }
    head->is_witness = kind == 1 || kind == 5;
    head->has_cells = kind >= 4;
    head->has_levels = kind == 2 || kind == 3;
    head->has_pairs = kind == 3;
    head->hashes = check_cursor_skip(cursor, (size_t)3 * CHECK_HASH);
}

/* LEB128 in as few bytes as possible. */
static uint64_t read_varint(struct check_cursor *cursor)
{
    const size_t from = cursor->at;
    const uint64_t value = check_cursor_varint(cursor);
    if (cursor->at - from > 1 && cursor->file->data[cursor->at - 1] == 0) {
        check_cursor_fail(cursor, "number with superfluous bytes");
    }
    return value;
}

static void read_content(struct check_head *head, struct check_cursor *cursor)
{
    if (head->is_witness) {
        head->n_values = read_varint(cursor);
        if (head->n_values > check_cursor_left(cursor) / 8) {
            check_cursor_fail(cursor, "more values announced than there are");
        }
        head->content = check_cursor_take(cursor, 8 * head->n_values);
        return;
    }
    if (head->has_cells) {
        return;
    }
    head->box_bits = check_cursor_u8(cursor);
    head->fact_bits = check_cursor_u8(cursor);
    head->slope_bits = check_cursor_u8(cursor);
    head->lower_bits = check_cursor_u8(cursor);
    if (head->box_bits > MOST_BITS || head->fact_bits > MOST_BITS ||
        head->slope_bits < 1 || head->slope_bits > MOST_SLOPE_BITS ||
        head->lower_bits < 1 || head->lower_bits > MOST_LOWER_BITS) {
        check_cursor_fail(cursor, "grids outside their limits");
    }
    head->content = check_cursor_take(cursor, read_varint(cursor));
}

void check_head_open(struct check_head *head, const char *path)
{
    unsigned char hash[CHECK_HASH];
    *head = (struct check_head){.file = check_bytes_open(path)};
    struct check_cursor cursor = check_cursor_all(&head->file);
    read_kind(head, &cursor);
    read_content(head, &cursor);
    check_sha256(hash, head->file.data, cursor.at);
    const unsigned char *stated = check_cursor_skip(&cursor, CHECK_HASH);
    if (check_cursor_left(&cursor) != 0) {
        check_cursor_fail(&cursor, "bytes after the end");
    }
    if (memcmp(hash, stated, CHECK_HASH) != 0) {
        check_reject("%s: its hash at the end is not that of its bytes", path);
    }
}

void check_head_close(struct check_head *head)
{
    check_bytes_close(&head->file);
}

void check_node_clear(struct check_node *node)
{
    check_free(node->slopes);
    check_free(node->lemmas);
    check_free(node->closings);
    check_free(node->multipliers);
}

void check_records_reject(const struct check_records *records,
                          const char *reason)
{
    check_reject("%s: case %zu: node %zu: %s", records->head->file.path,
                 records->number, records->node, reason);
}

_Noreturn static void fail(const struct check_records *records,
                           const char *reason)
{
    check_unreadable("%s: case %zu: node %zu: %s", records->head->file.path,
                     records->number, records->node, reason);
}

/* Room for element n of an array that grew by this function only. */
static void *reserve(void *array, size_t n, size_t size)
{
    if (n >= MOST_RECORDS) {
        check_unsupported("more than %d records in a node", MOST_RECORDS);
    }
    return check_grow(array, n, size);
}

static uint64_t number(struct check_records *records,
                       struct check_number *context)
{
    return check_coder_number(&records->coder, context);
}

static bool bit(struct check_records *records, struct check_bit *context)
{
    return check_coder_bit(&records->coder, context);
}

/* The next count, which must be that of network and query. */
static void read_shape(struct check_records *records, size_t expected,
                       const char *what)
{
    const uint64_t n = number(records, &records->contexts->shape);
    if (n != expected) {
        check_reject("%s: made for %llu %s, not for %zu",
                     records->head->file.path, (unsigned long long)n, what,
                     expected);
    }
}

void check_records_open(struct check_records *records,
                        const struct check_head *head,
                        const struct check_network *network,
                        const struct check_query *query)
{
    *records = (struct check_records){
        .head = head, .network = network, .query = query};
    records->coder = check_coder_open(head->content);
    records->contexts = check_alloc(1, sizeof *records->contexts);
    read_shape(records, network->n_inputs, "inputs");
    read_shape(records, network->n_relus, "layers of neurons");
    read_shape(records, query->n_cases, "cases");
    if (network->n_relus > MOST_RELUS) {
        check_unsupported("more than %d layers of neurons", MOST_RELUS);
    }
}

void check_records_close(struct check_records *records)
{
    check_free(records->contexts);
    check_free(records->path);
    check_free(records->open);
}

void check_records_finish(const struct check_records *records)
{
    check_coder_finish(&records->coder);
}

/* Room for path[depth + 1] and its list of open disjuncts. */
static void reserve_path(struct check_records *records, size_t n_disjuncts)
{
    if (records->depth + 2 > records->size) {
        records->size = 2 * records->depth + 16;
        records->path =
            check_resize(records->path, records->size, sizeof *records->path);
    }
    records->open =
        check_resize(records->open, n_disjuncts, sizeof *records->open);
}

void check_records_start(struct check_records *records, size_t number)
{
    const size_t n = records->query->cases[number].n_disjuncts;
    records->number = number;
    records->node = 0;
    records->depth = 0;
    read_shape(records, n, "disjuncts of a case");
    reserve_path(records, n);
    records->path[0] =
        (struct check_split){.n_open = n, .inputs = {NONE, NONE}};
    for (size_t d = 0; d < n; d++) {
        records->open[d] = (uint32_t)d;
    }
}

/* The layer of the next pre-activation, and its number there. */
static const struct check_layer *read_neuron(struct check_records *records,
                                             struct check_number *of_relu,
                                             struct check_number *of_element,
                                             size_t *place)
{
    const struct check_network *network = records->network;
    const uint64_t relu = number(records, of_relu);
    const uint64_t element = number(records, of_element + shared(relu));
    if (relu >= network->n_relus ||
        element >= check_n_numbered(&network->layers[network->relu[relu]])) {
        check_records_reject(records, "names no neuron");
    }
    *place = element;
    return &network->layers[network->relu[relu]];
}

static void read_multiplier(struct check_records *records,
                            struct check_node *node, size_t index)
{
    struct check_contexts *contexts = records->contexts;
    const uint64_t half = number(records, &contexts->mantissa);
    size_t length = 0; /* of the mantissa, without its last bit */
    while (length < MOST_SHARED && half >> length != 0) {
        length++;
    }
    const int64_t exponent =
        check_coder_signed(&records->coder, &contexts->exponent[length]);
    if (half >= (uint64_t)1 << 61) {
        fail(records, "multiplier of more than 62 bits");
    }
    if (exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT) {
        check_unsupported("%s: exponent beyond %d", records->head->file.path,
                          MOST_EXPONENT);
    }
    node->multipliers = reserve(node->multipliers, node->n_multipliers,
                                sizeof *node->multipliers);
    node->multipliers[node->n_multipliers++] = (struct check_multiplier){
        .index = index, .mantissa = 2 * half + 1, .exponent = (long)exponent};
}

/* A combination of the first n_atoms atoms of a disjunct and of literals. */
static struct check_combination read_combination(struct check_records *records,
                                                 struct check_node *node,
                                                 size_t n_atoms)
{
    struct check_contexts *contexts = records->contexts;
    struct check_combination by = {.first = node->n_multipliers};
    size_t before = NONE;
    for (uint64_t n = number(records, &contexts->n_atoms); n > 0; n--) {
        const uint64_t atom = number(records, &contexts->atom[before]);
        if (atom >= n_atoms) {
            check_records_reject(records, "multiplier of no atom");
        }
        read_multiplier(records, node, atom);
        by.n_atoms++;
        before = shared(atom);
    }
    before = NONE;
    for (uint64_t n = number(records, &contexts->n_literals); n > 0; n--) {
        const uint64_t above = number(records, &contexts->literal[before]);
        size_t at = records->depth;
        if (above >= records->path[at].n_neurons) {
            check_records_reject(records, "multiplier of no literal");
        }
        const size_t wanted = records->path[at].n_neurons - above;
        while (records->path[at].n_neurons > wanted ||
               records->path[at].kind != CHECK_NEURON_SPLIT) {
            at--;
        }
        read_multiplier(records, node, at);
        by.n_literals++;
        before = shared(above);
    }
    return by;
}

static void read_slopes(struct check_records *records, struct check_node *node)
{
    struct check_contexts *contexts = records->contexts;
    size_t before = NONE;
    for (uint64_t n = number(records, &contexts->n_slopes); n > 0; n--) {
        size_t place = 0;
        const struct check_layer *layer =
            read_neuron(records, &contexts->slope_relu[before],
                        contexts->slope_element, &place);
        before = shared(layer->relu);
        const uint64_t slope = number(records, &contexts->slope);
        if (slope > (uint64_t)1 << records->head->lower_bits) {
            fail(records, "slope above 1");
        }
        if (layer->kind != CHECK_RELU) {
            check_records_reject(records, "slope of a neuron that is no ReLU");
        }
        node->slopes =
            reserve(node->slopes, node->n_slopes, sizeof *node->slopes);
        node->slopes[node->n_slopes++] = (struct check_slope){
            .coordinate = layer->first + place, .slope = (int16_t)slope};
    }
}

static void read_lemmas(struct check_records *records, struct check_node *node)
{
    struct check_contexts *contexts = records->contexts;
    const struct check_case *of = &records->query->cases[records->number];
    size_t relu = 0;
    size_t before = NONE;
    for (uint64_t n = number(records, &contexts->n_lemmas); n > 0; n--) {
        size_t place = 0;
        const struct check_layer *layer =
            read_neuron(records, &contexts->lemma_relu[before],
                        contexts->lemma_element, &place);
        struct check_lemma lemma = {.relu = layer->relu,
                                    .z = layer->source[place]};
        before = shared(lemma.relu);
        if (lemma.relu < relu) {
            fail(records, "lemmas are not in the order of their layers");
        }
        relu = lemma.relu;
        lemma.is_upper = bit(records, &contexts->side);
        /* With several open disjuncts a fact must hold for all of them. */
        lemma.by = read_combination(
            records, node,
            node->n_open == 1 ? of->disjuncts[node->only].n_atoms : 0);
        node->lemmas =
            reserve(node->lemmas, node->n_lemmas, sizeof *node->lemmas);
        node->lemmas[node->n_lemmas++] = lemma;
    }
}

/* Reads what closes the open disjuncts at a node whose parent is path[depth],
 * and lists those that stay open for `split`. */
static void read_closings(struct check_records *records,
                          struct check_node *node, struct check_split *split)
{
    struct check_contexts *contexts = records->contexts;
    const struct check_case *of = &records->query->cases[records->number];
    const bool is_leaf = node->kind == CHECK_LEAF;
    size_t n_left = 0;
    reserve_path(records, split->first_open + 2 * split->n_open);
    const uint32_t *open = records->open + split->first_open;
    uint32_t *left = records->open + split->first_open + split->n_open;
    for (size_t i = 0; i < split->n_open; i++) {
        struct check_closing closing = {.disjunct = open[i]};
        if (!is_leaf &&
            (split->n_open == 1 || !bit(records, &contexts->closed))) {
            left[n_left++] = open[i];
            continue;
        }
        closing.is_default = !bit(records, &contexts->by[is_leaf ? 1 : 0]);
        if (!closing.is_default) {
            closing.by = read_combination(
                records, node, of->disjuncts[closing.disjunct].n_atoms);
        }
        node->closings =
            reserve(node->closings, node->n_closings, sizeof *node->closings);
        node->closings[node->n_closings++] = closing;
    }
    if (!is_leaf && n_left == 0) {
        fail(records, "a split closes all disjuncts");
    }
    if (n_left < split->n_open) {
        split->first_open += split->n_open;
        split->n_open = n_left;
    }
}

static void read_input_split(struct check_records *records,
                             struct check_split *split, size_t above)
{
    struct check_contexts *contexts = records->contexts;
    const uint64_t input =
        number(records, &contexts->input[split->inputs[0]][split->inputs[1]]);
    if (input >= records->network->n_inputs) {
        check_records_reject(records, "split of no input");
    }
    split->coordinate = input;
    split->inputs[1] = split->inputs[0];
    split->inputs[0] = shared(input);
    if (!bit(records, &contexts->threshold[0][above])) {
        split->threshold = CHECK_MIDPOINT;
    } else if (bit(records, &contexts->threshold[1][above])) {
        split->threshold = CHECK_GRID;
        split->value = check_coder_signed(&records->coder, &contexts->grid);
    } else {
        const uint64_t less = number(records, &contexts->fraction);
        if (less >= FRACTIONS - 1) {
            fail(records, "fraction not below 1");
        }
        split->threshold = CHECK_FRACTION;
        split->value = (int64_t)less + 1;
    }
}

static void read_neuron_split(struct check_records *records,
                              struct check_split *split)
{
    struct check_contexts *contexts = records->contexts;
    const struct check_head *head = records->head;
    const unsigned shift = head->fact_bits > head->slope_bits
                               ? head->fact_bits - head->slope_bits
                               : 0;
    size_t place = 0;
    const struct check_layer *layer =
        read_neuron(records, &contexts->relu, contexts->element, &place);
    split->coordinate = layer->source[place];
    split->value = 0;
    split->n_neurons++;
    if (head->has_levels) {
        const int64_t level =
            check_coder_signed(&records->coder, &contexts->level);
        const int64_t most = (int64_t)1 << (62 - shift);
        if (level <= -most || level >= most) {
            check_records_reject(records, "level of a split too large");
        }
        split->value = level * ((int64_t)1 << shift);
    }
}

/* above(node): what kind of split the parent is. */
static size_t kind_above(const struct check_split *parent)
{
    if (parent->kind == CHECK_NEURON_SPLIT) {
        return 2;
    }
    return parent->kind == CHECK_INPUT_SPLIT &&
                   parent->threshold == CHECK_FRACTION
               ? 1
               : 0;
}

/* Reads the kind of a node, and its split if it is none of the leaves. */
static void read_kind_of_node(struct check_records *records,
                              struct check_node *node,
                              struct check_split *split)
{
    struct check_contexts *contexts = records->contexts;
    struct check_split *parent = &records->path[records->depth];
    const size_t above = kind_above(parent);
    const size_t place = records->depth / 4;
    split->sibling = parent->side == 0 ? 0 : parent->child;
    node->kind = CHECK_LEAF;
    if (!bit(records, &contexts->leaf[above][parent->sibling][split->sibling]
                                     [place < 7 ? place : 7])) {
        node->kind = bit(records, &contexts->neuron[above]) ? CHECK_NEURON_SPLIT
                                                            : CHECK_INPUT_SPLIT;
    }
    parent->child = node->kind == CHECK_LEAF ? 2 : 1;
    split->kind = node->kind;
    split->side = 0;
    if (node->kind == CHECK_INPUT_SPLIT) {
        read_input_split(records, split, above);
    } else if (node->kind == CHECK_NEURON_SPLIT) {
        read_neuron_split(records, split);
    }
}

void check_records_read(struct check_records *records, struct check_node *node)
{
    struct check_contexts *contexts = records->contexts;
    struct check_split split = records->path[records->depth];
    const size_t above = kind_above(&split);
    node->n_slopes = node->n_lemmas = node->n_closings = 0;
    node->n_multipliers = 0;
    node->n_open = split.n_open;
    node->only = records->open[split.first_open];
    node->refresh = 0;
    read_kind_of_node(records, node, &split);
    const bool is_leaf = node->kind == CHECK_LEAF;
    bool last = false;
    for (size_t r = 0; r < records->network->n_relus; r++) {
        last =
            bit(records, &contexts->refresh[is_leaf][above][shared(r)][last]);
        node->refresh |= (uint64_t)last << r;
    }
    if (bit(records, &contexts->has[is_leaf])) {
        read_slopes(records, node);
        read_lemmas(records, node);
    }
    read_closings(records, node, &split);
    records->was_leaf = is_leaf;
    if (!is_leaf) {
        records->path[records->depth + 1] = split;
    }
}

bool check_records_advance(struct check_records *records)
{
    records->node++;
    if (!records->was_leaf) {
        if (++records->depth > CHECK_MOST_DEPTH) {
            check_unsupported("tree deeper than %d", CHECK_MOST_DEPTH);
        }
        return true;
    }
    while (records->depth > 0 && records->path[records->depth].side == 1) {
        records->depth--;
    }
    records->path[records->depth].side = 1;
    return records->depth > 0;
}
