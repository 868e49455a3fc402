/* Properties for tests: parsed from text, evaluated straight on the tree. */
#ifndef ASTROLABE_TESTS_REF_PROPERTY_H
#define ASTROLABE_TESTS_REF_PROPERTY_H

#include "src/base/error.h"
#include "src/base/rng.h"
#include "vnnlib/vnnlib.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

/* vnnlib_parse of a string under the name "test"; NULL and *error filled if
 * it is refused. */
struct vnnlib *ref_property_parse(const char *text, bool is_strict,
                                  struct error *error);

/* Its canonical text; freed with free. */
char *ref_property_print(const struct vnnlib *lib);

/* Truth of all assertions at a point: values [..] by base[variable] +
 * element. Operands of both signs and of every connective are evaluated as
 * they stand, without a normal form. */
bool ref_property_holds(const struct vnnlib *lib, const size_t *base,
                        const mpq_t *values);

/*
 * A random version 1 property over X_0 .. and Y_0 ..: every connective and
 * relation, small numbers so that points meet boundaries, linear terms.
 *   text  out, terminated; longer ones are cut at a whole assertion
 */
void ref_property_random(char *text, size_t size, struct rng *rng,
                         size_t n_inputs, size_t n_outputs);

#endif
