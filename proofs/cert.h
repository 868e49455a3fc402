/* A certificate in memory: what it binds, and one tree per case. */
#ifndef ASTROLABE_PROOFS_CERT_H
#define ASTROLABE_PROOFS_CERT_H

#include "proofs/sha256.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CERT_BOX_BITS = 40, /* defaults of the header's grids */
    CERT_FACT_BITS = 36,
    CERT_SLOPE_BITS = 16,
    CERT_MAX_BITS = 60, /* of box and fact bits */
    CERT_MAX_SLOPE_BITS = 16,
    CERT_VERSION = 1
};

/* Exponents in files beyond this are over our limit. */
#define CERT_MAX_EXPONENT ((int64_t)1 << 30)

enum cert_kind {
    CERT_INPUT,    /* index: input; default threshold */
    CERT_INPUT_AT, /* index: input; element: place in thresholds */
    CERT_NEURON,   /* index: ReLU number; element: its element */
    CERT_LEAF,     /* every disjunct by the default */
    CERT_LEAF_WITH /* index: place of its first closing */
};

/* kind holds an enum cert_kind in fewer bytes. */
struct cert_node {
    uint32_t index;
    uint32_t element;
    uint8_t kind;
    bool refresh;
};

/* mantissa * 2^exponent. */
struct cert_dyadic {
    int64_t mantissa;
    int32_t exponent;
};

/* mantissa * 2^exponent > 0 times atom, or literal, number `index`. */
struct cert_multiplier {
    uint64_t mantissa;
    int32_t exponent;
    uint32_t index;
};

/* multipliers[first ..]: n_atoms of atoms, then n_literals of literals. */
struct cert_closing {
    size_t first;
    uint32_t n_atoms;
    uint32_t n_literals;
    bool is_default;
};

/*
 * A binary tree in pre-order; child 0 follows its parent. The arrays behind
 * the nodes are in the order of the nodes that use them; a CERT_LEAF_WITH has
 * n_disjuncts closings.
 */
struct cert_tree {
    size_t n_disjuncts;
    VEC(struct cert_node) nodes;
    VEC(struct cert_dyadic) thresholds;
    VEC(struct cert_closing) closings;
    VEC(struct cert_multiplier) multipliers;
};

/* The parts of a query that are needed to read a certificate. */
struct cert_shape {
    size_t n_inputs;
    size_t n_cases;
    const size_t *n_disjuncts; /* [n_cases] */
};

/*
 * See FORMAT.md. A tree without nodes is missing.
 *   trees  [n_cases]
 */
struct cert {
    uint8_t box_bits;
    uint8_t fact_bits;
    uint8_t slope_bits;
    unsigned char network_hash[SHA256_BYTES];
    unsigned char property_hash[SHA256_BYTES];
    unsigned char query_hash[SHA256_BYTES];
    size_t n_inputs;
    size_t n_cases;
    struct cert_tree *trees;
};

/* Default grids, hashes of zeros, missing trees; released by cert_clear. */
void cert_init(struct cert *cert, const struct cert_shape *shape);
void cert_clear(struct cert *cert);

/* True for the kinds with two children. */
bool cert_is_inner(enum cert_kind kind);

/* Bits of an input's number in the binary form: the least w with
 * 2^w >= n_inputs. */
unsigned cert_index_bits(size_t n_inputs);

/* A position in a tree that is written or read in pre-order: for each
 * ancestor, root first, how many of its children are not finished. */
struct cert_walk {
    VEC(uint8_t) left;
    bool is_started;
};

/* Enters the next node: its depth. */
size_t cert_walk_enter(struct cert_walk *walk, enum cert_kind kind);
/* True if the tree is finished. */
bool cert_walk_is_done(const struct cert_walk *walk);
void cert_walk_clear(struct cert_walk *walk);

#endif
