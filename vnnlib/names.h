/* Names declared so far: spans of the text hashed to numbers. */
#ifndef ASTROLABE_VNNLIB_NAMES_H
#define ASTROLABE_VNNLIB_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names_entry {
    uint32_t offset;
    uint32_t length;
    uint32_t number;
};

/* Open addressing; capacity 0 or a power of two, at most half full. The text
 * is not owned and must stay where it is. */
struct names {
    const char *text;
    size_t n;
    size_t capacity;
    struct names_entry *entries;
};

#define NAMES_NONE UINT32_MAX

/* Number of the name spelt by n bytes at `name`; NAMES_NONE if unknown. */
uint32_t names_find(const struct names *names, const char *name, size_t n);

/* Adds the name at text[offset .. offset+length); it must be unknown and
 * number must not be NAMES_NONE. */
void names_add(struct names *names, uint32_t offset, uint32_t length,
               uint32_t number);

void names_clear(struct names *names);

#endif
