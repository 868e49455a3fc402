/* Bounds are compared after every step of the oracle. */
#include "src/explain/origins.h"

#include "domains/bounds.h"
#include "src/base/alloc.h"

void origins_init(struct origins *origins, struct replay *replay)
{
    *origins =
        (struct origins){.inner = replay_oracle(replay), .replay = replay};
}

void origins_clear(struct origins *origins)
{
    alloc_free(origins->of);
    alloc_free(origins->seen);
    *origins = (struct origins){0};
}

/* Gives the bounds that have changed to a step of the node in work. */
static void note(struct origins *origins, enum origin_kind kind)
{
    const double *block = replay_bounds(origins->replay)->block;
    for (size_t i = 0; i < 2 * origins->n; i++) {
        if (block[i] < origins->seen[i] || block[i] > origins->seen[i]) {
            origins->of[i] = (struct origin){kind, origins->depth};
            origins->seen[i] = block[i];
        }
    }
}

static bool load(void *context, size_t case_index)
{
    struct origins *origins = context;
    if (!origins->inner.load(origins->inner.context, case_index)) {
        return false;
    }
    alloc_free(origins->of);
    alloc_free(origins->seen);
    origins->n = replay_bounds(origins->replay)->n_total;
    origins->depth = 0;
    NEW_ARRAY(origins->of, 2 * origins->n);
    NEW_ARRAY(origins->seen, 2 * origins->n);
    note(origins, ORIGIN_BOX);
    return true;
}

static bool enter(void *context, const struct oracle_split *split,
                  unsigned side)
{
    struct origins *origins = context;
    const bool is_possible =
        origins->inner.enter(origins->inner.context, split, side);
    origins->depth++;
    note(origins, ORIGIN_SPLIT);
    return is_possible;
}

static void slope(void *context, uint32_t relu, uint32_t element, double value)
{
    const struct origins *origins = context;
    origins->inner.slope(origins->inner.context, relu, element, value);
}

static bool lemma(void *context, const struct oracle_lemma *one)
{
    struct origins *origins = context;
    const bool is_possible = origins->inner.lemma(origins->inner.context, one);
    note(origins, ORIGIN_LEMMA);
    return is_possible;
}

static bool refresh(void *context, uint32_t relu)
{
    struct origins *origins = context;
    const bool is_possible =
        origins->inner.refresh(origins->inner.context, relu);
    note(origins, ORIGIN_REFRESH);
    return is_possible;
}

static void find_margins(void *context, double *margins,
                         const struct oracle_sum *sums, size_t n)
{
    const struct origins *origins = context;
    origins->inner.margins(origins->inner.context, margins, sums, n);
}

static size_t choose(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct)
{
    const struct origins *origins = context;
    return origins->inner.choose(origins->inner.context, terms, size, disjunct);
}

static double cost(void *context)
{
    const struct origins *origins = context;
    return origins->inner.cost(origins->inner.context);
}

struct oracle origins_oracle(struct origins *origins)
{
    return (struct oracle){
        .context = origins,
        .n_relus = origins->inner.n_relus,
        .load = load,
        .enter = enter,
        .slope = slope,
        .lemma = lemma,
        .refresh = refresh,
        .margins = find_margins,
        .choose = choose,
        .cost = cost,
    };
}

struct origin origins_find(const struct origins *origins, size_t layer,
                           size_t element, bool is_upper)
{
    const struct bounds *bounds = replay_bounds(origins->replay);
    const double *ends = is_upper ? bounds->upper[layer] : bounds->lower[layer];
    return origins->of[(size_t)(ends - bounds->block) + element];
}
