/* Building the canonical network node by node.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_OPERATOR_H
#define ASTROLABE_PROOFS_CHECK_CHECK_OPERATOR_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_onnx.h"

#include <stdbool.h>

struct check_shape {
    size_t n_dims;
    size_t dims[CHECK_RANK];
};

/*
 * A named tensor of the graph. Element i is
 *   constant:  element map[i] of the stored tensor (map NULL: i)
 *   computed:  coordinate map[i]
 */
struct check_value {
    const char *name;
    size_t order;  /* 0: initializer, 1: graph input, 2 + k: from node k */
    bool is_live;  /* a graph output depends on it */
    uint64_t type; /* of its elements; 0: not known (yet) */
    struct check_shape shape;
    size_t n;
    const struct check_onnx_tensor *constant;
    const uint32_t *map;
};

struct check_builder {
    struct check_network *network;
    const struct check_onnx_model *model;
    size_t n_values;
    struct check_value *values;   /* sorted by name */
    struct check_onnx_node *node; /* that is being built */
    size_t n_rows;                /* finished */
    size_t n_entries;             /* in all rows so far */
    double *bias;                 /* [n_coordinates], as end */
    size_t *end;                  /* of the row's entries in the next two */
    uint32_t *column;
    double *weight;
};

/* Ends in check_unsupported or check_unreadable, naming the node. */
_Noreturn void check_node_unsupported(const struct check_builder *builder,
                                      const char *text);
_Noreturn void check_node_malformed(const struct check_builder *builder,
                                    const char *text);

/* The value of that name; NULL if there is none. */
struct check_value *check_builder_find(const struct check_builder *builder,
                                       const char *name);

/* Gives a value its type, shape and n; from a stored tensor also elements. */
void check_value_define(const struct check_builder *builder,
                        struct check_value *value, uint64_t type,
                        const struct check_shape *shape);
void check_value_store(const struct check_builder *builder,
                       struct check_value *value,
                       const struct check_onnx_tensor *tensor);

/* A layer of new coordinates, which become the value's elements. If it is
 * affine the caller writes its rows in order: weights of each, then the end. */
struct check_layer *check_builder_add_layer(struct check_builder *builder,
                                            struct check_value *value,
                                            enum check_kind kind);
/* Adds scale * x_i * y_j to the row; one of them, at least, is constant.
 * y NULL: scale * x_i. Products of two numbers must be exact doubles. */
void check_row_add(struct check_builder *builder, double scale,
                   const struct check_value *x, size_t i,
                   const struct check_value *y, size_t j);
void check_row_end(struct check_builder *builder);

/* Makes a constant value a computed one: coordinates with empty rows. */
void check_builder_compute(struct check_builder *builder,
                           struct check_value *value);

/* Builds builder->node, of which some output is live. */
void check_operator_build(struct check_builder *builder);

/* Input i of the node, a copy; output i. They must be there. */
struct check_value check_node_input(const struct check_builder *builder,
                                    size_t i);
bool check_node_has_input(const struct check_builder *builder, size_t i);
struct check_value *check_node_output(const struct check_builder *builder,
                                      size_t i);

/* The attribute of that name; NULL if there is none. */
struct check_onnx_attribute *
check_node_attribute(const struct check_builder *builder, const char *name,
                     enum check_onnx_kind kind);
int64_t check_node_integer(const struct check_builder *builder,
                           const char *name, int64_t otherwise);
double check_node_real(const struct check_builder *builder, const char *name,
                       double otherwise);
const char *check_node_text(const struct check_builder *builder,
                            const char *name, const char *otherwise);

/* Integers, clamped to 2^31 in size. */
struct check_integers {
    bool is_given;
    size_t n;
    int64_t *data;
};

/* From the attribute of that name in opsets below `since`, from constant
 * input i otherwise. */
struct check_integers check_node_integers(const struct check_builder *builder,
                                          const char *name, uint64_t since,
                                          size_t i);

/* The axis 0 <= a < rank that is meant; negative ones count from the end. */
size_t check_node_axis(const struct check_builder *builder, int64_t axis,
                       size_t rank);

/* Product of dims[first] to dims[last - 1]. */
size_t check_shape_product(const struct check_shape *shape, size_t first,
                           size_t last);

/* The operators; each builds builder->node. */
void check_build_arithmetic(struct check_builder *builder);
void check_build_neg(struct check_builder *builder);
void check_build_gemm(struct check_builder *builder);
void check_build_matmul(struct check_builder *builder);
void check_build_conv(struct check_builder *builder);
void check_build_average_pool(struct check_builder *builder);
void check_build_relu(struct check_builder *builder);
void check_build_constant(struct check_builder *builder);
void check_build_dropout(struct check_builder *builder);
void check_build_flatten(struct check_builder *builder);
void check_build_reshape(struct check_builder *builder);
void check_build_squeeze(struct check_builder *builder);
void check_build_unsqueeze(struct check_builder *builder);
void check_build_transpose(struct check_builder *builder);
void check_build_slice(struct check_builder *builder);
void check_build_split(struct check_builder *builder);
void check_build_gather(struct check_builder *builder);
void check_build_concat(struct check_builder *builder);
void check_build_pad(struct check_builder *builder);

#endif
