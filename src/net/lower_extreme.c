/* Rounds of pairs, one ReLU layer each. */
#include "src/net/lower_extreme.h"

#include "src/base/alloc.h"

void extreme_lists_clear(struct extreme_lists *lists)
{
    alloc_free(lists->size);
    VEC_CLEAR(&lists->element);
    *lists = (struct extreme_lists){0};
}

/*
 * One round. Pair p is (a[p], b[p]); element i of the next lists is kept[i]
 * of the present layer plus weight[i] times relu(a - b) of pair[i]; the
 * weight is 0 for one that stays.
 */
struct round {
    VEC(uint32_t) a;
    VEC(uint32_t) b;
    VEC(uint32_t) kept;
    VEC(uint32_t) pair;
    VEC(double) weight;
};

static void round_clear(struct round *round)
{
    VEC_CLEAR(&round->a);
    VEC_CLEAR(&round->b);
    VEC_CLEAR(&round->kept);
    VEC_CLEAR(&round->pair);
    VEC_CLEAR(&round->weight);
}

static void add_next(struct round *round, uint32_t kept, size_t pair,
                     double weight)
{
    VEC_PUSH(&round->kept, kept);
    VEC_PUSH(&round->pair, (uint32_t)pair);
    VEC_PUSH(&round->weight, weight);
}

static void pair_up(struct round *round, const struct extreme_lists *lists,
                    bool is_least)
{
    const uint32_t *element = lists->element.data;
    for (size_t w = 0; w < lists->n_lists; w++) {
        const size_t n = lists->size[w];
        for (size_t k = 0; k + 1 < n; k += 2) {
            const uint32_t a = element[k];
            const uint32_t b = element[k + 1];
            add_next(round, is_least ? a : b, round->a.n,
                     is_least ? -1.0 : 1.0);
            VEC_PUSH(&round->a, a);
            VEC_PUSH(&round->b, b);
        }
        if (n % 2 == 1) {
            add_next(round, element[n - 1], 0, 0.0);
        }
        element += n;
    }
}

/* The layers of the round; returns the one that has the next lists. Without
 * pairs it only gathers. */
static size_t add_round(struct lowering *lowering, const struct round *round,
                        size_t source)
{
    const struct view view = view_whole(source, lowering->widths.data[source]);
    const struct lowering_part difference[2] = {
        {&view, round->a.data, NULL, 1.0}, {&view, round->b.data, NULL, -1.0}};
    struct view relu = {0};
    if (round->a.n > 0) {
        size_t layer =
            lowering_combine(lowering, round->a.n, difference, 2, NULL);
        layer = lowering_add_relu(lowering, layer);
        relu = view_whole(layer, round->a.n);
    }
    const struct lowering_part sum[2] = {
        {&view, round->kept.data, NULL, 1.0},
        {&relu, round->pair.data, round->weight.data, 0.0}};
    return lowering_combine(lowering, round->kept.n, sum,
                            round->a.n > 0 ? 2 : 1, NULL);
}

size_t lower_extreme(struct lowering *lowering, struct extreme_lists *lists,
                     bool is_least)
{
    bool is_done = false;
    while (!is_done) {
        struct round round = {0};
        pair_up(&round, lists, is_least);
        lists->layer = add_round(lowering, &round, lists->layer);
        is_done = true;
        for (size_t w = 0; w < lists->n_lists; w++) {
            lists->size[w] = (lists->size[w] + 1) / 2;
            is_done = is_done && lists->size[w] == 1;
        }
        lists->element.n = 0;
        for (size_t i = 0; i < round.kept.n; i++) {
            VEC_PUSH(&lists->element, (uint32_t)i);
        }
        round_clear(&round);
    }
    return lists->layer;
}
