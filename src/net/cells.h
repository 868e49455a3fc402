/* Networks whose graph depends on integers made of inputs: one per cell. */
#ifndef ASTROLABE_NET_CELLS_H
#define ASTROLABE_NET_CELLS_H

#include "src/net/graph.h"
#include "src/net/import.h"
#include "src/onnx/model.h"

#include <gmp.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * The *indices* of a network are the elements of its inputs that Casts to
 * integers read, of tensors with few elements that hold nothing else. Where
 * operators need integers that are known at import, as places and shapes, the
 * network is imported once for each *cell*: a choice of integers, one for
 * each index, which the Casts then return. What follows from them and from
 * constants alone is a constant; the *tables* are those of these constants
 * that other nodes read. Two cells with equal tables have the same network.
 */
struct cells;

/*
 * The network at cell 0, which knows how to make those at other cells.
 *   model   taken over in every case
 *   digest  [SHA256_BYTES] of its bytes
 */
enum status cells_load(struct net **net, struct model *model, const char *path,
                       const unsigned char *digest, struct error *error);
void cells_destroy(struct cells *cells);

/*
 * Output 0 of the Cast at hand to an integer type, of computed reals x. An x
 * made of few elements of the inputs alone is a site: its elements are noted,
 * and with pins the output is the constant that they say and *is_pinned true;
 * otherwise nothing is made.
 */
enum status cells_cast(bool *is_pinned, struct import *import,
                       const struct tensor *x, int to);

/* The ordinary network at the point, owned by the caller: integers are the
 * elements rounded towards zero. STATUS_BAD_INPUT if these are too large. */
enum status cells_at_point(struct net **at, const struct net *net,
                           const double *x, struct error *error);
/* STATUS_UNSUPPORTED unless the box lies in one cell. */
enum status cells_at_box(struct net **at, const struct net *net,
                         const double *lower, const double *upper,
                         struct error *error);
enum status cells_at_rational(struct net **at, const struct net *net,
                              const mpq_t *x, struct error *error);

#endif
