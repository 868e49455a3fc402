/* A graph in DOT as an image: the only user of Graphviz. */
#ifndef ASTROLABE_DRAW_RENDER_GVC_H
#define ASTROLABE_DRAW_RENDER_GVC_H

#include "src/base/error.h"
#include "src/base/status.h"

/*
 * Draws a graph and puts the image at path in one step.
 *   dot      text of the graph
 *   format   "svg" or "png"
 *   returns  STATUS_OK; STATUS_UNSUPPORTED if the program was built without
 *            Graphviz, or Graphviz has no plugin for the format;
 *            STATUS_BAD_INPUT if it cannot read the graph; STATUS_IO
 */
enum status render_gvc(const char *path, const char *dot, const char *format,
                       struct error *error);

#endif
