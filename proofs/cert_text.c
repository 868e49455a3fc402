/* Certificates as text: the writer. */
#include "proofs/cert_text.h"

#include <inttypes.h>

enum { MAX_INDENT = 32 };

static void print_hash(FILE *file, const char *name,
                       const unsigned char hash[SHA256_BYTES])
{
    (void)fprintf(file, "%s ", name);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        (void)fprintf(file, "%02x", (unsigned)hash[i]);
    }
    (void)fputc('\n', file);
}

static void print_multipliers(FILE *file, const char *name,
                              const struct cert_tree *tree, size_t first,
                              uint32_t n)
{
    (void)fprintf(file, "%s", name);
    for (size_t i = first; i < first + n; i++) {
        const struct cert_multiplier *one = &tree->multipliers.data[i];
        (void)fprintf(file, " %" PRIu32 "*%" PRIu64 "p%" PRId32, one->index,
                      one->mantissa, one->exponent);
    }
}

static void print_closings(FILE *file, const struct cert_tree *tree,
                           size_t first, int indent)
{
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        const struct cert_closing *closing = &tree->closings.data[first + d];
        (void)fprintf(file, "%*s", indent + 1, "");
        if (closing->is_default) {
            (void)fputs("default\n", file);
            continue;
        }
        print_multipliers(file, "atoms", tree, closing->first,
                          closing->n_atoms);
        print_multipliers(file, " literals", tree,
                          closing->first + closing->n_atoms,
                          closing->n_literals);
        (void)fputc('\n', file);
    }
}

static void print_node(FILE *file, const struct cert_tree *tree,
                       const struct cert_node *node, int indent)
{
    const enum cert_kind kind = (enum cert_kind)node->kind;
    (void)fprintf(file, "%*s", indent, "");
    switch (kind) {
    case CERT_INPUT:
        (void)fprintf(file, "input %" PRIu32, node->index);
        break;
    case CERT_INPUT_AT:
        (void)fprintf(file, "input %" PRIu32 " at %" PRId64 "p%" PRId32,
                      node->index,
                      tree->thresholds.data[node->element].mantissa,
                      tree->thresholds.data[node->element].exponent);
        break;
    case CERT_NEURON:
        (void)fprintf(file, "neuron %" PRIu32 " %" PRIu32, node->index,
                      node->element);
        break;
    case CERT_LEAF:
        (void)fputs("leaf", file);
        break;
    case CERT_LEAF_WITH:
        (void)fputs("leaf with", file);
        break;
    }
    (void)fputs(node->refresh ? " refresh\n" : "\n", file);
    if (kind == CERT_LEAF_WITH) {
        print_closings(file, tree, node->index, indent);
    }
}

static void print_tree(FILE *file, const struct cert_tree *tree)
{
    struct cert_walk walk = {0};
    (void)fprintf(file, "case %zu\n", tree->n_disjuncts);
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        const size_t depth = cert_walk_enter(&walk, (enum cert_kind)node->kind);
        print_node(file, tree, node,
                   depth < MAX_INDENT ? (int)depth : (int)MAX_INDENT);
    }
    cert_walk_clear(&walk);
}

void cert_text_print(FILE *file, const struct cert *cert)
{
    (void)fprintf(file, "astc %d real box %d fact %d slope %d\n", CERT_VERSION,
                  cert->box_bits, cert->fact_bits, cert->slope_bits);
    print_hash(file, "network", cert->network_hash);
    print_hash(file, "property", cert->property_hash);
    print_hash(file, "query", cert->query_hash);
    (void)fprintf(file, "shape %zu %zu\n", cert->n_inputs, cert->n_cases);
    for (size_t i = 0; i < cert->n_cases; i++) {
        print_tree(file, &cert->trees[i]);
    }
}
