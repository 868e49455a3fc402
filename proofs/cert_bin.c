/* HEAD, TREES as bits, DATA as bytes, END: one pass over the nodes each way. */
#include "proofs/cert_bin.h"

#include "src/base/alloc.h"
#include "src/base/writer.h"

#include <string.h>

static const unsigned char MAGIC[4] = {'A', 'S', 'T', 'C'};

enum { SEMANTICS_REAL = 0, GROUP_BITS = 7 };

/* Growing output; the bits of a byte are filled from the lowest. */
struct output {
    VEC(unsigned char) bytes;
    size_t n_bits;
};

static void put_bytes(struct output *output, const void *data, size_t n)
{
    VEC_RESERVE(&output->bytes, output->bytes.n + n);
    if (n > 0) {
        memcpy(output->bytes.data + output->bytes.n, data, n);
    }
    output->bytes.n += n;
}

static void put_byte(struct output *output, uint8_t value)
{
    VEC_PUSH(&output->bytes, value);
}

static void put_varint(struct output *output, uint64_t value)
{
    while (value >= 1U << GROUP_BITS) {
        put_byte(output, (uint8_t)(0x80U | (value & 0x7fU)));
        value >>= GROUP_BITS;
    }
    put_byte(output, (uint8_t)value);
}

static void put_zigzag(struct output *output, int64_t value)
{
    const uint64_t twice = (uint64_t)value << 1U;
    put_varint(output, value < 0 ? ~twice : twice);
}

static void put_bits(struct output *output, uint32_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const size_t place = output->n_bits % 8;
        if (place == 0) {
            put_byte(output, 0);
        }
        output->bytes.data[output->bytes.n - 1] |=
            (unsigned char)((value >> i & 1U) << place);
        output->n_bits++;
    }
}

static void put_multipliers(struct output *data, const struct cert_tree *tree,
                            size_t first, uint32_t n)
{
    put_varint(data, n);
    for (size_t i = first; i < first + n; i++) {
        const struct cert_multiplier *one = &tree->multipliers.data[i];
        put_varint(data, one->index);
        put_varint(data, one->mantissa);
        put_zigzag(data, one->exponent);
    }
}

static void put_closings(struct output *data, const struct cert_tree *tree,
                         size_t first)
{
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        const struct cert_closing *closing = &tree->closings.data[first + d];
        put_varint(data, closing->is_default ? 0 : 1);
        if (!closing->is_default) {
            put_multipliers(data, tree, closing->first, closing->n_atoms);
            put_multipliers(data, tree, closing->first + closing->n_atoms,
                            closing->n_literals);
        }
    }
}

static void put_node(struct output *bits, struct output *data,
                     const struct cert *cert, const struct cert_tree *tree,
                     const struct cert_node *node)
{
    const enum cert_kind kind = (enum cert_kind)node->kind;
    put_bits(bits, cert_is_inner(kind) ? 1 : 0, 1);
    put_bits(bits, node->refresh ? 1 : 0, 1);
    switch (kind) {
    case CERT_INPUT:
    case CERT_INPUT_AT:
        put_bits(bits, 0, 1);
        put_bits(bits, node->index, cert_index_bits(cert->n_inputs));
        put_bits(bits, kind == CERT_INPUT_AT ? 1 : 0, 1);
        if (kind == CERT_INPUT_AT) {
            const struct cert_dyadic *at =
                &tree->thresholds.data[node->element];
            put_zigzag(data, at->mantissa);
            put_zigzag(data, at->exponent);
        }
        break;
    case CERT_NEURON:
        put_bits(bits, 1, 1);
        put_varint(data, node->index);
        put_varint(data, node->element);
        break;
    case CERT_LEAF:
        put_bits(bits, 0, 1);
        break;
    case CERT_LEAF_WITH:
        put_bits(bits, 1, 1);
        put_closings(data, tree, node->index);
        break;
    }
}

static void put_head(struct output *file, const struct cert *cert)
{
    const unsigned char flags[] = {CERT_VERSION, SEMANTICS_REAL, cert->box_bits,
                                   cert->fact_bits, cert->slope_bits};
    put_bytes(file, MAGIC, sizeof MAGIC);
    put_bytes(file, flags, sizeof flags);
    put_bytes(file, cert->network_hash, SHA256_BYTES);
    put_bytes(file, cert->property_hash, SHA256_BYTES);
    put_bytes(file, cert->query_hash, SHA256_BYTES);
    put_varint(file, cert->n_cases);
}

void cert_bin_encode(struct bytes *bytes, const struct cert *cert)
{
    struct output file = {0};
    struct output bits = {0};
    struct output data = {0};
    unsigned char digest[SHA256_BYTES];
    for (size_t i = 0; i < cert->n_cases; i++) {
        const struct cert_tree *tree = &cert->trees[i];
        for (size_t k = 0; k < tree->nodes.n; k++) {
            put_node(&bits, &data, cert, tree, &tree->nodes.data[k]);
        }
    }
    put_head(&file, cert);
    put_varint(&file, bits.bytes.n);
    put_bytes(&file, bits.bytes.data, bits.bytes.n);
    put_varint(&file, data.bytes.n);
    put_bytes(&file, data.bytes.data, data.bytes.n);
    sha256_digest(digest, file.bytes.data, file.bytes.n);
    put_bytes(&file, digest, sizeof digest);
    bytes->n = file.bytes.n;
    bytes->data = alloc_bytes(file.bytes.n + 1, 1);
    memcpy(bytes->data, file.bytes.data, file.bytes.n);
    VEC_CLEAR(&data.bytes);
    VEC_CLEAR(&bits.bytes);
    VEC_CLEAR(&file.bytes);
}

enum status cert_bin_write(size_t *n_bytes, const char *path,
                           const struct cert *cert, struct error *error)
{
    struct writer *writer = NULL;
    struct bytes bytes = {0};
    const enum status status = writer_open(&writer, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    cert_bin_encode(&bytes, cert);
    writer_append(writer, bytes.data, bytes.n);
    *n_bytes = bytes.n;
    bytes_clear(&bytes);
    return writer_commit(writer, error);
}
