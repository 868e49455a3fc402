/* The contract of an abstract domain: bounds of a region, never too tight. */
#ifndef ASTROLABE_DOMAINS_DOMAIN_H
#define ASTROLABE_DOMAINS_DOMAIN_H

#include "domains/bounds.h"
#include "src/base/budget.h"
#include "src/net/layers.h"

#include <stddef.h>

/*
 * A region of inputs: { x : lower <= x <= upper, row[j] . x <= rhs[j] }.   (1)
 *   lower, upper  [n_inputs] finite
 *   row           [n_rows x n_inputs] row-major
 *   rhs           [n_rows]
 */
struct region {
    const double *lower;
    const double *upper;
    size_t n_rows;
    const double *row;
    const double *rhs;
};

enum domain_answer {
    DOMAIN_DONE,       /* bounds are valid and as tight as the domain gets */
    DOMAIN_EMPTY,      /* the region is proved empty: bounds unspecified */
    DOMAIN_INTERRUPTED /* bounds are valid, some as they came in */
};

/* Workspace of one domain for one network and one thread. */
struct domain;

/*
 * name       row of domains.def
 * guarantee  one sentence: what the bounds contain and how they are rounded
 * propagate  intersects `bounds` (valid on entry, for example top; the
 *            bounds of the input layer are set from the box) with what the
 *            domain proves for the region, layer by layer. For every x of
 *            (1) every value of (1), (2) in src/net/layers.h lies within
 *            the result in real arithmetic: all rounding is outward.
 *            A domain that cannot use rows ignores them (a larger region).
 */
struct domain_ops {
    const char *name;
    const char *guarantee;
    struct domain *(*create)(const struct layers *layers);
    void (*destroy)(struct domain *domain);
    enum domain_answer (*propagate)(struct domain *domain,
                                    struct bounds *bounds,
                                    const struct region *region,
                                    const struct budget *budget);
};

/* Domains by rows of domains.def, cheapest first: box, zonotope, polyhedra,
 * star. */
size_t domain_count(void);
const struct domain_ops *domain_at(size_t i);
/* NULL if there is no such name. */
const struct domain_ops *domain_find(const char *name);

#endif
