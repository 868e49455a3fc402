/* The neuron to split next, by scores and a look at both children. */
#include "solver/dual.h"
#include "solver/dual_list.h"
#include "solver/prover_dual.h"
#include "solver/prover_effect.h"

#include <math.h>

/* Candidates by either score whose children are looked at. */
enum { CANDIDATES = 6, MOST_CANDIDATES = 2 * CANDIDATES };

/*
 * Where the best candidate gains so little that more levels would be needed
 * than this, the bounds of the neurons are the trouble, not the lines. Measured
 * at roots: 4 to 8 on convolutional networks of three layers, 14 to 56 on dense
 * ones of four to nine.
 */
static const double MOST_LEVELS = 12.0;

/*
 * Neurons by what their line costs row 0: at its minimising point, |q| times
 * the distance of the line from the ReLU there; and in its constant, -q times
 * the intercept of the chord.
 */
static void find_candidates(struct dual_list *list, const struct dual *d)
{
    struct dual_list by_constant = {.most = CANDIDATES};
    *list = (struct dual_list){.most = CANDIDATES};
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        if (d->phase[i] != PHASE_UNSTABLE) {
            continue;
        }
        const double q = (double)d->coefficient[neuron->relu][neuron->index];
        const double z = (double)d->value[neuron->source][neuron->index];
        const double y = (double)d->value[neuron->relu][neuron->index];
        const double t =
            (double)d->layer[neuron->relu].upper_intercept[neuron->index];
        dual_list_offer(list, (uint32_t)i, fabs(q) * fabs(y - fmax(z, 0.0)));
        dual_list_offer(&by_constant, (uint32_t)i, fmax(-q, 0.0) * t);
    }
    dual_list_join(list, &by_constant);
}

/* A candidate and the bounds of its two children, the smaller gain first. */
struct choice {
    uint32_t id;
    double least;
    double score;
};

/* Bounds the children of the candidates with the choices of row 0; the best of
 * them. */
static struct choice look_ahead(struct dual *d, const struct dual_list *list)
{
    struct choice best = {.id = DUAL_STABLE, .score = -1.0};
    double child[MOST_CANDIDATES][2];
    const double bound = d->bound[0];
    const double size = 1e-6 * fabs(bound) + 1e-12;
    for (size_t c = 0; c < list->n; c += DUAL_CHILDREN) {
        const size_t left = list->n - c;
        dual_bound_children(d, list->id + c,
                            left < DUAL_CHILDREN ? left : DUAL_CHILDREN,
                            child + c);
    }
    for (size_t c = 0; c < list->n; c++) {
        const double low = fmin(child[c][0], 0.0) - bound;
        const double high = fmin(child[c][1], 0.0) - bound;
        const double score = fmax(low, size) * fmax(high, size);
        if (score > best.score) {
            best = (struct choice){list->id[c], fmin(low, high), score};
        }
    }
    return best;
}

static struct split split_at(const struct dual *d, uint32_t id)
{
    return (struct split){
        .kind = SPLIT_NEURON,
        .layer = d->neuron[id].source,
        .index = d->neuron[id].index,
    };
}

/* The neuron of the largest effect; DUAL_STABLE if none has any. */
static uint32_t find_effect(struct prover *p)
{
    uint32_t id = DUAL_STABLE;
    double best = 0.0;
    prover_effect(p->effect, p);
    for (size_t i = 0; i < p->dual->n_unstable; i++) {
        if (p->effect[i] > best) {
            best = p->effect[i];
            id = (uint32_t)i;
        }
    }
    return id;
}

/* True if splits gain too little. */
static bool is_slow(const struct dual *d, const struct choice *best)
{
    return best->least * MOST_LEVELS < -d->bound[0];
}

bool prover_dual_is_far(struct prover *p)
{
    struct dual_list list;
    find_candidates(&list, p->dual);
    const struct choice best = look_ahead(p->dual, &list);
    return list.n > 0 && is_slow(p->dual, &best);
}

bool prover_dual_branch(struct split *split, struct prover *p)
{
    struct dual *d = p->dual;
    struct dual_state *state = p->dual_state;
    struct dual_list list;
    find_candidates(&list, d);
    if (list.n == 0) {
        return false;
    }
    uint32_t id = DUAL_STABLE;
    if (state->way != DUAL_FAR) {
        const struct choice best = look_ahead(d, &list);
        id = best.id;
        if (state->way == DUAL_UNKNOWN) {
            state->way = is_slow(d, &best) ? DUAL_FAR : DUAL_NEAR;
        }
    }
    if (state->way == DUAL_FAR) {
        const uint32_t far = find_effect(p);
        id = far != DUAL_STABLE ? far : list.id[0];
    }
    *split = split_at(d, id);
    return true;
}

bool prover_dual_branch_any(struct split *split, struct prover *p)
{
    struct dual *d = p->dual;
    struct dual_list list;
    d->n_rows = 1;
    for (size_t i = 0; i < d->n_unstable; i++) {
        if (d->phase[i] == PHASE_ACTIVE || d->phase[i] == PHASE_INACTIVE) {
            d->choice[i] += 1.0F;
        }
    }
    dual_bound(d);
    dual_differentiate(d);
    find_candidates(&list, d);
    if (list.n > 0) {
        *split = split_at(d, list.id[0]);
    }
    return list.n > 0;
}
