#include "src/base/vec.h"

#include <stdint.h>

enum { LEAST_CAPACITY = 8 };

size_t vec_next_capacity(size_t capacity, size_t needed)
{
    const size_t doubled = capacity > SIZE_MAX / 2 ? SIZE_MAX : 2 * capacity;
    const size_t next = doubled < needed ? needed : doubled;
    return next < LEAST_CAPACITY ? LEAST_CAPACITY : next;
}
