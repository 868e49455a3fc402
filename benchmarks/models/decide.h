/* Does a rule hold? Bounds by back-substitution, and a search by gradient. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_DECIDE_H
#define ASTROLABE_BENCHMARKS_MODELS_DECIDE_H

#include "benchmarks/models/rule.h"
#include "benchmarks/models/toy.h"

#include <stdbool.h>

/*
 * True if back-substitution through the triangle relaxation shows that no
 * conjunction is satisfiable. Nearest arithmetic with a margin of 1e-6: it
 * chooses instances, it certifies nothing.
 * Source: Singh et al., "An Abstract Domain for Certifying Neural Networks",
 * POPL 2019.
 */
bool decide_holds(const struct toy *toy, const struct rule *rule);

/*
 * The largest violation found by projected gradient steps from random
 * points: the slack of the tightest atom, maximal over conjunctions and
 * points. Positive: a violating input was met.
 */
double decide_violation(const struct toy *toy, const struct rule *rule,
                        struct rng *rng);

#endif
