/* Sparse tensors as dense ones. */
#ifndef ASTROLABE_ONNX_MODEL_SPARSE_H
#define ASTROLABE_ONNX_MODEL_SPARSE_H

#include "src/onnx/model_tensor.h"

/*
 * Copies a sparse tensor of the thinned message, with zeros where it names no
 * element. Indices are positions, or vectors of coordinates, in increasing
 * order.
 *   tensor  as of model_tensor_read; named like the values; raw is owned
 *   returns STATUS_OK; STATUS_BAD_INPUT; STATUS_UNSUPPORTED (too large)
 */
enum status model_sparse_read(struct model_tensor *tensor,
                              const Onnx__SparseTensorProto *source,
                              const struct model_sources *sources,
                              struct error *error);

#endif
