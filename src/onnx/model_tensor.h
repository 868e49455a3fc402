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

/* Bytes per element of a type that model_tensor_read accepts. */
size_t model_type_size(int type);

/* Where elements lie that are not in the message. */
struct model_sources {
    const struct bytes *image; /* the model */
    struct external *external; /* files beside it */
};

/*
 * Copies a tensor of the thinned message.
 *   tensor  out, zeroed by the caller; to be cleared by the caller whatever
 *           the status; raw points into the sources
 *   source  raw_data is a locator of onnx_guard into the image
 *   returns STATUS_OK; STATUS_BAD_INPUT (counts do not match the dims);
 *           STATUS_UNSUPPORTED (type); STATUS_IO (external data)
 */
enum status model_tensor_read(struct model_tensor *tensor,
                              const Onnx__TensorProto *source,
                              const struct model_sources *sources,
                              struct error *error);

void model_tensor_clear(struct model_tensor *tensor);

#endif
