/* The rules of struct cert_tree, node by node. */
#include "proofs/cert.h"
#include "proofs/cert_walk.h"

#include <math.h>

struct check {
    const struct cert *cert;
    const struct cert_tree *tree;
    struct cert_walk walk;
    struct error *error;
};

static enum status refuse(struct error *error, const char *what)
{
    error_set(error, "the proof cannot be written as a certificate: %s", what);
    return STATUS_LIMIT;
}

static enum status check_combination(const struct check *check,
                                     const struct cert_combination *by,
                                     bool with_atoms)
{
    const struct cert_multiplier *terms = check->tree->multipliers.data;
    if (by->n_atoms > 0 && !with_atoms) {
        return refuse(check->error, "atoms in a lemma with several disjuncts");
    }
    for (size_t i = 0; i < (size_t)by->n_atoms + by->n_literals; i++) {
        const struct cert_multiplier *term = &terms[by->first + i];
        if (term->mantissa % 2 == 0 || term->mantissa >= CERT_MAX_MANTISSA ||
            term->exponent > CERT_MAX_EXPONENT ||
            term->exponent < -CERT_MAX_EXPONENT) {
            return refuse(check->error, "a multiplier out of range");
        }
        if (i >= by->n_atoms &&
            term->index >= cert_walk_place(&check->walk)->n_neurons) {
            return refuse(check->error, "a multiplier of no neuron split");
        }
    }
    return STATUS_OK;
}

static enum status check_lemmas(const struct check *check,
                                const struct cert_details *details)
{
    enum status status = STATUS_OK;
    uint32_t relu = 0;
    for (size_t i = 0; i < details->n_lemmas && status == STATUS_OK; i++) {
        const struct cert_lemma *lemma =
            &check->tree->lemmas.data[details->first_lemma + i];
        if (lemma->relu < relu || lemma->relu >= check->cert->n_relus) {
            return refuse(check->error, "a lemma of the wrong ReLU layer");
        }
        relu = lemma->relu;
        status = check_combination(check, &lemma->by,
                                   cert_walk_n_open(&check->walk) == 1);
    }
    return status;
}

static enum status check_slopes(const struct check *check,
                                const struct cert_details *details)
{
    for (size_t i = 0; i < details->n_slopes; i++) {
        const struct cert_slope *slope =
            &check->tree->slopes.data[details->first_slope + i];
        if (slope->relu >= check->cert->n_relus ||
            slope->slope >> check->cert->lower_bits > 1 ||
            (slope->slope >> check->cert->lower_bits == 1 &&
             slope->slope != 1U << check->cert->lower_bits)) {
            return refuse(check->error, "a slope of no neuron, or above 1");
        }
    }
    return STATUS_OK;
}

static enum status check_closings(const struct check *check,
                                  const struct cert_details *details,
                                  bool is_leaf)
{
    enum status status = STATUS_OK;
    if (!is_leaf && details->n_closings >= cert_walk_n_open(&check->walk) &&
        details->n_closings > 0) {
        return refuse(check->error, "a split that closes all disjuncts");
    }
    for (size_t i = 0; i < details->n_closings && status == STATUS_OK; i++) {
        const struct cert_closing *closing =
            &check->tree->closings.data[details->first_closing + i];
        if (closing->disjunct >= check->tree->n_disjuncts ||
            check->walk.is_closed[closing->disjunct] ||
            (i > 0 && closing[-1].disjunct >= closing->disjunct)) {
            return refuse(check->error, "a closing of no open disjunct");
        }
        if (closing->is_default && is_leaf) {
            return refuse(check->error, "a leaf that tells a default");
        }
        if (!closing->is_default) {
            status = check_combination(check, &closing->by, true);
        }
    }
    return status;
}

static enum status check_input(const struct check *check,
                               const struct cert_node *node)
{
    if (node->index >= check->cert->n_inputs) {
        return refuse(check->error, "a split of no input");
    }
    switch ((enum cert_threshold)node->threshold_kind) {
    case CERT_MIDPOINT:
        return STATUS_OK;
    case CERT_FRACTION:
        return node->threshold > 0 && node->threshold < CERT_FRACTIONS
                   ? STATUS_OK
                   : refuse(check->error, "a threshold outside its box");
    case CERT_GRID:
        return node->threshold < CERT_MAX_THRESHOLD &&
                       node->threshold > -CERT_MAX_THRESHOLD
                   ? STATUS_OK
                   : refuse(check->error, "a threshold too large");
    }
    return refuse(check->error, "an unknown kind of threshold");
}

static enum status check_node(const struct check *check)
{
    const struct cert_tree *tree = check->tree;
    const struct cert_node *node =
        &tree->nodes.data[cert_walk_place(&check->walk)->node];
    const struct cert_details details = cert_node_details(tree, node);
    enum status status = STATUS_OK;
    switch ((enum cert_kind)node->kind) {
    case CERT_LEAF:
        break;
    case CERT_INPUT:
        STATUS_TRY(check_input(check, node));
        break;
    case CERT_NEURON:
        if (node->index >= check->cert->n_relus) {
            return refuse(check->error, "a split of no neuron");
        }
        if (node->threshold >= CERT_MAX_THRESHOLD ||
            node->threshold <= -CERT_MAX_THRESHOLD) {
            return refuse(check->error, "a threshold too large");
        }
        break;
    }
    if (check->cert->n_relus < CERT_MAX_RELUS &&
        node->refresh >> check->cert->n_relus != 0) {
        return refuse(check->error, "a refresh of no ReLU layer");
    }
    STATUS_TRY(check_slopes(check, &details));
    STATUS_TRY(check_lemmas(check, &details));
    STATUS_TRY(check_closings(check, &details, node->kind == CERT_LEAF));
cleanup:
    return status;
}

static enum status check_head(const struct cert *cert, struct error *error)
{
    if (cert->box_bits > CERT_MAX_BITS || cert->fact_bits > CERT_MAX_BITS ||
        cert->slope_bits < 1 || cert->slope_bits > CERT_MAX_SLOPE_BITS ||
        cert->lower_bits < 1 || cert->lower_bits > CERT_MAX_LOWER_BITS) {
        return refuse(error, "a grid out of range");
    }
    if (cert->n_relus > CERT_MAX_RELUS) {
        return refuse(error, "more than 64 ReLU layers");
    }
    return STATUS_OK;
}

enum status cert_check_tree(const struct cert *cert, size_t case_index,
                            struct error *error)
{
    const struct cert_tree *tree = &cert->trees[case_index];
    struct check check = {.cert = cert, .tree = tree, .error = error};
    enum status status = check_head(cert, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (tree->nodes.n == 0) {
        return refuse(error, "a case without a proof");
    }
    if (tree->n_disjuncts > CERT_MAX_DISJUNCTS) {
        return refuse(error, "too many disjuncts in a case");
    }
    cert_walk_init(&check.walk, tree);
    while (status == STATUS_OK && cert_walk_next(&check.walk)) {
        status = check_node(&check);
    }
    cert_walk_clear(&check.walk);
    return status;
}

enum status cert_check(const struct cert *cert, struct error *error)
{
    enum status status = STATUS_OK;
    if (cert->verdict == CERT_SAT) {
        for (size_t i = 0; i < cert->n_inputs; i++) {
            if (!isfinite(cert->witness[i])) {
                return refuse(error, "a witness that is not finite");
            }
        }
        return STATUS_OK;
    }
    if (cert->has_cells) {
        return STATUS_OK;
    }
    STATUS_TRY(check_head(cert, error));
    for (size_t i = 0; i < cert->n_cases; i++) {
        STATUS_TRY(cert_check_tree(cert, i, error));
    }
cleanup:
    return status;
}
