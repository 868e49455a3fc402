/* Elements of constant tensors, read in blocks whatever their storage. */
#ifndef ASTROLABE_NET_CONSTANT_H
#define ASTROLABE_NET_CONSTANT_H

#include "src/net/layers.h"
#include "src/net/shape.h"
#include "src/onnx/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The elements of a constant, in one of three places: in the model
 * (borrowed), as doubles (float32 and float64) or as int64 (integers,
 * Booleans). All NULL: none left.
 */
struct constant {
    const struct model_tensor *stored;
    double *reals;
    int64_t *integers;
};

bool constant_is_real_type(int type);    /* float32, 64, 16, bfloat16 */
bool constant_is_integer_type(int type); /* all others we read, and bool */

/* out[count] = elements first .. first+count-1; of a real type, exact. */
void constant_read_reals(double *out, const struct constant *constant,
                         size_t first, size_t count);
/* The same for an integer type; uint64 above INT64_MAX is clamped to it. */
void constant_read_integers(int64_t *out, const struct constant *constant,
                            size_t first, size_t count);

/* True if none of n elements of a real type is NaN or infinite. */
bool constant_is_finite(const struct constant *constant, size_t n);

/* How a stored matrix becomes the matrix of an affine map. */
enum constant_order { CONSTANT_AS_STORED, CONSTANT_TRANSPOSED };

/*
 * The matrix of a constant stored row-major as n_rows x n_cols, or its
 * transpose; CSR or dense by the rule of layers.h. Two passes over the
 * stored elements, no second full copy.
 */
void constant_to_matrix(struct matrix *matrix, const struct constant *constant,
                        size_t n_rows, size_t n_cols,
                        enum constant_order order);

void constant_clear(struct constant *constant);

#endif
