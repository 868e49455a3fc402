/* Margins by powers of ten, and what takes longest. */
#include "src/explain/margins_print.h"

#include "proofs/cert_walk.h"
#include "src/base/alloc.h"
#include "src/base/vec.h"

#include <math.h>
#include <stdlib.h>

/* Margins outside 10^FIRST .. 10^(FIRST + RANGES) count to the end ranges. */
enum { FIRST = -9, RANGES = 12, SLOWEST = 5 };

struct leaf_row {
    size_t case_index;
    size_t leaf;
    double work;
    double margin;
};

/*
 *   n_in       leaves by power of ten of the margin
 *   n_refused  leaves whose margin is not positive
 */
struct summary {
    size_t n_in[RANGES];
    size_t n_refused;
    size_t n_empty;
    size_t n_unseen;
    VEC(struct leaf_row) rows;
};

static void add_leaf(struct summary *summary, const struct cert_note *note,
                     size_t case_index, size_t leaf)
{
    const struct leaf_row row = {case_index, leaf, note->work, note->margin};
    if (note->outcome == CERT_UNSEEN) {
        summary->n_unseen++;
        return;
    }
    if (note->outcome == CERT_EMPTY || !(note->margin < HUGE_VAL)) {
        summary->n_empty++;
    } else if (!(note->margin > 0.0)) {
        summary->n_refused++;
    } else {
        const double power = floor(log10(note->margin)) - FIRST;
        summary->n_in[power < 0.0           ? 0
                      : power >= RANGES - 1 ? RANGES - 1
                                            : (size_t)power]++;
    }
    VEC_PUSH(&summary->rows, row);
}

/* More work first, then the order of cases and leaves. */
static int compare_work(const void *a, const void *b)
{
    const struct leaf_row *left = a;
    const struct leaf_row *right = b;
    if (left->work > right->work || left->work < right->work) {
        return left->work > right->work ? -1 : 1;
    }
    if (left->case_index != right->case_index) {
        return left->case_index < right->case_index ? -1 : 1;
    }
    return left->leaf < right->leaf ? -1 : left->leaf > right->leaf ? 1 : 0;
}

static void print_least(FILE *file, const struct summary *summary)
{
    const struct leaf_row *least = NULL;
    for (size_t i = 0; i < summary->rows.n; i++) {
        const struct leaf_row *row = &summary->rows.data[i];
        if (row->margin < HUGE_VAL &&
            (least == NULL || row->margin < least->margin)) {
            least = row;
        }
    }
    if (least != NULL) {
        (void)fprintf(file, "least margin: %.6g, leaf %zu of case %zu\n",
                      least->margin, least->leaf, least->case_index);
    }
}

static void print_summary(FILE *file, struct summary *summary)
{
    print_least(file, summary);
    for (size_t i = 0; i < RANGES; i++) {
        if (summary->n_in[i] > 0) {
            (void)fprintf(file, "leaves with a margin %s 1e%d: %zu\n",
                          i == 0 ? "below" : "from",
                          FIRST + (int)i + (i == 0 ? 1 : 0), summary->n_in[i]);
        }
    }
    (void)fprintf(file, "leaves in an empty region: %zu\n", summary->n_empty);
    (void)fprintf(file, "leaves without a positive margin: %zu\n",
                  summary->n_refused);
    (void)fprintf(file, "leaves not replayed: %zu\n", summary->n_unseen);
    if (summary->rows.n > 0) {
        qsort(summary->rows.data, summary->rows.n, sizeof *summary->rows.data,
              compare_work);
    }
    for (size_t i = 0; i < SLOWEST && i < summary->rows.n; i++) {
        const struct leaf_row *row = &summary->rows.data[i];
        (void)fprintf(file,
                      "multiply-adds of leaf %zu of case %zu, slowest %zu: "
                      "%.0f\n",
                      row->leaf, row->case_index, i + 1, row->work);
    }
}

void margins_print(FILE *file, const struct cert *cert,
                   const struct cert_notes *notes)
{
    struct summary summary = {0};
    for (size_t c = 0; c < notes->n_cases; c++) {
        const struct cert_tree *tree = &cert->trees[c];
        struct cert_walk walk;
        size_t n_leaves = 0;
        cert_walk_init(&walk, tree);
        while (cert_walk_next(&walk)) {
            const uint32_t at = cert_walk_place(&walk)->node;
            if (tree->nodes.data[at].kind == CERT_LEAF) {
                add_leaf(&summary, &notes->trees[c][at], c, n_leaves++);
            }
        }
        cert_walk_clear(&walk);
    }
    print_summary(file, &summary);
    VEC_CLEAR(&summary.rows);
}
