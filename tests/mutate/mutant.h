/* Certificates with their network and property, and faults put into them. */
#ifndef ASTROLABE_TESTS_MUTATE_MUTANT_H
#define ASTROLABE_TESTS_MUTATE_MUTANT_H

#include "proofs/cert.h"
#include "src/base/rng.h"
#include "tests/ref/ref_onnx_writer.h"

#include <stdbool.h>
#include <stddef.h>

/* The three files. */
struct mutant {
    struct ref_bytes network;
    struct ref_bytes property;
    struct ref_bytes certificate;
};

/*
 * A way to change a mutant.
 *   is_rebound  the hashes in the certificate are put right afterwards: files
 *               were changed
 *   is_broken   END stays as it was; otherwise it is put right
 *   change      false: there was nothing to change
 */
struct fault {
    const char *name;
    bool is_rebound;
    bool is_broken;
    bool (*change)(struct mutant *mutant, struct rng *rng);
};

/* All of them; *n is their number. */
const struct fault *mutant_faults(size_t *n);

/* Changes of files: mutant_file.c. */
bool fault_flip_bit(struct mutant *mutant, struct rng *rng);
bool fault_set_byte(struct mutant *mutant, struct rng *rng);
bool fault_cut(struct mutant *mutant, struct rng *rng);
bool fault_stream_bit(struct mutant *mutant, struct rng *rng);
bool fault_stream_drop(struct mutant *mutant, struct rng *rng);
bool fault_stream_insert(struct mutant *mutant, struct rng *rng);
bool fault_stream_swap(struct mutant *mutant, struct rng *rng);
bool fault_grids(struct mutant *mutant, struct rng *rng);
bool fault_hash(struct mutant *mutant, struct rng *rng);
bool fault_weight(struct mutant *mutant, struct rng *rng);
bool fault_network_byte(struct mutant *mutant, struct rng *rng);
bool fault_digit(struct mutant *mutant, struct rng *rng);
bool fault_comparison(struct mutant *mutant, struct rng *rng);
bool fault_assertion(struct mutant *mutant, struct rng *rng);

/* A change of a decoded certificate; false: nothing to change. */
typedef bool (*fault_cert_change)(struct cert *cert, struct rng *rng);

/* Decodes, changes, encodes: mutant.c. */
bool fault_in_cert(struct mutant *mutant, struct rng *rng,
                   fault_cert_change change);

/* Changes of trees: mutant_tree.c and mutant_rule.c. */
bool change_threshold(struct cert *cert, struct rng *rng);
bool change_input(struct cert *cert, struct rng *rng);
bool change_neuron(struct cert *cert, struct rng *rng);
bool change_refresh(struct cert *cert, struct rng *rng);
bool change_children(struct cert *cert, struct rng *rng);
bool change_sibling(struct cert *cert, struct rng *rng);
bool change_to_leaf(struct cert *cert, struct rng *rng);
bool change_to_child(struct cert *cert, struct rng *rng);
bool change_details(struct cert *cert, struct rng *rng);
bool change_scope(struct cert *cert, struct rng *rng);
bool change_trees(struct cert *cert, struct rng *rng);
bool change_slope(struct cert *cert, struct rng *rng);
bool change_lemma(struct cert *cert, struct rng *rng);
bool change_lemma_order(struct cert *cert, struct rng *rng);
bool change_multiplier(struct cert *cert, struct rng *rng);
bool change_citation(struct cert *cert, struct rng *rng);
bool change_closing(struct cert *cert, struct rng *rng);
bool change_witness(struct cert *cert, struct rng *rng);

/* A random node of a random tree: of any kind, or only inner ones. NULL: there
 * is none. */
struct cert_node *mutant_node(struct cert *cert, struct rng *rng,
                              struct cert_tree **tree, bool is_inner);

#endif
