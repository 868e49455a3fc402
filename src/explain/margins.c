/* replay -> margin of every node. */
#include "src/explain/margins.h"

#include "proofs/minimize_walk.h"
#include "solver/replay.h"
#include "src/explain/chain.h"

#include <math.h>

/* One case. chain.layers NULL: facts are not counted. */
struct margins {
    struct minimize_walk walk;
    const struct query_case *query_case;
    struct chain chain;
};

const struct cert_closing *margins_closing(const struct cert_tree *tree,
                                           const struct cert_node *node,
                                           uint32_t disjunct)
{
    const struct cert_details own = cert_node_details(tree, node);
    for (size_t i = 0; i < own.n_closings; i++) {
        const struct cert_closing *closing =
            &tree->closings.data[own.first_closing + i];
        if (closing->disjunct == disjunct) {
            return closing;
        }
    }
    return NULL;
}

double margins_of(struct minimize_walk *walk, uint32_t disjunct,
                  const struct cert_combination *by)
{
    double margin = -HUGE_VAL;
    struct oracle_sum sum = {.disjunct = disjunct};
    if (by != NULL) {
        sum = minimize_sum(walk, disjunct, by);
    }
    if (by == NULL || sum.n > 0) {
        walk->oracle->margins(walk->oracle->context, &margin, &sum, 1);
    }
    return margin;
}

static void note_node(struct margins *margins, struct cert_note *note,
                      bool with_facts)
{
    struct minimize_walk *walk = &margins->walk;
    const struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_node *node = minimize_walk_node(walk);
    const struct cert_combination *tightest = NULL;
    note->outcome = top->is_possible ? CERT_SEEN : CERT_EMPTY;
    note->margin = HUGE_VAL;
    for (size_t i = 0; i < top->n_open && top->is_possible; i++) {
        const uint32_t disjunct = walk->open.data[top->first_open + i];
        const struct cert_closing *closing =
            margins_closing(walk->tree, node, disjunct);
        if (closing == NULL && node->kind != CERT_LEAF) {
            continue;
        }
        const struct cert_combination *by =
            closing == NULL || closing->is_default ? NULL : &closing->by;
        const double margin = margins_of(walk, disjunct, by);
        if (margin < note->margin) {
            note->margin = margin;
            note->disjunct = disjunct;
            tightest = by;
        }
    }
    if (with_facts && note->margin < HUGE_VAL) {
        (void)chain_close(&margins->chain, walk, margins->query_case,
                          note->disjunct, tightest);
        note->n_facts = chain_n_facts(&margins->chain);
    }
}

void margins_find(struct cert_notes *notes, struct cert *cert,
                  const struct query *query, bool with_facts)
{
    struct replay *replay =
        replay_create(query, cert->box_bits, cert->fact_bits);
    const struct oracle oracle = replay_oracle(replay);
    const struct budget unlimited = {.deadline_s = HUGE_VAL};
    for (size_t c = 0; c < notes->n_cases; c++) {
        struct margins margins = {.query_case = &query->cases[c]};
        double spent = 0.0;
        chain_init(&margins.chain, replay, query->layers, cert);
        const bool is_served =
            minimize_walk_start(&margins.walk, &oracle, cert, c);
        while (is_served && minimize_walk_next(&margins.walk, &unlimited)) {
            struct cert_note *note =
                &notes->trees[c][minimize_walk_top(&margins.walk)->node];
            note_node(&margins, note, with_facts);
            const double now = oracle.cost(oracle.context);
            note->work = now - spent;
            spent = now;
        }
        minimize_walk_clear(&margins.walk);
        chain_clear(&margins.chain);
    }
    replay_destroy(replay);
}
