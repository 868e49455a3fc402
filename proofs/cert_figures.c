/* Counting and printing the figures of certificates. */
#include "proofs/cert_figures.h"

#include "proofs/cert_bin.h"
#include "src/base/alloc.h"

static void count_leaf(struct cert_figures *figures, size_t depth)
{
    if (depth >= figures->n_depths) {
        RESIZE_ARRAY(figures->leaves_at, depth + 1);
        figures->n_depths = depth + 1;
    }
    figures->leaves_at[depth]++;
    figures->n_leaves++;
}

static void measure_tree(struct cert_figures *figures,
                         const struct cert_tree *tree)
{
    struct cert_walk walk = {0};
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        const enum cert_kind kind = (enum cert_kind)node->kind;
        const size_t depth = cert_walk_enter(&walk, kind);
        figures->n_refreshes += node->refresh ? 1 : 0;
        if (!cert_is_inner(kind)) {
            count_leaf(figures, depth);
            figures->n_explicit += kind == CERT_LEAF_WITH ? 1 : 0;
        } else if (kind == CERT_NEURON) {
            figures->n_neuron_splits++;
        } else {
            figures->n_input_splits++;
        }
    }
    figures->n_nodes += tree->nodes.n;
    figures->n_multipliers += tree->multipliers.n;
    cert_walk_clear(&walk);
}

void cert_figures_count(struct cert_figures *figures, const struct cert *cert)
{
    *figures = (struct cert_figures){0};
    for (size_t i = 0; i < cert->n_cases; i++) {
        measure_tree(figures, &cert->trees[i]);
    }
}

void cert_figures_clear(struct cert_figures *figures)
{
    alloc_free(figures->leaves_at);
    *figures = (struct cert_figures){0};
}

static void print_depths(FILE *file, const struct cert_figures *figures)
{
    const size_t length =
        (figures->n_depths + CERT_FIGURES_RANGES - 1) / CERT_FIGURES_RANGES;
    for (size_t first = 0; first < figures->n_depths; first += length) {
        const size_t last = first + length - 1;
        size_t n = 0;
        for (size_t i = first; i <= last && i < figures->n_depths; i++) {
            n += figures->leaves_at[i];
        }
        if (length == 1) {
            (void)fprintf(file, "leaves at depth %zu: %zu\n", first, n);
        } else {
            (void)fprintf(file, "leaves at depth %zu-%zu: %zu\n", first, last,
                          n);
        }
    }
}

void cert_figures_print(FILE *file, const struct cert *cert)
{
    struct cert_figures figures;
    struct bytes bytes = {0};
    cert_figures_count(&figures, cert);
    cert_bin_encode(&bytes, cert);
    const struct {
        const char *name;
        size_t value;
    } rows[] = {{"bytes", bytes.n},
                {"cases", cert->n_cases},
                {"nodes", figures.n_nodes},
                {"input splits", figures.n_input_splits},
                {"neuron splits", figures.n_neuron_splits},
                {"refreshes", figures.n_refreshes},
                {"leaves", figures.n_leaves},
                {"explicit leaves", figures.n_explicit},
                {"multipliers", figures.n_multipliers}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)fprintf(file, "%s: %zu\n", rows[i].name, rows[i].value);
    }
    if (figures.n_leaves > 0) {
        (void)fprintf(file, "bytes per leaf: %.2f\n",
                      (double)bytes.n / (double)figures.n_leaves);
    }
    print_depths(file, &figures);
    bytes_clear(&bytes);
    cert_figures_clear(&figures);
}
