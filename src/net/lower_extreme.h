/* Greatest or least elements of lists, by rounds of pairs. */
#ifndef ASTROLABE_NET_LOWER_EXTREME_H
#define ASTROLABE_NET_LOWER_EXTREME_H

#include "src/net/lowering.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lists of elements of one layer, all reduced at once.
 *   layer    of the elements
 *   size     [n_lists] elements of each list, >= 1
 *   element  [sum of sizes] the lists one after the other
 */
struct extreme_lists {
    size_t layer;
    size_t n_lists;
    size_t *size;
    VEC(uint32_t) element;
};

void extreme_lists_clear(struct extreme_lists *lists);

/*
 * Appends layers whose last has the greatest (least) element of list w as its
 * element w, and returns its number. In each round the elements 2i and 2i+1
 * of a list, a and b, become b + relu(a - b) (a - relu(a - b)); an odd last
 * one stays. A round's ReLUs are one layer, list by list; rounds end when all
 * lists have one element. Changes the lists.
 */
size_t lower_extreme(struct lowering *lowering, struct extreme_lists *lists,
                     bool is_least);

#endif
