/* VNN-LIB 2: version, network declarations, assertions over elements. */
#ifndef ASTROLABE_VNNLIB_PARSE_V2_H
#define ASTROLABE_VNNLIB_PARSE_V2_H

#include "src/base/status.h"
#include "vnnlib/source.h"

/* Reads the whole text into source->lib. Syntax errors end it; scope and
 * congruence errors are added to source->diagnostics and reading goes on. */
enum status parse_v2(struct source *source);

#endif
