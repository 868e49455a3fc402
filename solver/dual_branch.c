/* The neuron to split next, by scores and a look at both children. */
#include "solver/dual.h"
#include "solver/prover_dual.h"

#include <math.h>
#include <string.h>

/* Candidates by either score whose children are looked at. */
enum { CANDIDATES = 6, MOST_CANDIDATES = 2 * CANDIDATES };

/* The best neurons by one score, best first. */
struct list {
    size_t n;
    uint32_t id[MOST_CANDIDATES];
    double score[MOST_CANDIDATES];
};

static void offer(struct list *list, uint32_t id, double score)
{
    if (!(score > 0.0) ||
        (list->n == CANDIDATES && score <= list->score[list->n - 1])) {
        return;
    }
    size_t at = list->n < CANDIDATES ? list->n++ : list->n - 1;
    for (; at > 0 && list->score[at - 1] < score; at--) {
        list->score[at] = list->score[at - 1];
        list->id[at] = list->id[at - 1];
    }
    list->score[at] = score;
    list->id[at] = id;
}

/* Adds the neurons of another list that are not there yet. */
static void join(struct list *list, const struct list *other)
{
    for (size_t i = 0; i < other->n; i++) {
        bool is_there = false;
        for (size_t j = 0; j < list->n; j++) {
            is_there = is_there || list->id[j] == other->id[i];
        }
        if (!is_there) {
            list->id[list->n++] = other->id[i];
        }
    }
}

/*
 * Neurons by what their line costs row 0: at its minimising point, |q| times
 * the distance of the line from the ReLU there; and in its constant, -q times
 * the intercept of the chord.
 */
static void find_candidates(struct list *list, const struct dual *d)
{
    struct list by_constant = {0};
    *list = (struct list){0};
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        if (d->phase[i] != PHASE_UNSTABLE) {
            continue;
        }
        const double q = d->coefficient[neuron->relu][neuron->index];
        const double z = d->value[neuron->source][neuron->index];
        const double y = d->value[neuron->relu][neuron->index];
        const double t = d->layer[neuron->relu].upper_intercept[neuron->index];
        offer(list, (uint32_t)i, fabs(q) * fabs(y - fmax(z, 0.0)));
        offer(&by_constant, (uint32_t)i, fmax(-q, 0.0) * t);
    }
    join(list, &by_constant);
}

bool prover_dual_branch(struct split *split, struct prover *p)
{
    struct dual *d = p->dual;
    struct list list;
    double best = -1.0;
    find_candidates(&list, d);
    const double bound = d->bound[0];
    for (size_t c = list.n; c-- > 0;) {
        for (size_t side = 0; side < 2; side++) {
            const size_t row = 2 * c + side;
            dual_copy_row(d, row, 0);
            d->phase[row * d->n_unstable + list.id[c]] =
                side == 1 ? PHASE_ACTIVE : PHASE_INACTIVE;
            d->choice[row * d->n_unstable + list.id[c]] = 0.0;
        }
    }
    d->n_rows = 2 * list.n;
    dual_bound(d);
    for (size_t c = 0; c < list.n; c++) {
        const double size = 1e-6 * fabs(bound) + 1e-12;
        const double low = fmin(d->bound[2 * c], 0.0) - bound;
        const double high = fmin(d->bound[2 * c + 1], 0.0) - bound;
        const double score = fmax(low, size) * fmax(high, size);
        if (score > best) {
            const struct dual_neuron *neuron = &d->neuron[list.id[c]];
            best = score;
            *split = (struct split){
                .kind = SPLIT_NEURON,
                .layer = neuron->source,
                .index = neuron->index,
            };
        }
    }
    return list.n > 0;
}
