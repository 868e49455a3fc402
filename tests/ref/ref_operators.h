/* A tiny network for every operator: one node, or a few, of each form. */
#ifndef ASTROLABE_TESTS_REF_REF_OPERATORS_H
#define ASTROLABE_TESTS_REF_REF_OPERATORS_H

#include "src/net/net.h"
#include "tests/ref/ref_onnx_writer.h"

#include <stdbool.h>
#include <stddef.h>

enum { REF_OPERATOR_INPUTS = 32 };

/*
 *   name        of the operator
 *   opset       of the file
 *   inputs      of the node, separated by spaces:
 *     X[1,4]          computed: a graph input of floats in [-1, 1]
 *     W[4]@0.5,2      likewise in [0.5, 2]
 *     X               the input X once more
 *     X[1,4]>u        cast to a type of the letters below first
 *     f[2]=0.5,-1     constant; the values start over where there are too few
 *     i=1,2           a list; f[]=1 a scalar; letters: f float32, i int64,
 *                     I int32, u uint8, c int8, b bool
 *     _               left out
 *   attributes  name=2 name=0.5f name='text' name=[1,2], separated by spaces
 *   output      letter of the type of the first output
 *   n_outputs   the first one is the output of the graph
 *   is_other    a form with two computed inputs, or beside the usual one: not
 *               what the table of operators is about
 */
struct ref_operator {
    const char *name;
    const char *inputs;
    const char *attributes;
    size_t n_outputs;
    int opset;
    char output;
    bool is_other;
};

size_t ref_operator_count(void);
const struct ref_operator *ref_operator_at(size_t i);

/* A network with this node; where no input is computed, its result is added to
 * an input X. Inputs lie in the box lower, upper[REF_OPERATOR_INPUTS]. */
struct ref_bytes ref_operator_model(const struct ref_operator *row,
                                    double *lower, double *upper);

/* The network of a row on disk, as the verifier reads it. */
struct ref_operator_net {
    const struct ref_operator *row;
    char path[64];
    struct net *net;
    struct layers *layers;
    double lower[REF_OPERATOR_INPUTS];
    double upper[REF_OPERATOR_INPUTS];
};

/* Writes and reads it, and removes it. */
void ref_operator_open(struct ref_operator_net *self,
                       const struct ref_operator *row);
void ref_operator_close(struct ref_operator_net *self);

#endif
