/* Certificates as text: the reader, word by word. */
#include "proofs/cert_scan.h"
#include "proofs/cert_text.h"
#include "proofs/cert_walk.h"
#include "src/base/alloc.h"

#include <assert.h>

struct reading {
    struct cert_scan scan;
    struct cert *cert;
    struct cert_tree *tree;
};

static enum status take_index(struct cert_scan *scan, uint32_t *value)
{
    uint64_t wide = 0;
    const enum status status = cert_scan_number(scan, &wide, CERT_NONE - 1);
    *value = (uint32_t)wide;
    return status;
}

/* `nR.E`. */
static enum status take_neuron(struct cert_scan *scan, uint32_t *relu,
                               uint32_t *element)
{
    enum status status = STATUS_OK;
    uint64_t wide = 0;
    STATUS_TRY(cert_scan_prefix(scan, "n"));
    STATUS_TRY(cert_scan_digits(scan, &wide, CERT_NONE - 1));
    *relu = (uint32_t)wide;
    if (*scan->at != '.') {
        return cert_scan_refuse(scan, "'.' and an element");
    }
    scan->at++;
    STATUS_TRY(take_index(scan, element));
cleanup:
    return status;
}

/* `M*2^E` */
static enum status take_multiplier(struct cert_scan *scan,
                                   struct cert_multiplier *term)
{
    enum status status = STATUS_OK;
    int64_t exponent = 0;
    STATUS_TRY(cert_scan_prefix(scan, ""));
    STATUS_TRY(cert_scan_digits(scan, &term->mantissa, CERT_MAX_MANTISSA - 1));
    if (term->mantissa % 2 == 0) {
        return cert_scan_refuse(scan, "an odd mantissa before this");
    }
    if (*scan->at != '*') {
        return cert_scan_refuse(scan, "'*2^' and an exponent");
    }
    STATUS_TRY(cert_scan_prefix(scan, "*2^"));
    STATUS_TRY(cert_scan_signed(scan, &exponent, CERT_MAX_EXPONENT));
    term->exponent = (int32_t)exponent;
cleanup:
    return status;
}

/* Terms of one kind, as many as there are. */
static enum status take_terms(struct reading *reading, uint32_t *n,
                              const char *word)
{
    struct cert_scan *scan = &reading->scan;
    enum status status = STATUS_OK;
    while (cert_scan_take(scan, word)) {
        struct cert_multiplier term = {0};
        STATUS_TRY(take_index(scan, &term.index));
        STATUS_TRY(take_multiplier(scan, &term));
        VEC_PUSH(&reading->tree->multipliers, term);
        (*n)++;
    }
cleanup:
    return status;
}

static enum status take_combination(struct reading *reading,
                                    struct cert_combination *by)
{
    enum status status = STATUS_OK;
    by->first = reading->tree->multipliers.n;
    STATUS_TRY(take_terms(reading, &by->n_atoms, "atom"));
    STATUS_TRY(take_terms(reading, &by->n_literals, "literal"));
    STATUS_TRY(cert_scan_end_line(&reading->scan));
cleanup:
    return status;
}

static enum status take_slope(struct reading *reading)
{
    struct cert_scan *scan = &reading->scan;
    const uint64_t whole = (uint64_t)1 << reading->cert->lower_bits;
    struct cert_slope slope = {0};
    enum status status = STATUS_OK;
    uint64_t value = 0;
    STATUS_TRY(take_neuron(scan, &slope.relu, &slope.element));
    STATUS_TRY(cert_scan_prefix(scan, ""));
    STATUS_TRY(cert_scan_digits(scan, &value, whole));
    slope.slope = (uint16_t)value;
    if (*scan->at != '/') {
        return cert_scan_refuse(scan, "'/' and a denominator");
    }
    scan->at++;
    STATUS_TRY(cert_scan_number(scan, &value, whole));
    if (value != whole) {
        return cert_scan_refuse(scan, "the power of two of the first line");
    }
    STATUS_TRY(cert_scan_end_line(scan));
    VEC_PUSH(&reading->tree->slopes, slope);
cleanup:
    return status;
}

static enum status take_lemma(struct reading *reading)
{
    struct cert_scan *scan = &reading->scan;
    struct cert_lemma lemma = {0};
    enum status status = STATUS_OK;
    STATUS_TRY(take_neuron(scan, &lemma.relu, &lemma.element));
    lemma.is_upper = cert_scan_take(scan, "upper");
    if (!lemma.is_upper && !cert_scan_take(scan, "lower")) {
        return cert_scan_refuse(scan, "'lower' or 'upper'");
    }
    STATUS_TRY(take_combination(reading, &lemma.by));
    VEC_PUSH(&reading->tree->lemmas, lemma);
cleanup:
    return status;
}

static enum status take_closing(struct reading *reading)
{
    struct cert_scan *scan = &reading->scan;
    struct cert_closing closing = {0};
    enum status status = STATUS_OK;
    STATUS_TRY(take_index(scan, &closing.disjunct));
    closing.is_default = cert_scan_take(scan, "default");
    if (closing.is_default) {
        STATUS_TRY(cert_scan_end_line(scan));
    } else {
        STATUS_TRY(take_combination(reading, &closing.by));
    }
    VEC_PUSH(&reading->tree->closings, closing);
cleanup:
    return status;
}

/* The records below a node's line. */
static enum status take_details(struct reading *reading, struct cert_node *node)
{
    struct cert_scan *scan = &reading->scan;
    struct cert_tree *tree = reading->tree;
    enum status status = STATUS_OK;
    struct cert_details details = {.first_slope = tree->slopes.n,
                                   .first_lemma = tree->lemmas.n,
                                   .first_closing = tree->closings.n};
    while (cert_scan_take(scan, "slope")) {
        STATUS_TRY(take_slope(reading));
        details.n_slopes++;
    }
    while (cert_scan_take(scan, "lemma")) {
        STATUS_TRY(take_lemma(reading));
        details.n_lemmas++;
    }
    while (cert_scan_take(scan, "close")) {
        STATUS_TRY(take_closing(reading));
        details.n_closings++;
    }
    if (details.n_slopes > 0 || details.n_lemmas > 0 ||
        details.n_closings > 0) {
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, details);
    }
cleanup:
    return status;
}

/* Ranges of layers after `refresh`. */
static enum status take_refresh(struct cert_scan *scan, uint64_t *refresh)
{
    enum status status = STATUS_OK;
    STATUS_TRY(cert_scan_prefix(scan, ""));
    for (bool is_more = true; is_more;) {
        uint64_t first = 0;
        uint64_t last = 0;
        STATUS_TRY(cert_scan_digits(scan, &first, CERT_MAX_RELUS - 1));
        last = first;
        if (*scan->at == '-') {
            scan->at++;
            STATUS_TRY(cert_scan_digits(scan, &last, CERT_MAX_RELUS - 1));
        }
        for (; first <= last; first++) {
            *refresh |= (uint64_t)1 << first;
        }
        is_more = *scan->at == ',';
        scan->at += is_more ? 1 : 0;
    }
cleanup:
    return status;
}

/* `xJ` and where it is split. */
static enum status take_input(struct cert_scan *scan, struct cert_node *node)
{
    enum status status = STATUS_OK;
    node->kind = CERT_INPUT;
    STATUS_TRY(cert_scan_prefix(scan, "x"));
    STATUS_TRY(take_index(scan, &node->index));
    if (cert_scan_take(scan, "at")) {
        node->threshold_kind = CERT_GRID;
        return cert_scan_signed(scan, &node->threshold, CERT_MAX_THRESHOLD - 1);
    }
    STATUS_TRY(cert_scan_prefix(scan, ""));
    if (*scan->at >= '0' && *scan->at <= '9') {
        uint64_t k = 0;
        node->threshold_kind = CERT_FRACTION;
        STATUS_TRY(cert_scan_digits(scan, &k, CERT_FRACTIONS - 1));
        node->threshold = (int64_t)k;
        static_assert(CERT_FRACTIONS == 32, "the denominator in the text");
        STATUS_TRY(cert_scan_expect(scan, "/32"));
    }
cleanup:
    return status;
}

/* `nR.E` or `xJ` and where it is split. */
static enum status take_split(struct cert_scan *scan, struct cert_node *node)
{
    enum status status = STATUS_OK;
    STATUS_TRY(cert_scan_prefix(scan, ""));
    if (*scan->at != 'n') {
        return take_input(scan, node);
    }
    node->kind = CERT_NEURON;
    STATUS_TRY(take_neuron(scan, &node->index, &node->element));
    if (cert_scan_take(scan, "at")) {
        STATUS_TRY(
            cert_scan_signed(scan, &node->threshold, CERT_MAX_THRESHOLD - 1));
    }
cleanup:
    return status;
}

static enum status take_node(struct reading *reading, struct cert_node *node)
{
    struct cert_scan *scan = &reading->scan;
    enum status status = STATUS_OK;
    *node = (struct cert_node){.kind = CERT_LEAF, .details = CERT_NONE};
    if (cert_scan_take(scan, "split")) {
        STATUS_TRY(take_split(scan, node));
    } else if (!cert_scan_take(scan, "leaf")) {
        return cert_scan_refuse(scan, "'split' or 'leaf'");
    }
    if (cert_scan_take(scan, "refresh")) {
        STATUS_TRY(take_refresh(scan, &node->refresh));
    }
    STATUS_TRY(cert_scan_end_line(scan));
    STATUS_TRY(take_details(reading, node));
cleanup:
    return status;
}

/* The closings that the walk follows must be of disjuncts of the case. */
static enum status check_closings(const struct reading *reading,
                                  const struct cert_walk *walk,
                                  const struct cert_node *node)
{
    const struct cert_details details = cert_node_details(reading->tree, node);
    for (size_t i = 0; i < details.n_closings; i++) {
        const uint32_t disjunct =
            reading->tree->closings.data[details.first_closing + i].disjunct;
        if (disjunct >= reading->tree->n_disjuncts ||
            walk->is_closed[disjunct]) {
            return cert_scan_refuse(&reading->scan,
                                    "a closing of an open disjunct before");
        }
    }
    return STATUS_OK;
}

static enum status take_nodes(struct reading *reading)
{
    struct cert_tree *tree = reading->tree;
    struct cert_walk walk;
    enum status status = STATUS_OK;
    VEC_RESERVE(&tree->nodes, 1);
    tree->nodes.n = 1;
    cert_walk_init(&walk, tree);
    while (status == STATUS_OK && cert_walk_next(&walk)) {
        struct cert_node node;
        STATUS_TRY(take_node(reading, &node));
        STATUS_TRY(check_closings(reading, &walk, &node));
        if (node.kind != CERT_LEAF) {
            node.child = (uint32_t)tree->nodes.n;
            VEC_RESERVE(&tree->nodes, tree->nodes.n + 2);
            tree->nodes.n += 2;
        }
        if (tree->nodes.n >= CERT_NONE) {
            return cert_scan_refuse(&reading->scan, "fewer nodes");
        }
        tree->nodes.data[cert_walk_place(&walk)->node] = node;
    }
cleanup:
    cert_walk_clear(&walk);
    return status;
}

/* A number and the word behind it. */
static enum status take_counted(struct cert_scan *scan, size_t *count,
                                const char *word, uint64_t limit)
{
    enum status status = STATUS_OK;
    uint64_t value = 0;
    STATUS_TRY(cert_scan_number(scan, &value, limit));
    STATUS_TRY(cert_scan_expect(scan, word));
    *count = (size_t)value;
cleanup:
    return status;
}

static enum status take_case(struct reading *reading, size_t number)
{
    struct cert_scan *scan = &reading->scan;
    enum status status = STATUS_OK;
    uint64_t value = 0;
    STATUS_TRY(cert_scan_expect(scan, "case"));
    STATUS_TRY(cert_scan_number(scan, &value, UINT32_MAX));
    if (value != number) {
        return cert_scan_refuse(scan, "the next case before this");
    }
    STATUS_TRY(cert_scan_expect(scan, "disjuncts"));
    STATUS_TRY(cert_scan_number(scan, &value, CERT_MAX_DISJUNCTS));
    STATUS_TRY(cert_scan_end_line(scan));
    reading->tree->n_disjuncts = (size_t)value;
    STATUS_TRY(take_nodes(reading));
cleanup:
    return status;
}

static enum status take_bits(struct cert_scan *scan, uint8_t *bits,
                             const char *name, uint64_t limit)
{
    enum status status = STATUS_OK;
    uint64_t value = 0;
    if (name != NULL) {
        STATUS_TRY(cert_scan_expect(scan, name));
    }
    STATUS_TRY(cert_scan_number(scan, &value, limit));
    *bits = (uint8_t)value;
cleanup:
    return status;
}

static enum status take_hash(struct cert_scan *scan, unsigned char *hash,
                             const char *name)
{
    enum status status = STATUS_OK;
    STATUS_TRY(cert_scan_expect(scan, name));
    STATUS_TRY(cert_scan_bytes(scan, hash, SHA256_BYTES));
    STATUS_TRY(cert_scan_end_line(scan));
cleanup:
    return status;
}

static enum status take_hashes(struct reading *reading)
{
    struct cert *cert = reading->cert;
    enum status status = STATUS_OK;
    STATUS_TRY(cert_scan_end_line(&reading->scan));
    STATUS_TRY(take_hash(&reading->scan, cert->network_hash, "network"));
    STATUS_TRY(take_hash(&reading->scan, cert->property_hash, "property"));
    STATUS_TRY(take_hash(&reading->scan, cert->query_hash, "query"));
cleanup:
    return status;
}

static enum status take_grids(struct cert_scan *scan, struct cert *cert)
{
    enum status status = STATUS_OK;
    STATUS_TRY(take_bits(scan, &cert->box_bits, "box", CERT_MAX_BITS));
    STATUS_TRY(take_bits(scan, &cert->fact_bits, "facts", CERT_MAX_BITS));
    STATUS_TRY(
        take_bits(scan, &cert->slope_bits, "slopes", CERT_MAX_SLOPE_BITS));
    STATUS_TRY(take_bits(scan, &cert->lower_bits, NULL, CERT_MAX_LOWER_BITS));
cleanup:
    return status;
}

static enum status take_shape(struct cert_scan *scan, struct cert *cert,
                              size_t *n_cases)
{
    enum status status = STATUS_OK;
    STATUS_TRY(cert_scan_expect(scan, "shape"));
    STATUS_TRY(take_counted(scan, &cert->n_inputs, "inputs", UINT32_MAX));
    STATUS_TRY(take_counted(scan, &cert->n_relus, "relus", CERT_MAX_RELUS));
    STATUS_TRY(take_counted(scan, n_cases, "cases", UINT32_MAX));
    STATUS_TRY(cert_scan_end_line(scan));
cleanup:
    return status;
}

static enum status take_proof(struct reading *reading)
{
    struct cert_scan *scan = &reading->scan;
    struct cert *cert = reading->cert;
    enum status status = STATUS_OK;
    size_t n_cases = 0;
    STATUS_TRY(take_grids(scan, cert));
    STATUS_TRY(take_hashes(reading));
    STATUS_TRY(take_shape(scan, cert, &n_cases));
    for (size_t capacity = 0; cert->n_cases < n_cases;) {
        if (cert->n_cases == capacity) {
            capacity = vec_next_capacity(capacity, capacity + 1);
            RESIZE_ARRAY(cert->trees, capacity);
        }
        reading->tree = &cert->trees[cert->n_cases++];
        STATUS_TRY(take_case(reading, cert->n_cases - 1));
    }
    STATUS_TRY(cert_check(cert, scan->error));
cleanup:
    return status;
}

static enum status take_witness(struct reading *reading)
{
    struct cert_scan *scan = &reading->scan;
    VEC(double) witness = {0};
    enum status status = STATUS_OK;
    reading->cert->verdict = CERT_SAT;
    STATUS_TRY(take_hashes(reading));
    while (!cert_scan_is_end(scan)) {
        uint64_t number = 0;
        double value = 0.0;
        STATUS_TRY(cert_scan_prefix(scan, "x"));
        STATUS_TRY(cert_scan_number(scan, &number, UINT32_MAX));
        if (number != witness.n) {
            status = cert_scan_refuse(scan, "the next input before this");
            goto cleanup;
        }
        STATUS_TRY(cert_scan_double(scan, &value));
        STATUS_TRY(cert_scan_end_line(scan));
        VEC_PUSH(&witness, value);
    }
    reading->cert->n_inputs = witness.n;
    reading->cert->witness = witness.data;
    return STATUS_OK;
cleanup:
    VEC_CLEAR(&witness);
    return status;
}

enum status cert_text_read(struct cert *cert, const char *text, size_t n,
                           struct error *error)
{
    struct reading reading = {.cert = cert};
    struct cert_scan *scan = &reading.scan;
    enum status status = STATUS_OK;
    uint64_t version = 0;
    *cert = (struct cert){0};
    cert_scan_init(scan, text, n, error);
    STATUS_TRY(cert_scan_expect(scan, "astc"));
    STATUS_TRY(cert_scan_number(scan, &version, UINT32_MAX));
    if (version != CERT_VERSION) {
        status = cert_scan_refuse(scan, "version 2 before this");
    } else if (cert_scan_take(scan, "sat")) {
        cert->has_cells = cert_scan_take(scan, "cells");
        status = take_witness(&reading);
    } else {
        STATUS_TRY(cert_scan_expect(scan, "unsat"));
        cert->has_cells = cert_scan_take(scan, "cells");
        cert->has_pairs = !cert->has_cells && cert_scan_take(scan, "pairs");
        status = cert->has_cells ? take_hashes(&reading) : take_proof(&reading);
    }
    if (status == STATUS_OK && !cert_scan_is_end(scan)) {
        status = cert_scan_refuse(scan, "the end of the text");
    }
cleanup:
    if (status != STATUS_OK) {
        cert_clear(cert);
    }
    return status;
}
