/* Functions of pieces as affine layers and ReLUs, exactly. */
#include "src/base/alloc.h"
#include "src/net/lower_extreme.h"
#include "src/net/lowering.h"

enum status lower_sets(struct lowering *lowering, const struct node *node)
{
    const struct sets *sets = &node->sets;
    struct extreme_lists lists = {.n_lists =
                                      lowering->net->tensors[node->output].n};
    if (node->n_args != 1 || node->n_pool != 0) {
        return lowering_refuse(lowering, node, "extreme of several tensors");
    }
    lists.layer = lowering_whole(lowering, node->args[0]);
    NEW_ARRAY(lists.size, lists.n_lists);
    for (size_t i = 0; i < lists.n_lists; i++) {
        lists.size[i] = sets->start[i + 1] - sets->start[i];
        for (size_t k = sets->start[i]; k < sets->start[i + 1]; k++) {
            VEC_PUSH(&lists.element, sets->element[k]);
        }
    }
    lowering_set_output(lowering, node,
                        lower_extreme(lowering, &lists, sets->is_least));
    extreme_lists_clear(&lists);
    return STATUS_OK;
}
