/* Queries about networks whose graph depends on integers made of inputs. */
#ifndef ASTROLABE_VERIFY_VERIFY_CELLS_H
#define ASTROLABE_VERIFY_VERIFY_CELLS_H

#include "src/verify/verify.h"

/*
 * verify_query for a net with indices (net.h). The box of a case falls into
 * finitely many cells; in each one the net is an ordinary one, for which the
 * query is decided over the part of the box in the cell. Cells with the same
 * net are decided once if that net and the atoms read no index.
 *
 * First pass: one point of each such part is evaluated in float32; those that
 * are unsafe become witnesses, confirmed as in any network. Second pass: the
 * whole pipeline for each, until one has a witness or is left open.
 */
void verify_cells(struct verify_result *result, const struct query *query,
                  const struct verify_options *options);

#endif
