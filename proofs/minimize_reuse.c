/* A small table of combinations; the one used least makes room. */
#include "proofs/minimize_reuse.h"

#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

void minimize_reuse_init(struct minimize_reuse *reuse)
{
    NEW_ARRAY(reuse->entries, MINIMIZE_FAMILIAR);
    NEW_ARRAY(reuse->terms, MINIMIZE_ALL_TERMS);
}

void minimize_reuse_clear(struct minimize_reuse *reuse)
{
    alloc_free(reuse->entries);
    alloc_free(reuse->terms);
}

/* Bits of the mantissas. */
static unsigned count_bits(const struct cert_multiplier *multipliers, size_t n)
{
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        for (uint64_t m = multipliers[i].mantissa; m > 0; m /= 2) {
            bits++;
        }
    }
    return bits;
}

static size_t n_terms(const struct minimize_familiar *entry)
{
    return (size_t)entry->n_atoms + entry->n_literals;
}

/* The entry as a sum over scratch number i. */
static struct oracle_sum sum_of(struct minimize_reuse *reuse, size_t i,
                                uint32_t disjunct)
{
    const struct minimize_familiar *entry = &reuse->entries[i];
    struct oracle_term *terms = reuse->terms + i * MINIMIZE_FAMILIAR_TERMS;
    for (size_t t = 0; t < n_terms(entry); t++) {
        const struct cert_multiplier *one = &entry->multipliers[t];
        terms[t] =
            (struct oracle_term){one->index, t >= entry->n_atoms,
                                 ldexp((double)one->mantissa, one->exponent)};
    }
    return (struct oracle_sum){disjunct, n_terms(entry), terms};
}

bool minimize_reuse_find(struct minimize_reuse *reuse,
                         struct minimize_walk *walk,
                         struct cert_closing *closing)
{
    struct cert_combination *by = &closing->by;
    const size_t room = (size_t)by->n_atoms + by->n_literals;
    struct oracle_sum sums[MINIMIZE_FAMILIAR];
    double margins[MINIMIZE_FAMILIAR] = {0.0};
    struct minimize_familiar *tried[MINIMIZE_FAMILIAR];
    struct minimize_familiar *best = NULL;
    const unsigned bits =
        count_bits(&walk->tree->multipliers.data[by->first], room);
    size_t n = 0;
    for (size_t i = 0; i < MINIMIZE_FAMILIAR; i++) {
        struct minimize_familiar *entry = &reuse->entries[i];
        if (entry->n_uses > 0 && n_terms(entry) <= room &&
            count_bits(entry->multipliers, n_terms(entry)) <= bits) {
            tried[n] = entry;
            sums[n++] = sum_of(reuse, i, closing->disjunct);
        }
    }
    walk->oracle->margins(walk->oracle->context, margins, sums, n);
    for (size_t i = 0; i < n; i++) {
        if (margins[i] > ORACLE_MARGIN &&
            (best == NULL || tried[i]->n_uses > best->n_uses)) {
            best = tried[i];
        }
    }
    if (best == NULL) {
        return false;
    }
    best->n_uses++;
    by->n_atoms = best->n_atoms;
    by->n_literals = best->n_literals;
    memcpy(&walk->tree->multipliers.data[by->first], best->multipliers,
           n_terms(best) * sizeof *best->multipliers);
    return true;
}

void minimize_reuse_add(struct minimize_reuse *reuse,
                        const struct cert_tree *tree,
                        const struct cert_closing *closing)
{
    const struct cert_combination *by = &closing->by;
    const size_t n = (size_t)by->n_atoms + by->n_literals;
    struct minimize_familiar *least = &reuse->entries[0];
    if (n == 0 || n > MINIMIZE_FAMILIAR_TERMS) {
        return;
    }
    for (size_t i = 1; i < MINIMIZE_FAMILIAR; i++) {
        if (reuse->entries[i].n_uses < least->n_uses) {
            least = &reuse->entries[i];
        }
    }
    least->n_atoms = by->n_atoms;
    least->n_literals = by->n_literals;
    least->n_uses = 1;
    memcpy(least->multipliers, &tree->multipliers.data[by->first],
           n * sizeof *least->multipliers);
}
