/* Functions of pieces as affine layers and ReLUs, exactly. */
#include "src/base/alloc.h"
#include "src/net/exact.h"
#include "src/net/lower_extreme.h"
#include "src/net/lowering.h"

#include <math.h>

void lower_relu(struct lowering *lowering, const struct node *node)
{
    const size_t source = lowering_whole(lowering, node->args[0]);
    lowering_set_output(lowering, node, lowering_add_relu(lowering, source));
}

/* max(v[source] - end, 0) */
static size_t add_excess(struct lowering *lowering, size_t source, double end)
{
    const size_t n = lowering->widths.data[source];
    const struct view view = view_whole(source, n);
    const struct lowering_part part = {&view, NULL, NULL, 1.0};
    double *bias = NULL;
    if (is_zero(end)) {
        return lowering_add_relu(lowering, source);
    }
    NEW_ARRAY(bias, n);
    for (size_t i = 0; i < n; i++) {
        bias[i] = -end;
    }
    const size_t layer = lowering_combine(lowering, n, &part, 1, bias);
    alloc_free(bias);
    return lowering_add_relu(lowering, layer);
}

static void set_constant(struct lowering *lowering, const struct node *node,
                         double value)
{
    const size_t n = lowering->net->tensors[node->output].n;
    double *pool = NULL;
    NEW_ARRAY(pool, n);
    for (size_t i = 0; i < n; i++) {
        pool[i] = value;
    }
    lowering->views[node->output] = view_join(NULL, 0, pool, n);
    alloc_free(pool);
}

/* lowest + relu(x - lowest) - relu(x - highest), as far as the ends are
 * finite; without a lower end x - relu(x - highest). */
void lower_clip(struct lowering *lowering, const struct node *node)
{
    const bool has_lower = isfinite(node->lowest);
    const bool has_upper = isfinite(node->highest);
    if (node->highest < node->lowest ||
        (isinf(node->lowest) && node->lowest > 0.0)) {
        set_constant(lowering, node, node->highest);
        return;
    }
    const size_t source = lowering_whole(lowering, node->args[0]);
    const size_t n = lowering->widths.data[source];
    const struct view below = view_whole(
        has_lower ? add_excess(lowering, source, node->lowest) : source, n);
    const struct view above = view_whole(
        has_upper ? add_excess(lowering, source, node->highest) : source, n);
    const struct lowering_part parts[2] = {{&below, NULL, NULL, 1.0},
                                           {&above, NULL, NULL, -1.0}};
    double *bias = NULL;
    NEW_ARRAY(bias, n);
    for (size_t i = 0; i < n && has_lower; i++) {
        bias[i] = node->lowest;
    }
    lowering_set_output(
        lowering, node,
        lowering_combine(lowering, n, parts, has_upper ? 2 : 1, bias));
    alloc_free(bias);
}

/* The sets of the node as lists of elements of one layer. */
static void read_lists(struct extreme_lists *lists, struct lowering *lowering,
                       const struct node *node)
{
    const struct sets *sets = &node->sets;
    struct view all = lowering_join(lowering, node);
    *lists = (struct extreme_lists){
        .n_lists = lowering->net->tensors[node->output].n,
        .layer = lowering_whole_view(lowering, &all)};
    view_clear(&all);
    NEW_ARRAY(lists->size, lists->n_lists);
    for (size_t i = 0; i < lists->n_lists; i++) {
        lists->size[i] = sets->start[i + 1] - sets->start[i];
    }
    for (size_t k = 0; k < sets->start[lists->n_lists]; k++) {
        VEC_PUSH(&lists->element, sets->element[k]);
    }
}

void lower_extreme_node(struct lowering *lowering, const struct node *node)
{
    struct extreme_lists lists;
    read_lists(&lists, lowering, node);
    lowering_set_output(lowering, node,
                        lower_extreme(lowering, &lists, node->sets.is_least));
    extreme_lists_clear(&lists);
}

/*
 * With m the greatest element of a set, h_k = 1 + sign(x_k - m) is 1 where x_k
 * is m and else 0; f_k = relu(h_k - sum of h_j, j before k) is 1 at the first
 * such k only; the position is sum_k k * f_k. For the last, j after k.
 * Gives layer h, of all elements of all sets.
 */
static size_t add_hits(struct lowering *lowering, struct extreme_lists *lists,
                       const struct sets *sets)
{
    const size_t n_elements = sets->start[lists->n_lists];
    const struct view all =
        view_whole(lists->layer, lowering->widths.data[lists->layer]);
    const struct view most =
        view_whole(lower_extreme(lowering, lists, false), lists->n_lists);
    uint32_t *set_of = NULL;
    double *ones = NULL;
    NEW_ARRAY(set_of, n_elements);
    NEW_ARRAY(ones, n_elements);
    for (size_t i = 0; i < lists->n_lists; i++) {
        for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
            set_of[k] = (uint32_t)i;
            ones[k] = 1.0;
        }
    }
    const struct lowering_part parts[2] = {{&all, sets->element, NULL, 1.0},
                                           {&most, set_of, NULL, -1.0}};
    const size_t layer = lowering_combine(lowering, n_elements, parts, 2, NULL);
    const struct view sign = view_whole(
        lowering_add_activation(lowering, layer, ACTIVATION_SIGN), n_elements);
    const struct lowering_part part = {&sign, NULL, NULL, 1.0};
    const size_t hits = lowering_combine(lowering, n_elements, &part, 1, ones);
    alloc_free(set_of);
    alloc_free(ones);
    return hits;
}

/* Row of h_k - sum of the h_j before (after) it, for each k. */
static size_t add_first_hits(struct lowering *lowering, size_t hits,
                             const struct sets *sets, size_t n_sets)
{
    const size_t n = lowering->widths.data[hits];
    const struct view view = view_whole(hits, n);
    struct draft draft = {0};
    draft_init(&draft, n);
    const size_t first = draft_open_sources(&draft, &view, lowering->layers.n);
    for (size_t i = 0; i < n_sets; i++) {
        for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
            const size_t from = sets->is_last ? k + 1 : sets->start[i];
            const size_t end = sets->is_last ? sets->start[i + 1] : k;
            draft_add(&draft, &view, k, 1.0);
            for (size_t j = from; j < end; j++) {
                draft_add(&draft, &view, j, -1.0);
            }
            draft_end_row(&draft, first);
        }
    }
    return lowering_add_relu(
        lowering,
        lowering_add(lowering, draft_finish(&draft, lowering->widths.data)));
}

void lower_arg_max(struct lowering *lowering, const struct node *node)
{
    const struct sets *sets = &node->sets;
    struct extreme_lists lists;
    struct draft draft = {0};
    read_lists(&lists, lowering, node);
    const size_t hits = add_hits(lowering, &lists, sets);
    const size_t layer = add_first_hits(lowering, hits, sets, lists.n_lists);
    const struct view view = view_whole(layer, lowering->widths.data[layer]);
    draft_init(&draft, lists.n_lists);
    const size_t first = draft_open_sources(&draft, &view, lowering->layers.n);
    for (size_t i = 0; i < lists.n_lists; i++) {
        for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
            draft_add(&draft, &view, k, (double)(k - sets->start[i]));
        }
        draft_end_row(&draft, first);
    }
    lowering_set_output(
        lowering, node,
        lowering_add(lowering, draft_finish(&draft, lowering->widths.data)));
    extreme_lists_clear(&lists);
}
