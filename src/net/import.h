/* What an operator's import function sees of its node, and how it answers. */
#ifndef ASTROLABE_NET_IMPORT_H
#define ASTROLABE_NET_IMPORT_H

#include "src/net/graph.h"
#include "src/onnx/model.h"
#include "src/onnx/name_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The integers that Casts make of elements of the inputs. */
struct import_pins {
    size_t n;
    const size_t *elements; /* ascending */
    const int64_t *values;
};

/*
 * One import; `source`, `op`, `opset` and is_read belong to the node at
 * hand. Import functions return STATUS_OK after having created all outputs
 * of the node, or fail through import_refuse.
 */
struct import {
    struct net *net;
    const struct model *model;
    struct error *error;
    struct name_table names; /* tensors */
    int64_t opset;
    const struct op *op;
    const struct model_node *source;
    bool *is_read;        /* attributes asked for */
    size_t n_reserved;    /* tensors that fit into the net's array */
    bool has_wide_number; /* an integer passed 2^53 where doubles are used */
    const struct import_pins *pins; /* NULL: Casts are computed */
    VEC(size_t) sites;              /* elements of inputs that Casts read */
    VEC(size_t) order;              /* nodes of the model, as imported */
    VEC(const char *) tables;       /* indexed constants that go into nodes */
};

/* Puts the model's opset, initializers and inputs into the empty net. */
enum status import_begin(struct import *import);
/* Imports node k of the model, whose inputs are there. */
enum status import_model_node(struct import *import, size_t k);
/* All of the model, its nodes in topological order. */
enum status import_model(struct import *import);
/* Releases all but the net and the model. */
void import_clear(struct import *import);

/* Returns at once unless the call succeeds; for functions that own nothing. */
#define IMPORT_TRY(call)                   \
    do {                                   \
        const enum status tried_ = (call); \
        if (tried_ != STATUS_OK) {         \
            return tried_;                 \
        }                                  \
    } while (0)

/* Fills the error with `node 'n' (Op, opset v): ` and the text; returns
 * status. */
enum status import_refuse(struct import *import, enum status status,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Attributes: the default stays in *value when absent; arrays are borrowed
 * (NULL when absent). STATUS_BAD_INPUT on a wrong kind. */
enum status import_int(struct import *import, const char *name, int64_t *value);
enum status import_float(struct import *import, const char *name,
                         double *value);
enum status import_string(struct import *import, const char *name,
                          const char **value);
enum status import_ints(struct import *import, const char *name,
                        const int64_t **values, size_t *n);
enum status import_attribute_tensor(struct import *import, const char *name,
                                    const struct model_tensor **value);
/* Marks an attribute as known and without influence on inference. */
void import_ignore(struct import *import, const char *name);
/* STATUS_BAD_INPUT if an attribute was never asked for. */
enum status import_check_attributes(struct import *import);

/* Number of inputs given, trailing absent ones not counted. */
size_t import_n_inputs(const struct import *import);
/* STATUS_BAD_INPUT unless lowest <= inputs <= highest, the first `lowest`
 * are present, and there are 1 to n_outputs outputs. */
enum status import_arity(struct import *import, size_t lowest, size_t highest,
                         size_t n_outputs);
/* Input i, or NULL when absent. */
struct tensor *import_input(const struct import *import, size_t i);
/* Its number in the net. */
size_t import_number(const struct import *import, const struct tensor *tensor);

/* Elements of a constant integer input, owned by the caller; *values stays
 * NULL when the input is absent. STATUS_UNSUPPORTED if it is computed. */
enum status import_integers(struct import *import, size_t i, int64_t **values,
                            size_t *n);
/* Axes: attribute `axes` before opset `since`, input 1 from then on; owned by
 * the caller, *axes stays NULL when they are absent. */
enum status import_axes(struct import *import, int64_t **axes, size_t *n,
                        int64_t since);
/* is_marked[d]: axis d of `rank` is among the n axes, or was marked;
 * STATUS_BAD_INPUT unless they are axes, each once. NULL has none. */
enum status import_mark_axes(bool is_marked[SHAPE_RANK], struct import *import,
                             const int64_t *axes, size_t n, size_t rank);
/* Elements of a constant real tensor, owned by the caller. */
double *import_reals(const struct tensor *tensor);
/* The one element of a constant input of numbers; *value stays when absent. */
enum status import_number_input(struct import *import, size_t i, double *value);
/* The same where only whole numbers have a meaning. */
enum status import_whole_input(struct import *import, size_t i, int64_t *value);
/* STATUS_BAD_INPUT unless the inputs first .. end - 1 that are given have the
 * type of the first, or all are of real numbers. */
enum status import_check_types(struct import *import, size_t first, size_t end);
/* STATUS_BAD_INPUT unless input 0 is of real numbers. */
enum status import_check_real(struct import *import);

/* Creates output `i`: computed until its constant is filled; REQUIREs that
 * it does not exist yet. STATUS_UNSUPPORTED if it has too many elements. */
enum status import_output(struct import *import, size_t i, int type,
                          const struct shape *shape, struct tensor **tensor);
/* Room for a tensor without a name; REQUIREs what import_reserve left. */
struct tensor *import_unnamed(struct import *import);
/* Makes room for n tensors; moves the net's array. */
void import_reserve(struct import *import, size_t n);
/* True if output i has a name. */
bool import_has_output(const struct import *import, size_t i);

/* Appends a node that computes `output` from n computed tensors. */
struct node *import_node(struct import *import, enum node_form form,
                         const struct tensor *output,
                         const struct tensor *const *args, size_t n);

/* The elements of several tensors one after the other. */
struct import_parts {
    const struct tensor *const *tensors;
    size_t n;
    const double *fill; /* one more real element at the end, or NULL */
};

/*
 * Output i = parts[map[i]] (NULL: identity): a constant if all parts are, a
 * NODE_MAP otherwise. Takes ownership of the map.
 */
enum status import_map(struct import *import, size_t i,
                       const struct shape *shape,
                       const struct import_parts *parts, uint32_t *map);

/* The same with the single part `input`. */
enum status import_map_one(struct import *import, size_t i,
                           const struct shape *shape,
                           const struct tensor *input, uint32_t *map);

/* STATUS_UNSUPPORTED unless the tensor is computed and real. */
enum status import_computed(struct import *import, const struct tensor *tensor);

#endif
