/* A made-up arithmetic for minimization, and trees built by hand for it. */
#ifndef ASTROLABE_TESTS_REF_REF_ORACLE_H
#define ASTROLABE_TESTS_REF_REF_ORACLE_H

#include "proofs/cert.h"
#include "proofs/minimize.h"
#include "proofs/oracle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REF_ORACLE_DEPTHS = 16 };

/*
 * A box of one input, in further cases a wider one, whose width halves with
 * every split, and two ReLU layers whose facts are as wide as the box was when
 * they were refreshed last. By default a disjunct is closed if both facts
 * together are below `limit`; a combination if the gains of its terms, by
 * their multipliers, are above `least`. A lemma for element 0 makes the facts
 * of its layer as narrow as the box, one for another element does nothing.
 * Default closings look at element 0 of both layers, or say that they look at
 * nothing if is_silent; lemmas and refreshes look at element 0 of the layers
 * before their own. `choose` of the oracle gives the n_chosen terms.
 */
struct ref_oracle {
    size_t depth;
    size_t n_literals[REF_ORACLE_DEPTHS];
    double width[REF_ORACLE_DEPTHS];
    double facts[REF_ORACLE_DEPTHS][2];
    double limit;
    double least;
    double atom[4];
    double literal[4];
    size_t n_chosen;
    struct oracle_term chosen[2];
    bool is_silent;
};

/* A certificate of one case and one disjunct with nothing but a root, a leaf
 * that refreshes both layers; freed with cert_clear. */
void ref_oracle_begin(struct cert *cert);

/* Splits node `at` of the first case; its leaves refresh both layers. Returns
 * the number of the first child. */
uint32_t ref_oracle_split(struct cert *cert, uint32_t at, enum cert_kind kind);

/* Closes leaf `at` of the first case by these multipliers, atoms first. */
void ref_oracle_close(struct cert *cert, uint32_t at,
                      const struct cert_multiplier *multipliers,
                      uint32_t n_atoms, uint32_t n_literals);

/* Runs one round of one pass without a limit of time; returns the size of
 * what is left. */
struct minimize_size ref_oracle_run(struct ref_oracle *fake, struct cert *cert,
                                    enum minimize_pass pass,
                                    enum minimize_procedure procedure);

#endif
