/* Parts of the text about a leaf: for leaf*.c only. */
#ifndef ASTROLABE_EXPLAIN_LEAF_PRINT_H
#define ASTROLABE_EXPLAIN_LEAF_PRINT_H

#include "proofs/minimize_walk.h"
#include "src/explain/chain.h"
#include "src/explain/leaf.h"
#include "src/explain/origins.h"

#include <stdio.h>

/*
 * A leaf, the replay being there.
 *   closing   of the disjunct of least margin; NULL: by default
 *   atom      that closes it by default
 */
struct leaf_view {
    FILE *file;
    const struct leaf_question *question;
    const struct query_case *query_case;
    struct minimize_walk walk;
    struct origins origins;
    struct replay *replay;
    struct chain chain;
    uint32_t disjunct;
    const struct cert_combination *by;
    size_t atom;
    double margin;
};

void leaf_print_path(const struct leaf_view *view);
void leaf_print_box(const struct leaf_view *view);
void leaf_print_empty(const struct leaf_view *view);
void leaf_print_goal(const struct leaf_view *view);
void leaf_print_facts(const struct leaf_view *view);
void leaf_print_chain(const struct leaf_view *view);
void leaf_print_end(const struct leaf_view *view);

#endif
