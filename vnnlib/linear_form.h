/* A comparison as an exact linear form: sum of a_v * v, plus a constant. */
#ifndef ASTROLABE_VNNLIB_LINEAR_FORM_H
#define ASTROLABE_VNNLIB_LINEAR_FORM_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "vnnlib/vnnlib.h"

#include <gmp.h>

#include <stddef.h>
#include <stdint.h>

struct linear_term {
    size_t variable;
    mpq_t coefficient;
};

/*
 * sum_t terms[t].coefficient * variable_t + constant.                    (1)
 * Terms ascend by variable, none zero. Elements behind n_terms are kept
 * initialised for the next use of the same object.
 */
struct linear_form {
    size_t n_terms;
    size_t capacity;
    struct linear_term *terms;
    mpq_t constant;
    mpq_t number; /* scratch */
};

void linear_form_init(struct linear_form *linear);
void linear_form_clear(struct linear_form *linear);

/* Appends a term; the form must be normalised before it is (1) again. */
void linear_form_add(struct linear_form *linear, size_t variable,
                     const mpq_t coefficient);
/* Sorts by variable, adds up equal ones, drops zeros. */
void linear_form_normalise(struct linear_form *linear);

/*
 * Left side minus right side of the comparison at `node`.
 *   base     [lib->variables.n] element e of variable i is base[i] + e
 *   returns  STATUS_OK; STATUS_UNSUPPORTED with the place if two factors of
 *            a product contain variables, or a coefficient grows beyond
 *            LINEAR_FORM_MAX_BITS
 */
enum status linear_form_read(struct linear_form *linear,
                             const struct vnnlib *lib, uint32_t node,
                             const size_t *base, struct error *error);

enum { LINEAR_FORM_MAX_BITS = 1000000 };

#endif
