/* query, certificate -> replay -> passes. */
#include "src/verify/proof_minimize.h"

#include "solver/record.h"
#include "solver/replay.h"
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/query/pairing.h"
#include "src/verify/proof.h"

#include <string.h>

/* True if the numbers of the certificate are those of the query. */
static bool is_fitting(const struct cert *cert, const struct query *query,
                       size_t n_relus)
{
    bool is_equal =
        cert->verdict == CERT_UNSAT && cert->n_cases == query->n_cases &&
        cert->n_inputs == query->layers->n_inputs && cert->n_relus == n_relus;
    for (size_t i = 0; is_equal && i < cert->n_cases; i++) {
        is_equal = cert->trees[i].n_disjuncts == query->cases[i].n_disjuncts;
    }
    return is_equal;
}

/* True if the neurons of a tree are some of the network's.
 *   width  [n_relus] of the ReLU layers */
static bool has_neurons(const struct cert_tree *tree, const size_t *width)
{
    bool is_inside = true;
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        is_inside = is_inside && (node->kind != CERT_NEURON ||
                                  node->element < width[node->index]);
    }
    for (size_t i = 0; i < tree->slopes.n; i++) {
        const struct cert_slope *slope = &tree->slopes.data[i];
        is_inside = is_inside && slope->element < width[slope->relu];
    }
    for (size_t i = 0; i < tree->lemmas.n; i++) {
        const struct cert_lemma *lemma = &tree->lemmas.data[i];
        is_inside = is_inside && lemma->element < width[lemma->relu];
    }
    return is_inside;
}

enum status proof_fits(const struct cert *cert, const struct query *query,
                       struct error *error)
{
    unsigned char digest[SHA256_BYTES];
    const struct layers *layers = query->layers;
    size_t n_relus = 0;
    size_t *width;
    if (cert->has_cells) {
        error_set(error, "a proof by cells has no tree");
        return STATUS_BAD_INPUT;
    }
    if (layers->n_curved > 0 && cert->slope_bits != RECORD_LEVEL_BITS) {
        error_set(error, "levels are on a grid that cannot be replayed");
        return STATUS_UNSUPPORTED;
    }
    NEW_ARRAY(width, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer_has_neurons(layer)) {
            width[n_relus++] =
                layer->width * (layer->kind == LAYER_PRODUCT ? 2 : 1);
        }
    }
    enum status status = proof_hash_query(digest, query, error);
    bool fits = status == STATUS_OK && is_fitting(cert, query, n_relus) &&
                cert->has_pairs == (layers->n_pairs > 0) &&
                memcmp(digest, cert->query_hash, sizeof digest) == 0;
    for (size_t c = 0; fits && c < cert->n_cases; c++) {
        fits = has_neurons(&cert->trees[c], width);
    }
    alloc_free(width);
    if (status == STATUS_OK && !fits) {
        error_set(error, "no certificate of unsat for this query");
        status = STATUS_BAD_INPUT;
    }
    return status;
}

enum status proof_minimize(struct minimize_report *report, struct cert *cert,
                           const struct query *query,
                           const struct minimize_options *options,
                           struct error *error)
{
    struct query bounded;
    (void)pairing_init(&bounded, query, cert->has_pairs);
    const enum status status = proof_fits(cert, &bounded, error);
    if (status == STATUS_OK && !proof_is_shallow(cert, &bounded)) {
        *report = (struct minimize_report){0};
        log_line(LOG_WARNING, "the trees are too deep to be minimized");
    } else if (status == STATUS_OK) {
        struct replay *replay =
            replay_create(&bounded, cert->box_bits, cert->fact_bits);
        const struct oracle oracle = replay_oracle(replay);
        struct minimize_options used = *options;
        if (bounded.layers->n_curved > 0) {
            /* Slicing knows the needs of lines of ReLUs only. */
            used.passes &= ~(1u << MINIMIZE_SLICE);
        }
        minimize_run(report, cert, &oracle, &used);
        replay_destroy(replay);
    }
    pairing_clear(&bounded, query);
    return status;
}
