/* The passes in their order, round by round. */
#include "proofs/minimize.h"

#include "proofs/cert_bin.h"
#include "proofs/minimize_pass.h"
#include "src/base/require.h"

#include <math.h>
#include <string.h>

const char *const minimize_pass_names[MINIMIZE_PASSES] = {
    [MINIMIZE_UNLEARN] = "unlearn", [MINIMIZE_SLICE] = "slice",
    [MINIMIZE_LEMMAS] = "lemmas",   [MINIMIZE_REFRESH] = "refresh",
    [MINIMIZE_MERGE] = "merge",     [MINIMIZE_TRIM] = "trim",
    [MINIMIZE_SPARSE] = "sparse",   [MINIMIZE_ROUND] = "round",
};

/* What passes that may take long use at most of the budget that is left: all
 * after them work on what they leave. */
static const double LONG_SHARE = 0.4;

typedef void (*pass_function)(struct minimize_walk *walk,
                              const struct minimize_options *options);

static const pass_function functions[MINIMIZE_PASSES] = {
    [MINIMIZE_UNLEARN] = minimize_unlearn,
    [MINIMIZE_SLICE] = minimize_slice,
    [MINIMIZE_LEMMAS] = minimize_lemmas,
    [MINIMIZE_REFRESH] = minimize_refresh,
    [MINIMIZE_MERGE] = minimize_merge,
    [MINIMIZE_TRIM] = minimize_trim,
    [MINIMIZE_SPARSE] = minimize_sparse,
    [MINIMIZE_ROUND] = minimize_round,
};

static void add_combination(struct minimize_size *size,
                            const struct cert_combination *by)
{
    size->n_multipliers += (size_t)by->n_atoms + by->n_literals;
}

static void add_node(struct minimize_size *size, const struct cert_tree *tree,
                     const struct cert_node *node)
{
    const struct cert_details own = cert_node_details(tree, node);
    size->n_leaves += node->kind == CERT_LEAF ? 1 : 0;
    for (uint64_t bits = node->refresh; bits != 0; bits &= bits - 1) {
        size->n_refreshes++;
    }
    size->n_slopes += own.n_slopes;
    size->n_lemmas += own.n_lemmas;
    for (size_t i = 0; i < own.n_lemmas; i++) {
        add_combination(size, &tree->lemmas.data[own.first_lemma + i].by);
    }
    for (size_t i = 0; i < own.n_closings; i++) {
        const struct cert_closing *closing =
            &tree->closings.data[own.first_closing + i];
        if (!closing->is_default) {
            add_combination(size, &closing->by);
        }
    }
}

static void add_tree(struct minimize_size *size, const struct cert_tree *tree)
{
    VEC(uint32_t) stack = {0};
    if (tree->nodes.n > 0) {
        VEC_PUSH(&stack, 0);
    }
    while (stack.n > 0) {
        const struct cert_node *node = &tree->nodes.data[stack.data[--stack.n]];
        add_node(size, tree, node);
        if (node->kind != CERT_LEAF) {
            VEC_PUSH(&stack, node->child);
            VEC_PUSH(&stack, node->child + 1);
        }
    }
    VEC_CLEAR(&stack);
}

struct minimize_size minimize_measure(const struct cert *cert)
{
    struct minimize_size size = {0};
    for (size_t i = 0; i < cert->n_cases && cert->trees != NULL; i++) {
        add_tree(&size, &cert->trees[i]);
    }
    return size;
}

/* True if the tree has what the pass works on. */
static bool is_applicable(enum minimize_pass pass, const struct cert_tree *tree)
{
    if (tree->nodes.n == 0) {
        return false;
    }
    switch (pass) {
    case MINIMIZE_UNLEARN:
        return tree->lemmas.n > 0;
    case MINIMIZE_SLICE:
    case MINIMIZE_LEMMAS:
        return tree->slopes.n + tree->lemmas.n > 0;
    case MINIMIZE_SPARSE:
    case MINIMIZE_ROUND:
        return tree->multipliers.n > 0;
    case MINIMIZE_REFRESH:
    case MINIMIZE_MERGE:
    case MINIMIZE_TRIM:
    case MINIMIZE_PASSES:
        break;
    }
    return true;
}

/* Closings that are by default say nothing at a leaf. */
static void drop_default_closings(struct cert_tree *tree)
{
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        if (node->kind != CERT_LEAF || node->details == CERT_NONE) {
            continue;
        }
        struct cert_details *own = &tree->details.data[node->details];
        uint32_t n = 0;
        for (size_t c = 0; c < own->n_closings; c++) {
            const struct cert_closing one =
                tree->closings.data[own->first_closing + c];
            if (!one.is_default) {
                tree->closings.data[own->first_closing + n++] = one;
            }
        }
        own->n_closings = n;
        if (own->n_closings + own->n_slopes + own->n_lemmas == 0) {
            tree->nodes.data[i].details = CERT_NONE;
        }
    }
}

static void run_pass(struct minimize_row *row, struct cert *cert,
                     enum minimize_pass pass, const struct oracle *oracle,
                     const struct minimize_options *options)
{
    const double started_s = budget_cpu_s();
    for (size_t i = 0; i < cert->n_cases; i++) {
        struct minimize_walk walk;
        if (budget_check(&options->budget) != STATUS_OK) {
            break; /* entering the root of a case is work too */
        }
        if (is_applicable(pass, &cert->trees[i])) {
            if (minimize_walk_start(&walk, oracle, cert, i)) {
                functions[pass](&walk, options);
                row->work += oracle->cost(oracle->context);
            }
            minimize_walk_clear(&walk);
            drop_default_closings(&cert->trees[i]);
        }
    }
    row->seconds += budget_cpu_s() - started_s;
}

/* Replaces the certificate by the one that these bytes say. */
static void restore(struct cert *cert, const struct bytes *bytes)
{
    struct error error = {0};
    cert_clear(cert);
    REQUIRE(cert_bin_decode(cert, bytes, &error) == STATUS_OK);
}

/* Runs a pass, once more with thrift if it spends bytes, and takes back what
 * makes the certificate larger.
 *   best  the certificate as it is, before and after */
static void try_pass(struct minimize_row *row, struct cert *cert,
                     struct bytes *best, enum minimize_pass pass,
                     const struct oracle *oracle,
                     const struct minimize_options *options)
{
    struct minimize_options current = *options;
    const double now_s = budget_now_s();
    bool is_done = false;
    if (pass <= MINIMIZE_LEMMAS && isfinite(options->budget.deadline_s)) {
        current.budget.deadline_s =
            now_s + LONG_SHARE * (options->budget.deadline_s - now_s);
    }
    while (!is_done) {
        struct bytes after = {0};
        run_pass(row, cert, pass, oracle, &current);
        cert_bin_encode(&after, cert, NULL);
        is_done = after.n <= best->n || current.is_thrifty;
        if (after.n <= best->n) {
            bytes_clear(best);
            *best = after;
        } else {
            restore(cert, best);
            bytes_clear(&after);
        }
        current.is_thrifty = true;
    }
}

void minimize_run(struct minimize_report *report, struct cert *cert,
                  const struct oracle *oracle,
                  const struct minimize_options *options)
{
    *report = (struct minimize_report){0};
    struct bytes best = {0};
    bool has_changed = true;
    cert_bin_encode(&best, cert, NULL);
    for (unsigned round = 0; round < options->rounds && has_changed; round++) {
        const struct minimize_size first = minimize_measure(cert);
        for (unsigned pass = 0; pass < MINIMIZE_PASSES; pass++) {
            struct minimize_row *row = &report->pass[pass];
            if ((options->passes >> pass & 1u) == 0 ||
                budget_check(&options->budget) != STATUS_OK) {
                continue;
            }
            if (!row->was_run) {
                row->was_run = true;
                row->before = minimize_measure(cert);
            }
            try_pass(row, cert, &best, (enum minimize_pass)pass, oracle,
                     options);
            row->after = minimize_measure(cert);
        }
        const struct minimize_size last = minimize_measure(cert);
        has_changed = memcmp(&first, &last, sizeof first) != 0;
    }
    bytes_clear(&best);
}
