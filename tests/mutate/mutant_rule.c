/* Changes of slopes, lemmas, closings and witnesses. */
#include "tests/mutate/mutant.h"

#include <math.h>

static size_t draw(struct rng *rng, size_t n)
{
    return (size_t)rng_below(rng, n);
}

/* A random tree of a proof; NULL of a witness. */
static struct cert_tree *find_tree(struct cert *cert, struct rng *rng)
{
    return cert->verdict == CERT_UNSAT && cert->n_cases > 0
               ? &cert->trees[draw(rng, cert->n_cases)]
               : NULL;
}

bool change_slope(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->slopes.n == 0) {
        return false;
    }
    struct cert_slope *slope = &tree->slopes.data[draw(rng, tree->slopes.n)];
    if (draw(rng, 3) == 0) {
        slope->element++;
    } else {
        slope->slope = (uint16_t)draw(rng, ((size_t)1 << cert->lower_bits) + 1);
    }
    return true;
}

bool change_lemma(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->lemmas.n == 0) {
        return false;
    }
    struct cert_lemma *lemma = &tree->lemmas.data[draw(rng, tree->lemmas.n)];
    switch (draw(rng, 4)) {
    case 0:
        lemma->is_upper = !lemma->is_upper;
        break;
    case 1:
        lemma->element++;
        break;
    case 2:
        lemma->relu = (uint32_t)draw(rng, cert->n_relus + 1);
        break;
    default:
        lemma->by.n_atoms = 0;
        lemma->by.n_literals = 0;
        break;
    }
    return true;
}

/* Swaps, doubles or drops lemmas of a node. */
bool change_lemma_order(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->details.n == 0) {
        return false;
    }
    struct cert_details *details =
        &tree->details.data[draw(rng, tree->details.n)];
    if (details->n_lemmas == 0) {
        return false;
    }
    struct cert_lemma *lemmas = &tree->lemmas.data[details->first_lemma];
    const size_t a = draw(rng, details->n_lemmas);
    const size_t b = draw(rng, details->n_lemmas);
    const struct cert_lemma kept = lemmas[a];
    switch (draw(rng, 3)) {
    case 0:
        lemmas[a] = lemmas[b];
        lemmas[b] = kept;
        return a != b;
    case 1:
        lemmas[a] = lemmas[b];
        return a != b;
    default:
        details->n_lemmas--;
        return true;
    }
}

bool change_multiplier(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->multipliers.n == 0) {
        return false;
    }
    struct cert_multiplier *multiplier =
        &tree->multipliers.data[draw(rng, tree->multipliers.n)];
    switch (draw(rng, 3)) {
    case 0:
        multiplier->mantissa = draw(rng, (size_t)1 << (1 + draw(rng, 61))) | 1U;
        break;
    case 1:
        multiplier->exponent += draw(rng, 2) == 0 ? 1 : -1;
        break;
    default:
        multiplier->exponent = (int32_t)draw(rng, 20001) - 10000;
        break;
    }
    return true;
}

bool change_citation(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->multipliers.n == 0) {
        return false;
    }
    struct cert_multiplier *multiplier =
        &tree->multipliers.data[draw(rng, tree->multipliers.n)];
    multiplier->index += draw(rng, 2) == 0 ? 1 : UINT32_MAX;
    return true;
}

bool change_closing(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = find_tree(cert, rng);
    if (tree == NULL || tree->closings.n == 0) {
        return false;
    }
    struct cert_closing *closing =
        &tree->closings.data[draw(rng, tree->closings.n)];
    switch (draw(rng, 4)) {
    case 0:
        closing->disjunct = (uint32_t)draw(rng, tree->n_disjuncts);
        break;
    case 1:
        closing->by.n_atoms = closing->by.n_atoms > 0 ? 1 : 0;
        closing->by.n_literals = 0;
        break;
    case 2:
        closing->by = tree->closings.data[draw(rng, tree->closings.n)].by;
        break;
    default:
        closing->is_default = true;
        closing->by = (struct cert_combination){0};
        break;
    }
    return true;
}

bool change_witness(struct cert *cert, struct rng *rng)
{
    if (cert->verdict != CERT_SAT) {
        return false;
    }
    double *value = &cert->witness[draw(rng, cert->n_inputs)];
    *value = draw(rng, 2) == 0 ? nextafter(*value, 2.0 * *value + 1.0)
                               : ldexp(*value, (int)draw(rng, 3) - 1) + 0.125;
    return true;
}
