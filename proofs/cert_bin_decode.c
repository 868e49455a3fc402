/* Bytes -> certificate: every number is bounded before it is used. */
#include "proofs/cert_bin.h"
#include "src/base/alloc.h"

#include <string.h>

enum {
    MAGIC_BYTES = 4,
    FLAGS_BYTES = 5,
    HEAD_BYTES = MAGIC_BYTES + FLAGS_BYTES + 3 * SHA256_BYTES,
    GROUP_BITS = 7,
    MAX_GROUPS = 10
};

/* Bytes at .. end-1 of the file are still to be read; bit is the next bit of
 * byte `at` (sections of bytes: 0). */
struct span {
    size_t at;
    size_t end;
    unsigned bit;
};

struct decoder {
    const unsigned char *file;
    struct span bits;
    struct span data;
    struct cert *cert;
    struct error *error;
};

static enum status refuse(const struct decoder *decoder, size_t at,
                          const char *what)
{
    error_set(decoder->error, "byte %zu: %s", at, what);
    return STATUS_BAD_INPUT;
}

static enum status take_varint(const struct decoder *decoder, uint64_t *value,
                               struct span *span)
{
    const size_t start = span->at;
    *value = 0;
    for (unsigned i = 0; i < MAX_GROUPS; i++) {
        if (span->at == span->end) {
            return refuse(decoder, start,
                          "expected a number, found the end of the section");
        }
        const unsigned char byte = decoder->file[span->at++];
        *value |= (uint64_t)(byte & 0x7fU) << GROUP_BITS * i;
        if (i + 1 == MAX_GROUPS && byte > 1) {
            break;
        }
        if (byte < 0x80) {
            return byte == 0 && i > 0
                       ? refuse(decoder, start,
                                "a number with a superfluous byte")
                       : STATUS_OK;
        }
    }
    return refuse(decoder, start, "a number of more than 64 bits");
}

/* A varint of at most `limit`. */
static enum status take_limited(const struct decoder *decoder, uint64_t *value,
                                struct span *span, uint64_t limit)
{
    const size_t start = span->at;
    const enum status status = take_varint(decoder, value, span);
    if (status == STATUS_OK && *value > limit) {
        error_set(decoder->error,
                  "byte %zu: number %llu is over the limit %llu", start,
                  (unsigned long long)*value, (unsigned long long)limit);
        return STATUS_LIMIT;
    }
    return status;
}

static int64_t from_zigzag(uint64_t value)
{
    const int64_t half = (int64_t)(value >> 1U);
    return value % 2 == 0 ? half : -half - 1;
}

static enum status take_exponent(const struct decoder *decoder,
                                 int32_t *exponent, struct span *span)
{
    uint64_t value = 0;
    const enum status status =
        take_limited(decoder, &value, span, 2 * (uint64_t)CERT_MAX_EXPONENT);
    *exponent = (int32_t)from_zigzag(value);
    return status;
}

static enum status take_bits(struct decoder *decoder, uint32_t *value,
                             unsigned n)
{
    struct span *bits = &decoder->bits;
    *value = 0;
    for (unsigned i = 0; i < n; i++) {
        if (bits->at == bits->end) {
            return refuse(decoder, bits->at,
                          "expected a node, found the end of the trees");
        }
        *value |= (decoder->file[bits->at] >> bits->bit & 1U) << i;
        bits->bit = (bits->bit + 1) % 8;
        bits->at += bits->bit == 0 ? 1 : 0;
    }
    return STATUS_OK;
}

static enum status take_multipliers(struct decoder *decoder,
                                    struct cert_tree *tree, uint32_t *n)
{
    enum status status = STATUS_OK;
    struct span *data = &decoder->data;
    uint64_t count = 0;
    STATUS_TRY(take_limited(decoder, &count, data, UINT32_MAX));
    for (uint64_t i = 0; i < count; i++) {
        struct cert_multiplier multiplier = {0};
        uint64_t index = 0;
        STATUS_TRY(take_limited(decoder, &index, data, UINT32_MAX));
        STATUS_TRY(take_varint(decoder, &multiplier.mantissa, data));
        if (multiplier.mantissa == 0) {
            return refuse(decoder, data->at - 1, "a multiplier of zero");
        }
        STATUS_TRY(take_exponent(decoder, &multiplier.exponent, data));
        multiplier.index = (uint32_t)index;
        VEC_PUSH(&tree->multipliers, multiplier);
    }
    *n = (uint32_t)count;
cleanup:
    return status;
}

static enum status take_closings(struct decoder *decoder,
                                 struct cert_tree *tree, struct cert_node *node)
{
    enum status status = STATUS_OK;
    if (tree->closings.n + tree->n_disjuncts > UINT32_MAX) {
        error_set(decoder->error, "too many closings");
        return STATUS_LIMIT;
    }
    node->index = (uint32_t)tree->closings.n;
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        struct cert_closing closing = {.first = tree->multipliers.n};
        const size_t start = decoder->data.at;
        uint64_t kind = 0;
        STATUS_TRY(take_varint(decoder, &kind, &decoder->data));
        if (kind > 1) {
            return refuse(decoder, start, "an unknown kind of closing");
        }
        closing.is_default = kind == 0;
        if (kind == 1) {
            STATUS_TRY(take_multipliers(decoder, tree, &closing.n_atoms));
            STATUS_TRY(take_multipliers(decoder, tree, &closing.n_literals));
        }
        VEC_PUSH(&tree->closings, closing);
    }
cleanup:
    return status;
}

static enum status take_input(struct decoder *decoder, struct cert_tree *tree,
                              struct cert_node *node)
{
    const size_t n_inputs = decoder->cert->n_inputs;
    const size_t start = decoder->bits.at;
    enum status status = STATUS_OK;
    struct cert_dyadic threshold = {0};
    uint64_t mantissa = 0;
    uint32_t is_explicit = 0;
    STATUS_TRY(take_bits(decoder, &node->index, cert_index_bits(n_inputs)));
    if (node->index >= n_inputs) {
        return refuse(decoder, start, "a split of no input");
    }
    STATUS_TRY(take_bits(decoder, &is_explicit, 1));
    node->kind = is_explicit != 0 ? CERT_INPUT_AT : CERT_INPUT;
    if (is_explicit != 0) {
        STATUS_TRY(take_varint(decoder, &mantissa, &decoder->data));
        STATUS_TRY(take_exponent(decoder, &threshold.exponent, &decoder->data));
        threshold.mantissa = from_zigzag(mantissa);
        node->element = (uint32_t)tree->thresholds.n;
        VEC_PUSH(&tree->thresholds, threshold);
    }
cleanup:
    return status;
}

static enum status take_neuron(struct decoder *decoder, struct cert_node *node)
{
    enum status status = STATUS_OK;
    uint64_t relu = 0;
    uint64_t element = 0;
    STATUS_TRY(take_limited(decoder, &relu, &decoder->data, UINT32_MAX));
    STATUS_TRY(take_limited(decoder, &element, &decoder->data, UINT32_MAX));
    node->kind = CERT_NEURON;
    node->index = (uint32_t)relu;
    node->element = (uint32_t)element;
cleanup:
    return status;
}

static enum status take_node(struct decoder *decoder, struct cert_tree *tree,
                             struct cert_node *node)
{
    enum { INNER = 1, REFRESH = 2, LAST = 4 };
    enum status status = STATUS_OK;
    uint32_t flags = 0;
    STATUS_TRY(take_bits(decoder, &flags, 3));
    *node = (struct cert_node){.refresh = (flags & REFRESH) != 0};
    if ((flags & INNER) != 0) {
        return (flags & LAST) != 0 ? take_neuron(decoder, node)
                                   : take_input(decoder, tree, node);
    }
    node->kind = (flags & LAST) != 0 ? CERT_LEAF_WITH : CERT_LEAF;
    if (node->kind == CERT_LEAF_WITH) {
        STATUS_TRY(take_closings(decoder, tree, node));
    }
cleanup:
    return status;
}

static enum status take_tree(struct decoder *decoder, struct cert_tree *tree)
{
    struct cert_walk walk = {0};
    enum status status = STATUS_OK;
    while (!cert_walk_is_done(&walk)) {
        struct cert_node node;
        STATUS_TRY(take_node(decoder, tree, &node));
        VEC_PUSH(&tree->nodes, node);
        (void)cert_walk_enter(&walk, (enum cert_kind)node.kind);
    }
cleanup:
    cert_walk_clear(&walk);
    return status;
}

static enum status take_trees(struct decoder *decoder)
{
    const struct span *bits = &decoder->bits;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < decoder->cert->n_cases; i++) {
        STATUS_TRY(take_tree(decoder, &decoder->cert->trees[i]));
    }
    if (bits->bit != 0 && decoder->file[bits->at] >> bits->bit != 0) {
        return refuse(decoder, bits->at, "bits after the last tree");
    }
    if (bits->at + (bits->bit == 0 ? 0 : 1) != bits->end) {
        return refuse(decoder, bits->at, "bytes after the last tree");
    }
    if (decoder->data.at != decoder->data.end) {
        return refuse(decoder, decoder->data.at, "data that no node uses");
    }
cleanup:
    return status;
}

/* The next section: a length, then that many bytes. */
static enum status take_section(const struct decoder *decoder,
                                struct span *section, struct span *rest)
{
    const size_t start = rest->at;
    uint64_t n = 0;
    const enum status status = take_varint(decoder, &n, rest);
    if (status != STATUS_OK) {
        return status;
    }
    if (n > rest->end - rest->at) {
        return refuse(decoder, start, "a section longer than the file");
    }
    *section = (struct span){.at = rest->at, .end = rest->at + (size_t)n};
    rest->at = section->end;
    return STATUS_OK;
}

/* Fixed part and checksum. */
static enum status check_frame(const struct decoder *decoder, size_t n)
{
    const unsigned char *file = decoder->file;
    const unsigned char *flags = file + MAGIC_BYTES;
    unsigned char digest[SHA256_BYTES];
    if (n < MAGIC_BYTES || memcmp(file, "ASTC", MAGIC_BYTES) != 0) {
        return refuse(decoder, 0, "expected a certificate");
    }
    if (n < HEAD_BYTES + SHA256_BYTES) {
        return refuse(decoder, n, "the file ends in its head");
    }
    if (flags[0] != CERT_VERSION || flags[1] != 0) {
        error_set(decoder->error,
                  "certificates of version %d, semantics %d are not supported",
                  flags[0], flags[1]);
        return STATUS_UNSUPPORTED;
    }
    if (flags[2] > CERT_MAX_BITS || flags[3] > CERT_MAX_BITS || flags[4] < 1 ||
        flags[4] > CERT_MAX_SLOPE_BITS) {
        return refuse(decoder, MAGIC_BYTES, "a grid out of range");
    }
    sha256_digest(digest, file, n - SHA256_BYTES);
    if (memcmp(digest, file + n - SHA256_BYTES, SHA256_BYTES) != 0) {
        return refuse(decoder, n - SHA256_BYTES, "the checksum does not fit");
    }
    return STATUS_OK;
}

static void take_head(const struct decoder *decoder)
{
    struct cert *cert = decoder->cert;
    const unsigned char *flags = decoder->file + MAGIC_BYTES;
    const unsigned char *hashes = flags + FLAGS_BYTES;
    cert->box_bits = flags[2];
    cert->fact_bits = flags[3];
    cert->slope_bits = flags[4];
    memcpy(cert->network_hash, hashes, SHA256_BYTES);
    memcpy(cert->property_hash, hashes + SHA256_BYTES, SHA256_BYTES);
    memcpy(cert->query_hash, hashes + 2 * (size_t)SHA256_BYTES, SHA256_BYTES);
}

static enum status decode(struct decoder *decoder, size_t n)
{
    enum status status = STATUS_OK;
    struct span rest = {.at = HEAD_BYTES};
    uint64_t n_cases = 0;
    STATUS_TRY(check_frame(decoder, n));
    take_head(decoder);
    rest.end = n - SHA256_BYTES;
    STATUS_TRY(take_varint(decoder, &n_cases, &rest));
    if (n_cases != decoder->cert->n_cases) {
        error_set(decoder->error,
                  "the certificate has %llu cases, the query %zu",
                  (unsigned long long)n_cases, decoder->cert->n_cases);
        return STATUS_BAD_INPUT;
    }
    STATUS_TRY(take_section(decoder, &decoder->bits, &rest));
    STATUS_TRY(take_section(decoder, &decoder->data, &rest));
    if (rest.at != rest.end) {
        return refuse(decoder, rest.at, "bytes after the last section");
    }
    STATUS_TRY(take_trees(decoder));
cleanup:
    return status;
}

bool cert_bin_names_query(const struct bytes *bytes,
                          const unsigned char digest[SHA256_BYTES])
{
    const size_t at = HEAD_BYTES - SHA256_BYTES;
    return bytes->n < HEAD_BYTES ||
           memcmp(bytes->data, "ASTC", MAGIC_BYTES) != 0 ||
           memcmp(bytes->data + at, digest, SHA256_BYTES) == 0;
}

enum status cert_bin_decode(struct cert *cert, const struct bytes *bytes,
                            const struct cert_shape *shape, struct error *error)
{
    struct decoder decoder = {.file = (const unsigned char *)bytes->data,
                              .cert = cert,
                              .error = error};
    cert_init(cert, shape);
    const enum status status = decode(&decoder, bytes->n);
    if (status != STATUS_OK) {
        cert_clear(cert);
    }
    return status;
}
