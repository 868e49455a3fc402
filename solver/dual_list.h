/* The neurons of the highest scores. */
#ifndef ASTROLABE_SOLVER_DUAL_LIST_H
#define ASTROLABE_SOLVER_DUAL_LIST_H

#include <stddef.h>
#include <stdint.h>

enum { DUAL_LIST_ROOM = 32 };

/*
 *   most   neurons that dual_list_offer keeps, at most DUAL_LIST_ROOM
 *   n      neurons on the list
 *   id     [n] their numbers (dual.h)
 *   score  [n] positive, descending but for what dual_list_join adds
 */
struct dual_list {
    size_t most;
    size_t n;
    uint32_t id[DUAL_LIST_ROOM];
    double score[DUAL_LIST_ROOM];
};

/* Puts a neuron in its place if the score is positive and among the `most`
 * highest; behind those of the same score, of which the last one goes. */
void dual_list_offer(struct dual_list *list, uint32_t id, double score);

/* Adds the neurons of another list that are not there yet at the end; room for
 * all of both is required. */
void dual_list_join(struct dual_list *list, const struct dual_list *other);

#endif
