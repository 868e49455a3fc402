/* question -> path -> replay -> text. */
#include "src/explain/leaf.h"

#include "proofs/cert_notes.h"
#include "proofs/cert_walk.h"
#include "src/explain/leaf_print.h"
#include "src/explain/margins.h"

#include <math.h>

/* The leaf of least margin among the cases first .. end-1; leaf 0 of the
 * first if none has one. */
static void choose(const struct leaf_question *question, size_t *case_index,
                   size_t *leaf)
{
    struct cert_notes notes;
    const bool is_any = question->case_index == LEAF_ANY;
    const size_t first = is_any ? 0 : question->case_index;
    const size_t end = is_any ? question->cert->n_cases : first + 1;
    double least = HUGE_VAL;
    *case_index = first;
    *leaf = 0;
    cert_notes_init(&notes, question->cert);
    margins_find(&notes, question->cert, question->query, false);
    for (size_t c = first; c < end; c++) {
        uint32_t node = 0;
        const size_t found =
            cert_notes_tightest(&notes, question->cert, c, &node);
        if (found != SIZE_MAX && notes.trees[c][node].margin < least) {
            least = notes.trees[c][node].margin;
            *case_index = c;
            *leaf = found;
        }
    }
    cert_notes_clear(&notes);
}

/* Goes down to leaf number `leaf`; false if there are fewer. */
static bool go(struct leaf_view *view, size_t leaf)
{
    struct cert_walk walk;
    size_t n_left = leaf + 1;
    cert_walk_init(&walk, view->walk.tree);
    while (n_left > 0 && cert_walk_next(&walk)) {
        const uint32_t at = cert_walk_place(&walk)->node;
        n_left -= view->walk.tree->nodes.data[at].kind == CERT_LEAF ? 1 : 0;
    }
    for (size_t d = 0; n_left == 0 && d < walk.path.n; d++) {
        if (d > 0) {
            minimize_walk_skip_closings(&view->walk);
            minimize_walk_push(&view->walk,
                               walk.path.data[d].node -
                                   minimize_walk_node(&view->walk)->child);
        }
        minimize_walk_prepare(&view->walk,
                              minimize_walk_node(&view->walk)->refresh);
    }
    cert_walk_clear(&walk);
    return n_left == 0;
}

static const char *how(const struct cert_combination *by)
{
    return by == NULL ? "closed by default" : "closed by a combination";
}

/* Finds the disjunct of least margin; prints a line about each if wanted. */
static void close(struct leaf_view *view, bool is_printed)
{
    struct minimize_walk *walk = &view->walk;
    const struct minimize_frame *top = minimize_walk_top(walk);
    view->margin = HUGE_VAL;
    for (size_t i = 0; i < top->n_open; i++) {
        const uint32_t disjunct = walk->open.data[top->first_open + i];
        const struct cert_closing *closing =
            margins_closing(walk->tree, minimize_walk_node(walk), disjunct);
        const struct cert_combination *by =
            closing == NULL || closing->is_default ? NULL : &closing->by;
        const double margin = margins_of(walk, disjunct, by);
        if (is_printed) {
            (void)fprintf(view->file, "  disjunct %u, %s: margin %.6g\n",
                          (unsigned)disjunct, how(by), margin);
        }
        if (margin < view->margin || i == 0) {
            view->margin = margin;
            view->disjunct = disjunct;
            view->by = by;
        }
    }
}

static void print_closed(struct leaf_view *view)
{
    close(view, false);
    view->atom = chain_close(&view->chain, &view->walk, view->query_case,
                             view->disjunct, view->by);
    (void)fprintf(view->file,
                  "disjunct %u %s, margin %.6g, bounds of %zu neurons used\n",
                  (unsigned)view->disjunct, how(view->by), view->margin,
                  chain_n_facts(&view->chain));
    leaf_print_path(view);
    leaf_print_box(view);
    (void)fprintf(view->file, "\nopen disjuncts: %zu\n",
                  minimize_walk_top(&view->walk)->n_open);
    close(view, true);
    leaf_print_goal(view);
    leaf_print_facts(view);
    leaf_print_chain(view);
    leaf_print_end(view);
}

static void print_leaf(struct leaf_view *view, size_t case_index, size_t leaf)
{
    (void)fprintf(view->file, "leaf %zu of case %zu, depth %zu\n", leaf,
                  case_index, view->walk.path.n - 1);
    (void)fputs("numbers are rounded for reading; the checker computes "
                "exactly\n",
                view->file);
    if (minimize_walk_top(&view->walk)->is_possible) {
        print_closed(view);
        return;
    }
    (void)fputs("closed because its region is empty\n", view->file);
    leaf_print_path(view);
    leaf_print_box(view);
    leaf_print_empty(view);
}

/* Whether the layers are those of two networks with differences of neurons,
 * whose planes have three slopes. */
static bool has_differences(const struct layers *layers)
{
    bool has_any = false;
    for (size_t k = 0; k < layers->n_layers; k++) {
        has_any = has_any || layers->layer[k].kind == LAYER_DIFFERENCE;
    }
    return has_any;
}

enum status leaf_explain(FILE *file, const struct leaf_question *question,
                         struct error *error)
{
    struct leaf_view view = {.file = file, .question = question};
    enum status status = STATUS_OK;
    size_t case_index =
        question->case_index == LEAF_ANY ? 0 : question->case_index;
    size_t leaf = question->leaf;
    if (has_differences(question->query->layers)) {
        error_set(error, "proofs about differences of corresponding neurons "
                         "cannot be explained");
        return STATUS_UNSUPPORTED;
    }
    if (case_index >= question->cert->n_cases) {
        error_set(error, "case %zu: the certificate has %zu", case_index,
                  question->cert->n_cases);
        return STATUS_USAGE;
    }
    if (leaf == LEAF_ANY) {
        choose(question, &case_index, &leaf);
    }
    view.query_case = &question->query->cases[case_index];
    view.replay = replay_create(question->query, question->cert->box_bits,
                                question->cert->fact_bits);
    origins_init(&view.origins, view.replay);
    chain_init(&view.chain, view.replay, question->query->layers,
               question->cert);
    const struct oracle oracle = origins_oracle(&view.origins);
    if (!minimize_walk_start(&view.walk, &oracle, question->cert, case_index)) {
        error_set(error, "case %zu is too large, or without bounds",
                  case_index);
        status = STATUS_LIMIT;
    } else if (!go(&view, leaf)) {
        error_set(error, "leaf %zu: case %zu has fewer", leaf, case_index);
        status = STATUS_USAGE;
    } else {
        print_leaf(&view, case_index, leaf);
    }
    /* The walk is not walked back: it only releases its memory. */
    minimize_walk_clear(&view.walk);
    chain_clear(&view.chain);
    origins_clear(&view.origins);
    replay_destroy(view.replay);
    return status;
}
