/* VNN-LIB 1: declarations of X_i and Y_j, assertions. */
#ifndef ASTROLABE_VNNLIB_PARSE_V1_H
#define ASTROLABE_VNNLIB_PARSE_V1_H

#include "src/base/status.h"
#include "vnnlib/source.h"

/* Reads the whole text into source->lib. Every declared name becomes a
 * scalar variable of role VNNLIB_FREE; commands without effect are lenient
 * acceptances. */
enum status parse_v1(struct source *source);

#endif
