/* Two stacks of open nodes and the choice between them. */
#include "solver/frontier.h"

#include "src/base/require.h"

#include <math.h>

/* One node in so many is the oldest one, which has the largest region: children
 * are ordered by where a witness is likely, so that depth first alone would
 * stay in one corner, and its measure say nothing of the rest. Each restart
 * leaves one node more open. */
enum { RESTART_PERIOD = 256 };

void frontier_init(struct frontier *frontier, bool use_input, bool use_neuron)
{
    *frontier = (struct frontier){0};
    frontier->search[0].rule = BRANCH_INPUT;
    frontier->search[0].is_used = use_input;
    frontier->search[1].rule = BRANCH_NEURON;
    frontier->search[1].is_used = use_neuron;
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

static bool is_ready(const struct search *search)
{
    return search->is_used && search->nodes.n > 0;
}

/* True if the search has nodes with other threads and is still to go before the
 * other one: a short proof is over before a node of that would be. */
static bool is_first(const struct search *search)
{
    return search->n_busy > 0 &&
           search->n_done + search->n_busy < FRONTIER_HEAD;
}

/* The search that should go next when both are ready. */
static size_t choose(const struct frontier *frontier)
{
    const struct search *input = &frontier->search[0];
    const struct search *neuron = &frontier->search[1];
    if (input->n_done + input->n_busy < FRONTIER_HEAD) {
        return 0;
    }
    const double input_rate = input->measure * fmax(neuron->effort, 1.0);
    const double neuron_rate = neuron->measure * fmax(input->effort, 1.0);
    const size_t better = input_rate >= neuron_rate ? 0 : 1;
    const size_t other = 1 - better;
    const bool is_behind =
        16.0 * frontier->search[other].effort < frontier->search[better].effort;
    return is_behind ? other : better;
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
    const bool has_input = is_ready(&frontier->search[0]);
    const bool has_neuron = is_ready(&frontier->search[1]);
    if (!has_input && (!has_neuron || is_first(&frontier->search[0]))) {
        return NULL;
    }
    *search = has_input && has_neuron ? choose(frontier) : has_neuron;
    struct search *chosen = &frontier->search[*search];
    chosen->n_busy++;
    return take(chosen);
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
    return fmax(frontier->search[0].measure, frontier->search[1].measure);
}
