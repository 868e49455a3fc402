/* Building the canonical network node by node.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BUILD_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BUILD_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_onnx.h"

#include <stdbool.h>

struct check_shape {
    size_t n_dims;
    size_t dims[CHECK_RANK];
};

/* A named tensor of the graph: numbers, or coordinates of the network. */
struct check_value {
    const char *name;
    size_t order;  /* 0: initializer, 1: graph input, 2 + k: from node k */
    bool is_live;  /* a graph output depends on it */
    uint64_t type; /* of its elements; 0: not known (yet) */
    struct check_shape shape;
    size_t n;
    const struct check_onnx_tensor *tensor; /* initializer, not yet read */
    const double *number;                   /* constant: [n] */
    const uint32_t *map;                    /* computed: [n] coordinates */
};

/* Affine rows of all coordinates: those of z end at end[z], where those of
 * z + 1 start; a column may be repeated. Inputs and ReLUs have no terms. */
struct check_rows {
    size_t n; /* finished */
    size_t n_terms;
    size_t n_room; /* for terms */
    size_t *end;
    double *bias;
    uint32_t *column;
    double *weight;
};

struct check_builder {
    struct check_network *network;
    struct check_arena arena; /* of what does not outlive the building */
    struct check_onnx_model model;
    size_t n_values;
    struct check_value *values; /* sorted by name */
    struct check_rows rows;
    struct check_onnx_node *node; /* that is being built */
};

/* Ends in check_unsupported or check_unreadable, naming the node. */
_Noreturn void check_node_unsupported(const struct check_builder *builder,
                                      const char *text);
_Noreturn void check_node_malformed(const struct check_builder *builder,
                                    const char *text);

/* The value of that name; NULL if there is none. */
struct check_value *check_builder_find(const struct check_builder *builder,
                                       const char *name);
/* Gives a value its type, shape and n. */
void check_value_define(const struct check_builder *builder,
                        struct check_value *value, uint64_t type,
                        const struct check_shape *shape);

/* The same, from dimensions of the file; those of an input may be open. */
void check_value_declare(const struct check_builder *builder,
                         struct check_value *value, uint64_t type,
                         const struct check_words *dims);

/* Sums and products of doubles; false if the result is no double. */
bool check_add_exactly(double *sum, double x, double y);
bool check_multiply_exactly(double *product, double x, double y);

/* A layer of new coordinates, which become the value's elements. If it is
 * affine the caller writes its rows in order: terms of each, then the end. */
void check_rows_begin(struct check_builder *builder, struct check_value *value,
                      enum check_kind kind);
void check_row_add(struct check_rows *rows, size_t column, double weight);
void check_row_end(struct check_rows *rows, double bias);
/* Makes a constant value a computed one: coordinates with empty rows. */
void check_value_compute(struct check_builder *builder,
                         struct check_value *value);
/* Makes the finished rows those of the network, see check_rows.c. */
void check_rows_settle(struct check_builder *builder);

/* Builds builder->node, of which some output is live. */
void check_node_build(struct check_builder *builder);

/* Input i of the node, a copy; output i, defined. They must be there. */
bool check_node_has_input(const struct check_builder *builder, size_t i);
struct check_value check_node_input(struct check_builder *builder, size_t i);
struct check_value *check_node_output(const struct check_builder *builder,
                                      size_t i, uint64_t type,
                                      const struct check_shape *shape);

/* The attribute of that name; NULL if there is none. */
const struct check_onnx_attribute *
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
struct check_integers check_node_integers(struct check_builder *builder,
                                          const char *name, uint64_t since,
                                          size_t i);
/* The axis 0 <= a < rank that is meant; negative ones count from the end. */
size_t check_node_axis(const struct check_builder *builder, int64_t axis,
                       size_t rank);
/* Product of dims[first] to dims[last - 1]. */
size_t check_shape_product(const struct check_shape *shape, size_t first,
                           size_t last);

/* An axis of a tensor that is another one with its elements moved: index k
 * adds offset[k] to the number of the element; SIZE_MAX: no element, padding.
 * It is made of an axis of `dim` elements, `step` apart. */
struct check_axis {
    size_t extent;
    size_t *offset;
    int64_t dim;
    size_t step;
};

/* The value's own axes; makes one of the elements start + k * step. */
struct check_axis *check_value_axes(struct check_builder *builder,
                                    const struct check_value *value);
void check_axis_cut(struct check_builder *builder, struct check_axis *axis,
                    int64_t start, int64_t step, size_t extent);
/* Gives `to`, with as many elements as the axes say, elements of `from`. */
void check_value_move(struct check_builder *builder, struct check_value *to,
                      const struct check_value *from,
                      const struct check_axis *axes, size_t n_axes,
                      const uint32_t *pad);

/* The operators; each builds builder->node. */
void check_build_arithmetic(struct check_builder *builder);
void check_build_gemm(struct check_builder *builder);
void check_build_matmul(struct check_builder *builder);
void check_build_window(struct check_builder *builder);
void check_build_relu(struct check_builder *builder);
void check_build_constant(struct check_builder *builder);
void check_build_copy(struct check_builder *builder);
void check_build_flatten(struct check_builder *builder);
void check_build_reshape(struct check_builder *builder);
void check_build_squeeze(struct check_builder *builder);
void check_build_transpose(struct check_builder *builder);
void check_build_slice(struct check_builder *builder);
void check_build_split(struct check_builder *builder);
void check_build_gather(struct check_builder *builder);
void check_build_concat(struct check_builder *builder);
void check_build_pad(struct check_builder *builder);

#endif
