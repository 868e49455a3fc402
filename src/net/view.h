/* A tensor during lowering: each element is one of a layer, or constant. */
#ifndef ASTROLABE_NET_VIEW_H
#define ASTROLABE_NET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* layers[i] of an element that is a constant. */
#define VIEW_CONSTANT UINT32_MAX

/*
 * Element i is v[layer of i][index of i], or constant[i].
 *   layer     the layer of all elements when layers is NULL
 *   layers    [n] per element, or NULL
 *   index     [n] place in the layer; NULL: i
 *   constant  [n] or NULL
 *   is_exclusive  no other tensor and no later layer refers to the layer,
 *                 so it may still be changed
 */
struct view {
    size_t n;
    size_t layer;
    uint32_t *layers;
    uint32_t *index;
    double *constant;
    bool is_exclusive;
};

static inline size_t view_layer(const struct view *view, size_t i)
{
    return view->layers == NULL ? view->layer : view->layers[i];
}

static inline size_t view_index(const struct view *view, size_t i)
{
    return view->index == NULL ? i : view->index[i];
}

/* All of one layer of width n, in order. */
struct view view_whole(size_t layer, size_t n);

/* Elements map[0 .. n-1] of a view (map NULL: the first n); a new value. */
struct view view_gather(const struct view *view, const uint32_t *map, size_t n);

/* The views one after the other, then n_pool constants. */
struct view view_join(const struct view *const *views, size_t n_views,
                      const double *pool, size_t n_pool);

/* True if no element of a layer of the given widths occurs twice. */
bool view_is_injective(const struct view *view, const size_t *widths,
                       size_t n_layers);

/* True if it shows one layer of that width, whole and in order. */
bool view_is_whole(const struct view *view, size_t width);

/* True if a constant element is not zero. */
bool view_has_constant(const struct view *view);

void view_clear(struct view *view);

#endif
