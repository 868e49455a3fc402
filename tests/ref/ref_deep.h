/* Random networks in which bounds of hidden neurons matter. */
#ifndef ASTROLABE_TESTS_REF_REF_DEEP_H
#define ASTROLABE_TESTS_REF_REF_DEEP_H

#include "src/base/rng.h"
#include "tests/ref/ref_onnx_writer.h"

/* Inputs of a network, too many for the small simplex, and those that a
 * property should let vary: few, so that searches end. */
enum { REF_DEEP_INPUTS = 20, REF_DEEP_VARYING = 6 };

/* Three layers of ten ReLUs over X [1 x REF_DEEP_INPUTS], and Y [1 x 1]. One
 * neuron is inactive where REF_DEEP_VARYING inputs vary between -1 and 1: no
 * bounds are refined unless one is stable. */
struct ref_bytes ref_deep_model(struct rng *rng);

#endif
