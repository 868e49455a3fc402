/* Rows that combine atoms, neurons and literals before back-substitution. */
#include "solver/prover_joint.h"

#include "solver/copies.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Adds a literal of the node's path, z <= t or z >= t: z - t in child 0, t - z
 * in child 1; t rounded so that the row is too low rather than too high. */
static void seed_literal(struct prover *p, size_t position, size_t row,
                         double multiplier)
{
    const struct split *split = &p->node->path[position];
    backward_seed(p->backward, split->layer, row)[split->index] +=
        split->is_upper ? -multiplier : multiplier;
    if (split->threshold > 0.0 || split->threshold < 0.0) {
        const double product = multiplier * split->threshold;
        backward_add_constant(
            p->backward, row,
            interval_down(split->is_upper ? product : -product));
    }
}

double prover_joint_bound(struct prover *p, size_t first)
{
    backward_begin(p->backward, 1);
    for (size_t t = first; t < p->record.terms.n; t++) {
        const struct record_term *term = &p->record.terms.data[t];
        if (term->is_literal) {
            seed_literal(p, term->index, 0, term->multiplier);
        } else {
            spec_seed_atom(&p->spec, p->backward,
                           p->spec.first[term->disjunct] + term->index, 0,
                           term->multiplier);
        }
    }
    backward_run(p->backward);
    return backward_minimum(p->backward, 0, p->lower, p->upper);
}

/* Rows 2t and 2t + 1 are those of the t-th neuron that has lemmas. */
static void seed_lemmas(struct prover *p, const struct prover_lemmas *lemmas)
{
    const struct record *record = &p->record;
    const struct record_term *term =
        record->lemma_terms.data + lemmas->first_term;
    uint32_t neurons[BACKWARD_ROWS / 2] = {0};
    size_t n = 0;
    for (size_t i = lemmas->first; i < record->lemmas.n; i++) {
        const uint32_t element =
            record->lemmas.data[i].element - (uint32_t)lemmas->offset;
        if (n == 0 || neurons[n - 1] != element) {
            REQUIRE(n < BACKWARD_ROWS / 2);
            neurons[n++] = element;
        }
    }
    backward_begin(p->backward, 2 * n);
    backward_seed_neurons(p->backward, lemmas->layer, neurons, n);
    n = 0;
    for (size_t i = lemmas->first; i < record->lemmas.n; i++) {
        const struct record_lemma *lemma = &record->lemmas.data[i];
        n += lemma->element - lemmas->offset != neurons[n] ? 1 : 0;
        for (size_t t = 0; t < lemma->n_terms; t++, term++) {
            seed_literal(p, term->index, 2 * n + (lemma->is_upper ? 1 : 0),
                         term->multiplier);
        }
    }
}

/* Tightens an end by row `row`; false if that is not worth a lemma. */
static bool apply(struct prover *p, const struct record_lemma *lemma,
                  const struct prover_lemmas *lemmas, size_t row, double gain)
{
    const size_t i = lemma->element - lemmas->offset;
    double *lower = &p->bounds.lower[lemmas->layer][i];
    double *upper = &p->bounds.upper[lemmas->layer][i];
    const double bound = backward_minimum(p->backward, row, p->lower, p->upper);
    const double known = lemma->is_upper ? -*upper : *lower;
    const bool is_stable = *lower >= 0.0 || *upper <= 0.0;
    if (copies_input(p->copied, lemmas->layer, i) != COPIES_NONE) {
        return false; /* to the checker it is an input, and has its ends */
    }
    const bool has_gain = bound - known > gain * (*upper - *lower);
    if (lemmas->is_curved ? !has_gain
                          : is_stable || !(bound >= 0.0 || has_gain)) {
        return false;
    }
    if (lemma->is_upper) {
        *upper = interval_reduce(*upper, -bound);
    } else {
        *lower = interval_raise(*lower, bound);
    }
    return true;
}

void prover_join_lemmas(struct prover *p, struct prover_lemmas lemmas,
                        double gain)
{
    struct record *record = &p->record;
    if (lemmas.first == record->lemmas.n) {
        return;
    }
    seed_lemmas(p, &lemmas);
    backward_run(p->backward);
    size_t n = lemmas.first;
    size_t n_terms = lemmas.first_term;
    size_t from = n_terms;
    size_t pair = 0;
    for (size_t i = lemmas.first; i < record->lemmas.n; i++) {
        const struct record_lemma lemma = record->lemmas.data[i];
        if (i > lemmas.first &&
            lemma.element != record->lemmas.data[i - 1].element) {
            pair++;
        }
        if (apply(p, &lemma, &lemmas, 2 * pair + (lemma.is_upper ? 1 : 0),
                  gain)) {
            memmove(record->lemma_terms.data + n_terms,
                    record->lemma_terms.data + from,
                    lemma.n_terms * sizeof *record->lemma_terms.data);
            record->lemmas.data[n++] = lemma;
            n_terms += lemma.n_terms;
        }
        from += lemma.n_terms;
    }
    record->lemmas.n = n;
    record->lemma_terms.n = n_terms;
}
