/* The table of abstract domains, in the order of domains.def. */
#include "domains/domain.h"

#include "domains/box.h"
#include "domains/polyhedra.h"
#include "domains/star.h"
#include "domains/zonotope.h"
#include "src/base/require.h"

#include <string.h>

static const struct domain_ops *const domain_table[] = {
#define DOMAIN(name) &name##_domain_ops,
#include "domains/domains.def"
#undef DOMAIN
};

size_t domain_count(void)
{
    return sizeof domain_table / sizeof domain_table[0];
}

const struct domain_ops *domain_at(size_t i)
{
    REQUIRE(i < domain_count());
    return domain_table[i];
}

const struct domain_ops *domain_find(const char *name)
{
    for (size_t i = 0; i < domain_count(); i++) {
        if (strcmp(domain_table[i]->name, name) == 0) {
            return domain_table[i];
        }
    }
    return NULL;
}
