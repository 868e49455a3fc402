/* An ONNX file as plain structs; operators are not interpreted here. */
#ifndef ASTROLABE_ONNX_MODEL_H
#define ASTROLABE_ONNX_MODEL_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Numbers of TensorProto.DataType. */
enum model_type {
    MODEL_FLOAT = 1,
    MODEL_UINT8 = 2,
    MODEL_INT8 = 3,
    MODEL_UINT16 = 4,
    MODEL_INT16 = 5,
    MODEL_INT32 = 6,
    MODEL_INT64 = 7,
    MODEL_STRING = 8,
    MODEL_BOOL = 9,
    MODEL_FLOAT16 = 10,
    MODEL_DOUBLE = 11,
    MODEL_UINT32 = 12,
    MODEL_UINT64 = 13,
    MODEL_BFLOAT16 = 16
};

/*
 * A constant tensor. Exactly one place holds its elements: `raw`
 * (little-endian bytes of the file, of a file beside it or of `owned`,
 * unaligned), or one
 * of the typed arrays (owned); n_typed counts the latter's elements.
 * The number of elements always equals the product of dims.
 */
struct model_tensor {
    char *name;
    int type;
    size_t n_dims;
    int64_t *dims;
    size_t n_elements;
    const unsigned char *raw;
    size_t n_raw;
    unsigned char *owned; /* raw of a sparse tensor made dense, or NULL */
    size_t n_typed;
    float *floats;
    double *doubles;
    int32_t *int32s;
    int64_t *int64s;
    uint64_t *uint64s;
};

enum model_attribute_kind {
    MODEL_ATTRIBUTE_FLOAT = 1,
    MODEL_ATTRIBUTE_INT = 2,
    MODEL_ATTRIBUTE_STRING = 3,
    MODEL_ATTRIBUTE_TENSOR = 4,
    MODEL_ATTRIBUTE_GRAPH = 5,
    MODEL_ATTRIBUTE_FLOATS = 6,
    MODEL_ATTRIBUTE_INTS = 7,
    MODEL_ATTRIBUTE_STRINGS = 8,
    MODEL_ATTRIBUTE_OTHER = 9
};

struct model_attribute {
    char *name;
    enum model_attribute_kind kind;
    float f;
    int64_t i;
    char *s; /* terminated; n_s bytes */
    size_t n_s;
    struct model_tensor *tensor;
    size_t n; /* of floats, ints or strings */
    float *floats;
    int64_t *ints;
    char **strings;
};

struct model_node {
    char *name; /* "" when absent */
    char *op_type;
    char *domain; /* "" is ai.onnx */
    size_t n_inputs;
    char **inputs; /* "" is an absent optional input */
    size_t n_outputs;
    char **outputs;
    size_t n_attributes;
    struct model_attribute *attributes;
};

/* Declared graph input or output; dims[i] < 0: symbolic or missing;
 * n_dims == SIZE_MAX: no shape declared. type 0: not a tensor type. */
struct model_value {
    char *name;
    int type;
    size_t n_dims;
    int64_t *dims;
};

struct model_opset {
    char *domain;
    int64_t version;
};

struct external;

struct model {
    char *path;
    struct bytes image;        /* file bytes; raw tensors point into them, */
    struct external *external; /* and into these files */
    int64_t ir_version;
    size_t n_opsets;
    struct model_opset *opsets;
    size_t n_nodes;
    struct model_node *nodes; /* file order */
    size_t n_initializers;
    struct model_tensor *initializers;
    size_t n_inputs;
    struct model_value *inputs; /* as listed: initializers may be among them */
    size_t n_outputs;
    struct model_value *outputs;
};

/*
 * Reads path (gzip, or path.gz beside it, as reader_load). The file is
 * hostile: sizes and nesting are checked on the raw bytes before
 * protobuf-c sees them; element counts, types and lengths after.
 * Control-flow attributes are refused by name (STATUS_UNSUPPORTED). Sparse
 * initializers become dense; files of external data must lie in the model's
 * folder or below (external.h). The digest of a network is that of the model
 * alone: certificates do not bind external data, and the checker refuses it.
 * Memory: the unpacked file plus small structs (large raw_data is never
 * copied).
 *   returns STATUS_OK and *model owned by the caller; STATUS_IO;
 *           STATUS_BAD_INPUT; STATUS_UNSUPPORTED
 */
enum status model_load(struct model **model, const char *path,
                       struct error *error);

void model_destroy(struct model *model);

#endif
