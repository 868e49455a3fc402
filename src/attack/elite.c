/* The places where earlier descents came closest to a disjunct. */
#include "src/attack/elite.h"

#include "src/base/alloc.h"

void elite_init(struct elite *elite, size_t n_inputs)
{
    *elite = (struct elite){.n_inputs = n_inputs};
    NEW_ARRAY(elite->point, ELITE_SIZE * n_inputs);
}

void elite_clear(struct elite *elite)
{
    alloc_free(elite->point);
    *elite = (struct elite){.n_inputs = 0};
}

void elite_empty(struct elite *elite)
{
    elite->n = 0;
}

double *elite_offer(struct elite *elite, double worst, size_t disjunct)
{
    size_t slot = elite->n;
    if (elite->n < ELITE_SIZE) {
        elite->n++;
    } else {
        slot = 0;
        for (size_t k = 1; k < elite->n; k++) {
            slot = elite->worst[k] > elite->worst[slot] ? k : slot;
        }
        if (!(worst < elite->worst[slot])) {
            return NULL;
        }
    }
    elite->worst[slot] = worst;
    elite->disjunct[slot] = disjunct;
    return elite->point + slot * elite->n_inputs;
}
