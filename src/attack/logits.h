/* The network in front of a last softmax, when only its order matters. */
#ifndef ASTROLABE_ATTACK_LOGITS_H
#define ASTROLABE_ATTACK_LOGITS_H

#include "src/query/query.h"

#include <stdbool.h>

/*
 * If the outputs are a softmax of as many values of a layer, in order,
 *   y_i = 1 / (1 + sum over j != i of exp(x_j - x_i)),                  (1)
 * and every atom of the query compares two outputs, a*y_i - a*y_j <= 0, then
 * the atoms hold for the y as they hold for the x: y_i <= y_j iff x_i <= x_j.
 *   layers   filled with the layers up to x, which belong to the query and
 *            are not to be destroyed, or with all of them
 *   returns  true if the softmax was left out
 */
bool logits_take(struct layers *layers, const struct query *query);

#endif
