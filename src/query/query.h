/* What to decide: exact layers and a disjunction of cases over them. */
#ifndef ASTROLABE_QUERY_QUERY_H
#define ASTROLABE_QUERY_QUERY_H

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/base/status.h"
#include "src/net/net.h"
#include "src/net/net_join.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One term c*v of an atom; variable < n_inputs: input element; otherwise
 * output element variable - n_inputs. coefficient is the exact integer. */
struct query_term {
    size_t variable;
    double coefficient;
};

/*
 * sum_t coefficient_t * v_t <= rhs, or < rhs if strict.                   (1)
 * The atom of the file was multiplied by the positive common denominator of
 * its coefficients, which makes them integers; they are exact doubles
 * (others are refused as unsupported). Terms ascend by variable, none zero.
 *   rhs       exact
 *   rhs_up    smallest double >= rhs: proving with it is sound
 */
struct query_atom {
    size_t n_terms;
    struct query_term *terms;
    mpq_t rhs;
    double rhs_up;
    bool is_strict;
};

/* Conjunction of atoms: unsafe if all hold. n_atoms == 0: always unsafe. */
struct query_disjunct {
    size_t n_atoms;
    struct query_atom *atoms;
};

/*
 * An input box and a disjunction of conjunctions over it. A point x is a
 * witness of the case iff lower <= x <= upper (strict where flagged) and
 * some disjunct holds at (x, network(x)).
 *   lower, upper            [n_inputs] exact
 *   lower_down, upper_up    [n_inputs] outward doubles; may be infinite
 *   is_lower_strict, is_upper_strict [n_inputs]
 * No box is empty: empty cases are dropped with a warning.
 */
struct query_case {
    mpq_t *lower;
    mpq_t *upper;
    double *lower_down;
    double *upper_up;
    bool *is_lower_strict;
    bool *is_upper_strict;
    bool is_bounded; /* all ends finite */
    size_t n_disjuncts;
    struct query_disjunct *disjuncts;
};

/* One variable group for witness printing. */
struct query_variable {
    char *name; /* "X", "Y" or the declared name */
    char *type; /* the model's element type */
    size_t n_dims;
    size_t *dims; /* as declared */
    size_t n_elements;
    bool is_input;
    size_t first; /* number of its first element among all declared inputs,
                     or outputs */
};

struct query {
    char *property_path;                         /* as given */
    unsigned char property_digest[SHA256_BYTES]; /* of the unpacked file */
    char *network_path;    /* of the first file that was read */
    int vnnlib_major;      /* 1 or 2 */
    struct net *net;       /* owned; of several networks, and with products,
                              the joined one */
    struct layers *layers; /* owned */
    struct net_extras extras;
    size_t n_declared_inputs;  /* elements of all declared inputs */
    size_t n_declared_outputs; /* the first of the net's outputs, without
                                  the products */
    size_t n_variables;
    struct query_variable *variables; /* declaration order */
    size_t n_cases;
    struct query_case *cases; /* same boxes are merged into one case */
    size_t n_empty;           /* cases dropped because their box is empty */
};

/* One `--network` argument; name NULL for a bare path. */
struct query_network {
    const char *name;
    const char *path;
};

/*
 * Reads the property and its networks and binds them (formats.md 1 and 2).
 *   is_strict   lenient acceptances are errors instead of warnings
 *   returns STATUS_OK and *query owned by the caller; otherwise the error
 *           with its place (UNSUPPORTED for what parses but cannot be verified)
 */
enum status query_load(struct query **query, const char *path,
                       size_t n_networks, const struct query_network *networks,
                       bool is_strict, struct error *error);
void query_destroy(struct query *query);

/* The value of declared input i of n_declared_inputs at the point x [n_inputs],
 * as the network computes it; false if the property has another one. */
bool query_declared_input(double *value, const struct query *query, size_t i,
                          const double *x);

/* Sets the products among the outputs y from the other outputs and x, exactly:
 * an evaluation rounds them. */
void query_multiply(mpq_t *y, const struct query *query, const mpq_t *x);

/* Exact test of one point: is x (n_inputs rationals) with outputs y in the
 * unsafe set of the case? */
bool query_holds_exact(const struct query *query, size_t case_index,
                       const mpq_t *x, const mpq_t *y);
/* The same for outputs that are known up to intervals: true if some disjunct
 * holds for every y with y_lower <= y <= y_upper. */
bool query_holds_between(const struct query *query, size_t case_index,
                         const mpq_t *x, const mpq_t *y_lower,
                         const mpq_t *y_upper);
/* True if each disjunct of the case has an atom that fails at x for every y
 * with y_lower <= y <= y_upper; x need not be in the box, and only elements
 * that atoms have are read. */
bool query_fails_between(const struct query_case *one, size_t n_inputs,
                         const mpq_t *x, const mpq_t *y_lower,
                         const mpq_t *y_upper);
/* True if x is inside the exact box of the case. */
bool query_contains_exact(const struct query *query, size_t case_index,
                          const mpq_t *x);

/* How far query_project went: n_moved elements lay outside of the box;
 * farthest is the greatest distance that one of them moved, rounded up. */
struct query_projection {
    size_t n_moved;
    double farthest;
};

/*
 * Projects x [n_inputs] onto the exact box of the case: an element outside of
 * its interval moves to the nearest end, or to the middle of the interval if
 * that end is strict. It stays outside if that end is strict and the other
 * one infinite.
 */
struct query_projection query_project(mpq_t *x, const struct query *query,
                                      size_t case_index);

/* Canonical text of the cases. */
void query_dump(FILE *file, const struct query *query);

#endif
