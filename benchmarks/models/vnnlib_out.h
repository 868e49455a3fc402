/* A rule as VNN-LIB text, version 1 or 2.0. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_VNNLIB_OUT_H
#define ASTROLABE_BENCHMARKS_MODELS_VNNLIB_OUT_H

#include "benchmarks/models/rule.h"
#include "benchmarks/models/toy.h"
#include "src/base/writer.h"

/* Version 1: flat names X_i and Y_j, one assertion per bound. */
void vnnlib_out_v1(struct writer *writer, const struct rule *rule);

/* Version 2.0: one network of type real with the input's full shape. */
void vnnlib_out_v2(struct writer *writer, const struct rule *rule,
                   const struct toy *toy);

#endif
