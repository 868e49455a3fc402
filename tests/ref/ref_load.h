/* What any bytes of a network may do. */
#ifndef ASTROLABE_TESTS_REF_REF_LOAD_H
#define ASTROLABE_TESTS_REF_REF_LOAD_H

#include "src/base/status.h"

#include <stddef.h>

/* Loads a network and, if that works and it is not too large, evaluates and
 * lowers it; fails the test unless a refusal has a reason and all memory comes
 * back. Returns the status of loading. */
enum status ref_load_bytes(const void *data, size_t n);

#endif
