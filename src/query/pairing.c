/* Only the layers are another's. */
#include "src/query/pairing.h"

#include "src/net/pairs.h"

#include <stddef.h>

bool pairing_init(struct query *paired, const struct query *query,
                  bool is_wanted)
{
    *paired = *query;
    struct layers *layers =
        is_wanted ? pairs_create(query->net, query->layers) : NULL;
    if (layers != NULL) {
        paired->layers = layers;
    }
    return layers != NULL || !is_wanted;
}

void pairing_clear(struct query *paired, const struct query *query)
{
    if (paired->layers != query->layers) {
        layers_destroy(paired->layers);
    }
    paired->layers = query->layers;
}

bool pairing_is_near(const struct query *paired)
{
    for (size_t i = 0; i < paired->n_cases; i++) {
        const struct query_case *one = &paired->cases[i];
        if (!one->is_bounded ||
            !pairs_are_near(paired->layers, one->lower_down, one->upper_up)) {
            return false;
        }
    }
    return true;
}
