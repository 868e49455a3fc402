/* Stacks of open nodes and the choice between them. */
#include "solver/frontier.h"

#include "src/base/require.h"

#include <math.h>

/* One node in so many is the oldest one, which has the largest region: children
 * are ordered by where a witness is likely, so that depth first alone would
 * stay in one corner, and its measure say nothing of the rest. Each restart
 * leaves one node more open. */
enum { RESTART_PERIOD = 256 };

/* Effort of a search of neurons, beyond that of its root, before the next one
 * begins. */
static const double NEXT_EFFORT = 2e10;

/* Shares of the effort of the best search. */
static const double SHARE = 1.0 / 16.0;
static const double NEURON_SHARE = 1.0 / 8.0;

void frontier_init(struct frontier *frontier, bool use_input, bool use_neuron)
{
    *frontier = (struct frontier){0};
    frontier->search[0].rule = BRANCH_INPUT;
    frontier->search[0].is_used = use_input;
    frontier->search[1].rule = BRANCH_NEURON;
    frontier->search[1].is_used = use_neuron;
    for (size_t s = 2; s < FRONTIER_SEARCHES; s++) {
        frontier->search[s].rule = BRANCH_NEURON;
    }
}

void frontier_open(struct frontier *frontier, size_t search, struct node *root)
{
    REQUIRE(search > 1 && search < FRONTIER_SEARCHES);
    frontier->search[search].is_used = true;
    frontier_push(frontier, search, root);
}

void frontier_clear(struct frontier *frontier)
{
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        struct search *search = &frontier->search[s];
        for (size_t i = 0; i < search->nodes.n; i++) {
            node_destroy(search->nodes.data[i]);
        }
        VEC_CLEAR(&search->nodes);
    }
}

void frontier_push(struct frontier *frontier, size_t search, struct node *node)
{
    REQUIRE(search < FRONTIER_SEARCHES);
    VEC_PUSH(&frontier->search[search].nodes, node);
}

static bool is_ready(const struct frontier *frontier, size_t s)
{
    const struct search *search = &frontier->search[s];
    return search->is_used && search->nodes.n > 0 &&
           (s <= 1 || search[-1].effort > search[-1].root_effort + NEXT_EFFORT);
}

/* True if the search has nodes with other threads and is still to go before the
 * other one: a short proof is over before a node of that would be. */
static bool is_first(const struct search *search)
{
    return search->n_busy > 0 &&
           search->n_done + search->n_busy < FRONTIER_HEAD;
}

/* The search that should go next of those that are ready; FRONTIER_SEARCHES if
 * none is. */
static size_t choose(const struct frontier *frontier)
{
    const struct search *search = frontier->search;
    size_t best = FRONTIER_SEARCHES;
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        if (is_ready(frontier, s) &&
            (best == FRONTIER_SEARCHES ||
             search[s].measure * fmax(search[best].effort, 1.0) >
                 search[best].measure * fmax(search[s].effort, 1.0))) {
            best = s;
        }
    }
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        const double share = s > 0 && best > 0 ? NEURON_SHARE : SHARE;
        if (s != best && is_ready(frontier, s) &&
            search[s].effort < share * search[best].effort) {
            return s;
        }
    }
    return best;
}

/* Takes the top of the stack, but from time to time the bottom. */
static struct node *take(struct search *search)
{
    const uint64_t n_taken = search->n_done + search->n_busy;
    const size_t n = --search->nodes.n;
    struct node **nodes = search->nodes.data;
    if (n_taken % RESTART_PERIOD != 0) {
        return nodes[n];
    }
    struct node *oldest = nodes[0];
    for (size_t i = 0; i < n; i++) {
        nodes[i] = nodes[i + 1];
    }
    return oldest;
}

struct node *frontier_pop(struct frontier *frontier, size_t *search)
{
    const struct search *input = &frontier->search[0];
    if (!is_ready(frontier, 0) && is_first(input)) {
        return NULL;
    }
    const bool is_head =
        is_ready(frontier, 0) && input->n_done + input->n_busy < FRONTIER_HEAD;
    const size_t s = is_head ? 0 : choose(frontier);
    if (s == FRONTIER_SEARCHES) {
        return NULL;
    }
    *search = s;
    frontier->search[s].n_busy++;
    return take(&frontier->search[s]);
}

bool frontier_is_closed(const struct frontier *frontier)
{
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        const struct search *search = &frontier->search[s];
        if (search->is_used && search->n_stuck == 0 && search->nodes.n == 0 &&
            search->n_busy == 0) {
            return true;
        }
    }
    return false;
}

size_t frontier_n_open(const struct frontier *frontier)
{
    size_t n = 0;
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        n += frontier->search[s].nodes.n + frontier->search[s].n_busy;
    }
    return n;
}

double frontier_measure(const struct frontier *frontier)
{
    double most = 0.0;
    for (size_t s = 0; s < FRONTIER_SEARCHES; s++) {
        most = fmax(most, frontier->search[s].measure);
    }
    return most;
}
