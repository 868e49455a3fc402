/* The neurons of the highest scores, by insertion. */
#include "solver/dual_list.h"

#include "src/base/require.h"

#include <stdbool.h>

static void put(struct dual_list *list, size_t at, uint32_t id, double score)
{
    list->id[at] = id;
    list->score[at] = score;
}

void dual_list_offer(struct dual_list *list, uint32_t id, double score)
{
    if (!(score > 0.0) ||
        (list->n == list->most && score <= list->score[list->n - 1])) {
        return;
    }
    size_t at = list->n < list->most ? list->n++ : list->n - 1;
    for (; at > 0 && list->score[at - 1] < score; at--) {
        put(list, at, list->id[at - 1], list->score[at - 1]);
    }
    put(list, at, id, score);
}

void dual_list_join(struct dual_list *list, const struct dual_list *other)
{
    REQUIRE(list->n + other->n <= DUAL_LIST_ROOM);
    for (size_t i = 0; i < other->n; i++) {
        bool is_there = false;
        for (size_t j = 0; j < list->n; j++) {
            is_there = is_there || list->id[j] == other->id[i];
        }
        if (!is_there) {
            put(list, list->n++, other->id[i], other->score[i]);
        }
    }
}
