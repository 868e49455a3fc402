/* A certificate in memory: what it binds, and one tree per case. */
#ifndef ASTROLABE_PROOFS_CERT_H
#define ASTROLABE_PROOFS_CERT_H

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CERT_VERSION = 2,
    CERT_BOX_BITS = 40, /* defaults of the header's grids */
    CERT_FACT_BITS = 36,
    CERT_SLOPE_BITS = 16,
    CERT_LOWER_BITS = 8,
    CERT_MAX_BITS = 60, /* of box and fact bits */
    CERT_MAX_SLOPE_BITS = 16,
    CERT_MAX_LOWER_BITS = 8,
    CERT_MAX_RELUS = 64, /* ReLU layers */
    CERT_MAX_EXPONENT = 10000,
    CERT_MAX_DISJUNCTS = 1 << 24, /* of a case */
    CERT_FRACTIONS = 32           /* parts of a box for CERT_FRACTION */
};

/* Mantissas of multipliers are below this. */
#define CERT_MAX_MANTISSA ((uint64_t)1 << 62)
/* Thresholds in units of the box grid are below this in size. */
#define CERT_MAX_THRESHOLD ((int64_t)1 << 62)
/* No details, no node. */
#define CERT_NONE UINT32_MAX

/* What the certificate proves: no execution satisfies the query, or this one
 * does. */
enum cert_verdict { CERT_UNSAT, CERT_SAT };

enum cert_kind { CERT_LEAF, CERT_INPUT, CERT_NEURON };

enum cert_threshold {
    CERT_MIDPOINT,
    CERT_FRACTION, /* lo + floor((hi - lo) * k / CERT_FRACTIONS) */
    CERT_GRID      /* in units of 2^-box_bits */
};

/* mantissa * 2^exponent > 0, mantissa odd, times atom number `index`, or times
 * the literal of the neuron split `index` above (0: the nearest). */
struct cert_multiplier {
    uint64_t mantissa;
    int32_t exponent;
    uint32_t index;
};

/* multipliers[first ..]: n_atoms of atoms, then n_literals of literals. */
struct cert_combination {
    size_t first;
    uint32_t n_atoms;
    uint32_t n_literals;
};

/* The lower line of neuron (relu, element) has slope / 2^lower_bits. */
struct cert_slope {
    uint32_t relu;
    uint32_t element;
    uint16_t slope;
};

/* A lower (upper) end of the z of neuron (relu, element). */
struct cert_lemma {
    uint32_t relu;
    uint32_t element;
    bool is_upper;
    struct cert_combination by;
};

/* by: empty and not read if is_default. */
struct cert_closing {
    uint32_t disjunct;
    bool is_default;
    struct cert_combination by;
};

/*
 * What a node has of the arrays of its tree: contiguous ranges. Lemmas are by
 * non-decreasing ReLU layer, closings by increasing disjunct. Closings of an
 * inner node: all disjuncts that are closed here, with at least one left open;
 * of a leaf: those that are not closed by default.
 */
struct cert_details {
    size_t first_slope;
    size_t first_lemma;
    size_t first_closing;
    uint32_t n_slopes;
    uint32_t n_lemmas;
    uint32_t n_closings;
};

/*
 *   kind, threshold_kind   enum cert_kind, enum cert_threshold in fewer bytes
 *   index, element         input; or ReLU layer and element
 *   child                  inner: number of child 0, child 1 is the next
 *   details                place in details, CERT_NONE without any
 *   threshold              k of k/CERT_FRACTIONS, 0 < k; or grid units, also
 *                          where a neuron is split, in those of the coarser of
 *                          2^-slope_bits and 2^-fact_bits
 *   refresh                bit r: ReLU layer r
 * Members without a meaning for the node are 0.
 */
struct cert_node {
    uint8_t kind;
    uint8_t threshold_kind;
    uint32_t index;
    uint32_t element;
    uint32_t child;
    uint32_t details;
    int64_t threshold;
    uint64_t refresh;
};

/*
 * nodes[0] is the root; without nodes the tree is missing. Nodes are in any
 * order and not all need to be reachable; the same holds for the other arrays.
 */
struct cert_tree {
    size_t n_disjuncts;
    VEC(struct cert_node) nodes;
    VEC(struct cert_details) details;
    VEC(struct cert_slope) slopes;
    VEC(struct cert_lemma) lemmas;
    VEC(struct cert_closing) closings;
    VEC(struct cert_multiplier) multipliers;
};

/* The numbers that a certificate shares with its query and network. */
struct cert_shape {
    size_t n_inputs;
    size_t n_relus; /* ReLU layers */
    size_t n_cases;
    const size_t *n_disjuncts; /* [n_cases] */
};

/*
 * See FORMAT.md.
 *   has_cells  about a network in cells; without trees then
 *   trees    [n_cases] if CERT_UNSAT, else NULL
 *   witness  [n_inputs] finite, if CERT_SAT, else NULL
 */
struct cert {
    enum cert_verdict verdict;
    bool has_cells;
    uint8_t box_bits;
    uint8_t fact_bits;
    uint8_t slope_bits;
    uint8_t lower_bits;
    bool has_pairs; /* CERT_UNSAT, of differences of two networks */
    unsigned char network_hash[SHA256_BYTES];
    unsigned char property_hash[SHA256_BYTES];
    unsigned char query_hash[SHA256_BYTES];
    size_t n_inputs;
    size_t n_relus;
    size_t n_cases;
    struct cert_tree *trees;
    double *witness;
};

/* CERT_UNSAT with default grids, hashes of zeros and missing trees; released
 * by cert_clear, which leaves {0} and may be called on that. */
void cert_init(struct cert *cert, const struct cert_shape *shape);
void cert_clear(struct cert *cert);

/* Empties a tree; its number of disjuncts remains. */
void cert_tree_clear(struct cert_tree *tree);

/* The details of a node: all counts 0 if it has none. */
struct cert_details cert_node_details(const struct cert_tree *tree,
                                      const struct cert_node *node);

/*
 * Sees to it that the forms of FORMAT.md can express the certificate: trees
 * are there and what is reachable in them keeps every rule above.
 *   returns  STATUS_OK; STATUS_LIMIT with the rule that is broken
 */
enum status cert_check(const struct cert *cert, struct error *error);
/* The same for one tree and the header. */
enum status cert_check_tree(const struct cert *cert, size_t case_index,
                            struct error *error);

#endif
