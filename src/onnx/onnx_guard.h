/* The protobuf bytes of a model, checked and thinned before protobuf-c. */
#ifndef ASTROLABE_ONNX_ONNX_GUARD_H
#define ASTROLABE_ONNX_ONNX_GUARD_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"

#include <stddef.h>
#include <stdint.h>

/*
 * depth    deepest message inside a message that is accepted
 * fields   most length-delimited fields in one file (each becomes a block
 *          of memory when unpacked)
 * locator  bytes that stand for one TensorProto.raw_data in the skeleton
 */
enum {
    ONNX_GUARD_DEPTH = 100,
    ONNX_GUARD_FIELDS = 1 << 24,
    ONNX_GUARD_LOCATOR = 16
};

/*
 * Checks the wire format of a ModelProto: varints of at most ten bytes,
 * every length inside its message, no groups, nesting and number of fields
 * limited, singular submessages given once, no zero byte inside a string.
 * Which fields are messages is taken from protobuf-c's own descriptors.
 *
 *   skeleton  out, owned by the caller: the same message with the contents
 *             of every TensorProto.raw_data replaced by a locator
 *   data      [n] the file; n < 2^31
 *   returns   STATUS_OK; STATUS_BAD_INPUT, the message names the offset
 */
enum status onnx_guard(struct bytes *skeleton, const unsigned char *data,
                       size_t n, struct error *error);

/* Where in the file the raw_data with this locator begins, and its length.
 * locator has ONNX_GUARD_LOCATOR bytes. */
void onnx_guard_locate(size_t *offset, size_t *length,
                       const unsigned char *locator);

#endif
