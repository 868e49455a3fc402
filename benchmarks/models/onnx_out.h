/* A toy network as ONNX bytes: a protobuf writer for what it needs. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_ONNX_OUT_H
#define ASTROLABE_BENCHMARKS_MODELS_ONNX_OUT_H

#include "benchmarks/models/toy.h"
#include "src/base/writer.h"

/*
 * Appends the whole model: IR version 8, opset 13, float32, batch of one,
 * tensors as raw data. GEMM becomes Gemm with transB, MATMUL becomes MatMul
 * and Add, CONV becomes Conv; a Flatten is put between a plane and a vector.
 * Source: the field numbers of onnx.proto (ONNX 1.12).
 */
void onnx_out_model(struct writer *writer, const struct toy *toy);

#endif
