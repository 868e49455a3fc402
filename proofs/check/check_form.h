/* Linear forms that goals were replaced by, kept along the path.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_FORM_H
#define ASTROLABE_PROOFS_CHECK_CHECK_FORM_H

#include "proofs/check/check_words.h"

/*
 * A node with the lines of its parent owns no form: goals are replaced by the
 * same forms of the inputs there, only the ends of the inputs differ.
 *   owner     depth of the node that owns the form of the node at this depth
 *   disjunct  whose atoms the form of this depth stands for
 */
struct check_kept_form {
    size_t owner;
    size_t disjunct;
    struct check_form form;
};

/* By depth: of the nodes on the path, and of others below them. */
struct check_forms {
    size_t n;
    struct check_kept_form *nodes;
};

/* The node at this depth is another one than before. */
void check_forms_enter(struct check_forms *forms, size_t depth,
                       bool has_lines_of_parent);
/* The form of the atoms of a disjunct at the node, which may not be known. */
struct check_form *check_forms_get(struct check_forms *forms, size_t depth,
                                   size_t disjunct);
void check_forms_clear(struct check_forms *forms);

#endif
