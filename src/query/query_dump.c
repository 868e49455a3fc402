/* Canonical text of the cases of a query. */
#include "src/base/alloc.h"
#include "src/num/rational.h"
#include "src/query/query.h"

#include <math.h>

static void print_rational(FILE *file, const mpq_t value)
{
    char *text = rational_text(value);
    (void)fputs(text, file);
    alloc_free(text);
}

/* `x0 >= 1/2`, or with `>`; nothing if the end is infinite. */
static void print_end(FILE *file, size_t variable, const char *relation,
                      const mpq_t value, bool is_strict)
{
    (void)fprintf(file, "  x%zu %s%s ", variable, relation,
                  is_strict ? "" : "=");
    print_rational(file, value);
    (void)fputs("\n", file);
}

static void print_box(FILE *file, const struct query_case *self,
                      size_t n_inputs)
{
    for (size_t i = 0; i < n_inputs; i++) {
        if (isfinite(self->lower_down[i])) {
            print_end(file, i, ">", self->lower[i], self->is_lower_strict[i]);
        }
        if (isfinite(self->upper_up[i])) {
            print_end(file, i, "<", self->upper[i], self->is_upper_strict[i]);
        }
    }
}

/* `    2*x0 -1*y3 <= 7/2`. */
static void print_atom(FILE *file, const struct query_atom *atom,
                       size_t n_inputs)
{
    (void)fputs("   ", file);
    mpq_t coefficient;
    mpq_init(coefficient);
    for (size_t i = 0; i < atom->n_terms; i++) {
        const size_t variable = atom->terms[i].variable;
        const bool is_input = variable < n_inputs;
        (void)fputs(" ", file);
        rational_set_double(coefficient, atom->terms[i].coefficient);
        print_rational(file, coefficient);
        (void)fprintf(file, "*%c%zu", is_input ? 'x' : 'y',
                      is_input ? variable : variable - n_inputs);
    }
    (void)fputs(atom->is_strict ? " < " : " <= ", file);
    print_rational(file, atom->rhs);
    (void)fputs("\n", file);
    mpq_clear(coefficient);
}

void query_dump(FILE *file, const struct query *query)
{
    const size_t n_inputs = query->layers->n_inputs;
    (void)fprintf(file, "query %zu inputs %zu outputs %zu cases\n", n_inputs,
                  query->layers->n_outputs, query->n_cases);
    for (size_t k = 0; k < query->n_cases; k++) {
        const struct query_case *self = &query->cases[k];
        (void)fprintf(file, "case %zu\n", k);
        print_box(file, self, n_inputs);
        for (size_t i = 0; i < self->n_disjuncts; i++) {
            (void)fprintf(file, "  disjunct %zu\n", i);
            for (size_t a = 0; a < self->disjuncts[i].n_atoms; a++) {
                print_atom(file, &self->disjuncts[i].atoms[a], n_inputs);
            }
        }
    }
}
