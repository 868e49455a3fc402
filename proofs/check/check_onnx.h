/* An ONNX file: protocol-buffer messages as plain structs.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_ONNX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_ONNX_H

#include "proofs/check/check_bytes.h"
#include "proofs/check/check_fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TensorProto.DataType, as far as elements are read. */
enum check_onnx_type {
    CHECK_ONNX_FLOAT = 1,
    CHECK_ONNX_INT32 = 6,
    CHECK_ONNX_INT64 = 7,
    CHECK_ONNX_BOOL = 9,
    CHECK_ONNX_DOUBLE = 11
};

/* AttributeProto.AttributeType, as far as values are read. */
enum check_onnx_kind {
    CHECK_ONNX_A_FLOAT = 1,
    CHECK_ONNX_AN_INT = 2,
    CHECK_ONNX_A_STRING = 3,
    CHECK_ONNX_A_TENSOR = 4,
    CHECK_ONNX_FLOATS = 6,
    CHECK_ONNX_INTS = 7
};

/* Repeated numbers: the bits of an int64_t, a double or a float. */
struct check_words {
    size_t n;
    uint64_t *data;
};

struct check_texts {
    size_t n;
    const char **data;
};

/* In all structs below absent text is "". Elements of a tensor are in `raw`,
 * little-endian, or in `typed`, never in both. */
struct check_onnx_tensor {
    const char *name;
    uint64_t type; /* enum check_onnx_type, or one that is not read */
    struct check_words dims;
    struct check_words typed;
    uint64_t fields; /* bit k: `typed` was in field k */
    struct check_cursor raw;
    size_t n; /* product of dims */
};

struct check_onnx_attribute {
    const char *name;
    uint64_t kind; /* enum check_onnx_kind, or one that is not read */
    uint64_t bits; /* of a float or int64_t */
    const char *text;
    struct check_onnx_tensor tensor;
    struct check_words list;
    bool is_used; /* set by who interprets it */
};

struct check_onnx_node {
    const char *name;
    const char *op;
    const char *domain;
    const char *overload;
    struct check_texts inputs;
    struct check_texts outputs;
    size_t n_attributes;
    struct check_onnx_attribute *attributes;
};

/* A graph input or output; a dimension left open is 0. */
struct check_onnx_value {
    const char *name;
    uint64_t type;
    struct check_words dims;
};

struct check_onnx_model {
    uint64_t opset; /* version of the default domain */
    size_t n_nodes;
    struct check_onnx_node *nodes;
    size_t n_initializers;
    struct check_onnx_tensor *initializers;
    size_t n_inputs;
    struct check_onnx_value *inputs;
    size_t n_outputs;
    struct check_onnx_value *outputs;
};

/* Reads a model; the file must live as long as the arena, which holds all
 * memory. Ends in check_unreadable or check_unsupported. */
struct check_onnx_model check_onnx_read(struct check_arena *arena,
                                        const struct check_bytes *file);

/* True for the two names of the default domain. */
bool check_onnx_is_default(const char *domain);

/* All elements of a tensor, finite; integers beyond 2^53 are rounded. Ends in
 * check_unreadable or check_unsupported for others. */
const double *check_onnx_numbers(struct check_arena *arena,
                                 const struct check_onnx_tensor *tensor,
                                 const char *path);
/* The value of a float's bits. */
double check_onnx_float(uint64_t bits);

#endif
