/* Plans of splits by what the last ones have gained. */
#include "solver/prover_plan.h"

#include "solver/branch.h"

#include <math.h>

/* What a split leaves of the distance to the goal, before any is known; how
 * much a new one changes that; the least that is believed. */
static const double FIRST_SHARE = 0.75;
static const double NEW_SHARE = 0.125;
static const double LEAST_SHARE = 0.25;

/* Children are far if more than this many times the distance that slopes
 * overcome is expected to be missing. */
static const double FAR = 1.25;

void prover_plan_reset(struct prover *p)
{
    p->is_long = false;
    p->split_share = FIRST_SHARE;
}

bool prover_plan_split(struct split *split, struct prover *p,
                       const struct node *node)
{
    const struct node_plan *plan = &node->bounds->plan;
    if (!plan->is_far || !branch_halve(split, p, plan->input)) {
        return false;
    }
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        p->point[j] = 0.5 * (p->lower[j] + p->upper[j]);
    }
    p->worst = -plan->missing;
    return true;
}

/* Learns from what is missing now how much each split has left. */
static void learn(struct prover *p, const struct node_plan *plan)
{
    if (plan->n_levels > 0) {
        const double left =
            pow(-p->worst / plan->missing, 1.0 / (double)plan->n_levels);
        const double share = fmin(fmax(left, LEAST_SHARE), 1.0);
        p->split_share += NEW_SHARE * (share - p->split_share);
    }
}

/* The input to split in both halves that a split makes. */
static bool choose_next(uint32_t *input, struct prover *p,
                        const struct split *split)
{
    const double upper = p->upper[split->index];
    struct split next;
    p->upper[split->index] = split->threshold;
    const bool is_found = branch_by_input(&next, p);
    p->upper[split->index] = upper;
    *input = next.index;
    return is_found;
}

struct node_plan prover_plan_children(struct prover *p, const struct node *node,
                                      const struct split *split)
{
    struct node_plan plan = node->bounds->plan;
    if (plan.is_far) {
        plan.is_far = false;
        plan.n_levels++;
        return plan;
    }
    if (!p->is_long || split->kind != SPLIT_INPUT || !(p->worst < 0.0)) {
        return (struct node_plan){0};
    }
    learn(p, &plan);
    plan.missing = -p->worst;
    plan.n_levels = 1;
    plan.is_far = plan.missing * p->split_share > FAR * p->slope_reach &&
                  choose_next(&plan.input, p, split);
    return plan;
}
