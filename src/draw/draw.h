/* Drawings as files. */
#ifndef ASTROLABE_DRAW_DRAW_H
#define ASTROLABE_DRAW_DRAW_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/draw/dot_cert.h"

#include <stdbool.h>

/* True if a path ends in .dot, .svg or .png. */
bool draw_is_known(const char *path);

/*
 * Puts a drawing of a certificate at path in one step; the ending says how.
 *   returns  STATUS_OK; STATUS_IO; STATUS_UNSUPPORTED where there is no
 *            Graphviz for the ending
 */
enum status draw_cert(const char *path, const struct dot_cert *drawing,
                      struct error *error);

#endif
