/* Growable array: struct { T *data; size_t n, capacity; }. */
#ifndef ASTROLABE_BASE_VEC_H
#define ASTROLABE_BASE_VEC_H

#include "src/base/alloc.h"

#include <stddef.h>

/* Declares the members of a vector of type T inside a struct. */
#define VEC(type)        \
    struct {             \
        type *data;      \
        size_t n;        \
        size_t capacity; \
    }

/* Next capacity for at least `needed` elements: doubles, at least 8. */
size_t vec_next_capacity(size_t capacity, size_t needed);

/* Appends one value. */
#define VEC_PUSH(vec, value)                 \
    ((void)VEC_RESERVE((vec), (vec)->n + 1), \
     (void)((vec)->data[(vec)->n++] = (value)))

/* Makes room for `needed` elements in all. */
#define VEC_RESERVE(vec, needed)                                      \
    ((needed) <= (vec)->capacity                                      \
         ? (void)0                                                    \
         : ((void)((vec)->capacity =                                  \
                       vec_next_capacity((vec)->capacity, (needed))), \
            (void)RESIZE_ARRAY((vec)->data, (vec)->capacity)))

/* Releases the elements' storage; the vector is empty again. */
#define VEC_CLEAR(vec)                                    \
    (alloc_free((vec)->data), (void)((vec)->data = NULL), \
     (void)((vec)->n = 0), (void)((vec)->capacity = 0))

#endif
