/* From the graph to exact affine layers and ReLUs. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/lowering.h"

static void lower_map(struct lowering *lowering, const struct node *node)
{
    const size_t n = lowering->net->tensors[node->output].n;
    if (node->n_args == 1 && node->n_pool == 0) {
        lowering_pass_on(
            lowering, node,
            view_gather(&lowering->views[node->args[0]], node->map, n));
        return;
    }
    const struct view **views = NULL;
    NEW_ARRAY(views, node->n_args);
    for (size_t k = 0; k < node->n_args; k++) {
        views[k] = &lowering->views[node->args[k]];
    }
    struct view all = view_join(views, node->n_args, node->pool, node->n_pool);
    lowering_pass_on(lowering, node, view_gather(&all, node->map, n));
    view_clear(&all);
    alloc_free(views);
}

static enum status lower_node(struct lowering *lowering,
                              const struct node *node)
{
    switch (node->form) {
    case NODE_MAP:
        lower_map(lowering, node);
        break;
    case NODE_LINEAR:
        return lower_linear(lowering, node);
    case NODE_RELU:
        lower_relu(lowering, node);
        break;
    case NODE_CLIP:
        lower_clip(lowering, node);
        break;
    case NODE_FUNCTION:
        lower_function(lowering, node);
        break;
    case NODE_PRODUCT:
        lower_product(lowering, node);
        break;
    case NODE_SCALE:
        return lower_scale(lowering, node);
    case NODE_EXTREME:
        lower_extreme_node(lowering, node);
        break;
    case NODE_CHOOSE:
        lower_choose(lowering, node);
        break;
    case NODE_ARG_MAX:
        lower_arg_max(lowering, node);
        break;
    }
    return STATUS_OK;
}

static void lower_inputs(struct lowering *lowering)
{
    const struct net *net = lowering->net;
    const struct layer layer = {.kind = LAYER_INPUT,
                                .width = net_n_inputs(net)};
    const size_t number = lowering_add(lowering, layer);
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
        lowering_materialise(lowering, &view);
    }
    const size_t last = view_layer(&view, 0);
    view_clear(&view);
    return last;
}

/* Marks what a layer reads. */
static void mark_sources(bool *is_used, const struct layer *layer)
{
    for (size_t t = 0; t < layer->n_terms; t++) {
        is_used[layer->terms[t].source] = true;
    }
    if (layer->kind != LAYER_INPUT && layer->kind != LAYER_AFFINE) {
        is_used[layer->source] = true;
    }
    if (layer->kind == LAYER_PRODUCT) {
        is_used[layer->other] = true;
    }
}

static void renumber_sources(struct layer *layer, const size_t *number)
{
    const bool has_source =
        layer->kind != LAYER_INPUT && layer->kind != LAYER_AFFINE;
    for (size_t t = 0; t < layer->n_terms; t++) {
        layer->terms[t].source = number[layer->terms[t].source];
    }
    layer->source = has_source ? number[layer->source] : 0;
    layer->other = layer->kind == LAYER_PRODUCT ? number[layer->other] : 0;
}

static void append(struct layers *layers, const struct layer *layer)
{
    switch (layer->kind) {
    case LAYER_INPUT:
    case LAYER_AFFINE:
        break;
    case LAYER_RELU:
        layers->n_relus += layer->width;
        break;
    case LAYER_ACTIVATION:
    case LAYER_PRODUCT:
    case LAYER_SCALE:
    case LAYER_DIFFERENCE:
        layers->n_curved += layer->width;
        break;
    }
    layers->layer[layers->n_layers++] = *layer;
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
        if (is_used[k]) {
            mark_sources(is_used, &layer[k]);
        }
    }
    for (size_t k = 0; k < n; k++) {
        if (!is_used[k]) {
            layer_clear(&layer[k]);
            continue;
        }
        renumber_sources(&layer[k], number);
        number[k] = layers->n_layers;
        append(layers, &layer[k]);
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

/* Points of the box are real numbers: float32 or float64 inputs only, not both
 * (witnesses have one type); and there must be something to bound. */
static enum status check_ends(const struct net *net, struct error *error)
{
    for (size_t i = 0; i < net->inputs.n; i++) {
        const struct tensor *input = &net->tensors[net->inputs.data[i]];
        if (input->type != MODEL_FLOAT && input->type != MODEL_DOUBLE) {
            error_set_place(error, net->path, 0, 0);
            error_set(error,
                      "input '%s' is neither float32 nor float64: cannot be "
                      "verified yet",
                      input->name);
            return STATUS_UNSUPPORTED;
        }
        if (input->type != net->tensors[net->inputs.data[0]].type) {
            error_set_place(error, net->path, 0, 0);
            error_set(error, "inputs of both float32 and float64: cannot be "
                             "verified yet");
            return STATUS_UNSUPPORTED;
        }
    }
    if (net_n_outputs(net) == 0) {
        error_set_place(error, net->path, 0, 0);
        error_set(error, "the outputs have no elements");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

enum status net_lower(struct layers **layers, const struct net *net,
                      struct error *error)
{
    enum status status = STATUS_OK;
    struct lowering lowering = {.net = net, .error = error};
    if (check_ends(net, error) != STATUS_OK) {
        return STATUS_UNSUPPORTED;
    }
    NEW_ARRAY(lowering.views, net->n_tensors);
    NEW_ARRAY(lowering.is_live, net->n_tensors);
    graph_mark_live(lowering.is_live, net);
    lower_inputs(&lowering);
    for (size_t i = 0; i < net->nodes.n; i++) {
        const struct node *node = &net->nodes.data[i];
        lowering.node = i;
        if (lowering.is_live[node->output]) {
            STATUS_TRY(lower_node(&lowering, node));
        }
    }
    *layers = collect(&lowering, lower_outputs(&lowering));
cleanup:
    for (size_t k = 0; k < lowering.layers.n; k++) {
        layer_clear(&lowering.layers.data[k]);
    }
    for (size_t i = 0; i < net->n_tensors; i++) {
        view_clear(&lowering.views[i]);
    }
    VEC_CLEAR(&lowering.layers);
    VEC_CLEAR(&lowering.widths);
    alloc_free(lowering.views);
    alloc_free(lowering.is_live);
    return status;
}
