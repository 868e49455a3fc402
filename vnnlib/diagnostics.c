/* Typing and scope errors of one file, in the order they were found. */
#include "vnnlib/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>

const char *diagnostic_name(enum diagnostic_code code)
{
    static const char *const names[] = {
        [DIAGNOSTIC_MULTIPLE_DECLARATION] = "MultipleDeclaration",
        [DIAGNOSTIC_UNDECLARED_VARIABLE] = "UndeclaredVariable",
        [DIAGNOSTIC_MISSING_NETWORK] = "MissingNetwork",
        [DIAGNOSTIC_INVALID_DIMENSIONS] = "InvalidDimensions",
        [DIAGNOSTIC_INDEX_OUT_OF_BOUNDS] = "IndexOutOfBounds",
        [DIAGNOSTIC_TOO_MANY_INDICES] = "TooManyIndices",
        [DIAGNOSTIC_NOT_ENOUGH_INDICES] = "NotEnoughIndices",
        [DIAGNOSTIC_INVALID_SCALAR_ACCESS] = "InvalidScalarAccess",
        [DIAGNOSTIC_TYPE_MISMATCH] = "TypeMismatch",
        [DIAGNOSTIC_UNKNOWN_TYPE] = "UnknownType",
        [DIAGNOSTIC_CONGRUENCE_COUNT] = "CongruenceCountMismatch",
        [DIAGNOSTIC_CONGRUENCE_SHAPE] = "CongruenceShapeMismatch",
        [DIAGNOSTIC_CONGRUENCE_CHAIN] = "CongruenceChain",
        [DIAGNOSTIC_MAJOR_VERSION_MISMATCH] = "MajorVersionMismatch",
    };
    return names[code];
}

void diagnostics_add(struct diagnostics *diagnostics, enum diagnostic_code code,
                     size_t offset, const char *symbol, const char *hint, ...)
{
    diagnostics->n_found++;
    if (diagnostics->list.n >= DIAGNOSTICS_KEPT) {
        return;
    }
    struct diagnostic diagnostic = {.code = code, .offset = (uint32_t)offset};
    (void)snprintf(diagnostic.symbol, sizeof diagnostic.symbol, "%s", symbol);
    va_list arguments;
    va_start(arguments, hint);
    (void)vsnprintf(diagnostic.hint, sizeof diagnostic.hint, hint, arguments);
    va_end(arguments);
    VEC_PUSH(&diagnostics->list, diagnostic);
}

void diagnostics_clear(struct diagnostics *diagnostics)
{
    VEC_CLEAR(&diagnostics->list);
    diagnostics->n_found = 0;
}
