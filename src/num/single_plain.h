/* Plain kernels in floats, for sets that have no better of their own. */
#ifndef ASTROLABE_NUM_SINGLE_PLAIN_H
#define ASTROLABE_NUM_SINGLE_PLAIN_H

#include "src/num/single.h"

/* As the members of struct single_kernels. */
double single_plain_relax(float *z, const float *q,
                          const struct single_relu *relu,
                          const struct single_row *row);
void single_plain_follow(float *y, const float *z, const float *q,
                         const struct single_relu *relu,
                         const struct single_row *row);
void single_plain_spread(float *c, const float *packed, const uint16_t *words,
                         size_t n);
void single_plain_step(const struct single_step *step);

#endif
