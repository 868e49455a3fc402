/* Elements of tensors in files beside the model. */
#ifndef ASTROLABE_ONNX_EXTERNAL_H
#define ASTROLABE_ONNX_EXTERNAL_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <onnx.pb-c.h>
#include <stddef.h>

/* A file named by the model; owned. */
struct external_file {
    char *location;
    struct bytes bytes;
};

/* All files that the model at `path` has named so far. */
struct external {
    const char *path; /* not owned */
    size_t n_bytes;
    VEC(struct external_file) files;
};

/*
 * The bytes of a tensor's elements, of a file in the folder of the model or
 * below it; each file is read once. Keys other than location, offset and
 * length are refused, and so are numbers beyond the file.
 *   data, n  out: point into the file, which `external` owns
 *   returns STATUS_OK; STATUS_IO; STATUS_BAD_INPUT; STATUS_UNSUPPORTED
 */
enum status external_find(const unsigned char **data, size_t *n,
                          struct external *external,
                          const Onnx__TensorProto *tensor, struct error *error);

void external_clear(struct external *external);

#endif
