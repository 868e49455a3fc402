/* Counters of one run: their names follow stats.def. */
#ifndef ASTROLABE_BASE_STATS_H
#define ASTROLABE_BASE_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats {
#define STAT(name, description) uint64_t name;
#include "src/base/stats.def"
#undef STAT
};

/* Adds every counter of `other`. */
void stats_add(struct stats *stats, const struct stats *other);

/* Number of counters; name and value of counter i. */
size_t stats_count(void);
const char *stats_name(size_t i);
uint64_t stats_value(const struct stats *stats, size_t i);

#endif
