/* The table of operators: one row of operators.def each. */
#ifndef ASTROLABE_NET_OPERATORS_H
#define ASTROLABE_NET_OPERATORS_H

#include "src/net/graph.h"
#include "src/net/import.h"

#include <stddef.h>

/* Import functions: read and check attributes and inputs, infer the shape,
 * create the outputs and the node that computes them. */
#define OPERATOR(name, min_opset, function, form, checked) \
    enum status function(struct import *import);
#include "src/net/operators.def"
#undef OPERATOR

size_t operators_count(void);
const struct op *operators_get(size_t i);

/* The operator of that name in domain ai.onnx, or NULL. */
const struct op *operators_find(const char *name);

#endif
