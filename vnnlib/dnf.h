/* The assertions as a disjunction of conjunctions of comparisons. */
#ifndef ASTROLABE_VNNLIB_DNF_H
#define ASTROLABE_VNNLIB_DNF_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/base/vec.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The comparison at `node` read with this relation: VNNLIB_LE, GE, LT, GT or
 * EQ. Negations are worked in; != is split into < or >. */
struct dnf_literal {
    uint32_t node;
    enum vnnlib_kind relation;
};

/*
 * The assertions hold iff all literals of `common` hold and for some k all
 * literals[ends[k-1]] .. literals[ends[k]-1] hold (ends[-1] = 0).      (1)
 * Order is that of the file; ends.n == 0: never.
 */
struct dnf {
    VEC(struct dnf_literal) common;
    VEC(struct dnf_literal) literals;
    VEC(size_t) ends;
};

/* Literals and conjunctions of a normal form together. */
#define DNF_LIMIT ((size_t)1 << 25)

/*
 * Expands the tree. The size is computed first: beyond `limit` literals and
 * conjunctions nothing is expanded and the refusal is STATUS_UNSUPPORTED.
 * Time and memory are proportional to the tree and the result.
 */
enum status dnf_build(struct dnf *dnf, const struct vnnlib *lib, size_t limit,
                      struct error *error);
void dnf_clear(struct dnf *dnf);

#endif
