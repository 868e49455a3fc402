/* Inputs of several networks that assertions make equal up to a constant. */
#ifndef ASTROLABE_QUERY_TIES_H
#define ASTROLABE_QUERY_TIES_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/net_join.h"
#include "vnnlib/linear_form.h"
#include "vnnlib/vnnlib.h"

#include <stddef.h>

/*
 * Finds the equations between two inputs that hold in every case: assertions,
 * or parts of an `and` at the top of one, that read a*x_i - a*x_j + c = 0.
 * Of inputs that are linked by such equations the first one remains, the
 * others are it plus a constant. An equation between two inputs that are
 * linked already stays what it is. If some constant is no double, there are no
 * ties (ties->n == 0), and none if no input is tied.
 *   base      as in cases_build; n_inputs: positions below are inputs
 *   returns   STATUS_OK and ties, owned by the caller; or the error
 */
enum status ties_find(struct net_ties *ties, const struct vnnlib *lib,
                      const size_t *base, size_t n_inputs, struct error *error);
void ties_clear(struct net_ties *ties);

/* Writes the form, over positions as before, in terms of those that remain:
 * inputs by `kept`, everything else moved down. */
void ties_substitute(struct linear_form *form, const struct net_ties *ties);

#endif
