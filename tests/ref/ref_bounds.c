/* Bounds of a region by one domain, from nothing. */
#include "tests/ref/ref_bounds.h"

#include "domains/box.h"

enum domain_answer ref_bounds(struct bounds *bounds,
                              const struct domain_ops *ops,
                              const struct layers *layers,
                              const struct region *region)
{
    struct domain *domain = ops->create(layers);
    bounds_init(bounds, layers);
    const enum domain_answer answer =
        ops->propagate(domain, bounds, region, NULL);
    ops->destroy(domain);
    return answer;
}

enum domain_answer ref_bounds_of_query(struct bounds *bounds,
                                       const struct query *query)
{
    const struct query_case *c = query->cases;
    const struct region region = {.lower = c->lower_down, .upper = c->upper_up};
    return ref_bounds(bounds, &box_domain_ops, query->layers, &region);
}
