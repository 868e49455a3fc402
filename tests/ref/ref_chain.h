/* Chains of Gemm and Relu as queries, read back from real files. */
#ifndef ASTROLABE_TESTS_REF_REF_CHAIN_H
#define ASTROLABE_TESTS_REF_REF_CHAIN_H

#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * v[k+1] = weight[k] v[k] + bias[k], with a ReLU after all but the last.
 *   widths  [n_layers + 1], inputs first
 *   weight  [n_layers] each [widths[k+1] x widths[k]] row-major
 *   bias    [n_layers] each [widths[k+1]]
 * Numbers are rounded to the element type, float64 or else float32.
 */
struct ref_chain {
    size_t n_layers;
    const size_t *widths;
    const double *const *weight;
    const double *const *bias;
    bool is_float64;
};

/* Writes the chain as an ONNX file and `property` (VNN-LIB text without the
 * declarations of X_i and Y_i) beside it, loads both and removes them.
 * Failures end the test. Freed with query_destroy. */
struct query *ref_chain_query(const struct ref_chain *chain,
                              const char *property);

#endif
