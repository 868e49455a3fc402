/* Certificates as text: the writer. */
#include "proofs/cert_text.h"

#include "proofs/cert_walk.h"
#include "src/base/alloc.h"

#include <inttypes.h>

enum { MAX_INDENT = 64, DETAIL_INDENT = 2 };

/* leaves  [nodes] leaves below each node of the tree in work; NULL: no remarks
 * names   NULL: unknown
 * stop    where to end; NULL: nowhere */
struct print {
    FILE *file;
    const struct cert *cert;
    const struct cert_tree *tree;
    const struct cert_names *names;
    size_t *leaves;
    const struct cert_stop *stop;
};

static void print_hash(FILE *file, const char *name,
                       const unsigned char hash[SHA256_BYTES])
{
    (void)fprintf(file, "%s ", name);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        (void)fprintf(file, "%02x", (unsigned)hash[i]);
    }
    (void)fputc('\n', file);
}

static void print_hashes(FILE *file, const struct cert *cert)
{
    print_hash(file, "network", cert->network_hash);
    print_hash(file, "property", cert->property_hash);
    print_hash(file, "query", cert->query_hash);
}

/* ` refresh` and the ranges of bits. */
static void print_refresh(FILE *file, uint64_t refresh)
{
    const char *separator = " refresh ";
    for (unsigned first = 0; first < CERT_MAX_RELUS; first++) {
        unsigned last = first;
        if ((refresh >> first & 1U) == 0) {
            continue;
        }
        while (last + 1 < CERT_MAX_RELUS && (refresh >> (last + 1) & 1U) != 0) {
            last++;
        }
        (void)fprintf(file, "%s%u", separator, first);
        if (last > first) {
            (void)fprintf(file, "-%u", last);
        }
        separator = ",";
        first = last;
    }
}

static void print_terms(const struct print *print,
                        const struct cert_combination *by)
{
    for (size_t i = 0; i < (size_t)by->n_atoms + by->n_literals; i++) {
        const struct cert_multiplier *term =
            &print->tree->multipliers.data[by->first + i];
        (void)fprintf(print->file, " %s %" PRIu32 " %" PRIu64 "*2^%" PRId32,
                      i < by->n_atoms ? "atom" : "literal", term->index,
                      term->mantissa, term->exponent);
    }
    (void)fputc('\n', print->file);
}

static void print_details(const struct print *print,
                          const struct cert_details *details, int indent)
{
    const struct cert_tree *tree = print->tree;
    FILE *file = print->file;
    for (size_t i = 0; i < details->n_slopes; i++) {
        const struct cert_slope *slope =
            &tree->slopes.data[details->first_slope + i];
        (void)fprintf(file, "%*sslope n%" PRIu32 ".%" PRIu32 " %u/%u\n", indent,
                      "", slope->relu, slope->element, (unsigned)slope->slope,
                      1U << print->cert->lower_bits);
    }
    for (size_t i = 0; i < details->n_lemmas; i++) {
        const struct cert_lemma *lemma =
            &tree->lemmas.data[details->first_lemma + i];
        (void)fprintf(file, "%*slemma n%" PRIu32 ".%" PRIu32 " %s", indent, "",
                      lemma->relu, lemma->element,
                      lemma->is_upper ? "upper" : "lower");
        print_terms(print, &lemma->by);
    }
    for (size_t i = 0; i < details->n_closings; i++) {
        const struct cert_closing *closing =
            &tree->closings.data[details->first_closing + i];
        (void)fprintf(file, "%*sclose %" PRIu32, indent, "", closing->disjunct);
        if (closing->is_default) {
            (void)fputs(" default\n", file);
        } else {
            print_terms(print, &closing->by);
        }
    }
}

static void print_remark(const struct print *print,
                         const struct cert_node *node, size_t number)
{
    const struct cert_names *names = print->names;
    const char *name = NULL;
    if (print->leaves == NULL || node->kind == CERT_LEAF) {
        return;
    }
    if (names != NULL) {
        name = node->kind == CERT_INPUT
                   ? names->input(names->context, node->index)
                   : names->relu(names->context, node->index);
    }
    (void)fprintf(print->file, "  # %zu leaves", print->leaves[number]);
    if (name != NULL) {
        (void)fprintf(print->file, ", %s", name);
    }
}

static void print_node(const struct print *print, const struct cert_node *node,
                       size_t number, int indent)
{
    const struct cert_details details = cert_node_details(print->tree, node);
    FILE *file = print->file;
    (void)fprintf(file, "%*s", indent, "");
    switch ((enum cert_kind)node->kind) {
    case CERT_INPUT:
        (void)fprintf(file, "split x%" PRIu32, node->index);
        if (node->threshold_kind == CERT_FRACTION) {
            (void)fprintf(file, " %" PRId64 "/%d", node->threshold,
                          CERT_FRACTIONS);
        } else if (node->threshold_kind == CERT_GRID) {
            (void)fprintf(file, " at %" PRId64, node->threshold);
        }
        break;
    case CERT_NEURON:
        (void)fprintf(file, "split n%" PRIu32 ".%" PRIu32, node->index,
                      node->element);
        if (node->threshold != 0) {
            (void)fprintf(file, " at %" PRId64, node->threshold);
        }
        break;
    case CERT_LEAF:
        (void)fputs("leaf", file);
        break;
    }
    print_refresh(file, node->refresh);
    print_remark(print, node, number);
    (void)fputc('\n', file);
    print_details(print, &details, indent + DETAIL_INDENT);
}

/* At most n_nodes nodes. */
static void print_tree(const struct print *print, size_t n_nodes)
{
    struct cert_walk walk;
    cert_walk_init(&walk, print->tree);
    for (size_t i = 0; i < n_nodes && cert_walk_next(&walk); i++) {
        const size_t depth = cert_walk_depth(&walk);
        const uint32_t number = cert_walk_place(&walk)->node;
        print_node(print, &print->tree->nodes.data[number], number,
                   depth < MAX_INDENT ? (int)depth : (int)MAX_INDENT);
    }
    cert_walk_clear(&walk);
}

/* Leaves below each node that can be reached, from the last one back. */
static size_t *count_leaves(const struct cert_tree *tree)
{
    VEC(uint32_t) order = {0};
    size_t *leaves = NULL;
    struct cert_walk walk;
    NEW_ARRAY(leaves, tree->nodes.n);
    cert_walk_init(&walk, tree);
    while (cert_walk_next(&walk)) {
        VEC_PUSH(&order, cert_walk_place(&walk)->node);
    }
    cert_walk_clear(&walk);
    for (size_t i = order.n; i > 0; i--) {
        const struct cert_node *node = &tree->nodes.data[order.data[i - 1]];
        leaves[order.data[i - 1]] =
            node->kind == CERT_LEAF
                ? 1
                : leaves[node->child] + leaves[node->child + 1];
    }
    VEC_CLEAR(&order);
    return leaves;
}

static void print_witness(FILE *file, const struct cert *cert)
{
    (void)fprintf(file, "astc %d sat%s\n", CERT_VERSION,
                  cert->has_cells ? " cells" : "");
    print_hashes(file, cert);
    for (size_t i = 0; i < cert->n_inputs; i++) {
        (void)fprintf(file, "x%zu %a\n", i, cert->witness[i]);
    }
}

static void print_proof(struct print print, bool with_remarks)
{
    FILE *file = print.file;
    const struct cert *cert = print.cert;
    if (cert->has_cells) {
        (void)fprintf(file, "astc %d unsat cells\n", CERT_VERSION);
        print_hashes(file, cert);
        return;
    }
    (void)fprintf(file, "astc %d unsat%s box %d facts %d slopes %d %d\n",
                  CERT_VERSION, cert->has_pairs ? " pairs" : "", cert->box_bits,
                  cert->fact_bits, cert->slope_bits, cert->lower_bits);
    print_hashes(file, cert);
    (void)fprintf(file, "shape %zu inputs %zu relus %zu cases\n",
                  cert->n_inputs, cert->n_relus, cert->n_cases);
    for (size_t i = 0; i < cert->n_cases; i++) {
        print.tree = &cert->trees[i];
        print.leaves = with_remarks ? count_leaves(print.tree) : NULL;
        (void)fprintf(file, "case %zu disjuncts %zu\n", i,
                      print.tree->n_disjuncts);
        const bool is_last = print.stop != NULL && print.stop->case_index == i;
        print_tree(&print, is_last ? print.stop->node + 1 : SIZE_MAX);
        alloc_free(print.leaves);
        if (is_last) {
            (void)fprintf(file, "# refused here: %s\n", print.stop->reason);
            return;
        }
    }
}

void cert_text_print(FILE *file, const struct cert *cert)
{
    if (cert->verdict == CERT_SAT) {
        print_witness(file, cert);
    } else {
        const struct print print = {.file = file, .cert = cert};
        print_proof(print, false);
    }
}

void cert_text_show(FILE *file, const struct cert *cert,
                    const struct cert_names *names,
                    const struct cert_stop *stop)
{
    if (cert->verdict == CERT_SAT) {
        print_witness(file, cert);
    } else {
        const struct print print = {
            .file = file, .cert = cert, .names = names, .stop = stop};
        print_proof(print, true);
    }
}
