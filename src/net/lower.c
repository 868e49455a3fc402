/* From the graph to exact affine layers and ReLUs. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/draft.h"
#include "src/net/exact.h"
#include "src/net/graph.h"
#include "src/net/linear.h"
#include "src/net/view.h"

#include <stdio.h>
#include <string.h>

/*
 *   widths   of the layers so far, beside layers.data
 *   relu_of  number of the ReLU on a layer, SIZE_MAX: none yet
 *   views    per tensor
 *   is_live  per tensor: an output depends on it
 */
struct lowering {
    const struct net *net;
    struct error *error;
    VEC(struct layer) layers;
    VEC(size_t) widths;
    VEC(size_t) relu_of;
    struct view *views;
    bool *is_live;
};

static enum status refuse(struct lowering *lowering, const struct node *node,
                          const char *cause)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s: cannot be verified yet", cause);
    graph_node_error(lowering->error, lowering->net, node, text);
    return STATUS_UNSUPPORTED;
}

static size_t add_layer(struct lowering *lowering, struct layer layer)
{
    VEC_PUSH(&lowering->layers, layer);
    VEC_PUSH(&lowering->widths, layer.width);
    VEC_PUSH(&lowering->relu_of, SIZE_MAX);
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
        add_layer(lowering, draft_finish(&draft, lowering->widths.data));
    const size_t n = view->n;
    view_clear(view);
    *view = view_whole(layer, n);
    view->is_exclusive = true;
}

/* Makes the view show one whole layer. A layer that nobody else looks at is
 * rearranged in place. */
static void materialise(struct lowering *lowering, struct view *view)
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
static void pass_on(struct lowering *lowering, const struct node *node,
                    struct view view)
{
    const size_t input = node->args[0];
    view.is_exclusive = node->n_args == 1 &&
                        lowering->views[input].is_exclusive &&
                        lowering->net->tensors[input].n_uses == 1;
    for (size_t k = 0; k < node->n_args; k++) {
        lowering->views[node->args[k]].is_exclusive = false;
    }
    lowering->views[node->output] = view;
}

static void lower_map(struct lowering *lowering, const struct node *node)
{
    const size_t n = lowering->net->tensors[node->output].n;
    if (node->n_args == 1 && node->n_pool == 0) {
        pass_on(lowering, node,
                view_gather(&lowering->views[node->args[0]], node->map, n));
        return;
    }
    const struct view **views = NULL;
    NEW_ARRAY(views, node->n_args);
    for (size_t k = 0; k < node->n_args; k++) {
        views[k] = &lowering->views[node->args[k]];
    }
    struct view all = view_join(views, node->n_args, node->pool, node->n_pool);
    pass_on(lowering, node, view_gather(&all, node->map, n));
    view_clear(&all);
    alloc_free(views);
}

static void lower_relu(struct lowering *lowering, const struct node *node)
{
    struct view *input = &lowering->views[node->args[0]];
    if (!view_is_cover(input, lowering->widths.data, lowering->layers.n)) {
        materialise(lowering, input);
    }
    struct view view = view_gather(input, NULL, input->n);
    for (size_t i = 0; i < view.n; i++) {
        const size_t source = view_layer(&view, i);
        if (source == VIEW_CONSTANT) {
            view.constant[i] = fmax(view.constant[i], 0.0);
            continue;
        }
        if (lowering->relu_of.data[source] == SIZE_MAX) {
            const struct layer layer = {.kind = LAYER_RELU,
                                        .width = lowering->widths.data[source],
                                        .source = source};
            const size_t added = add_layer(lowering, layer);
            lowering->relu_of.data[source] = added;
        }
        if (view.layers != NULL) {
            view.layers[i] = (uint32_t)lowering->relu_of.data[source];
        }
    }
    input->is_exclusive = false;
    view.layer =
        view.layers == NULL ? lowering->relu_of.data[input->layer] : view.layer;
    lowering->views[node->output] = view;
}

/* y[i] = x[index[i]]: a factor of one, nothing added. */
static bool is_selection(const struct linear *linear, size_t n)
{
    const struct linear_slot *slot = linear->slots;
    bool is_plain = linear->form == LINEAR_ELEMENT;
    for (size_t i = 0; i < n && is_plain; i++) {
        const double weight =
            slot->weight == NULL ? slot->scale : slot->weight[i];
        is_plain =
            is_equal(weight, 1.0) &&
            (linear->bias == NULL || is_zero(linear->bias[i])) &&
            (linear->divisor == NULL || is_equal(linear->divisor[i], 1.0));
    }
    return is_plain;
}

/* Adds the node's bias to the layer its argument shows, if that is exact and
 * nobody else sees it. */
static bool fuse_bias(struct lowering *lowering, const struct node *node,
                      size_t n)
{
    const struct linear *linear = &node->linear;
    const struct view *view = &lowering->views[node->args[0]];
    if (linear->form != LINEAR_ELEMENT || linear->bias == NULL ||
        linear->divisor != NULL || linear->slots[0].index != NULL ||
        linear->slots[0].weight != NULL ||
        !is_equal(linear->slots[0].scale, 1.0) || !view->is_exclusive ||
        view->layers != NULL ||
        lowering->net->tensors[node->args[0]].n_uses != 1) {
        return false;
    }
    struct layer *layer = &lowering->layers.data[view->layer];
    if (layer->kind != LAYER_AFFINE ||
        !view_is_injective(view, lowering->widths.data, lowering->layers.n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_exact_sum(layer->bias[view_index(view, i)], linear->bias[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        layer->bias[view_index(view, i)] += linear->bias[i];
    }
    pass_on(lowering, node, view_gather(view, NULL, n));
    return true;
}

/* weight / divisor; false unless it is exact. */
static bool divide(double *quotient, double weight, double divisor)
{
    *quotient = weight;
    if (is_equal(divisor, 1.0) || is_zero(weight)) {
        return true;
    }
    *quotient = weight / divisor;
    return is_power_of_two(divisor) && is_exact_product(weight, 1.0 / divisor);
}

/* Rows of one argument into the draft. */
static enum status draft_slot(struct draft *draft, struct lowering *lowering,
                              const struct node *node, size_t slot)
{
    const struct linear *linear = &node->linear;
    struct view *view = &lowering->views[node->args[slot]];
    struct linear_row row = {0};
    bool is_exact = true;
    const size_t first = draft_open_sources(draft, view, lowering->layers.n);
    for (size_t i = 0; i < draft->n_rows && is_exact; i++) {
        const double divisor =
            linear->divisor == NULL ? 1.0 : linear->divisor[i];
        linear_get_row(&row, node, slot, i);
        for (size_t k = 0; k < row.n && is_exact; k++) {
            const size_t at = row.column == NULL ? k : row.column[k];
            double weight = 0.0;
            is_exact = divide(&weight, row.weight[k], divisor);
            draft_add(draft, view, row.offset + row.stride * at, weight);
        }
        draft_end_row(draft, first);
    }
    view->is_exclusive = false;
    linear_row_clear(&row);
    return is_exact
               ? STATUS_OK
               : refuse(lowering, node, "divisor that is not a power of two");
}

static enum status lower_linear(struct lowering *lowering,
                                const struct node *node)
{
    enum status status = STATUS_OK;
    const struct linear *linear = &node->linear;
    const size_t n = lowering->net->tensors[node->output].n;
    struct draft draft = {0};
    size_t layer = 0;
    if (linear->approximate != NULL) {
        return refuse(lowering, node, linear->approximate);
    }
    if (node->n_args == 1 && is_selection(linear, n)) {
        pass_on(lowering, node,
                view_gather(&lowering->views[node->args[0]],
                            linear->slots[0].index, n));
        return STATUS_OK;
    }
    if (node->n_args == 1 && fuse_bias(lowering, node, n)) {
        return STATUS_OK;
    }
    draft_init(&draft, n);
    for (size_t slot = 0; slot < node->n_args; slot++) {
        struct view *view = &lowering->views[node->args[slot]];
        if (view_has_constant(view) ||
            !view_is_injective(view, lowering->widths.data,
                               lowering->layers.n)) {
            materialise(lowering, view);
        }
        STATUS_TRY(draft_slot(&draft, lowering, node, slot));
    }
    for (size_t i = 0; i < n && linear->bias != NULL; i++) {
        const double divisor =
            linear->divisor == NULL ? 1.0 : linear->divisor[i];
        if (!divide(&draft.bias[i], linear->bias[i], divisor)) {
            status =
                refuse(lowering, node, "divisor that is not a power of two");
            goto cleanup;
        }
    }
    layer = add_layer(lowering, draft_finish(&draft, lowering->widths.data));
    lowering->views[node->output] = view_whole(layer, n);
    lowering->views[node->output].is_exclusive = true;
cleanup:
    draft_clear(&draft);
    return status;
}

static enum status lower_node(struct lowering *lowering,
                              const struct node *node)
{
    switch (node->form) {
    case NODE_MAP:
        lower_map(lowering, node);
        return STATUS_OK;
    case NODE_RELU:
        lower_relu(lowering, node);
        return STATUS_OK;
    case NODE_LINEAR:
        return lower_linear(lowering, node);
    case NODE_FUNCTION:
    case NODE_MAX_POOL:
        break;
    }
    return refuse(lowering, node, "neither affine nor ReLU");
}

static void lower_inputs(struct lowering *lowering)
{
    const struct net *net = lowering->net;
    const struct layer layer = {.kind = LAYER_INPUT,
                                .width = net_n_inputs(net)};
    const size_t number = add_layer(lowering, layer);
    const struct view whole = view_whole(number, layer.width);
    uint32_t *map = NULL;
    NEW_ARRAY(map, layer.width);
    size_t first = 0;
    for (size_t i = 0; i < net->inputs.n; i++) {
        const size_t n = net->tensors[net->inputs.data[i]].n;
        for (size_t k = 0; k < n; k++) {
            map[k] = (uint32_t)(first + k);
        }
        lowering->views[net->inputs.data[i]] =
            view_gather(&whole, net->inputs.n == 1 ? NULL : map, n);
        first += n;
    }
    alloc_free(map);
}

/* Makes one whole layer of all outputs; returns its number. */
static size_t lower_outputs(struct lowering *lowering)
{
    const struct net *net = lowering->net;
    struct view view = {0};
    if (net->outputs.n == 1) {
        const size_t output = net->outputs.data[0];
        view = view_gather(&lowering->views[output], NULL,
                           lowering->views[output].n);
        view.is_exclusive = lowering->views[output].is_exclusive &&
                            net->tensors[output].n_uses == 1;
    } else {
        const struct view **views = NULL;
        NEW_ARRAY(views, net->outputs.n);
        for (size_t i = 0; i < net->outputs.n; i++) {
            views[i] = &lowering->views[net->outputs.data[i]];
        }
        view = view_join(views, net->outputs.n, NULL, 0);
        alloc_free(views);
    }
    const size_t first = view_layer(&view, 0);
    if (first == VIEW_CONSTANT ||
        !view_is_whole(&view, lowering->widths.data[first])) {
        materialise(lowering, &view);
    }
    const size_t last = view_layer(&view, 0);
    view_clear(&view);
    return last;
}

static void clear_layer(struct layer *layer)
{
    for (size_t t = 0; t < layer->n_terms; t++) {
        matrix_clear(&layer->terms[t].matrix);
    }
    alloc_free(layer->terms);
    alloc_free(layer->bias);
    *layer = (struct layer){0};
}

/* Keeps the input and what `last` depends on, renumbered; the rest goes. */
static struct layers *collect(struct lowering *lowering, size_t last)
{
    const size_t n = lowering->layers.n;
    struct layer *layer = lowering->layers.data;
    struct layers *layers = NULL;
    bool *is_used = NULL;
    size_t *number = NULL;
    NEW(layers);
    NEW_ARRAY(is_used, n);
    NEW_ARRAY(number, n);
    NEW_ARRAY(layers->layer, n);
    is_used[0] = true;
    is_used[last] = true;
    for (size_t k = n; k-- > 0;) {
        for (size_t t = 0; t < layer[k].n_terms && is_used[k]; t++) {
            is_used[layer[k].terms[t].source] = true;
        }
        if (layer[k].kind == LAYER_RELU && is_used[k]) {
            is_used[layer[k].source] = true;
        }
    }
    for (size_t k = 0; k < n; k++) {
        if (!is_used[k]) {
            clear_layer(&layer[k]);
            continue;
        }
        for (size_t t = 0; t < layer[k].n_terms; t++) {
            layer[k].terms[t].source = number[layer[k].terms[t].source];
        }
        layer[k].source =
            layer[k].kind == LAYER_RELU ? number[layer[k].source] : 0;
        layers->n_relus += layer[k].kind == LAYER_RELU ? layer[k].width : 0;
        number[k] = layers->n_layers;
        layers->layer[layers->n_layers++] = layer[k];
    }
    REQUIRE(number[last] + 1 == layers->n_layers);
    lowering->layers.n = 0;
    layers->n_inputs = layers->layer[0].width;
    layers->n_outputs = layers->layer[layers->n_layers - 1].width;
    layers->is_input_float32 = net_is_input_float32(lowering->net);
    alloc_free(number);
    alloc_free(is_used);
    return layers;
}

enum status net_lower(struct layers **layers, const struct net *net,
                      struct error *error)
{
    enum status status = STATUS_OK;
    struct lowering lowering = {.net = net, .error = error};
    NEW_ARRAY(lowering.views, net->n_tensors);
    NEW_ARRAY(lowering.is_live, net->n_tensors);
    graph_mark_live(lowering.is_live, net);
    lower_inputs(&lowering);
    for (size_t i = 0; i < net->nodes.n; i++) {
        const struct node *node = &net->nodes.data[i];
        if (lowering.is_live[node->output]) {
            STATUS_TRY(lower_node(&lowering, node));
        }
    }
    *layers = collect(&lowering, lower_outputs(&lowering));
cleanup:
    for (size_t k = 0; k < lowering.layers.n; k++) {
        clear_layer(&lowering.layers.data[k]);
    }
    for (size_t i = 0; i < net->n_tensors; i++) {
        view_clear(&lowering.views[i]);
    }
    VEC_CLEAR(&lowering.layers);
    VEC_CLEAR(&lowering.widths);
    VEC_CLEAR(&lowering.relu_of);
    alloc_free(lowering.views);
    alloc_free(lowering.is_live);
    return status;
}
