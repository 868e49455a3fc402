/* A set of boxes, each given by the bounds it adds to a common box. */
#include "src/query/boxes.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"

#include <stdbool.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29U);
}

static uint64_t hash_of(const struct conjunct_bound *bounds, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++) {
        const struct conjunct_bound *bound = &bounds[i];
        const uint64_t flags =
            (bound->is_upper ? 2U : 0U) | (bound->is_strict ? 1U : 0U);
        hash = mix(hash, 4 * (uint64_t)bound->variable + flags);
        hash = mix(hash, mpz_get_ui(mpq_numref(bound->value)));
        hash = mix(hash, mpz_get_ui(mpq_denref(bound->value)));
        hash = mix(hash, mpq_sgn(bound->value) < 0 ? 1U : 0U);
    }
    return hash;
}

static bool is_same(const struct conjunct_bound *a,
                    const struct conjunct_bound *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].variable != b[i].variable || a[i].is_upper != b[i].is_upper ||
            a[i].is_strict != b[i].is_strict ||
            mpq_equal(a[i].value, b[i].value) == 0) {
            return false;
        }
    }
    return true;
}

/* Slot of the box, or the free slot where it belongs. */
static size_t slot_of(const struct boxes *boxes,
                      const struct boxes_entry *wanted)
{
    const size_t mask = boxes->n_slots - 1;
    size_t slot = (size_t)wanted->hash & mask;
    while (boxes->slots[slot] != 0) {
        const struct boxes_entry *entry =
            &boxes->entries[boxes->slots[slot] - 1];
        if (entry->hash == wanted->hash &&
            entry->n_bounds == wanted->n_bounds &&
            is_same(entry->bounds, wanted->bounds, wanted->n_bounds)) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void grow(struct boxes *boxes)
{
    alloc_free(boxes->slots);
    boxes->n_slots = boxes->n_slots == 0 ? 64 : 2 * boxes->n_slots;
    NEW_ARRAY(boxes->slots, boxes->n_slots);
    for (size_t i = 0; i < boxes->n; i++) {
        boxes->slots[slot_of(boxes, &boxes->entries[i])] = i + 1;
    }
}

size_t boxes_insert(struct boxes *boxes, struct conjunct *conjunct)
{
    const struct boxes_entry wanted = {
        conjunct->n_bounds, conjunct->bounds,
        hash_of(conjunct->bounds, conjunct->n_bounds)};
    if (2 * (boxes->n + 1) > boxes->n_slots) {
        grow(boxes);
    }
    const size_t slot = slot_of(boxes, &wanted);
    if (boxes->slots[slot] != 0) {
        return boxes->slots[slot] - 1;
    }
    if (boxes->n == boxes->capacity) {
        boxes->capacity = vec_next_capacity(boxes->capacity, boxes->n + 1);
        RESIZE_ARRAY(boxes->entries, boxes->capacity);
    }
    boxes->entries[boxes->n++] = wanted;
    boxes->slots[slot] = boxes->n;
    conjunct->bounds = NULL;
    conjunct->n_bounds = 0;
    conjunct->bounds_capacity = 0;
    return boxes->n - 1;
}

void boxes_clear(struct boxes *boxes)
{
    for (size_t i = 0; i < boxes->n; i++) {
        for (size_t k = 0; k < boxes->entries[i].n_bounds; k++) {
            mpq_clear(boxes->entries[i].bounds[k].value);
        }
        alloc_free(boxes->entries[i].bounds);
    }
    alloc_free(boxes->entries);
    alloc_free(boxes->slots);
    *boxes = (struct boxes){0};
}
