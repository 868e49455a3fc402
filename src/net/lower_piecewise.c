/* Functions of pieces as affine layers and ReLUs, exactly. */
#include "src/base/alloc.h"
#include "src/net/linear.h"
#include "src/net/lower_extreme.h"
#include "src/net/lowering.h"

enum status lower_max_pool(struct lowering *lowering, const struct node *node)
{
    struct extreme_lists lists = {
        .n_lists = lowering->net->tensors[node->output].n,
        .layer = lowering_whole(lowering, node->args[0])};
    struct linear_row row = {0};
    NEW_ARRAY(lists.size, lists.n_lists);
    for (size_t w = 0; w < lists.n_lists; w++) {
        linear_get_window(&row, &node->window, w);
        lists.size[w] = row.n;
        for (size_t k = 0; k < row.n; k++) {
            VEC_PUSH(&lists.element, row.column[k]);
        }
    }
    lowering_set_output(lowering, node, lower_extreme(lowering, &lists, false));
    linear_row_clear(&row);
    extreme_lists_clear(&lists);
    return STATUS_OK;
}
