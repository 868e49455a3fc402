/* Layers appended one by one, and tensors made whole layers. */
#include "src/net/lowering.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/exact.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum status lowering_refuse(struct lowering *lowering, const struct node *node,
                            const char *cause)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s: cannot be verified yet", cause);
    graph_node_error(lowering->error, lowering->net, node, text);
    return STATUS_UNSUPPORTED;
}

size_t lowering_add(struct lowering *lowering, struct layer layer)
{
    layer.node = lowering->node;
    VEC_PUSH(&lowering->layers, layer);
    VEC_PUSH(&lowering->widths, layer.width);
    return lowering->layers.n - 1;
}

/* The view as an affine layer of zeros, ones and its constants. */
static void add_selection(struct lowering *lowering, struct view *view)
{
    struct draft draft = {0};
    draft_init(&draft, view->n);
    const size_t first = draft_open_sources(&draft, view, lowering->layers.n);
    for (size_t i = 0; i < view->n; i++) {
        if (view_layer(view, i) == VIEW_CONSTANT) {
            draft.bias[i] = view->constant[i];
        } else {
            draft_add(&draft, view, i, 1.0);
        }
        draft_end_row(&draft, first);
    }
    const size_t layer =
        lowering_add(lowering, draft_finish(&draft, lowering->widths.data));
    const size_t n = view->n;
    view_clear(view);
    *view = view_whole(layer, n);
    view->is_exclusive = true;
}

/* Makes the view show one whole layer. A layer that nobody else looks at is
 * rearranged in place. */
void lowering_materialise(struct lowering *lowering, struct view *view)
{
    const size_t n = view->n;
    const size_t layer = view->layer;
    if (!view->is_exclusive || view->layers != NULL ||
        lowering->layers.data[layer].kind != LAYER_AFFINE) {
        add_selection(lowering, view);
        return;
    }
    draft_gather_rows(&lowering->layers.data[layer], view);
    lowering->widths.data[layer] = n;
    view_clear(view);
    *view = view_whole(layer, n);
    view->is_exclusive = true;
}

/* Sets the view of a node's output that shows the same layers as its
 * arguments, which may not be changed through them any more. */
void lowering_pass_on(struct lowering *lowering, const struct node *node,
                      struct view view)
{
    view.is_exclusive = node->n_args == 1 &&
                        lowering->views[node->args[0]].is_exclusive &&
                        lowering->net->tensors[node->args[0]].n_uses == 1;
    for (size_t k = 0; k < node->n_args; k++) {
        lowering->views[node->args[k]].is_exclusive = false;
    }
    lowering->views[node->output] = view;
}

size_t lowering_add_relu(struct lowering *lowering, size_t source)
{
    const struct layer layer = {.kind = LAYER_RELU,
                                .width = lowering->widths.data[source],
                                .source = source};
    return lowering_add(lowering, layer);
}

size_t lowering_add_activation(struct lowering *lowering, size_t source,
                               enum activation activation)
{
    const struct layer layer = {.kind = LAYER_ACTIVATION,
                                .width = lowering->widths.data[source],
                                .source = source,
                                .activation = activation};
    return lowering_add(lowering, layer);
}

size_t lowering_add_product(struct lowering *lowering, size_t source,
                            size_t other)
{
    const struct layer layer = {.kind = LAYER_PRODUCT,
                                .width = lowering->widths.data[source],
                                .source = source,
                                .other = other};
    REQUIRE(layer.width == lowering->widths.data[other]);
    return lowering_add(lowering, layer);
}

/* lower <= 1 / divisor <= upper, equal if that is a double. The residual of
 * a quotient within a factor of two of 1 is itself a double. */
static void enclose_inverse(double *lower, double *upper, double divisor)
{
    int exponent = 0;
    const double mantissa = frexp(divisor, &exponent);
    const double quotient = 1.0 / mantissa;
    const double residual = fma(quotient, mantissa, -1.0);
    const bool is_high = mantissa > 0.0 ? residual > 0.0 : residual < 0.0;
    const bool is_low = mantissa > 0.0 ? residual < 0.0 : residual > 0.0;
    const double below = is_high ? nextafter(quotient, -HUGE_VAL) : quotient;
    const double above = is_low ? nextafter(quotient, HUGE_VAL) : quotient;
    *lower = ldexp(below, -exponent);
    *upper = ldexp(above, -exponent);
}

size_t lowering_add_quotient(struct lowering *lowering, size_t source,
                             const double *divisor)
{
    struct layer layer = {.kind = LAYER_SCALE,
                          .width = lowering->widths.data[source],
                          .source = source};
    NEW_ARRAY(layer.factor_lower, layer.width);
    NEW_ARRAY(layer.factor_upper, layer.width);
    for (size_t i = 0; i < layer.width; i++) {
        enclose_inverse(&layer.factor_lower[i], &layer.factor_upper[i],
                        divisor[i]);
    }
    return lowering_add(lowering, layer);
}

size_t lowering_whole_view(struct lowering *lowering, struct view *view)
{
    const size_t layer = view_layer(view, 0);
    if (layer == VIEW_CONSTANT ||
        !view_is_whole(view, lowering->widths.data[layer])) {
        lowering_materialise(lowering, view);
    }
    return view_layer(view, 0);
}

size_t lowering_whole(struct lowering *lowering, size_t tensor)
{
    struct view *view = &lowering->views[tensor];
    const size_t layer = lowering_whole_view(lowering, view);
    view->is_exclusive = false;
    return layer;
}

struct view lowering_join(struct lowering *lowering, const struct node *node)
{
    const struct view **views = NULL;
    NEW_ARRAY(views, node->n_args);
    for (size_t k = 0; k < node->n_args; k++) {
        lowering->views[node->args[k]].is_exclusive = false;
        views[k] = &lowering->views[node->args[k]];
    }
    struct view all =
        node->n_args == 1 && node->n_pool == 0
            ? view_gather(views[0], NULL, views[0]->n)
            : view_join(views, node->n_args, node->pool, node->n_pool);
    alloc_free(views);
    if (view_has_constant(&all)) {
        lowering_materialise(lowering, &all);
        all.is_exclusive = false;
    }
    return all;
}

size_t lowering_combine(struct lowering *lowering, size_t n,
                        const struct lowering_part *parts, size_t n_parts,
                        const double *bias)
{
    struct draft draft = {0};
    draft_init(&draft, n);
    if (bias != NULL) {
        memcpy(draft.bias, bias, n * sizeof *bias);
    }
    for (size_t p = 0; p < n_parts; p++) {
        const struct lowering_part *part = &parts[p];
        const size_t first =
            draft_open_sources(&draft, part->view, lowering->layers.n);
        for (size_t i = 0; i < n; i++) {
            draft_add(&draft, part->view,
                      part->index == NULL ? i : part->index[i],
                      part->weight == NULL ? part->scale : part->weight[i]);
            draft_end_row(&draft, first);
        }
    }
    return lowering_add(lowering, draft_finish(&draft, lowering->widths.data));
}

void lowering_set_output(struct lowering *lowering, const struct node *node,
                         size_t layer)
{
    struct view *view = &lowering->views[node->output];
    *view = view_whole(layer, lowering->widths.data[layer]);
    view->is_exclusive = true;
}
