/* Certificates of tests/cert: text form, with their network, property and
 * expectation in comments. */
#ifndef ASTROLABE_TESTS_REF_REF_CASE_H
#define ASTROLABE_TESTS_REF_REF_CASE_H

#include "tests/ref/ref_subject.h"

#include <stddef.h>

enum { REF_CASE_LAYERS = 6, REF_CASE_WIDTH = 8, REF_CASE_TEXT = 1 << 14 };

/*
 * One file. Lines that start as follows are for the test, the others are the
 * certificate, whose hashes may be `@`, the right one:
 *
 *   #net N ...                widths of a chain of layers
 *   #layer W ... B ...        weights row by row, biases; in layer order
 *   #prop TEXT                a line of the property; X_i and Y_j are declared
 *   #expect STATUS TEXT       exit status, a part of standard error
 *   #item TEXT                what it is about
 *   #sat                      some input is unsafe
 *
 * Numbers are decimal or hexadecimal floats.
 */
struct ref_case {
    size_t n_layers;
    size_t widths[REF_CASE_LAYERS + 1];
    double weights[REF_CASE_LAYERS][REF_CASE_WIDTH * REF_CASE_WIDTH];
    double biases[REF_CASE_LAYERS][REF_CASE_WIDTH];
    char property[REF_CASE_TEXT];
    char certificate[REF_CASE_TEXT];
    bool is_sat;
    int status;
    char reason[256];
};

/* Reads a file; ends the test if it is malformed. */
void ref_case_read(struct ref_case *of, const char *path);

/* The network and the property; ref_subject_close releases them. */
void ref_case_open(struct ref_subject *subject, const struct ref_case *of);

/* The certificate in binary form, its `@` filled in; owned by the caller. */
struct ref_bytes ref_case_certificate(const struct ref_case *of,
                                      const struct ref_subject *subject);

#endif
