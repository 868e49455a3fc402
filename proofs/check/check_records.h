/* A certificate's records, read one after the other: FORMAT.md, "File".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_RECORDS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_RECORDS_H

#include "proofs/check/check_bytes.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_HASH = 32 };

/* An open certificate: its head, and where the next record is. */
struct check_records {
    struct check_bytes file;
    unsigned box_bits;
    unsigned fact_bits;
    unsigned slope_bits;
    const unsigned char *network_hash; /* [CHECK_HASH], as the next two */
    const unsigned char *property_hash;
    const unsigned char *query_hash;
    uint64_t n_cases;
    struct check_cursor trees;
    unsigned bit; /* of the byte at trees.at */
    struct check_cursor data;
};

/* Reads the head and finds the sections; ends in check_unreadable if these
 * do not fill the file, in check_reject if its own hash is wrong. */
void check_records_open(struct check_records *records, const char *path);
/* Ends in check_unreadable unless all records were read. */
void check_records_finish(const struct check_records *records);
void check_records_close(struct check_records *records);

enum check_node_kind { CHECK_LEAF, CHECK_INPUT_SPLIT, CHECK_NEURON_SPLIT };

/* One node, without what it has in DATA; input < n_inputs for an input
 * split. is_explicit is set where DATA holds the threshold or closings. */
struct check_node {
    enum check_node_kind kind;
    bool refresh;
    bool is_explicit;
    size_t input;
};

struct check_node check_records_node(struct check_records *records,
                                     size_t n_inputs);

/* The next number of DATA, without superfluous bytes, and the next signed
 * one. Exponents over a limit end in check_unsupported. */
uint64_t check_records_number(struct check_records *records);
int64_t check_records_signed(struct check_records *records);
long check_records_exponent(struct check_records *records);
/* A multiplier: mantissa * 2^returned exponent, mantissa > 0. */
long check_records_multiplier(mpz_t mantissa, struct check_records *records);

#endif
