/* Names declared so far: spans of the text hashed to numbers. */
#include "vnnlib/names.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <string.h>

/* FNV-1a, folded; the low bits index the table. */
static size_t hash_of(const char *name, size_t n)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++) {
        hash ^= (unsigned char)name[i];
        hash *= UINT64_C(1099511628211);
    }
    return (size_t)(hash ^ (hash >> 32U));
}

/* Slot of the name, or the free slot where it belongs; length 0 is free. */
static size_t slot_of(const struct names *names, const char *name, size_t n)
{
    const size_t mask = names->capacity - 1;
    size_t slot = hash_of(name, n) & mask;
    while (names->entries[slot].length != 0) {
        const struct names_entry *entry = &names->entries[slot];
        if (entry->length == n &&
            memcmp(names->text + entry->offset, name, n) == 0) {
            return slot;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void grow(struct names *names)
{
    struct names larger = {names->text, names->n, 64, NULL};
    if (names->capacity != 0) {
        larger.capacity = 2 * names->capacity;
    }
    NEW_ARRAY(larger.entries, larger.capacity);
    for (size_t i = 0; i < names->capacity; i++) {
        const struct names_entry entry = names->entries[i];
        if (entry.length != 0) {
            const char *name = names->text + entry.offset;
            larger.entries[slot_of(&larger, name, entry.length)] = entry;
        }
    }
    alloc_free(names->entries);
    *names = larger;
}

uint32_t names_find(const struct names *names, const char *name, size_t n)
{
    if (names->n == 0 || n == 0) {
        return NAMES_NONE;
    }
    const struct names_entry entry = names->entries[slot_of(names, name, n)];
    return entry.length == 0 ? NAMES_NONE : entry.number;
}

void names_add(struct names *names, uint32_t offset, uint32_t length,
               uint32_t number)
{
    assert(length > 0);
    assert(number != NAMES_NONE);
    if (2 * (names->n + 1) > names->capacity) {
        grow(names);
    }
    const size_t slot = slot_of(names, names->text + offset, length);
    assert(names->entries[slot].length == 0);
    names->entries[slot] = (struct names_entry){offset, length, number};
    names->n++;
}

void names_clear(struct names *names)
{
    alloc_free(names->entries);
    *names = (struct names){0};
}
