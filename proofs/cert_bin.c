/* Certificate -> HEAD, STREAM or witness, END. */
#include "proofs/cert_bin.h"

#include "proofs/cert_coder.h"
#include "proofs/cert_context.h"
#include "proofs/cert_walk.h"
#include "src/base/alloc.h"
#include "src/base/writer.h"

#include <assert.h>
#include <string.h>

enum { GROUP_BITS = 7, DOUBLE_BYTES = 8 };

typedef VEC(unsigned char) output;

static void put_bytes(output *file, const void *data, size_t n)
{
    VEC_RESERVE(file, file->n + n);
    if (n > 0) {
        memcpy(file->data + file->n, data, n);
    }
    file->n += n;
}

static void put_varint(output *file, uint64_t value)
{
    while (value >= 1U << GROUP_BITS) {
        VEC_PUSH(file, (unsigned char)(0x80U | (value & 0x7fU)));
        value >>= GROUP_BITS;
    }
    VEC_PUSH(file, (unsigned char)value);
}

struct stream {
    struct cert_encoder encoder;
    const struct cert *cert;
    struct cert_walk walk;
    bool has_levels;
};

/* Whether some neuron is split elsewhere than at 0, or may be. */
static bool has_levels(const struct cert *cert)
{
    for (size_t i = 0; i < cert->n_cases && cert->trees != NULL; i++) {
        const struct cert_tree *tree = &cert->trees[i];
        for (size_t k = 0; k < tree->nodes.n; k++) {
            if (tree->nodes.data[k].kind == CERT_NEURON &&
                tree->nodes.data[k].threshold != 0) {
                return true;
            }
        }
    }
    return cert->has_pairs;
}

static void put_terms(struct stream *stream, size_t first, uint32_t n,
                      enum cert_group count, enum cert_group index)
{
    struct cert_encoder *encoder = &stream->encoder;
    uint32_t before = CERT_NONE;
    cert_encode_number(encoder, n, count, 0);
    for (uint32_t i = 0; i < n; i++) {
        const struct cert_multiplier *one =
            &stream->walk.tree->multipliers.data[first + i];
        cert_encode_number(encoder, one->index, index,
                           cert_context_list(before));
        cert_encode_number(encoder, one->mantissa / 2, CERT_GROUP_MANTISSA, 0);
        cert_encode_signed(encoder, one->exponent, CERT_GROUP_EXPONENT,
                           cert_context_exponent(one->mantissa));
        before = one->index;
    }
}

static void put_combination(struct stream *stream,
                            const struct cert_combination *by)
{
    put_terms(stream, by->first, by->n_atoms, CERT_GROUP_N_ATOMS,
              CERT_GROUP_ATOM);
    put_terms(stream, by->first + by->n_atoms, by->n_literals,
              CERT_GROUP_N_LITERALS, CERT_GROUP_LITERAL);
}

static void put_threshold(struct stream *stream, const struct cert_node *node)
{
    struct cert_encoder *encoder = &stream->encoder;
    const bool is_midpoint = node->threshold_kind == CERT_MIDPOINT;
    const bool is_grid = node->threshold_kind == CERT_GRID;
    cert_encode_bit(encoder, !is_midpoint, CERT_GROUP_THRESHOLD,
                    cert_context_threshold(&stream->walk, 0));
    if (is_midpoint) {
        return;
    }
    cert_encode_bit(encoder, is_grid, CERT_GROUP_THRESHOLD,
                    cert_context_threshold(&stream->walk, 1));
    if (is_grid) {
        cert_encode_signed(encoder, node->threshold, CERT_GROUP_GRID, 0);
    } else {
        cert_encode_number(encoder, (uint64_t)node->threshold - 1,
                           CERT_GROUP_FRACTION, 0);
    }
}

static void put_split(struct stream *stream, const struct cert_node *node)
{
    struct cert_encoder *encoder = &stream->encoder;
    const bool is_neuron = node->kind == CERT_NEURON;
    cert_encode_bit(encoder, is_neuron, CERT_GROUP_NEURON,
                    cert_context_above(&stream->walk));
    if (is_neuron) {
        cert_encode_number(encoder, node->index, CERT_GROUP_RELU, 0);
        cert_encode_number(encoder, node->element, CERT_GROUP_ELEMENT,
                           cert_context_element(node->index));
        if (stream->has_levels) {
            cert_encode_signed(encoder, node->threshold, CERT_GROUP_LEVEL, 0);
        }
    } else {
        cert_encode_number(encoder, node->index, CERT_GROUP_INPUT,
                           cert_context_input(&stream->walk));
        put_threshold(stream, node);
    }
}

static void put_refresh(struct stream *stream, const struct cert_node *node)
{
    const bool is_leaf = node->kind == CERT_LEAF;
    bool before = false;
    for (size_t r = 0; r < stream->cert->n_relus; r++) {
        const bool bit = (node->refresh >> r & 1U) != 0;
        cert_encode_bit(
            &stream->encoder, bit, CERT_GROUP_REFRESH,
            cert_context_refresh(&stream->walk, is_leaf, r, before));
        before = bit;
    }
}

static void put_slopes(struct stream *stream,
                       const struct cert_details *details)
{
    struct cert_encoder *encoder = &stream->encoder;
    uint32_t before = CERT_NONE;
    cert_encode_number(encoder, details->n_slopes, CERT_GROUP_N_SLOPES, 0);
    for (size_t i = 0; i < details->n_slopes; i++) {
        const struct cert_slope *slope =
            &stream->walk.tree->slopes.data[details->first_slope + i];
        cert_encode_number(encoder, slope->relu, CERT_GROUP_SLOPE_RELU,
                           cert_context_list(before));
        cert_encode_number(encoder, slope->element, CERT_GROUP_SLOPE_ELEMENT,
                           cert_context_element(slope->relu));
        cert_encode_number(encoder, slope->slope, CERT_GROUP_SLOPE, 0);
        before = slope->relu;
    }
}

static void put_lemmas(struct stream *stream,
                       const struct cert_details *details)
{
    struct cert_encoder *encoder = &stream->encoder;
    uint32_t before = CERT_NONE;
    cert_encode_number(encoder, details->n_lemmas, CERT_GROUP_N_LEMMAS, 0);
    for (size_t i = 0; i < details->n_lemmas; i++) {
        const struct cert_lemma *lemma =
            &stream->walk.tree->lemmas.data[details->first_lemma + i];
        cert_encode_number(encoder, lemma->relu, CERT_GROUP_LEMMA_RELU,
                           cert_context_list(before));
        cert_encode_number(encoder, lemma->element, CERT_GROUP_LEMMA_ELEMENT,
                           cert_context_element(lemma->relu));
        cert_encode_bit(encoder, lemma->is_upper, CERT_GROUP_SIDE, 0);
        put_combination(stream, &lemma->by);
        before = lemma->relu;
    }
}

/* One open disjunct: its closing, or NULL without one in the list. */
static void put_closing(struct stream *stream,
                        const struct cert_closing *closing, bool is_leaf)
{
    struct cert_encoder *encoder = &stream->encoder;
    const bool is_combined = closing != NULL && !closing->is_default;
    if (!is_leaf) {
        cert_encode_bit(encoder, closing != NULL, CERT_GROUP_CLOSED, 0);
    }
    if (is_leaf || closing != NULL) {
        cert_encode_bit(encoder, is_combined, CERT_GROUP_DEFAULT,
                        is_leaf ? 1 : 0);
    }
    if (is_combined) {
        put_combination(stream, &closing->by);
    }
}

static void put_closings(struct stream *stream,
                         const struct cert_details *details, bool is_leaf)
{
    const struct cert_tree *tree = stream->walk.tree;
    size_t i = 0;
    if (!is_leaf && cert_walk_n_open(&stream->walk) < 2) {
        return;
    }
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        const struct cert_closing *closing = NULL;
        if (i < details->n_closings &&
            tree->closings.data[details->first_closing + i].disjunct == d) {
            closing = &tree->closings.data[details->first_closing + i++];
        }
        if (!stream->walk.is_closed[d]) {
            put_closing(stream, closing, is_leaf);
        }
    }
}

static void put_node(struct stream *stream)
{
    const struct cert_place *place = cert_walk_place(&stream->walk);
    const struct cert_node *node = &stream->walk.tree->nodes.data[place->node];
    const struct cert_details details =
        cert_node_details(stream->walk.tree, node);
    const bool is_leaf = node->kind == CERT_LEAF;
    const bool has = details.n_slopes + details.n_lemmas > 0;
    cert_encode_bit(&stream->encoder, is_leaf, CERT_GROUP_LEAF,
                    cert_context_leaf(&stream->walk));
    if (!is_leaf) {
        put_split(stream, node);
    }
    put_refresh(stream, node);
    cert_encode_bit(&stream->encoder, has, CERT_GROUP_HAS, is_leaf ? 1 : 0);
    if (has) {
        put_slopes(stream, &details);
        put_lemmas(stream, &details);
    }
    put_closings(stream, &details, is_leaf);
}

static void put_trees(struct stream *stream)
{
    struct cert_encoder *encoder = &stream->encoder;
    const struct cert *cert = stream->cert;
    cert_encode_number(encoder, cert->n_inputs, CERT_GROUP_SHAPE, 0);
    cert_encode_number(encoder, cert->n_relus, CERT_GROUP_SHAPE, 0);
    cert_encode_number(encoder, cert->n_cases, CERT_GROUP_SHAPE, 0);
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert_encode_number(encoder, cert->trees[i].n_disjuncts,
                           CERT_GROUP_SHAPE, 0);
        cert_walk_init(&stream->walk, &cert->trees[i]);
        while (cert_walk_next(&stream->walk)) {
            put_node(stream);
        }
        cert_walk_clear(&stream->walk);
    }
    cert_encoder_finish(encoder);
}

static void put_stream(output *file, const struct cert *cert,
                       double cost[CERT_N_GROUPS])
{
    struct stream stream = {.cert = cert, .has_levels = has_levels(cert)};
    const unsigned char grids[] = {cert->box_bits, cert->fact_bits,
                                   cert->slope_bits, cert->lower_bits};
    cert_encoder_init(&stream.encoder);
    stream.encoder.is_counted = cost != NULL;
    put_trees(&stream);
    put_bytes(file, grids, sizeof grids);
    put_varint(file, stream.encoder.bytes.n);
    put_bytes(file, stream.encoder.bytes.data, stream.encoder.bytes.n);
    if (cost != NULL) {
        memcpy(cost, stream.encoder.cost, sizeof stream.encoder.cost);
    }
    cert_encoder_clear(&stream.encoder);
}

static void put_witness(output *file, const struct cert *cert)
{
    put_varint(file, cert->n_inputs);
    for (size_t i = 0; i < cert->n_inputs; i++) {
        uint64_t word = 0;
        static_assert(sizeof word == sizeof *cert->witness, "IEEE doubles");
        memcpy(&word, &cert->witness[i], sizeof word);
        for (unsigned k = 0; k < DOUBLE_BYTES; k++) {
            VEC_PUSH(file, (unsigned char)(word >> 8U * k));
        }
    }
}

static unsigned char kind_of(const struct cert *cert)
{
    if (cert->verdict == CERT_SAT) {
        return cert->has_cells ? CERT_BIN_SAT_CELL : CERT_BIN_SAT;
    }
    if (cert->has_cells) {
        return CERT_BIN_CELLS;
    }
    if (cert->has_pairs) {
        return CERT_BIN_PAIRS;
    }
    return has_levels(cert) ? CERT_BIN_LEVELS : CERT_BIN_UNSAT;
}

void cert_bin_encode(struct bytes *bytes, const struct cert *cert,
                     double cost[CERT_N_GROUPS])
{
    const unsigned char head[] = {'A', 'S',          'T',
                                  'C', CERT_VERSION, kind_of(cert)};
    output file = {0};
    unsigned char digest[SHA256_BYTES];
    put_bytes(&file, head, sizeof head);
    put_bytes(&file, cert->network_hash, SHA256_BYTES);
    put_bytes(&file, cert->property_hash, SHA256_BYTES);
    put_bytes(&file, cert->query_hash, SHA256_BYTES);
    if (cert->verdict == CERT_SAT) {
        put_witness(&file, cert);
    } else if (!cert->has_cells) {
        put_stream(&file, cert, cost);
    }
    sha256_digest(digest, file.data, file.n);
    put_bytes(&file, digest, sizeof digest);
    bytes->n = file.n;
    bytes->data = alloc_bytes(file.n + 1, 1);
    memcpy(bytes->data, file.data, file.n);
    VEC_CLEAR(&file);
}

enum status cert_bin_write(size_t *n_bytes, const char *path,
                           const struct cert *cert, struct error *error)
{
    struct writer *writer = NULL;
    struct bytes bytes = {0};
    enum status status = cert_check(cert, error);
    if (status == STATUS_OK) {
        status = writer_open(&writer, path, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    cert_bin_encode(&bytes, cert, NULL);
    writer_append(writer, bytes.data, bytes.n);
    *n_bytes = bytes.n;
    bytes_clear(&bytes);
    return writer_commit(writer, error);
}
