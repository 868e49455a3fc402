/* A property file as written: declarations and the tree of its assertions. */
#ifndef ASTROLABE_VNNLIB_VNNLIB_H
#define ASTROLABE_VNNLIB_VNNLIB_H

#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Parentheses may be nested this deep; recursion over a tree is bounded by
 * it. Files are at most this long (unpacked). */
enum { VNNLIB_MAX_DEPTH = 1000 };
#define VNNLIB_MAX_BYTES ((size_t)1 << 31)
/* Number of an element whose name could not be resolved. */
#define VNNLIB_UNKNOWN UINT32_MAX

enum vnnlib_kind {
    VNNLIB_TRUE,
    VNNLIB_FALSE,
    VNNLIB_AND,
    VNNLIB_OR,
    VNNLIB_NOT,
    VNNLIB_IMPLIES,
    VNNLIB_LE,
    VNNLIB_GE,
    VNNLIB_LT,
    VNNLIB_GT,
    VNNLIB_EQ,
    VNNLIB_NE,
    VNNLIB_ADD,
    VNNLIB_SUB, /* one operand: its negation */
    VNNLIB_MUL,
    VNNLIB_NUMBER,
    VNNLIB_ELEMENT
};

/*
 * One node; a tree is its nodes in preorder, so the first operand of node i
 * is i+1 and the next sibling of i is vnnlib_next(i).
 *   offset   byte of the text where it starts
 *   extent   NUMBER: bytes of the literal; ELEMENT: number of the variable;
 *            else nodes of the subtree including itself
 *   element  ELEMENT: row-major position inside the variable
 */
struct vnnlib_node {
    uint32_t offset;
    uint32_t extent;
    uint32_t element;
    enum vnnlib_kind kind;
};

enum vnnlib_role {
    VNNLIB_FREE, /* version 1: the name decides */
    VNNLIB_INPUT,
    VNNLIB_INITIALIZED, /* an input with a value in the model (2.1) */
    VNNLIB_HIDDEN,
    VNNLIB_OUTPUT
};

/*
 * One declared variable (version 1: a scalar).
 *   offset, length   its name in the text
 *   network          number of its network
 *   type             row of the type table (vnnlib/types.h)
 *   first_dim, n_dims  its shape in dims; none: scalar
 *   n_elements       product of the dimensions
 *   node_offset, node_length  HIDDEN: the node's name with its quotes
 */
struct vnnlib_variable {
    uint32_t offset;
    uint32_t length;
    uint32_t network;
    uint32_t type;
    uint32_t first_dim;
    uint32_t n_dims;
    uint32_t n_elements;
    uint32_t node_offset;
    uint32_t node_length;
    enum vnnlib_role role;
};

enum vnnlib_congruence {
    VNNLIB_DISTINCT,
    VNNLIB_EQUAL_TO,
    VNNLIB_ISOMORPHIC_TO
};

/* One declared network; `base` is the one it is congruent to. Version 1 has
 * one network without a name. */
struct vnnlib_network {
    uint32_t offset;
    uint32_t length;
    uint32_t base;
    enum vnnlib_congruence congruence;
};

/* Immutable once loaded. assertions: roots in nodes, file order. */
struct vnnlib {
    char *path;
    struct bytes text;
    int major;
    int minor;
    VEC(struct vnnlib_network) networks;
    VEC(struct vnnlib_variable) variables;
    VEC(uint32_t) dims;
    VEC(struct vnnlib_node) nodes;
    VEC(uint32_t) assertions;
};

struct diagnostics;

/*
 * Reads, parses and types a property file; version 2 if its first command is
 * vnnlib-version, otherwise version 1.
 *   path       "-" is standard input; gzip is unpacked
 *   is_strict  lenient acceptances are errors instead of warnings
 *   returns    STATUS_OK and *lib owned by the caller, or the error with its
 *              place; of several typing errors all but the last are logged
 */
enum status vnnlib_load(struct vnnlib **lib, const char *path, bool is_strict,
                        struct error *error);

/*
 * The same on a text in memory.
 *   diagnostics  receives the typing and scope errors; none if the syntax is
 *                wrong
 *   path         only for messages
 *   text         taken over in every case
 */
enum status vnnlib_parse(struct vnnlib **lib, struct diagnostics *diagnostics,
                         const char *path, struct bytes text, bool is_strict,
                         struct error *error);

/* vnnlib_load without keeping the result. */
enum status vnnlib_check(const char *path, bool is_strict, struct error *error);
void vnnlib_destroy(struct vnnlib *lib);

/* Number of the node after the subtree of `node`. */
uint32_t vnnlib_next(const struct vnnlib *lib, uint32_t node);

/* Exact value of a NUMBER node; the error names its place. */
enum status vnnlib_number(mpq_t value, const struct vnnlib *lib, uint32_t node,
                          struct error *error);

/* Fills path, line and column of byte `offset`. */
void vnnlib_place(struct error *error, const struct vnnlib *lib, size_t offset);

/* True if the n bytes of the text at `offset` spell `word`. */
bool vnnlib_is_word(const struct vnnlib *lib, uint32_t offset, uint32_t n,
                    const char *word);

/* Writes a file with the same declarations and trees in canonical layout:
 * print and parse give equal trees, parse and print equal texts. */
void vnnlib_print(FILE *file, const struct vnnlib *lib);

#endif
