/* Names with a number each: an open-addressing hash table. */
#ifndef ASTROLABE_ONNX_NAME_TABLE_H
#define ASTROLABE_ONNX_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Slots of (name, value); a free slot has name NULL. Names are borrowed and
 * must outlive the table. A zeroed struct is an empty table. */
struct name_table {
    size_t n;
    size_t n_slots; /* 0 or a power of two, more than n */
    const char **names;
    size_t *values;
};

/* Adds a name; false (and no change) if it is there already. */
bool name_table_add(struct name_table *table, const char *name, size_t value);

/* True if the name is there; *value is then its number. */
bool name_table_find(const struct name_table *table, const char *name,
                     size_t *value);

void name_table_clear(struct name_table *table);

#endif
