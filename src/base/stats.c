#include "src/base/stats.h"

#include "src/base/require.h"

static const char *const NAMES[] = {
#define STAT(name, description) #name,
#include "src/base/stats.def"
#undef STAT
};

void stats_add(struct stats *stats, const struct stats *other)
{
#define STAT(name, description) stats->name += other->name;
#include "src/base/stats.def"
#undef STAT
}

size_t stats_count(void)
{
    return sizeof NAMES / sizeof *NAMES;
}

const char *stats_name(size_t i)
{
    REQUIRE(i < stats_count());
    return NAMES[i];
}

uint64_t stats_value(const struct stats *stats, size_t i)
{
    REQUIRE(i < stats_count());
    const uint64_t values[] = {
#define STAT(name, description) stats->name,
#include "src/base/stats.def"
#undef STAT
    };
    return values[i];
}
