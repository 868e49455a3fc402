/* Certificates for tests, written record by record. */
#ifndef ASTROLABE_TESTS_REF_REF_CERT_WRITER_H
#define ASTROLABE_TESTS_REF_REF_CERT_WRITER_H

#include "tests/ref/ref_onnx_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A certificate under construction; zeroed but for the fields of the head. */
struct ref_cert {
    unsigned box_bits;
    unsigned fact_bits;
    unsigned slope_bits;
    unsigned char hashes[3][32]; /* network, property, query */
    uint64_t n_cases;
    size_t n_bits;
    struct ref_bytes trees;
    struct ref_bytes data;
};

/* Grids 2^-40, 2^-36, 2^-12 and one case. */
struct ref_cert ref_cert_new(void);

/* Nodes of the trees, in pre-order. n_inputs: of the network. */
void ref_cert_bits(struct ref_cert *cert, unsigned value, unsigned n);
void ref_cert_leaf(struct ref_cert *cert, bool refresh, bool is_explicit);
void ref_cert_input(struct ref_cert *cert, bool refresh, unsigned input,
                    unsigned n_inputs);
void ref_cert_input_at(struct ref_cert *cert, bool refresh, unsigned input,
                       unsigned n_inputs, int64_t mantissa, int64_t exponent);
void ref_cert_neuron(struct ref_cert *cert, bool refresh, uint64_t relu,
                     uint64_t element);

/* Numbers of the data. */
void ref_cert_number(struct ref_cert *cert, uint64_t value);
void ref_cert_signed(struct ref_cert *cert, int64_t value);
/* index, mantissa, exponent of a multiplier. */
void ref_cert_multiplier(struct ref_cert *cert, uint64_t index,
                         uint64_t mantissa, int64_t exponent);

/* The file with its hash; clears the certificate. Owned by the caller. */
struct ref_bytes ref_cert_finish(struct ref_cert *cert);

/* Replaces the last 32 bytes by the hash of the others. */
void ref_cert_repair(struct ref_bytes *bytes);

#endif
