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

/* A repeated field: n elements of the type said where it is used. */
struct check_list {
    size_t n;
    void *data;
};

struct check_span {
    const unsigned char *data;
    size_t n;
};

/* In all structs below, bit k of `present` says that field k occurred. Absent
 * text is "". */

/* Elements are in `raw` (in place, little-endian) or in the list that belongs
 * to the type, never in both. Other element types than the above have no
 * promise on their number and cannot be read. */
struct check_onnx_tensor {
    uint64_t present;
    const char *name;
    uint64_t type;
    struct check_list dims; /* uint64_t, as the four below: bits */
    struct check_list floats;
    struct check_list int32s;
    struct check_list int64s;
    struct check_list doubles;
    struct check_span raw;
    uint64_t location;
    size_t n; /* product of dims */
};

struct check_onnx_attribute {
    uint64_t present;
    const char *name;
    uint64_t kind;    /* enum check_onnx_kind, or one that is not read */
    uint64_t real;    /* bits of a float */
    uint64_t integer; /* bits of an int64_t */
    const char *text;
    struct check_onnx_tensor tensor;
    struct check_list floats; /* uint64_t: bits of a float */
    struct check_list ints;   /* uint64_t: bits of an int64_t */
    uint64_t is_used;         /* set by who interprets it */
};

struct check_onnx_node {
    uint64_t present;
    const char *name;
    const char *op;
    const char *domain;
    const char *overload;
    struct check_list inputs;     /* const char * */
    struct check_list outputs;    /* const char * */
    struct check_list attributes; /* struct check_onnx_attribute */
};

struct check_onnx_dim {
    uint64_t present;
    uint64_t size; /* 0: symbolic */
};

/* A graph input or output. */
struct check_onnx_value {
    uint64_t present; /* bit 1 for a tensor, 2 for its shape, among others */
    const char *name;
    uint64_t type;
    struct check_list dims; /* struct check_onnx_dim */
};

struct check_onnx_opset {
    uint64_t present;
    const char *domain;
    uint64_t version;
};

struct check_onnx_model {
    uint64_t present;
    const char *path;
    struct check_list opsets;       /* struct check_onnx_opset */
    struct check_list nodes;        /* struct check_onnx_node */
    struct check_list initializers; /* struct check_onnx_tensor */
    struct check_list inputs;       /* struct check_onnx_value */
    struct check_list outputs;      /* struct check_onnx_value */
    uint64_t opset;                 /* version of the default domain */
};

/* Reads a model; the file must live as long as the arena, which holds all
 * memory. Ends in check_unreadable or check_unsupported. */
struct check_onnx_model *check_onnx_read(struct check_arena *arena,
                                         const struct check_bytes *file);

/* True for the two names of the default domain. */
bool check_onnx_is_default(const char *domain);

/* Element i < n of a FLOAT or DOUBLE tensor, of an INT32, INT64 or BOOL one,
 * and the value of a float's bits. */
double check_onnx_real(const struct check_onnx_tensor *tensor, size_t i);
int64_t check_onnx_integer(const struct check_onnx_tensor *tensor, size_t i);
float check_onnx_float(uint32_t bits);

#endif
