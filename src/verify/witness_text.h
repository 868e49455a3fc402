/* A witness as text in the form of the property's version, and back. */
#ifndef ASTROLABE_VERIFY_WITNESS_TEXT_H
#define ASTROLABE_VERIFY_WITNESS_TEXT_H

#include "src/attack/attack.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"

#include <stddef.h>

/*
 * Version 1: `((X_0 v)`, then one pair per line, X then Y, closed by `)`.
 * Version 2: per variable in declaration order `NAME TYPE [d1,d2]`, then one
 * value per line, row-major. Every number is the shortest decimal that reads
 * back as the same double. The text ends with a line end and is owned by the
 * caller (alloc_free).
 *   returns STATUS_OK; STATUS_BAD_INPUT if a value is not finite
 */
enum status witness_text_print(char **text, const struct query *query,
                               const struct witness *witness,
                               struct error *error);

/*
 * Reads a text of witness_text_print back and tests it as a reader of
 * doubles would (every decimal becomes the double nearest to it):
 * every variable once and in order; the inputs exact in the network's input
 * type, inside the exact box of the case (but for the inputs that the witness
 * says are moved by query_project, no farther than it says; the property is
 * tested at the projection) and bit for bit those of the confirmed witness; the
 * outputs those of a fresh evaluation; and the property true on the numbers as
 * printed.
 *   returns STATUS_OK; STATUS_BAD_INPUT with what failed
 */
enum status witness_text_check(const char *text, const struct query *query,
                               size_t case_index, const struct witness *witness,
                               struct error *error);

#endif
