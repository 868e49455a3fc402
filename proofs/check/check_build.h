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
    size_t order;    /* 0: initializer, 1: graph input, 2 + k: from node k */
    bool is_live;    /* a graph output depends on it */
    bool is_indexed; /* a constant that follows from a cell */
    uint64_t type;   /* of its elements; 0: not known (yet) */
    struct check_shape shape;
    size_t n;
    const struct check_onnx_tensor *tensor; /* constant, not yet read */
    const double *number;                   /* constant: [n] */
    const uint32_t *map;                    /* computed: [n] coordinates */
};

/* Affine rows of all coordinates: the terms of z end before end[z], where
 * those of z + 1 start. Inputs and ReLUs have rows without terms. */
struct check_rows {
    size_t n; /* finished */
    size_t *end;
    double *bias;
    size_t n_terms;
    size_t n_room; /* for terms */
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
    struct check_onnx_node *node;  /* that is being built */
    const struct check_cell *cell; /* NULL: casts are computed */
};

/* End in check_unreadable or check_unsupported, naming the node. */
_Noreturn void check_malformed(const struct check_builder *b, const char *text);
_Noreturn void check_refuse(const struct check_builder *b, const char *text);
static inline void check_malformed_if(const struct check_builder *b,
                                      bool condition, const char *text)
{
    if (condition) {
        check_malformed(b, text);
    }
}
static inline void check_unsupported_if(const struct check_builder *b,
                                        bool condition, const char *text)
{
    if (condition) {
        check_refuse(b, text);
    }
}

/* The value of that name; NULL if there is none. */
struct check_value *check_find(const struct check_builder *b, const char *name);
/* Gives a value its type, shape and n. */
void check_define(const struct check_builder *b, struct check_value *value,
                  uint64_t type, const struct check_shape *shape);
/* The same, from dimensions of the file; those of an input may be open. */
void check_declare(const struct check_builder *b, struct check_value *value,
                   uint64_t type, const struct check_words *dims);

/* Builds b->node, of which some output is live. */
void check_build(struct check_builder *b);

/* Where the network ends. check_fold takes back what a node of constants has
 * added since, if the values of its outputs are exact doubles: they become
 * constants. */
struct check_mark {
    struct check_network network;
    size_t n_rows;
    size_t n_terms;
};
struct check_mark check_mark(const struct check_builder *b);
void check_fold(struct check_builder *b, const struct check_mark *mark);

/* Input i of the node, a copy; output i, defined. They must be there. */
bool check_has_input(const struct check_builder *b, size_t i);
struct check_value check_input(struct check_builder *b, size_t i);
struct check_value *check_output(const struct check_builder *b, size_t i,
                                 uint64_t type,
                                 const struct check_shape *shape);

/* Whether elements are real numbers; integers, not bits. */
bool check_is_real(uint64_t type);
bool check_is_integer(uint64_t type);
/* The node's first input, of real numbers, computed; output 0 has its shape. */
struct check_value *check_element(struct check_builder *b,
                                  struct check_value *x);
/* An attribute of the node, NULL if it is not given. */
const struct check_onnx_attribute *
check_attribute(const struct check_builder *b, const char *name,
                enum check_onnx_kind kind);
/* Its value, or `otherwise` if it is not given. */
int64_t check_integer(const struct check_builder *b, const char *name,
                      int64_t otherwise);
double check_real(const struct check_builder *b, const char *name,
                  double otherwise);
const char *check_text(const struct check_builder *b, const char *name,
                       const char *otherwise);
/* Integers, clamped to 2^31 in size: from an attribute in opsets below
 * `since` (none if it has no name), from constant input i otherwise. */
struct check_integers {
    bool is_given;
    size_t n;
    int64_t *data;
};
struct check_integers check_integers(struct check_builder *b, const char *name,
                                     uint64_t since, size_t i);

/* An axis of a tensor that is another one with its elements moved: index k
 * adds offset[k] to the number of the element; SIZE_MAX: no element, padding.
 * It is made of an axis of `dim` elements, `step` apart. */
struct check_axis {
    size_t extent;
    size_t *offset;
    int64_t dim;
    size_t step;
};
/* The axis of that rank that is meant, negative ones count from the end; marks
 * it, which it must not be yet. */
size_t check_mark_axis(const struct check_builder *b, bool *is_marked,
                       int64_t axis, size_t rank);
/* The CHECK_RANK axes of a shape; an axis of the elements start + k * step. */
struct check_axis *check_axes(struct check_builder *b,
                              const struct check_shape *shape);
void check_cut(struct check_builder *b, struct check_axis *axis, int64_t start,
               int64_t step, size_t extent);
/* Gives `to`, of the axes' extents in all, elements of `from`. */
void check_move(struct check_builder *b, struct check_value *to,
                const struct check_value *from, const struct check_axis *axes,
                size_t n_axes, const uint32_t *pad);
/* Makes constants [n][m] the transposed ones, of a shape [m][n]; false if they
 * are none, or of another shape. Zeros are not written: of large matrices with
 * few other numbers, most memory stays untouched. */
bool check_turn(struct check_builder *b, struct check_value *value,
                const struct check_shape *shape);

/* The product of two doubles; false if it is none. */
bool check_multiply(double *product, double x, double y);
/* A layer of new coordinates, which become the value's elements. If it is
 * affine the caller writes its rows in order: terms of each, then the end. */
struct check_layer *check_add_layer(struct check_builder *b,
                                    struct check_value *value,
                                    enum check_kind kind);
struct check_rows check_rows_create(void);
void check_rows_clear(struct check_rows *rows);
void check_row_add(struct check_rows *rows, size_t column, double weight);
void check_row_end(struct check_rows *rows, double bias);
/* Makes a constant value a computed one: coordinates with empty rows. */
void check_compute(struct check_builder *b, struct check_value *value);
/* Makes the finished rows those of the network, see check_rows.c. */
void check_settle(struct check_builder *b);

bool check_is_same(const struct check_shape *x, const struct check_shape *y);
/* The number of elements. */
size_t check_count(const struct check_shape *shape);
/* The common shape of x and y. */
struct check_shape check_broadcast(const struct check_builder *b,
                                   const struct check_shape *x,
                                   const struct check_shape *y);
/* The value broadcast to a shape, after its last two axes, if turned, have
 * changed places. */
struct check_value check_arrange(struct check_builder *b,
                                 const struct check_value *value,
                                 const struct check_shape *shape,
                                 bool is_turned);

/*
 * Element (h, i, j) of the output, of dimensions h, m, n in all, is
 *   scale[0] * sum over k of x_(h,i,k) * y_(h,j,k) + scale[1] * c_(h,i,j)  (1)
 * where y and c without a type are absent.
 */
struct check_products {
    struct check_value x;
    struct check_value y;
    struct check_value c;
    double scale[2];
    size_t m;
    size_t n;
    size_t k;
    bool is_counted; /* with its products */
};
/* Output 0 is (1). */
void check_build_sum(struct check_builder *b, struct check_products *sum,
                     const struct check_shape *shape);
/* Defines output 0 as a layer of sums and counts their products. */
struct check_value *check_sum_output(struct check_builder *b,
                                     const struct check_products *sum,
                                     const struct check_shape *shape);
/* The inverses of powers of two; NULL if some number is none. */
const double *check_invert(struct check_builder *b, const double *number,
                           size_t n);

/* A layer of neurons that read source[n], with the next number; its
 * coordinates. A product has 2 * n sources, all first factors first. */
const uint32_t *check_add_neurons(struct check_builder *b, enum check_kind kind,
                                  const uint32_t *source, size_t n);
/* The affine layer of n coordinates x.weight * x + y.weight * y + bias; y has
 * weights for each element if these are given, and may be absent. */
struct check_part_of {
    const uint32_t *map;
    double weight;
    const double *weights;
};
const uint32_t *check_add_sum(struct check_builder *b, struct check_part_of x,
                              struct check_part_of y, double bias, size_t n);
/* The maxima, or minima, of n_lists lists of up to `room` items, FORMAT.md,
 * "Numbers of the network"; CHECK_NOTHING is no item. */
#define CHECK_NOTHING UINT32_MAX
const uint32_t *check_add_extrema(struct check_builder *b,
                                  const uint32_t *items, size_t n_lists,
                                  size_t room, bool is_maximum);

/* The same for curve(x), x * y (squares if both are the same) and x / divisor,
 * element by element; the latter is no layer of neurons. */
const uint32_t *check_add_curve(struct check_builder *b, enum check_curve curve,
                                const uint32_t *source, size_t n);
const uint32_t *check_add_product(struct check_builder *b, const uint32_t *x,
                                  const uint32_t *y, size_t n);
const uint32_t *check_add_quotients(struct check_builder *b,
                                    const uint32_t *source,
                                    const double *divisor, size_t n);

/* Operators of check_sum.c; each builds b->node. */
void check_build_arithmetic(struct check_builder *b);
void check_build_gemm(struct check_builder *b);
void check_build_matmul(struct check_builder *b);
/* Operators of check_window.c. */
void check_build_window(struct check_builder *b);
void check_build_global(struct check_builder *b);
void check_build_reduction(struct check_builder *b);
void check_build_position(struct check_builder *b);
/* Operators of check_choice.c. */
void check_build_cast(struct check_builder *b);
void check_build_comparison(struct check_builder *b);
void check_build_where(struct check_builder *b);
void check_build_one_hot(struct check_builder *b);
/* Operators of check_place.c. */
void check_build_range(struct check_builder *b);
void check_build_scatter(struct check_builder *b);
/* Whether the Cast at hand of x is a site, FORMAT.md, "Cells": output 0 is the
 * constant of the cell then. */
bool check_build_site(struct check_builder *b, const struct check_value *x,
                      uint64_t to);
/* Marks what follows from a cell among the outputs of the node, and the tables
 * among its inputs. */
void check_mark_indexed(struct check_builder *b);
/* Operators of check_constant.c. */
void check_build_constant(struct check_builder *b);
void check_build_filled(struct check_builder *b);
void check_build_shape(struct check_builder *b);
/* Operators of check_piecewise.c. */
void check_build_relu(struct check_builder *b);
void check_build_leaky(struct check_builder *b);
void check_build_clip(struct check_builder *b);
void check_build_hard_sigmoid(struct check_builder *b);
void check_build_extremum(struct check_builder *b);
/* Operators of check_nonlinear.c. */
void check_build_curve(struct check_builder *b);
void check_build_elu(struct check_builder *b);
void check_build_gelu(struct check_builder *b);
void check_build_hard_swish(struct check_builder *b);
void check_build_gate(struct check_builder *b);
void check_build_quotient(struct check_builder *b);
void check_build_power(struct check_builder *b);
void check_build_softmax(struct check_builder *b);
void check_build_normalization(struct check_builder *b);
/* Operators of check_normal.c. */
void check_build_rounding(struct check_builder *b);
void check_build_layer_normalization(struct check_builder *b);

#endif
