/* Pass: multipliers that a combination does not need. */
#include "proofs/minimize_numbers.h"
#include "proofs/minimize_pass.h"
#include "src/base/alloc.h"

#include <string.h>

/* Two procedures, of which the one that leaves fewer multipliers counts:
 * deletion in ever smaller chunks (Zeller and Hildebrandt, "Simplifying and
 * isolating failure-inducing input", IEEE Trans. Softw. Eng. 28, 2002), and
 * a linear program for multipliers of least sum. */
enum { LP_BITS = 12, MOST_TERMS = 1024 };

/* The combination in work: what is tried is at the end of the multipliers. */
struct thinning {
    struct minimize_walk *walk;
    uint32_t disjunct;
    size_t n;
    struct cert_multiplier *kept; /* [n], atoms first */
    uint32_t n_atoms;
};

/* True if these multipliers refute the disjunct; they leave no trace. */
static bool refutes(const struct thinning *self,
                    const struct cert_multiplier *trial, size_t n,
                    uint32_t n_atoms)
{
    struct cert_tree *tree = self->walk->tree;
    const struct cert_combination by = {
        .first = tree->multipliers.n,
        .n_atoms = n_atoms,
        .n_literals = (uint32_t)(n - n_atoms),
    };
    for (size_t i = 0; i < n; i++) {
        VEC_PUSH(&tree->multipliers, trial[i]);
    }
    const bool is_refuted =
        n > 0 && minimize_walk_refutes(self->walk, self->disjunct, &by);
    tree->multipliers.n = by.first;
    return is_refuted;
}

/* Deletes from self->kept what it can. */
static void delete_chunks(struct thinning *self)
{
    struct cert_multiplier *trial;
    NEW_ARRAY(trial, self->n);
    for (size_t chunk = (self->n + 1) / 2; chunk > 0; chunk /= 2) {
        size_t at = 0;
        while (at < self->n && self->n > 1) {
            const size_t end = at + chunk < self->n ? at + chunk : self->n;
            const size_t n = self->n - (end - at);
            uint32_t n_atoms = self->n_atoms;
            for (size_t i = at; i < end; i++) {
                n_atoms -= i < self->n_atoms ? 1 : 0;
            }
            memcpy(trial, self->kept, at * sizeof *trial);
            memcpy(trial + at, self->kept + end,
                   (self->n - end) * sizeof *trial);
            if (refutes(self, trial, n, n_atoms)) {
                memcpy(self->kept, trial, n * sizeof *trial);
                self->n = n;
                self->n_atoms = n_atoms;
            } else {
                at = end;
            }
        }
    }
    alloc_free(trial);
}

/* Chooses anew; takes the choice if it has fewer terms. */
static void choose(struct thinning *self)
{
    const struct oracle *oracle = self->walk->oracle;
    struct oracle_term *terms;
    struct cert_multiplier *trial;
    NEW_ARRAY(terms, MOST_TERMS);
    const size_t n =
        oracle->choose(oracle->context, terms, MOST_TERMS, self->disjunct);
    if (n > 0 && n < self->n) {
        uint32_t n_atoms = 0;
        NEW_ARRAY(trial, n);
        for (size_t i = 0; i < n; i++) {
            trial[i] = minimize_number(terms[i].multiplier, LP_BITS);
            trial[i].index = terms[i].index;
            n_atoms += terms[i].is_literal ? 0 : 1;
        }
        if (refutes(self, trial, n, n_atoms)) {
            memcpy(self->kept, trial, n * sizeof *trial);
            self->n = n;
            self->n_atoms = n_atoms;
        }
        alloc_free(trial);
    }
    alloc_free(terms);
}

static void thin_out(struct minimize_walk *walk, struct cert_closing *closing,
                     enum minimize_procedure procedure)
{
    struct cert_combination *by = &closing->by;
    struct thinning self = {.walk = walk,
                            .disjunct = closing->disjunct,
                            .n = (size_t)by->n_atoms + by->n_literals,
                            .n_atoms = by->n_atoms};
    if (minimize_walk_refutes(walk, closing->disjunct, NULL)) {
        closing->is_default = true;
        *by = (struct cert_combination){0};
        return;
    }
    if (!minimize_walk_refutes(walk, closing->disjunct, by)) {
        return;
    }
    NEW_ARRAY(self.kept, self.n);
    memcpy(self.kept, &walk->tree->multipliers.data[by->first],
           self.n * sizeof *self.kept);
    if (procedure != MINIMIZE_LP) {
        delete_chunks(&self);
    }
    if (procedure != MINIMIZE_GREEDY) {
        choose(&self);
    }
    memcpy(&walk->tree->multipliers.data[by->first], self.kept,
           self.n * sizeof *self.kept);
    by->n_atoms = self.n_atoms;
    by->n_literals = (uint32_t)(self.n - self.n_atoms);
    alloc_free(self.kept);
}

void minimize_sparse(struct minimize_walk *walk,
                     const struct minimize_options *options)
{
    while (minimize_walk_next(walk, &options->budget)) {
        const struct cert_details own =
            cert_node_details(walk->tree, minimize_walk_node(walk));
        for (size_t i = 0; i < own.n_closings; i++) {
            struct cert_closing *closing =
                &walk->tree->closings.data[own.first_closing + i];
            if (!closing->is_default) {
                thin_out(walk, closing, options->procedure);
            }
        }
    }
}
