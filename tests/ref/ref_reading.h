/* What the checker reads in a model, beside what the verifier reads. */
#ifndef ASTROLABE_TESTS_REF_REF_READING_H
#define ASTROLABE_TESTS_REF_REF_READING_H

#include "proofs/check/check_network.h"
#include "tests/ref/ref_onnx_writer.h"

/* A float32 input x and an output y; for six inputs, s is x - 7/2. */
struct ref_model ref_reading_start(int64_t opset, const int64_t *dims,
                                   size_t n);

/* v[n_coordinates] of the network, x = 1, 2, ...; owned by the caller. */
mpq_t *ref_reading_new_values(const struct check_network *network);
void ref_reading_free_values(mpq_t *v, const struct check_network *network);

/* The text is y at x = 1, 2, ... by the checker. */
void ref_reading_computes(const struct check_network *network,
                          const char *expected);
/* The verifier prints of the network at the path what the checker does. */
void ref_reading_compare_dumps(const struct check_network *network,
                               const char *path);

/* Both print the same, and the text: y at x = 1, 2, ..., then ":" and the
 * widths of all layers of neurons. */
void ref_reading_gives(struct ref_model *model, const char *expected);
/* Both print the same. */
void ref_reading_agrees(struct ref_model *model);
/* Lets the checker read the model, which ends the process if it must. */
void ref_reading_refuses(struct ref_model *model);

#endif
