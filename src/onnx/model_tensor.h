/* Constant tensors: protobuf-c's form to ours, all counts checked. */
#ifndef ASTROLABE_ONNX_MODEL_TENSOR_H
#define ASTROLABE_ONNX_MODEL_TENSOR_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"
#include "src/onnx/model.h"

#include <onnx.pb-c.h>

/* Name of an element type ("float32"); "type 23" style names are static
 * text "unknown" for numbers this program has never heard of. */
const char *model_type_name(int type);

/*
 * Copies a tensor of the thinned message.
 *   tensor  out, zeroed by the caller; to be cleared by the caller whatever
 *           the status; raw points into image
 *   source  raw_data is a locator of onnx_guard into image
 *   returns STATUS_OK; STATUS_BAD_INPUT (counts do not match the dims);
 *           STATUS_UNSUPPORTED (type, external data)
 */
enum status model_tensor_read(struct model_tensor *tensor,
                              const Onnx__TensorProto *source,
                              const struct bytes *image, struct error *error);

void model_tensor_clear(struct model_tensor *tensor);

#endif
