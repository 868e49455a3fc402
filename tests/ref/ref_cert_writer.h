/* Certificates for tests, written node by node in pre-order. */
#ifndef ASTROLABE_TESTS_REF_REF_CERT_WRITER_H
#define ASTROLABE_TESTS_REF_REF_CERT_WRITER_H

#include "proofs/cert.h"
#include "src/base/vec.h"
#include "tests/ref/ref_onnx_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Refresh of all layers. */
#define REF_CERT_ALL UINT64_MAX

/* A proof under construction: nodes of the tree that were announced by their
 * parents and are not written yet, the last one the next. */
struct ref_cert {
    struct cert cert;
    struct cert_tree *tree;
    struct cert_details *details; /* of the last node */
    bool is_lemma;                /* the last lemma or closing is a lemma */
    VEC(uint32_t) pending;
};

/* Grids 40, 36, 12 and 8; trees without nodes; zero hashes. */
struct ref_cert ref_cert_new(size_t n_inputs, size_t n_relus, size_t n_cases,
                             const size_t *n_disjuncts);

/* The nodes written next belong to this tree; ref_cert_new begins tree 0. */
void ref_cert_case(struct ref_cert *cert, size_t number);

/* The next node. */
void ref_cert_leaf(struct ref_cert *cert, uint64_t refresh);
void ref_cert_input(struct ref_cert *cert, uint64_t refresh, uint32_t input);
void ref_cert_input_at(struct ref_cert *cert, uint64_t refresh, uint32_t input,
                       enum cert_threshold kind, int64_t threshold);
void ref_cert_neuron(struct ref_cert *cert, uint64_t refresh, uint32_t relu,
                     uint32_t element);
/* At a threshold in units of 2^-min(S, G). */
void ref_cert_neuron_at(struct ref_cert *cert, uint64_t refresh, uint32_t relu,
                        uint32_t element, int64_t threshold);

/* Records of the last node, slopes first, lemmas second. */
void ref_cert_slope(struct ref_cert *cert, uint32_t relu, uint32_t element,
                    uint16_t slope);
void ref_cert_lemma(struct ref_cert *cert, uint32_t relu, uint32_t element,
                    bool is_upper);
void ref_cert_closing(struct ref_cert *cert, uint32_t disjunct,
                      bool is_default);
/* Terms of the last lemma or closing, atoms first. */
void ref_cert_atom(struct ref_cert *cert, uint32_t atom, uint64_t mantissa,
                   int32_t exponent);
void ref_cert_literal(struct ref_cert *cert, uint32_t above, uint64_t mantissa,
                      int32_t exponent);

/* The file with its hash; clears the certificate. Owned by the caller. */
struct ref_bytes ref_cert_finish(struct ref_cert *cert);

/* Replaces the last 32 bytes by the hash of the others. */
void ref_cert_repair(struct ref_bytes *bytes);

#endif
