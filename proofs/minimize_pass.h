/* The passes of minimization, one tree each: for minimize*.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_PASS_H
#define ASTROLABE_PROOFS_MINIMIZE_PASS_H

#include "proofs/minimize.h"
#include "proofs/minimize_walk.h"

/* Each works on the tree of a walk just started, and leaves it somewhere. */
void minimize_unlearn(struct minimize_walk *walk,
                      const struct minimize_options *options);
void minimize_slice(struct minimize_walk *walk,
                    const struct minimize_options *options);
void minimize_lemmas(struct minimize_walk *walk,
                     const struct minimize_options *options);
void minimize_refresh(struct minimize_walk *walk,
                      const struct minimize_options *options);
void minimize_merge(struct minimize_walk *walk,
                    const struct minimize_options *options);
void minimize_trim(struct minimize_walk *walk,
                   const struct minimize_options *options);
void minimize_sparse(struct minimize_walk *walk,
                     const struct minimize_options *options);
void minimize_round(struct minimize_walk *walk,
                    const struct minimize_options *options);

#endif
