/* Counting and printing the figures of certificates. */
#include "proofs/cert_figures.h"

#include "proofs/cert_bin.h"
#include "proofs/cert_walk.h"
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

static size_t count_bits(uint64_t bits)
{
    size_t n = 0;
    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

static void count_input(struct cert_figures *figures, enum cert_threshold kind)
{
    switch (kind) {
    case CERT_MIDPOINT:
        figures->n_midpoints++;
        break;
    case CERT_FRACTION:
        figures->n_fractions++;
        break;
    case CERT_GRID:
        figures->n_grid++;
        break;
    }
}

static void count_node(struct cert_figures *figures,
                       const struct cert_walk *walk)
{
    const struct cert_node *node =
        &walk->tree->nodes.data[cert_walk_place(walk)->node];
    const struct cert_details details = cert_node_details(walk->tree, node);
    figures->n_nodes++;
    figures->n_refreshes += count_bits(node->refresh);
    figures->n_slopes += details.n_slopes;
    figures->n_lemmas += details.n_lemmas;
    for (size_t i = 0; i < details.n_lemmas; i++) {
        const struct cert_combination *by =
            &walk->tree->lemmas.data[details.first_lemma + i].by;
        figures->n_multipliers += (size_t)by->n_atoms + by->n_literals;
    }
    for (size_t i = 0; i < details.n_closings; i++) {
        const struct cert_closing *closing =
            &walk->tree->closings.data[details.first_closing + i];
        figures->n_combinations += closing->is_default ? 0 : 1;
        figures->n_closed += node->kind == CERT_LEAF ? 0 : 1;
        figures->n_multipliers +=
            (size_t)closing->by.n_atoms + closing->by.n_literals;
    }
    switch ((enum cert_kind)node->kind) {
    case CERT_LEAF:
        count_leaf(figures, cert_walk_depth(walk));
        figures->n_explicit += details.n_closings > 0 ? 1 : 0;
        break;
    case CERT_INPUT:
        count_input(figures, (enum cert_threshold)node->threshold_kind);
        break;
    case CERT_NEURON:
        figures->n_neuron_splits++;
        break;
    }
}

void cert_figures_count(struct cert_figures *figures, const struct cert *cert)
{
    *figures = (struct cert_figures){0};
    for (size_t i = 0; i < cert->n_cases && cert->verdict == CERT_UNSAT; i++) {
        struct cert_walk walk;
        cert_walk_init(&walk, &cert->trees[i]);
        while (cert_walk_next(&walk)) {
            count_node(figures, &walk);
        }
        cert_walk_clear(&walk);
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

/* How many bits the stream spends on each kind of record. */
static void print_cost(FILE *file, const double cost[CERT_N_GROUPS])
{
    for (size_t i = 0; i < CERT_N_GROUPS; i++) {
        if (cost[i] > 0.0) {
            (void)fprintf(file, "bits for %s: %.0f\n",
                          cert_group_name((enum cert_group)i), cost[i]);
        }
    }
}

static void print_counts(FILE *file, const struct cert *cert,
                         const struct cert_figures *figures)
{
    const struct {
        const char *name;
        size_t value;
    } rows[] = {{"inputs", cert->n_inputs},
                {"ReLU layers", cert->n_relus},
                {"cases", cert->n_cases},
                {"nodes", figures->n_nodes},
                {"input splits at the midpoint", figures->n_midpoints},
                {"input splits at a fraction", figures->n_fractions},
                {"input splits on the grid", figures->n_grid},
                {"neuron splits", figures->n_neuron_splits},
                {"refresh bits", figures->n_refreshes},
                {"slopes", figures->n_slopes},
                {"lemmas", figures->n_lemmas},
                {"disjuncts closed at splits", figures->n_closed},
                {"combinations", figures->n_combinations},
                {"multipliers", figures->n_multipliers},
                {"leaves", figures->n_leaves},
                {"leaves with a combination", figures->n_explicit}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)fprintf(file, "%s: %zu\n", rows[i].name, rows[i].value);
    }
}

void cert_figures_print(FILE *file, const struct cert *cert)
{
    const bool is_sat = cert->verdict == CERT_SAT;
    struct cert_figures figures;
    struct bytes bytes = {0};
    double cost[CERT_N_GROUPS] = {0};
    cert_bin_encode(&bytes, cert, cost);
    (void)fprintf(file, "bytes: %zu\n", bytes.n);
    if (cert->has_cells) {
        (void)fprintf(file, "about: a network in cells\n");
    }
    (void)fprintf(file, "bytes of %s: %zu\n", is_sat ? "witness" : "stream",
                  bytes.n - CERT_BIN_FRAME);
    if (!is_sat && !cert->has_cells) {
        cert_figures_count(&figures, cert);
        print_counts(file, cert, &figures);
        (void)fprintf(file, "bytes per leaf: %.3f\n",
                      (double)bytes.n / (double)figures.n_leaves);
        (void)fprintf(file, "bytes of stream per leaf: %.3f\n",
                      (double)(bytes.n - CERT_BIN_FRAME) /
                          (double)figures.n_leaves);
        print_cost(file, cost);
        print_depths(file, &figures);
        cert_figures_clear(&figures);
    }
    bytes_clear(&bytes);
}
