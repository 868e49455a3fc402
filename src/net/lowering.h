/* Inside the lowering: layers under construction and views of tensors. */
#ifndef ASTROLABE_NET_LOWERING_H
#define ASTROLABE_NET_LOWERING_H

#include "src/base/vec.h"
#include "src/net/draft.h"
#include "src/net/graph.h"
#include "src/net/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 *   widths   of the layers so far, beside layers.data
 *   views    per tensor
 *   is_live  per tensor: an output depends on it
 *   node     the one that is lowered now
 */
struct lowering {
    const struct net *net;
    struct error *error;
    VEC(struct layer) layers;
    VEC(size_t) widths;
    struct view *views;
    bool *is_live;
    size_t node;
};

/* One summand of lowering_combine: output i takes scale (or weight[i]) times
 * element index[i] of the view; index NULL: i. */
struct lowering_part {
    const struct view *view;
    const uint32_t *index;
    const double *weight;
    double scale;
};

/* Fills the error with the node and `cause`; STATUS_UNSUPPORTED. */
enum status lowering_refuse(struct lowering *lowering, const struct node *node,
                            const char *cause);

/* Appends a layer, which it takes over; returns its number. */
size_t lowering_add(struct lowering *lowering, struct layer layer);

/* Appends max(v[source], 0) resp. activation(v[source]); never shared. */
size_t lowering_add_relu(struct lowering *lowering, size_t source);
size_t lowering_add_activation(struct lowering *lowering, size_t source,
                               enum activation activation);
/* Appends v[source] * v[other], of equal width. */
size_t lowering_add_product(struct lowering *lowering, size_t source,
                            size_t other);

/* Appends v[source][i] / divisor[i]: a LAYER_SCALE. */
size_t lowering_add_quotient(struct lowering *lowering, size_t source,
                             const double *divisor);

/* Makes the view show one whole layer, changing a layer that nobody else
 * looks at in place. */
void lowering_materialise(struct lowering *lowering, struct view *view);

/* The layer that shows a tensor whole and in order, made if there is none;
 * the view of the tensor shows it afterwards, not exclusively. */
size_t lowering_whole(struct lowering *lowering, size_t tensor);

/* The same for a view; it shows the layer afterwards. */
size_t lowering_whole_view(struct lowering *lowering, struct view *view);

/* The arguments of a node one after the other, then its pool, without
 * constants, which a layer is made for; owned by the caller. The arguments
 * may not be changed through their views any more. */
struct view lowering_join(struct lowering *lowering, const struct node *node);

/* Appends v[i] = bias[i] + sum of the parts at i, n rows; bias NULL: 0; the
 * views have no constants but zeros. */
size_t lowering_combine(struct lowering *lowering, size_t n,
                        const struct lowering_part *parts, size_t n_parts,
                        const double *bias);

/* The node's output shows the whole layer, which nobody else uses. */
void lowering_set_output(struct lowering *lowering, const struct node *node,
                         size_t layer);

/* Sets the view of a node's output that shows the same layers as its
 * arguments, which may not be changed through them any more. */
void lowering_pass_on(struct lowering *lowering, const struct node *node,
                      struct view view);

/* Lowering of one node of each form: sets the view of its output. Those that
 * return STATUS_UNSUPPORTED have no layers for every such node. */
enum status lower_linear(struct lowering *lowering, const struct node *node);
enum status lower_scale(struct lowering *lowering, const struct node *node);
void lower_relu(struct lowering *lowering, const struct node *node);
void lower_clip(struct lowering *lowering, const struct node *node);
void lower_extreme_node(struct lowering *lowering, const struct node *node);
void lower_arg_max(struct lowering *lowering, const struct node *node);
void lower_function(struct lowering *lowering, const struct node *node);
void lower_product(struct lowering *lowering, const struct node *node);
void lower_choose(struct lowering *lowering, const struct node *node);

#endif
