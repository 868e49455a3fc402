/* Linear probing over FNV-1a, load at most one half. */
#include "src/onnx/name_table.h"

#include "src/base/alloc.h"

#include <stdint.h>
#include <string.h>

static size_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    }
    return (size_t)(hash ^ (hash >> 32));
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t find_slot(const struct name_table *table, const char *name)
{
    const size_t mask = table->n_slots - 1;
    size_t slot = hash_name(name) & mask;
    while (table->names[slot] != NULL &&
           strcmp(table->names[slot], name) != 0) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void grow(struct name_table *table)
{
    const struct name_table before = *table;
    table->n_slots = before.n_slots == 0 ? 16 : 2 * before.n_slots;
    NEW_ARRAY(table->names, table->n_slots);
    NEW_ARRAY(table->values, table->n_slots);
    for (size_t i = 0; i < before.n_slots; i++) {
        if (before.names[i] != NULL) {
            const size_t slot = find_slot(table, before.names[i]);
            table->names[slot] = before.names[i];
            table->values[slot] = before.values[i];
        }
    }
    alloc_free(before.names);
    alloc_free(before.values);
}

bool name_table_add(struct name_table *table, const char *name, size_t value)
{
    if (2 * (table->n + 1) > table->n_slots) {
        grow(table);
    }
    const size_t slot = find_slot(table, name);
    if (table->names[slot] != NULL) {
        return false;
    }
    table->names[slot] = name;
    table->values[slot] = value;
    table->n++;
    return true;
}

bool name_table_find(const struct name_table *table, const char *name,
                     size_t *value)
{
    if (table->n == 0) {
        return false;
    }
    const size_t slot = find_slot(table, name);
    if (table->names[slot] == NULL) {
        return false;
    }
    *value = table->values[slot];
    return true;
}

void name_table_clear(struct name_table *table)
{
    alloc_free(table->names);
    alloc_free(table->values);
    *table = (struct name_table){0};
}
