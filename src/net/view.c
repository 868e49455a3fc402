/* Composition of index maps. */
#include "src/net/view.h"

#include "src/base/alloc.h"
#include "src/net/exact.h"

struct view view_whole(size_t layer, size_t n)
{
    const struct view view = {.n = n, .layer = layer, .is_exclusive = false};
    return view;
}

struct view view_gather(const struct view *view, const uint32_t *map, size_t n)
{
    struct view result = {.n = n, .layer = view->layer};
    if (map != NULL || view->index != NULL) {
        NEW_ARRAY(result.index, n);
    }
    if (view->layers != NULL) {
        NEW_ARRAY(result.layers, n);
    }
    if (view->constant != NULL) {
        NEW_ARRAY(result.constant, n);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t from = map == NULL ? i : map[i];
        if (result.index != NULL) {
            result.index[i] = (uint32_t)view_index(view, from);
        }
        if (result.layers != NULL) {
            result.layers[i] = view->layers[from];
        }
        if (result.constant != NULL) {
            result.constant[i] = view->constant[from];
        }
    }
    return result;
}

struct view view_join(const struct view *const *views, size_t n_views,
                      const double *pool, size_t n_pool)
{
    struct view result = {.n = n_pool};
    size_t at = 0;
    for (size_t k = 0; k < n_views; k++) {
        result.n += views[k]->n;
    }
    NEW_ARRAY(result.layers, result.n);
    NEW_ARRAY(result.index, result.n);
    NEW_ARRAY(result.constant, result.n);
    for (size_t k = 0; k < n_views; k++) {
        for (size_t i = 0; i < views[k]->n; i++, at++) {
            result.layers[at] = (uint32_t)view_layer(views[k], i);
            result.index[at] = (uint32_t)view_index(views[k], i);
            result.constant[at] =
                views[k]->constant == NULL ? 0.0 : views[k]->constant[i];
        }
    }
    for (size_t i = 0; i < n_pool; i++, at++) {
        result.layers[at] = VIEW_CONSTANT;
        result.constant[at] = pool[i];
    }
    return result;
}

/* Marks what the view shows: is_seen[first[layer] + index]; false if an
 * element occurs twice. */
static bool mark(bool *is_seen, const struct view *view, const size_t *first)
{
    for (size_t i = 0; i < view->n; i++) {
        const size_t layer = view_layer(view, i);
        if (layer == VIEW_CONSTANT) {
            continue;
        }
        const size_t at = first[layer] + view_index(view, i);
        if (is_seen[at]) {
            return false;
        }
        is_seen[at] = true;
    }
    return true;
}

/* first[k] = sum of widths before k, first[n_layers] the total. */
static size_t *sum_widths(const size_t *widths, size_t n_layers)
{
    size_t *first = NULL;
    NEW_ARRAY(first, n_layers + 1);
    for (size_t k = 0; k < n_layers; k++) {
        first[k + 1] = first[k] + widths[k];
    }
    return first;
}

bool view_is_injective(const struct view *view, const size_t *widths,
                       size_t n_layers)
{
    if (view->index == NULL && view->layers == NULL) {
        return true;
    }
    size_t *first = sum_widths(widths, n_layers);
    bool *is_seen = NULL;
    NEW_ARRAY(is_seen, first[n_layers]);
    const bool is_injective = mark(is_seen, view, first);
    alloc_free(is_seen);
    alloc_free(first);
    return is_injective;
}

bool view_is_whole(const struct view *view, size_t width)
{
    if (view->n != width) {
        return false;
    }
    for (size_t i = 0; i < view->n; i++) {
        if (view_layer(view, i) != view_layer(view, 0) ||
            view_layer(view, i) == VIEW_CONSTANT || view_index(view, i) != i) {
            return false;
        }
    }
    return true;
}

bool view_has_constant(const struct view *view)
{
    for (size_t i = 0; view->constant != NULL && i < view->n; i++) {
        if (view_layer(view, i) == VIEW_CONSTANT &&
            !is_zero(view->constant[i])) {
            return true;
        }
    }
    return false;
}

void view_clear(struct view *view)
{
    alloc_free(view->layers);
    alloc_free(view->index);
    alloc_free(view->constant);
    *view = (struct view){0};
}
