/* Least and greatest numbers of the integer element types. */
#ifndef ASTROLABE_NET_TYPE_RANGE_H
#define ASTROLABE_NET_TYPE_RANGE_H

#include <stdbool.h>

struct type_range {
    double lowest;
    double highest;
};

/* False for types that are not of integers. The ends of 64-bit types are the
 * doubles inside. */
bool type_range_get(struct type_range *range, int type);

#endif
