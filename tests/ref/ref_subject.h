/* A small network and property on disk, and the checker's verdict on
 * certificates for them. */
#ifndef ASTROLABE_TESTS_REF_REF_SUBJECT_H
#define ASTROLABE_TESTS_REF_REF_SUBJECT_H

#include "proofs/check/check_certificate.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_vnnlib.h"
#include "tests/ref/ref_cert_writer.h"

/* The files, and what the checker reads in them. */
struct ref_subject {
    char network_path[64];
    char property_path[64];
    struct check_network *network;
    struct check_property *property;
    struct check_query *query;
};

/* Writes and reads the files; the model is cleared. */
void ref_subject_open(struct ref_subject *subject, struct ref_bytes *model,
                      const char *property);
/* Removes them. */
void ref_subject_close(struct ref_subject *subject);

/* A certificate of this shape, with the right hashes and without nodes. */
struct ref_cert ref_subject_cert(const struct ref_subject *subject);

enum { REF_SUBJECT_LINE = 80 };

/* Exit status of the checker, in a process of its own: 0 accepted, 1 rejected,
 * 3 malformed, 4 unsupported; 256 + signal. line: what it says holds, or
 * `rejected`. The second form uses one thread. */
int ref_subject_run(const struct ref_subject *subject,
                    const struct ref_bytes *certificate,
                    enum check_arithmetic arithmetic, size_t n_threads,
                    char line[REF_SUBJECT_LINE]);
int ref_subject_check(const struct ref_subject *subject,
                      const struct ref_bytes *certificate,
                      enum check_arithmetic arithmetic);

/*
 * A network X -> ReLU -> ... -> Y of float32 layers: layer l has the weights
 * weights[l] [widths[l + 1] x widths[l]] and biases[l] [widths[l + 1]], and a
 * ReLU behind it unless it is the last.
 */
struct ref_bytes ref_subject_chain(size_t n_layers, const size_t *widths,
                                   const double *const *weights,
                                   const double *const *biases);

#endif
