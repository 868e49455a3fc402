/* Linear nodes as affine layers with exact weights. */
#include "src/base/alloc.h"
#include "src/net/exact.h"
#include "src/net/linear.h"
#include "src/net/lowering.h"

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
    lowering_pass_on(lowering, node, view_gather(view, NULL, n));
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

/* Rows of one argument into the draft, divided if the divisors are to be
 * part of the weights; false if that is not exact. */
static bool draft_slot(struct draft *draft, struct lowering *lowering,
                       const struct node *node, size_t slot, bool is_divided)
{
    const struct linear *linear = &node->linear;
    struct view *view = &lowering->views[node->args[slot]];
    struct linear_row row = {0};
    bool is_exact = true;
    const size_t first = draft_open_sources(draft, view, lowering->layers.n);
    for (size_t i = 0; i < draft->n_rows && is_exact; i++) {
        const double divisor = is_divided ? linear->divisor[i] : 1.0;
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
    return is_exact;
}

/* All rows and the bias; false, and an empty draft, if not exact. */
static bool draft_node(struct draft *draft, struct lowering *lowering,
                       const struct node *node, bool is_divided)
{
    const struct linear *linear = &node->linear;
    const size_t n = lowering->net->tensors[node->output].n;
    bool is_exact = true;
    draft_init(draft, n);
    for (size_t slot = 0; slot < node->n_args && is_exact; slot++) {
        is_exact = draft_slot(draft, lowering, node, slot, is_divided);
    }
    for (size_t i = 0; i < n && linear->bias != NULL && is_exact; i++) {
        const double divisor = is_divided ? linear->divisor[i] : 1.0;
        is_exact = divide(&draft->bias[i], linear->bias[i], divisor);
    }
    if (!is_exact) {
        draft_clear(draft);
    }
    return is_exact;
}

/* True if the inverses of all divisors are far from overflow. */
static bool has_moderate_divisors(const struct linear *linear, size_t n)
{
    bool is_moderate = true;
    for (size_t i = 0; i < n && linear->divisor != NULL; i++) {
        const double size = fabs(linear->divisor[i]);
        is_moderate = is_moderate && size > 0x1p-900 && size < 0x1p+900;
    }
    return is_moderate;
}

enum status lower_linear(struct lowering *lowering, const struct node *node)
{
    const struct linear *linear = &node->linear;
    const size_t n = lowering->net->tensors[node->output].n;
    struct draft draft = {0};
    if (node->n_args == 1 && is_selection(linear, n)) {
        lowering_pass_on(lowering, node,
                         view_gather(&lowering->views[node->args[0]],
                                     linear->slots[0].index, n));
        return STATUS_OK;
    }
    if (node->n_args == 1 && fuse_bias(lowering, node, n)) {
        return STATUS_OK;
    }
    for (size_t slot = 0; slot < node->n_args; slot++) {
        struct view *view = &lowering->views[node->args[slot]];
        /* columns of one row must differ */
        if (view_has_constant(view) ||
            (linear->form != LINEAR_ELEMENT &&
             !view_is_injective(view, lowering->widths.data,
                                lowering->layers.n))) {
            lowering_materialise(lowering, view);
        }
    }
    if (!has_moderate_divisors(linear, n)) {
        return lowering_refuse(lowering, node, "divisor of extreme size");
    }
    const bool is_divided =
        draft_node(&draft, lowering, node, linear->divisor != NULL);
    if (!is_divided) {
        (void)draft_node(&draft, lowering, node, false);
    }
    size_t layer =
        lowering_add(lowering, draft_finish(&draft, lowering->widths.data));
    if (!is_divided) {
        layer = lowering_add_quotient(lowering, layer, linear->divisor);
    }
    lowering_set_output(lowering, node, layer);
    return STATUS_OK;
}
