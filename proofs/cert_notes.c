/* Notes about the nodes of all trees. */
#include "proofs/cert_notes.h"

#include "proofs/cert_walk.h"
#include "src/base/alloc.h"

#include <math.h>

void cert_notes_init(struct cert_notes *notes, const struct cert *cert)
{
    *notes = (struct cert_notes){
        .n_cases = cert->verdict == CERT_UNSAT ? cert->n_cases : 0};
    NEW_ARRAY(notes->trees, notes->n_cases);
    for (size_t c = 0; c < notes->n_cases; c++) {
        NEW_ARRAY(notes->trees[c], cert->trees[c].nodes.n);
    }
}

void cert_notes_clear(struct cert_notes *notes)
{
    for (size_t c = 0; c < notes->n_cases; c++) {
        alloc_free(notes->trees[c]);
    }
    alloc_free(notes->trees);
    *notes = (struct cert_notes){0};
}

size_t cert_notes_tightest(const struct cert_notes *notes,
                           const struct cert *cert, size_t case_index,
                           uint32_t *node)
{
    const struct cert_tree *tree = &cert->trees[case_index];
    double least = HUGE_VAL;
    size_t found = SIZE_MAX;
    size_t n_leaves = 0;
    struct cert_walk walk;
    cert_walk_init(&walk, tree);
    while (cert_walk_next(&walk)) {
        const uint32_t at = cert_walk_place(&walk)->node;
        const struct cert_note *note = &notes->trees[case_index][at];
        if (tree->nodes.data[at].kind != CERT_LEAF) {
            continue;
        }
        if (note->outcome == CERT_SEEN && note->margin < least) {
            least = note->margin;
            found = n_leaves;
            *node = at;
        }
        n_leaves++;
    }
    cert_walk_clear(&walk);
    return found;
}
