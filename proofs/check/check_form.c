/* Forms are forgotten when their node is left.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_form.h"

#include "proofs/check/check_fail.h"

void check_forms_enter(struct check_forms *forms, size_t depth,
                       bool has_lines_of_parent)
{
    while (forms->n <= depth) {
        forms->nodes = check_grow(forms->nodes, forms->n, sizeof *forms->nodes);
        forms->nodes[forms->n++] = (struct check_kept_form){0};
    }
    struct check_kept_form *node = &forms->nodes[depth];
    node->owner = has_lines_of_parent && depth > 0 ? node[-1].owner : depth;
    node->form.is_known = false;
}

struct check_form *check_forms_get(struct check_forms *forms, size_t depth,
                                   size_t disjunct)
{
    struct check_kept_form *owner = &forms->nodes[forms->nodes[depth].owner];
    if (owner->disjunct != disjunct) {
        owner->disjunct = disjunct;
        owner->form.is_known = false;
    }
    return &owner->form;
}

void check_forms_clear(struct check_forms *forms)
{
    for (size_t i = 0; i < forms->n; i++) {
        check_free(forms->nodes[i].form.q);
        check_free(forms->nodes[i].form.used);
    }
    check_free(forms->nodes);
}
