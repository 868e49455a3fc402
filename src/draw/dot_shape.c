/* Sizes of subtrees, and which of them are drawn. */
#include "src/draw/dot_shape.h"

#include "proofs/cert_walk.h"
#include "src/base/alloc.h"
#include "src/base/vec.h"

/* A drawn node whose children are not. */
struct candidate {
    size_t shape;
    uint32_t node;
    size_t leaves;
};
struct heap {
    VEC(struct candidate) rows;
};

static void add_node(struct dot_shape *shape, uint32_t at)
{
    const struct cert_node *node = &shape->tree->nodes.data[at];
    if (node->kind == CERT_LEAF) {
        shape->leaves[at] = 1;
        return;
    }
    const uint32_t a = node->child;
    shape->leaves[at] = shape->leaves[a] + shape->leaves[a + 1];
    shape->height[at] =
        1 + (shape->height[a] > shape->height[a + 1] ? shape->height[a]
                                                     : shape->height[a + 1]);
}

void dot_shape_init(struct dot_shape *shape, const struct cert_tree *tree)
{
    VEC(uint32_t) order = {0};
    struct cert_walk walk;
    size_t n_leaves = 0;
    *shape = (struct dot_shape){.tree = tree};
    NEW_ARRAY(shape->leaves, tree->nodes.n);
    NEW_ARRAY(shape->height, tree->nodes.n);
    NEW_ARRAY(shape->first_leaf, tree->nodes.n);
    NEW_ARRAY(shape->order, tree->nodes.n);
    NEW_ARRAY(shape->is_open, tree->nodes.n);
    cert_walk_init(&walk, tree);
    while (cert_walk_next(&walk)) {
        const uint32_t at = cert_walk_place(&walk)->node;
        shape->first_leaf[at] = n_leaves;
        shape->order[at] = order.n;
        n_leaves += tree->nodes.data[at].kind == CERT_LEAF ? 1 : 0;
        VEC_PUSH(&order, at);
    }
    cert_walk_clear(&walk);
    for (size_t i = order.n; i > 0; i--) {
        add_node(shape, order.data[i - 1]);
    }
    VEC_CLEAR(&order);
}

void dot_shape_clear(struct dot_shape *shape)
{
    alloc_free(shape->leaves);
    alloc_free(shape->height);
    alloc_free(shape->first_leaf);
    alloc_free(shape->order);
    alloc_free(shape->is_open);
    *shape = (struct dot_shape){0};
}

/* More leaves first, then the order of cases and nodes. */
static bool is_before(const struct candidate *a, const struct candidate *b)
{
    if (a->leaves != b->leaves) {
        return a->leaves > b->leaves;
    }
    return a->shape != b->shape ? a->shape < b->shape : a->node < b->node;
}

static void push(struct heap *heap, const struct dot_shape *shapes,
                 size_t shape, uint32_t node)
{
    const struct candidate row = {shape, node, shapes[shape].leaves[node]};
    if (shapes[shape].tree->nodes.data[node].kind == CERT_LEAF) {
        return;
    }
    VEC_PUSH(&heap->rows, row);
    size_t at = heap->rows.n - 1;
    while (at > 0 && is_before(&row, &heap->rows.data[(at - 1) / 2])) {
        heap->rows.data[at] = heap->rows.data[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->rows.data[at] = row;
}

static struct candidate pop(struct heap *heap)
{
    const struct candidate top = heap->rows.data[0];
    const struct candidate last = heap->rows.data[--heap->rows.n];
    size_t at = 0;
    for (size_t next = 1; next < heap->rows.n; next = 2 * at + 1) {
        if (next + 1 < heap->rows.n &&
            is_before(&heap->rows.data[next + 1], &heap->rows.data[next])) {
            next++;
        }
        if (!is_before(&heap->rows.data[next], &last)) {
            break;
        }
        heap->rows.data[at] = heap->rows.data[next];
        at = next;
    }
    if (heap->rows.n > 0) {
        heap->rows.data[at] = last;
    }
    return top;
}

void dot_shapes_open(struct dot_shape *shapes, size_t n, size_t most)
{
    struct heap heap = {{0}};
    size_t n_drawn = n;
    for (size_t s = 0; s < n; s++) {
        push(&heap, shapes, s, 0);
    }
    while (heap.rows.n > 0 && n_drawn + 2 <= most) {
        const struct candidate top = pop(&heap);
        const uint32_t child =
            shapes[top.shape].tree->nodes.data[top.node].child;
        shapes[top.shape].is_open[top.node] = true;
        push(&heap, shapes, top.shape, child);
        push(&heap, shapes, top.shape, child + 1);
        n_drawn += 2;
    }
    VEC_CLEAR(&heap.rows);
}
