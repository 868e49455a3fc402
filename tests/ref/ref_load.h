/* Loading networks, of models and of any bytes. */
#ifndef ASTROLABE_TESTS_REF_REF_LOAD_H
#define ASTROLABE_TESTS_REF_REF_LOAD_H

#include "src/base/status.h"
#include "src/net/net.h"
#include "tests/ref/ref_onnx_writer.h"

#include <stddef.h>

/* Loads the network of a model, which is cleared; fails the test if it is
 * refused. Owned by the caller. */
struct net *ref_load_model(struct ref_model *model);

/* Loads a network and, if that works and it is not too large, evaluates and
 * lowers it; fails the test unless a refusal has a reason and all memory comes
 * back. Returns the status of loading. */
enum status ref_load_bytes(const void *data, size_t n);

#endif
