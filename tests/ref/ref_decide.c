/* Polyhedra of linear inequalities in rationals, one per phase pattern. */
#include "tests/ref/ref_decide.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/rational.h"

/* Inputs, and one more variable for a minimum. */
enum { VARIABLES = REF_DECIDE_INPUTS + 1 };

/* a.x + a[VARIABLES] <= 0, or < 0. */
struct row {
    mpq_t a[VARIABLES + 1];
    bool is_strict;
};

struct system {
    size_t n;
    struct row *row;
};

static struct row *add_zero(struct system *system)
{
    RESIZE_ARRAY(system->row, system->n + 1);
    struct row *row = &system->row[system->n++];
    for (size_t v = 0; v <= VARIABLES; v++) {
        mpq_init(row->a[v]);
    }
    row->is_strict = false;
    return row;
}

static void system_truncate(struct system *system, size_t n)
{
    while (system->n > n) {
        system->n--;
        for (size_t v = 0; v <= VARIABLES; v++) {
            mpq_clear(system->row[system->n].a[v]);
        }
    }
}

static void system_clear(struct system *system)
{
    system_truncate(system, 0);
    alloc_free(system->row);
    *system = (struct system){0};
}

/* Appends a row as it is. */
static void add_copy(struct system *to, const struct row *from)
{
    struct row *row = add_zero(to);
    for (size_t v = 0; v <= VARIABLES; v++) {
        mpq_set(row->a[v], from->a[v]);
    }
    row->is_strict = from->is_strict;
}

/* True if the row is a constant that is negative. */
static bool is_trivial(const struct row *row)
{
    for (size_t v = 0; v < VARIABLES; v++) {
        if (mpq_sgn(row->a[v]) != 0) {
            return false;
        }
    }
    return mpq_sgn(row->a[VARIABLES]) < 0;
}

/* Appends low * (upper's coefficient) + high * (-lower's coefficient). */
static void add_pair(struct system *to, const struct row *low,
                     const struct row *high, size_t variable)
{
    struct row *row = add_zero(to);
    mpq_t term;
    mpq_init(term);
    for (size_t v = 0; v <= VARIABLES; v++) {
        mpq_mul(row->a[v], low->a[v], high->a[variable]);
        mpq_mul(term, high->a[v], low->a[variable]);
        mpq_sub(row->a[v], row->a[v], term);
    }
    row->is_strict = low->is_strict || high->is_strict;
    if (is_trivial(row)) {
        system_truncate(to, to->n - 1);
    }
    mpq_clear(term);
}

/* The projection of `from` along a variable. */
static void eliminate(struct system *to, const struct system *from,
                      size_t variable)
{
    for (size_t i = 0; i < from->n; i++) {
        const int sign = mpq_sgn(from->row[i].a[variable]);
        if (sign == 0) {
            add_copy(to, &from->row[i]);
        }
        for (size_t j = 0; sign < 0 && j < from->n; j++) {
            if (mpq_sgn(from->row[j].a[variable]) > 0) {
                add_pair(to, &from->row[i], &from->row[j], variable);
            }
        }
    }
}

static bool has_variable(const struct system *system, size_t variable)
{
    for (size_t i = 0; i < system->n; i++) {
        if (mpq_sgn(system->row[i].a[variable]) != 0) {
            return true;
        }
    }
    return false;
}

/* The projection along the variables 0 .. n-1. */
static void eliminate_all(struct system *to, const struct system *from,
                          size_t n)
{
    for (size_t i = 0; i < from->n; i++) {
        add_copy(to, &from->row[i]);
    }
    for (size_t v = 0; v < n; v++) {
        if (has_variable(to, v)) {
            struct system next = {0};
            eliminate(&next, to, v);
            system_clear(to);
            *to = next;
        }
    }
}

static bool is_feasible(const struct system *system)
{
    struct system constants = {0};
    bool is_possible = true;
    eliminate_all(&constants, system, VARIABLES);
    for (size_t i = 0; i < constants.n; i++) {
        const int sign = mpq_sgn(constants.row[i].a[VARIABLES]);
        is_possible = is_possible &&
                      (sign < 0 || (sign == 0 && !constants.row[i].is_strict));
    }
    system_clear(&constants);
    return is_possible;
}

/* The affine form of every neuron under the phases chosen so far, and the
 * inequalities of box and phases. */
struct search {
    const struct query *query;
    struct row **form;
    struct system system;
    const double *objective; /* NULL: decide the atoms */
    mpq_t *minimum;
    bool is_found;
};

/* y += w * x */
static void add_scaled(struct row *y, double w, const struct row *x)
{
    mpq_t factor;
    mpq_t term;
    mpq_inits(factor, term, (mpq_ptr)NULL);
    rational_set_double(factor, w);
    for (size_t v = 0; v <= VARIABLES; v++) {
        mpq_mul(term, factor, x->a[v]);
        mpq_add(y->a[v], y->a[v], term);
    }
    mpq_clears(factor, term, (mpq_ptr)NULL);
}

static void set_zero(struct row *row)
{
    for (size_t v = 0; v <= VARIABLES; v++) {
        mpq_set_ui(row->a[v], 0, 1);
    }
}

static void eval_affine(struct search *search, size_t k)
{
    const struct layer *layer = &search->query->layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        struct row *form = &search->form[k][i];
        set_zero(form);
        rational_set_double(form->a[VARIABLES], layer->bias[i]);
        for (size_t t = 0; t < layer->n_terms; t++) {
            const struct matrix *matrix = &layer->terms[t].matrix;
            const struct row *source = search->form[layer->terms[t].source];
            REQUIRE(matrix->dense != NULL);
            for (size_t j = 0; j < matrix->n_cols; j++) {
                add_scaled(form, matrix->dense[i * matrix->n_cols + j],
                           &source[j]);
            }
        }
    }
}

/* sum of c.(x, y) as a form. */
static void add_linear(struct row *row, const struct search *search,
                       size_t variable, double coefficient)
{
    const struct layers *layers = search->query->layers;
    const size_t n = layers->n_inputs;
    add_scaled(row, coefficient,
               variable < n
                   ? &search->form[0][variable]
                   : &search->form[layers->n_layers - 1][variable - n]);
}

/* All phases are chosen: is some disjunct possible? */
static void decide_atoms(struct search *search)
{
    const struct query_case *c = search->query->cases;
    const size_t n = search->system.n;
    for (size_t d = 0; d < c->n_disjuncts; d++) {
        for (size_t q = 0; q < c->disjuncts[d].n_atoms; q++) {
            const struct query_atom *atom = &c->disjuncts[d].atoms[q];
            struct row *row = add_zero(&search->system);
            for (size_t t = 0; t < atom->n_terms; t++) {
                add_linear(row, search, atom->terms[t].variable,
                           atom->terms[t].coefficient);
            }
            mpq_sub(row->a[VARIABLES], row->a[VARIABLES], atom->rhs);
            row->is_strict = atom->is_strict;
        }
        search->is_found = search->is_found || is_feasible(&search->system);
        system_truncate(&search->system, n);
    }
}

/* All phases are chosen: the least t with c.(x, y) - t <= 0. */
static void lower_minimum(struct search *search)
{
    const struct layers *layers = search->query->layers;
    const size_t n = search->system.n;
    struct row *row = add_zero(&search->system);
    for (size_t v = 0; v < layers->n_inputs + layers->n_outputs; v++) {
        add_linear(row, search, v, search->objective[v]);
    }
    mpq_set_si(row->a[REF_DECIDE_INPUTS], -1, 1);
    struct system rest = {0};
    eliminate_all(&rest, &search->system, REF_DECIDE_INPUTS);
    mpq_t best;
    mpq_t end;
    mpq_inits(best, end, (mpq_ptr)NULL);
    bool has_best = false;
    for (size_t i = 0; i < rest.n; i++) {
        if (mpq_sgn(rest.row[i].a[REF_DECIDE_INPUTS]) < 0) {
            mpq_div(end, rest.row[i].a[VARIABLES],
                    rest.row[i].a[REF_DECIDE_INPUTS]);
            mpq_neg(end, end);
            if (!has_best || mpq_cmp(end, best) > 0) {
                mpq_set(best, end);
            }
            has_best = true;
        }
    }
    REQUIRE(has_best);
    if (!search->is_found || mpq_cmp(best, *search->minimum) < 0) {
        mpq_set(*search->minimum, best);
    }
    search->is_found = true;
    mpq_clears(best, end, (mpq_ptr)NULL);
    system_clear(&rest);
    system_truncate(&search->system, n);
}

/* Chooses the phases from neuron i of layer k on. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are layers and ReLUs. */
static void explore(struct search *search, size_t k, size_t i)
{
    const struct layers *layers = search->query->layers;
    if (k == layers->n_layers) {
        if (search->objective == NULL) {
            decide_atoms(search);
        } else {
            lower_minimum(search);
        }
        return;
    }
    const struct layer *layer = &layers->layer[k];
    if (layer->kind == LAYER_AFFINE) {
        eval_affine(search, k);
    }
    if (layer->kind != LAYER_RELU || i == layer->width) {
        explore(search, k + 1, 0);
        return;
    }
    for (int phase = 0; phase < 2; phase++) {
        const struct row *z = &search->form[layer->source][i];
        const size_t n = search->system.n;
        struct row *y = &search->form[k][i];
        add_scaled(add_zero(&search->system), phase == 0 ? 1.0 : -1.0, z);
        set_zero(y);
        add_scaled(y, phase == 0 ? 0.0 : 1.0, z);
        if (is_feasible(&search->system)) {
            explore(search, k, i + 1);
        }
        system_truncate(&search->system, n);
    }
}

/* One end of an input as a row: sign*(x_i - end) <= 0. */
static void add_end(struct search *search, size_t i, int sign, const mpq_t end,
                    bool is_strict)
{
    struct row *row = add_zero(&search->system);
    mpq_set_si(row->a[i], sign, 1);
    mpq_set(row->a[VARIABLES], end);
    if (sign > 0) {
        mpq_neg(row->a[VARIABLES], row->a[VARIABLES]);
    }
    row->is_strict = is_strict;
}

static void run(struct search *search)
{
    const struct layers *layers = search->query->layers;
    const struct query_case *c = search->query->cases;
    const bool is_open = search->objective == NULL;
    REQUIRE(layers->n_inputs <= REF_DECIDE_INPUTS);
    NEW_ARRAY(search->form, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        struct system forms = {0};
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            (void)add_zero(&forms);
        }
        search->form[k] = forms.row;
    }
    for (size_t i = 0; i < layers->n_inputs; i++) {
        mpq_set_ui(search->form[0][i].a[i], 1, 1);
        add_end(search, i, 1, c->upper[i], is_open && c->is_upper_strict[i]);
        add_end(search, i, -1, c->lower[i], is_open && c->is_lower_strict[i]);
    }
    explore(search, 1, 0);
    for (size_t k = 0; k < layers->n_layers; k++) {
        struct system forms = {layers->layer[k].width, search->form[k]};
        system_clear(&forms);
    }
    alloc_free(search->form);
    system_clear(&search->system);
}

bool ref_decide_is_sat(const struct query *query)
{
    struct search search = {.query = query};
    run(&search);
    return search.is_found;
}

void ref_decide_minimum(mpq_t minimum, const struct query *query,
                        const double *c)
{
    mpq_t best;
    mpq_init(best);
    struct search search = {.query = query, .objective = c, .minimum = &best};
    run(&search);
    REQUIRE(search.is_found);
    mpq_set(minimum, best);
    mpq_clear(best);
}
