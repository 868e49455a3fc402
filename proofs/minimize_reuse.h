/* Combinations that served elsewhere: for minimize_round.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_REUSE_H
#define ASTROLABE_PROOFS_MINIMIZE_REUSE_H

#include "proofs/minimize_walk.h"

enum {
    MINIMIZE_FAMILIAR = 16,
    MINIMIZE_FAMILIAR_TERMS = 16,
    MINIMIZE_ALL_TERMS = MINIMIZE_FAMILIAR * MINIMIZE_FAMILIAR_TERMS
};

/* A combination in use; n_uses 0: none. */
struct minimize_familiar {
    uint32_t n_atoms;
    uint32_t n_literals;
    uint32_t n_uses;
    struct cert_multiplier multipliers[MINIMIZE_FAMILIAR_TERMS];
};

/*
 * The combinations used most, so that the coder meets few different numbers.
 *   entries  [MINIMIZE_FAMILIAR]
 *   terms    [MINIMIZE_ALL_TERMS] scratch
 */
struct minimize_reuse {
    struct minimize_familiar *entries;
    struct oracle_term *terms;
};

void minimize_reuse_init(struct minimize_reuse *reuse);
void minimize_reuse_clear(struct minimize_reuse *reuse);

/* Gives the closing of the node in work the combination used most among those
 * that refute its disjunct with no more terms and bits than its own.
 *   returns  false if there is none */
bool minimize_reuse_find(struct minimize_reuse *reuse,
                         struct minimize_walk *walk,
                         struct cert_closing *closing);

/* Notes the closing's own combination. */
void minimize_reuse_add(struct minimize_reuse *reuse,
                        const struct cert_tree *tree,
                        const struct cert_closing *closing);

#endif
