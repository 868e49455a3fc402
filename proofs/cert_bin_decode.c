/* Bytes -> certificate: every number is bounded before it is used. */
#include "proofs/cert_bin.h"
#include "proofs/cert_coder.h"
#include "proofs/cert_context.h"
#include "proofs/cert_walk.h"
#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

enum {
    MAGIC_BYTES = 4,
    HEAD_BYTES = MAGIC_BYTES + 2 + 3 * SHA256_BYTES,
    GRID_BYTES = 4,
    GROUP_BITS = 7,
    MAX_GROUPS = 10,
    DOUBLE_BYTES = 8
};

/* Bytes at .. end-1 of the file are still to be read. */
struct span {
    const unsigned char *file;
    size_t at;
    size_t end;
    struct error *error;
};

struct stream {
    struct cert_decoder decoder;
    struct cert *cert;
    struct cert_tree *tree;
    struct cert_walk walk;
    bool has_levels;
    struct error *error;
};

static enum status refuse(struct error *error, const char *what)
{
    error_set(error, "%s", what);
    return STATUS_BAD_INPUT;
}

/* A malformed stream is the cause of whatever else seems wrong. */
static enum status refuse_node(const struct stream *stream, const char *what)
{
    return refuse(stream->error,
                  stream->decoder.is_malformed ? "the stream is cut" : what);
}

/* A number of at most `limit`. */
static enum status take_number(struct stream *stream, uint64_t *number,
                               uint64_t limit, enum cert_group group,
                               size_t context)
{
    *number = cert_decode_number(&stream->decoder, group, context);
    if (stream->decoder.is_malformed) {
        return refuse_node(stream, "");
    }
    if (*number > limit) {
        error_set(stream->error, "%s: number %llu is over the limit %llu",
                  cert_group_name(group), (unsigned long long)*number,
                  (unsigned long long)limit);
        return STATUS_LIMIT;
    }
    return STATUS_OK;
}

/* A number of less than CERT_NONE. */
static enum status take_index(struct stream *stream, uint32_t *index,
                              enum cert_group group, size_t context)
{
    uint64_t number = 0;
    const enum status status =
        take_number(stream, &number, CERT_NONE - 1, group, context);
    *index = (uint32_t)number;
    return status;
}

/* A ReLU layer, in the given context, and an element. */
static enum status take_neuron(struct stream *stream, uint32_t *relu,
                               uint32_t *element,
                               const enum cert_group group[2], size_t context)
{
    enum status status = STATUS_OK;
    STATUS_TRY(take_index(stream, relu, group[0], context));
    if (*relu >= stream->cert->n_relus) {
        return refuse_node(stream, "a neuron of no ReLU layer");
    }
    STATUS_TRY(
        take_index(stream, element, group[1], cert_context_element(*relu)));
cleanup:
    return status;
}

static enum status take_terms(struct stream *stream, uint32_t *n,
                              enum cert_group count, enum cert_group index)
{
    enum status status = STATUS_OK;
    uint32_t before = CERT_NONE;
    STATUS_TRY(take_index(stream, n, count, 0));
    for (uint32_t i = 0; i < *n; i++) {
        struct cert_multiplier term = {0};
        uint64_t half = 0;
        STATUS_TRY(
            take_index(stream, &term.index, index, cert_context_list(before)));
        STATUS_TRY(take_number(stream, &half, CERT_MAX_MANTISSA / 2 - 1,
                               CERT_GROUP_MANTISSA, 0));
        term.mantissa = 2 * half + 1;
        const int64_t exponent =
            cert_decode_signed(&stream->decoder, CERT_GROUP_EXPONENT,
                               cert_context_exponent(term.mantissa));
        if (exponent > CERT_MAX_EXPONENT || exponent < -CERT_MAX_EXPONENT) {
            return refuse_node(stream, "an exponent over the limit");
        }
        if (index == CERT_GROUP_LITERAL &&
            term.index >= cert_walk_place(&stream->walk)->n_neurons) {
            return refuse_node(stream, "a literal of no neuron split");
        }
        term.exponent = (int32_t)exponent;
        before = term.index;
        VEC_PUSH(&stream->tree->multipliers, term);
    }
cleanup:
    return status;
}

static enum status take_combination(struct stream *stream,
                                    struct cert_combination *by)
{
    enum status status = STATUS_OK;
    by->first = stream->tree->multipliers.n;
    STATUS_TRY(
        take_terms(stream, &by->n_atoms, CERT_GROUP_N_ATOMS, CERT_GROUP_ATOM));
    STATUS_TRY(take_terms(stream, &by->n_literals, CERT_GROUP_N_LITERALS,
                          CERT_GROUP_LITERAL));
cleanup:
    return status;
}

static enum status take_threshold(struct stream *stream, struct cert_node *node)
{
    struct cert_decoder *decoder = &stream->decoder;
    enum status status = STATUS_OK;
    uint64_t fraction = 0;
    if (!cert_decode_bit(decoder, CERT_GROUP_THRESHOLD,
                         cert_context_threshold(&stream->walk, 0))) {
        node->threshold_kind = CERT_MIDPOINT;
    } else if (cert_decode_bit(decoder, CERT_GROUP_THRESHOLD,
                               cert_context_threshold(&stream->walk, 1))) {
        node->threshold_kind = CERT_GRID;
        node->threshold = cert_decode_signed(decoder, CERT_GROUP_GRID, 0);
    } else {
        node->threshold_kind = CERT_FRACTION;
        STATUS_TRY(take_number(stream, &fraction, CERT_FRACTIONS - 2,
                               CERT_GROUP_FRACTION, 0));
        node->threshold = (int64_t)fraction + 1;
    }
cleanup:
    return status;
}

static enum status take_split(struct stream *stream, struct cert_node *node)
{
    static const enum cert_group neuron[] = {CERT_GROUP_RELU,
                                             CERT_GROUP_ELEMENT};
    enum status status = STATUS_OK;
    if (cert_decode_bit(&stream->decoder, CERT_GROUP_NEURON,
                        cert_context_above(&stream->walk))) {
        node->kind = CERT_NEURON;
        STATUS_TRY(
            take_neuron(stream, &node->index, &node->element, neuron, 0));
        if (stream->has_levels) {
            node->threshold =
                cert_decode_signed(&stream->decoder, CERT_GROUP_LEVEL, 0);
        }
        goto cleanup;
    }
    node->kind = CERT_INPUT;
    STATUS_TRY(take_index(stream, &node->index, CERT_GROUP_INPUT,
                          cert_context_input(&stream->walk)));
    if (node->index >= stream->cert->n_inputs) {
        return refuse_node(stream, "a split of no input");
    }
    STATUS_TRY(take_threshold(stream, node));
cleanup:
    return status;
}

static void take_refresh(struct stream *stream, struct cert_node *node)
{
    const bool is_leaf = node->kind == CERT_LEAF;
    bool bit = false;
    for (size_t r = 0; r < stream->cert->n_relus; r++) {
        bit = cert_decode_bit(
            &stream->decoder, CERT_GROUP_REFRESH,
            cert_context_refresh(&stream->walk, is_leaf, r, bit));
        node->refresh |= (uint64_t)(bit ? 1 : 0) << r;
    }
}

static enum status take_slopes(struct stream *stream,
                               struct cert_details *details)
{
    static const enum cert_group neuron[] = {CERT_GROUP_SLOPE_RELU,
                                             CERT_GROUP_SLOPE_ELEMENT};
    enum status status = STATUS_OK;
    uint32_t before = CERT_NONE;
    STATUS_TRY(take_index(stream, &details->n_slopes, CERT_GROUP_N_SLOPES, 0));
    for (uint32_t i = 0; i < details->n_slopes; i++) {
        struct cert_slope slope = {0};
        uint64_t number = 0;
        STATUS_TRY(take_neuron(stream, &slope.relu, &slope.element, neuron,
                               cert_context_list(before)));
        before = slope.relu;
        STATUS_TRY(take_number(stream, &number,
                               (uint64_t)1 << stream->cert->lower_bits,
                               CERT_GROUP_SLOPE, 0));
        slope.slope = (uint16_t)number;
        VEC_PUSH(&stream->tree->slopes, slope);
    }
cleanup:
    return status;
}

static enum status take_lemmas(struct stream *stream,
                               struct cert_details *details)
{
    static const enum cert_group neuron[] = {CERT_GROUP_LEMMA_RELU,
                                             CERT_GROUP_LEMMA_ELEMENT};
    enum status status = STATUS_OK;
    uint32_t before = CERT_NONE;
    STATUS_TRY(take_index(stream, &details->n_lemmas, CERT_GROUP_N_LEMMAS, 0));
    for (uint32_t i = 0; i < details->n_lemmas; i++) {
        struct cert_lemma lemma = {0};
        STATUS_TRY(take_neuron(stream, &lemma.relu, &lemma.element, neuron,
                               cert_context_list(before)));
        lemma.is_upper = cert_decode_bit(&stream->decoder, CERT_GROUP_SIDE, 0);
        if (before != CERT_NONE && lemma.relu < before) {
            return refuse_node(stream, "lemmas out of the order of layers");
        }
        before = lemma.relu;
        STATUS_TRY(take_combination(stream, &lemma.by));
        if (lemma.by.n_atoms > 0 && cert_walk_n_open(&stream->walk) != 1) {
            return refuse_node(stream, "atoms in a lemma of several disjuncts");
        }
        VEC_PUSH(&stream->tree->lemmas, lemma);
    }
cleanup:
    return status;
}

/* One open disjunct: closed by default, by a combination, or left open. */
static enum status take_closing(struct stream *stream, uint32_t disjunct,
                                bool is_leaf)
{
    struct cert_decoder *decoder = &stream->decoder;
    struct cert_closing closing = {.disjunct = disjunct};
    enum status status = STATUS_OK;
    if (!is_leaf && !cert_decode_bit(decoder, CERT_GROUP_CLOSED, 0)) {
        return STATUS_OK;
    }
    closing.is_default =
        !cert_decode_bit(decoder, CERT_GROUP_DEFAULT, is_leaf ? 1 : 0);
    if (!closing.is_default) {
        STATUS_TRY(take_combination(stream, &closing.by));
    }
    if (!is_leaf || !closing.is_default) {
        VEC_PUSH(&stream->tree->closings, closing);
    }
cleanup:
    return status;
}

static enum status take_closings(struct stream *stream,
                                 struct cert_details *details, bool is_leaf)
{
    struct cert_tree *tree = stream->tree;
    enum status status = STATUS_OK;
    const size_t n_open = cert_walk_n_open(&stream->walk);
    if (!is_leaf && n_open < 2) {
        return STATUS_OK;
    }
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        if (!stream->walk.is_closed[d]) {
            STATUS_TRY(take_closing(stream, (uint32_t)d, is_leaf));
        }
        if (stream->decoder.is_malformed) {
            return refuse_node(stream, "");
        }
    }
    details->n_closings = (uint32_t)(tree->closings.n - details->first_closing);
    if (!is_leaf && details->n_closings == n_open) {
        return refuse_node(stream, "a split that closes all disjuncts");
    }
cleanup:
    return status;
}

/* What comes after the split. */
static enum status take_step(struct stream *stream, struct cert_node *node)
{
    struct cert_tree *tree = stream->tree;
    const bool is_leaf = node->kind == CERT_LEAF;
    enum status status = STATUS_OK;
    struct cert_details details = {.first_slope = tree->slopes.n,
                                   .first_lemma = tree->lemmas.n,
                                   .first_closing = tree->closings.n};
    take_refresh(stream, node);
    if (cert_decode_bit(&stream->decoder, CERT_GROUP_HAS, is_leaf ? 1 : 0)) {
        STATUS_TRY(take_slopes(stream, &details));
        STATUS_TRY(take_lemmas(stream, &details));
    }
    STATUS_TRY(take_closings(stream, &details, is_leaf));
    if (details.n_slopes > 0 || details.n_lemmas > 0 ||
        details.n_closings > 0) {
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, details);
    }
cleanup:
    return status;
}

/* The node that the walk visits; its children are added. */
static enum status take_node(struct stream *stream)
{
    const struct cert_place *place = cert_walk_place(&stream->walk);
    struct cert_tree *tree = stream->tree;
    struct cert_node node = {.kind = CERT_LEAF, .details = CERT_NONE};
    enum status status = STATUS_OK;
    if (tree->nodes.n > UINT32_MAX - 2) {
        error_set(stream->error, "too many nodes");
        return STATUS_LIMIT;
    }
    if (!cert_decode_bit(&stream->decoder, CERT_GROUP_LEAF,
                         cert_context_leaf(&stream->walk))) {
        STATUS_TRY(take_split(stream, &node));
        node.child = (uint32_t)tree->nodes.n;
        VEC_RESERVE(&tree->nodes, tree->nodes.n + 2);
        tree->nodes.n += 2;
    }
    STATUS_TRY(take_step(stream, &node));
    tree->nodes.data[place->node] = node;
    if (stream->decoder.is_malformed) {
        return refuse_node(stream, "");
    }
cleanup:
    return status;
}

static enum status take_tree(struct stream *stream)
{
    enum status status = STATUS_OK;
    uint64_t n_disjuncts = 0;
    struct cert_tree *tree = stream->tree;
    STATUS_TRY(take_number(stream, &n_disjuncts, CERT_MAX_DISJUNCTS,
                           CERT_GROUP_SHAPE, 0));
    tree->n_disjuncts = (size_t)n_disjuncts;
    VEC_RESERVE(&tree->nodes, 1);
    tree->nodes.n = 1;
    cert_walk_init(&stream->walk, tree);
    while (status == STATUS_OK && cert_walk_next(&stream->walk)) {
        status = take_node(stream);
    }
    cert_walk_clear(&stream->walk);
cleanup:
    return status;
}

static enum status take_trees(struct stream *stream)
{
    struct cert *cert = stream->cert;
    enum status status = STATUS_OK;
    uint64_t n_inputs = 0;
    uint64_t n_relus = 0;
    uint64_t n_cases = 0;
    STATUS_TRY(take_number(stream, &n_inputs, UINT32_MAX, CERT_GROUP_SHAPE, 0));
    STATUS_TRY(
        take_number(stream, &n_relus, CERT_MAX_RELUS, CERT_GROUP_SHAPE, 0));
    STATUS_TRY(take_number(stream, &n_cases, UINT32_MAX, CERT_GROUP_SHAPE, 0));
    cert->n_inputs = (size_t)n_inputs;
    cert->n_relus = (size_t)n_relus;
    for (size_t capacity = 0; cert->n_cases < n_cases;) {
        if (cert->n_cases == capacity) {
            capacity = vec_next_capacity(capacity, capacity + 1);
            RESIZE_ARRAY(cert->trees, capacity);
        }
        stream->tree = &cert->trees[cert->n_cases++];
        STATUS_TRY(take_tree(stream));
    }
    if (!cert_decoder_is_finished(&stream->decoder)) {
        return refuse_node(stream, "bytes after the last tree");
    }
cleanup:
    return status;
}

static enum status take_varint(struct span *span, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < MAX_GROUPS; i++) {
        if (span->at == span->end) {
            return refuse(span->error, "the file ends in a number");
        }
        const unsigned char byte = span->file[span->at++];
        *value |= (uint64_t)(byte & 0x7fU) << GROUP_BITS * i;
        if (i + 1 == MAX_GROUPS && byte > 1) {
            break;
        }
        if (byte < 0x80) {
            return byte == 0 && i > 0
                       ? refuse(span->error, "a number with a superfluous byte")
                       : STATUS_OK;
        }
    }
    return refuse(span->error, "a number of more than 64 bits");
}

static enum status take_proof(struct cert *cert, struct span *span)
{
    struct stream stream = {.cert = cert,
                            .has_levels =
                                span->file[MAGIC_BYTES + 1] >= CERT_BIN_LEVELS,
                            .error = span->error};
    enum status status = STATUS_OK;
    uint64_t n = 0;
    if (span->end - span->at < GRID_BYTES) {
        return refuse(span->error, "the file ends in its head");
    }
    cert->has_pairs = span->file[MAGIC_BYTES + 1] == CERT_BIN_PAIRS;
    cert->box_bits = span->file[span->at++];
    cert->fact_bits = span->file[span->at++];
    cert->slope_bits = span->file[span->at++];
    cert->lower_bits = span->file[span->at++];
    if (cert->box_bits > CERT_MAX_BITS || cert->fact_bits > CERT_MAX_BITS ||
        cert->slope_bits < 1 || cert->slope_bits > CERT_MAX_SLOPE_BITS ||
        cert->lower_bits < 1 || cert->lower_bits > CERT_MAX_LOWER_BITS) {
        return refuse(span->error, "a grid out of range");
    }
    STATUS_TRY(take_varint(span, &n));
    if (n != span->end - span->at) {
        return refuse(span->error, "a stream longer or shorter than the file");
    }
    cert_decoder_init(&stream.decoder, span->file + span->at, (size_t)n);
    status = take_trees(&stream);
    cert_decoder_clear(&stream.decoder);
cleanup:
    return status;
}

static enum status take_witness(struct cert *cert, struct span *span)
{
    enum status status = STATUS_OK;
    uint64_t n = 0;
    cert->verdict = CERT_SAT;
    STATUS_TRY(take_varint(span, &n));
    if (n > UINT32_MAX || n * DOUBLE_BYTES != span->end - span->at) {
        return refuse(span->error, "a witness longer or shorter than the file");
    }
    cert->n_inputs = (size_t)n;
    NEW_ARRAY(cert->witness, cert->n_inputs);
    for (size_t i = 0; i < cert->n_inputs; i++) {
        uint64_t word = 0;
        for (unsigned k = 0; k < DOUBLE_BYTES; k++) {
            word |= (uint64_t)span->file[span->at++] << 8U * k;
        }
        memcpy(&cert->witness[i], &word, sizeof word);
        if (!isfinite(cert->witness[i])) {
            return refuse(span->error, "a witness that is not finite");
        }
    }
cleanup:
    return status;
}

/* What is between the hashes and the end. */
static enum status take_body(struct cert *cert, struct span *span)
{
    const unsigned char kind = span->file[MAGIC_BYTES + 1];
    cert->has_cells = kind == CERT_BIN_CELLS || kind == CERT_BIN_SAT_CELL;
    if (kind == CERT_BIN_SAT || kind == CERT_BIN_SAT_CELL) {
        return take_witness(cert, span);
    }
    if (kind != CERT_BIN_CELLS) {
        return take_proof(cert, span);
    }
    return span->at == span->end
               ? STATUS_OK
               : refuse(span->error, "a proof by cells with a body");
}

/* Fixed part and checksum. */
static enum status check_frame(const struct span *span)
{
    const unsigned char *file = span->file;
    unsigned char digest[SHA256_BYTES];
    if (span->end < MAGIC_BYTES || memcmp(file, "ASTC", MAGIC_BYTES) != 0) {
        return refuse(span->error, "expected a certificate");
    }
    if (span->end < HEAD_BYTES + SHA256_BYTES) {
        return refuse(span->error, "the file ends in its head");
    }
    if (file[MAGIC_BYTES] != CERT_VERSION) {
        error_set(span->error,
                  "certificates of version %d are not supported, only of %d",
                  file[MAGIC_BYTES], CERT_VERSION);
        return STATUS_UNSUPPORTED;
    }
    if (file[MAGIC_BYTES + 1] > CERT_BIN_SAT_CELL) {
        return refuse(span->error, "an unknown kind of certificate");
    }
    sha256_digest(digest, file, span->end - SHA256_BYTES);
    if (memcmp(digest, file + span->end - SHA256_BYTES, SHA256_BYTES) != 0) {
        return refuse(span->error, "the checksum does not fit");
    }
    return STATUS_OK;
}

enum status cert_bin_decode(struct cert *cert, const struct bytes *bytes,
                            struct error *error)
{
    struct span span = {.file = (const unsigned char *)bytes->data,
                        .end = bytes->n,
                        .error = error};
    enum status status = STATUS_OK;
    *cert = (struct cert){0};
    const unsigned char *hashes = span.file + MAGIC_BYTES + 2;
    STATUS_TRY(check_frame(&span));
    memcpy(cert->network_hash, hashes, SHA256_BYTES);
    memcpy(cert->property_hash, hashes + SHA256_BYTES, SHA256_BYTES);
    memcpy(cert->query_hash, hashes + 2 * (size_t)SHA256_BYTES, SHA256_BYTES);
    span.at = HEAD_BYTES;
    span.end -= SHA256_BYTES;
    STATUS_TRY(take_body(cert, &span));
cleanup:
    if (status != STATUS_OK) {
        cert_clear(cert);
    }
    return status;
}
