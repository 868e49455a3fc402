/* Element types, and the typing rules of version 2. */
#ifndef ASTROLABE_VNNLIB_TYPES_H
#define ASTROLABE_VNNLIB_TYPES_H

#include "vnnlib/source.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which literals go with a type. */
enum type_class {
    TYPE_REAL,     /* any */
    TYPE_FLOAT,    /* 3.0, not 3 */
    TYPE_SIGNED,   /* 3, -3 */
    TYPE_UNSIGNED, /* 3 */
    TYPE_OTHER     /* none */
};

#define TYPES_NONE UINT32_MAX

/* Row of the type spelt by n bytes; `real` in any case, the others exactly.
 * TYPES_NONE if there is no such type. */
uint32_t types_find(const char *name, size_t n);
uint32_t types_real(void);
const char *types_name(uint32_t type);

/* True if every input, hidden and output variable is real. */
bool types_is_all_real(const struct vnnlib *lib);

/*
 * Types every comparison on its own: one type for all its variables, and
 * literals that go with it; adds at most one error for each comparison to
 * source->diagnostics. Comparisons with unresolved names are passed over;
 * the first one without variables gets a warning.
 */
void types_check_comparisons(struct source *source);

/* The congruence rules for the network declared last: same number and shapes
 * of inputs and outputs, for equal-to also the same types. */
void types_check_congruence(const struct source *source);

#endif
