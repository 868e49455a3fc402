/* Typing and scope errors of one file, in the order they were found. */
#ifndef ASTROLABE_VNNLIB_DIAGNOSTICS_H
#define ASTROLABE_VNNLIB_DIAGNOSTICS_H

#include "src/base/vec.h"

#include <stddef.h>
#include <stdint.h>

enum diagnostic_code {
    DIAGNOSTIC_MULTIPLE_DECLARATION,
    DIAGNOSTIC_UNDECLARED_VARIABLE,
    DIAGNOSTIC_MISSING_NETWORK,
    DIAGNOSTIC_INVALID_DIMENSIONS,
    DIAGNOSTIC_INDEX_OUT_OF_BOUNDS,
    DIAGNOSTIC_TOO_MANY_INDICES,
    DIAGNOSTIC_NOT_ENOUGH_INDICES,
    DIAGNOSTIC_INVALID_SCALAR_ACCESS,
    DIAGNOSTIC_TYPE_MISMATCH,
    DIAGNOSTIC_UNKNOWN_TYPE,
    DIAGNOSTIC_CONGRUENCE_COUNT,
    DIAGNOSTIC_CONGRUENCE_SHAPE,
    DIAGNOSTIC_CONGRUENCE_CHAIN,
    DIAGNOSTIC_MAJOR_VERSION_MISMATCH
};

enum { DIAGNOSTIC_SYMBOL_BYTES = 64, DIAGNOSTIC_HINT_BYTES = 128 };

/*
 *   offset  byte of the text
 *   line, column  its place, 1-based
 *   symbol  what offends, indices without blanks; cut to the buffer
 *   hint    what was expected
 */
struct diagnostic {
    enum diagnostic_code code;
    uint32_t offset;
    size_t line;
    size_t column;
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    char hint[DIAGNOSTIC_HINT_BYTES];
};

/* At most DIAGNOSTICS_KEPT are kept, all are counted. */
struct diagnostics {
    size_t n_found;
    VEC(struct diagnostic) list;
};

enum { DIAGNOSTICS_KEPT = 100 };

/* Name of a code as the standard spells it; static storage. */
const char *diagnostic_name(enum diagnostic_code code);

/* Appends an error about `symbol`; hint in printf form. */
void diagnostics_add(struct diagnostics *diagnostics, enum diagnostic_code code,
                     size_t offset, const char *symbol, const char *hint, ...)
    __attribute__((format(printf, 5, 6)));

void diagnostics_clear(struct diagnostics *diagnostics);

#endif
