/* A VNN-LIB property: the condition under which a network is unsafe.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_VNNLIB_H
#define ASTROLABE_PROOFS_CHECK_CHECK_VNNLIB_H

#include "proofs/check/check_atom.h"
#include "proofs/check/check_bytes.h"
#include "proofs/check/check_compose.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHECK_MOST_DIMS = 8 };

enum check_connective { CHECK_ATOM, CHECK_AND, CHECK_OR };

/* A comparison is the `and` of one or two atoms, a disequality the `or`.
 * Children in file order; without any, CHECK_AND is true, CHECK_OR false. */
struct check_formula {
    enum check_connective connective;
    struct check_atom atom; /* CHECK_ATOM */
    struct check_formula *child;
    struct check_formula *next;    /* sibling */
    struct check_formula *older;   /* made before: a list of all */
    struct check_formula *pending; /* for check_query_create */
};

enum check_sort { CHECK_REAL_SORT, CHECK_FLOAT32_SORT, CHECK_FLOAT64_SORT };

/* A tensor of version 2. Element e is X or Y number first + e.
 *   hidden  the name of the tensor in the network, if it is hidden; such a
 *           tensor counts as an output, behind those that are declared */
struct check_variable {
    const char *name; /* in the file: n_name bytes */
    size_t n_name;
    const char *hidden; /* in the file: n_hidden bytes */
    size_t n_hidden;
    size_t network;
    bool is_output;
    enum check_sort sort;
    size_t n_dims;
    size_t dims[CHECK_MOST_DIMS];
    size_t n;
    size_t first;
};

/* A network of version 2, by the name in the file. One that is equal to
 * another has the number of that as `same`, others their own. */
struct check_named {
    const char *name;
    size_t n_name;
    size_t same;
    bool is_equal;
};

/* n_elements declared: of X, of Y. variables: version 2, in order of
 * declaration. unsafe: the `and` of all assertions. */
struct check_property {
    struct check_bytes file;
    int version; /* 1 or 2 */
    size_t n_elements[2];
    size_t n_networks;
    struct check_named *networks;
    size_t n_variables;
    struct check_variable *variables;
    size_t n_products; /* monomials, once they are known */
    struct check_monomials monomials;
    struct check_ties ties;
    struct check_formula *unsafe;
    struct check_formula *newest;
};

/*
 * Reads a property; version 2 if its first command is vnnlib-version. Only
 * what README.md lists is read, and nothing is passed over: the rest ends in
 * check_unreadable or check_unsupported, both with `path:line:column`.
 */
struct check_property *check_property_load(const char *path);
void check_property_free(struct check_property *property);

#endif
