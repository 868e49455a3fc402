/* The places where earlier descents came closest to a disjunct. */
#ifndef ASTROLABE_ATTACK_ELITE_H
#define ASTROLABE_ATTACK_ELITE_H

#include <stddef.h>

enum { ELITE_SIZE = 32 };

/*
 *   n         places kept, at most ELITE_SIZE
 *   worst     [n] worst-atom value there, the least ones seen
 *   disjunct  [n] to which it belongs
 *   point     [ELITE_SIZE x n_inputs]
 */
struct elite {
    size_t n_inputs;
    size_t n;
    double worst[ELITE_SIZE];
    size_t disjunct[ELITE_SIZE];
    double *point;
};

void elite_init(struct elite *elite, size_t n_inputs);
void elite_clear(struct elite *elite);

/* Forgets all places. */
void elite_empty(struct elite *elite);

/* Room for the coordinates of a place of this value, to be filled by the
 * caller: a free slot, else that of the greatest value kept; NULL if the
 * value is no less than that. */
double *elite_offer(struct elite *elite, double worst, size_t disjunct);

#endif
