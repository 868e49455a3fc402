/* What to decide: exact layers and a disjunction of cases over them. */
#include "src/query/query.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/num/rational.h"
#include "src/query/bind.h"
#include "src/query/cases.h"
#include "src/query/networks.h"
#include "src/query/ties.h"
#include "vnnlib/types.h"
#include "vnnlib/vnnlib.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static enum status refuse(struct error *error, const struct vnnlib *lib,
                          enum status status)
{
    error_set_place(error, lib->path, 0, 0);
    return status;
}

/* Floating-point queries are decided over the reals. */
static enum status check_arithmetic(const struct vnnlib *lib, bool is_strict,
                                    struct error *error)
{
    if (types_is_all_real(lib)) {
        return STATUS_OK;
    }
    if (is_strict) {
        error_set(error, "only queries of type real are supported with "
                         "--strict: verdicts are about real arithmetic");
        return refuse(error, lib, STATUS_UNSUPPORTED);
    }
    log_line(LOG_WARNING,
             "%s: the query is typed as floating point; the verdict is about "
             "real arithmetic",
             lib->path);
    return STATUS_OK;
}

/* What can be refused before a network is read. */
static enum status check_property(const struct vnnlib *lib,
                                  const struct networks_given *given,
                                  struct error *error)
{
    const enum status status = networks_check(lib, given, error);
    return status != STATUS_OK ? status
                               : check_arithmetic(lib, given->is_strict, error);
}

/* The products that compute the monomials: each is the one without its last
 * factor, times that. */
static void list_products(struct net_extras *extras,
                          const struct cases_names *names)
{
    const struct monomials *monomials = &names->monomials;
    extras->n_products = monomials->n;
    NEW_ARRAY(extras->products, monomials->n);
    for (size_t k = 0; k < monomials->n; k++) {
        struct monomial shorter = monomials->data[k];
        const size_t last = shorter.factor[--shorter.degree];
        const bool is_pair = shorter.degree == 1;
        extras->products[k] = (struct net_product){
            .left = is_pair ? shorter.factor[0]
                            : monomials->first +
                                  monomials_find(monomials, &shorter),
            .right = last,
            .rank = is_pair && shorter.factor[0] == last ? 0 : shorter.degree};
    }
}

/* A network with indices stands alone. */
static enum status check_indices(const struct networks *networks,
                                 const struct net_extras *extras,
                                 struct error *error)
{
    for (size_t k = 0; k < networks->n; k++) {
        if (net_n_indices(networks->nets[k]) > 0 &&
            (networks->n > 1 || extras->n_products > 0)) {
            error_set_place(error, networks->first_path, 0, 0);
            error_set(error, "a network whose graph depends on inputs: neither "
                             "with others nor with products of variables");
            return STATUS_UNSUPPORTED;
        }
    }
    return STATUS_OK;
}

/* Positions, monomials and ties of a property whose networks are loaded. */
static enum status name_all(struct cases_names *names, size_t *base,
                            struct query *query, const struct vnnlib *lib,
                            struct error *error)
{
    enum status status = STATUS_OK;
    names->base = base;
    names->n_inputs = query->n_declared_inputs;
    STATUS_TRY(monomials_collect(
        &names->monomials, query->n_declared_inputs + query->n_declared_outputs,
        lib, base, error));
    if (lib->networks.n > 1) {
        STATUS_TRY(ties_find(&names->ties, lib, base, names->n_inputs, error));
    }
    list_products(&query->extras, names);
    query->extras.ties = names->ties;
cleanup:
    return status;
}

static enum status load_all(struct query *query, const struct vnnlib *lib,
                            const struct networks_given *given,
                            struct error *error)
{
    enum status status = STATUS_OK;
    struct networks networks = {0};
    struct cases_names names = {0};
    size_t *base = NULL;
    NEW_ARRAY(base, lib->variables.n);
    STATUS_TRY(networks_load(&networks, lib, given, error));
    query->network_path =
        alloc_string(networks.first_path, strlen(networks.first_path));
    STATUS_TRY(bind_variables(base, query, lib, networks.tensors,
                              given->is_strict, error));
    STATUS_TRY(name_all(&names, base, query, lib, error));
    STATUS_TRY(check_indices(&networks, &query->extras, error));
    query->net = networks_join(&networks, &query->extras);
    STATUS_TRY(net_lower(&query->layers, query->net, error));
    STATUS_TRY(cases_build(query, lib, &names, error));
cleanup:
    monomials_clear(&names.monomials);
    networks_clear(&networks);
    alloc_free(base);
    return status;
}

enum status query_load(struct query **query, const char *path,
                       size_t n_networks, const struct query_network *networks,
                       bool is_strict, struct error *error)
{
    enum status status = STATUS_OK;
    struct vnnlib *lib = NULL;
    struct query *self = NULL;
    const struct networks_given given = {n_networks, networks, is_strict};
    NEW(self);
    *query = NULL;
    self->property_path = alloc_string(path, strlen(path));
    STATUS_TRY(vnnlib_load(&lib, path, is_strict, error));
    sha256_digest(self->property_digest, lib->text.data, lib->text.n);
    self->vnnlib_major = lib->major;
    STATUS_TRY(check_property(lib, &given, error));
    STATUS_TRY(load_all(self, lib, &given, error));
    *query = self;
    self = NULL;
cleanup:
    vnnlib_destroy(lib);
    query_destroy(self);
    return status;
}

void query_destroy(struct query *query)
{
    if (query == NULL) {
        return;
    }
    for (size_t i = 0; i < query->n_variables; i++) {
        alloc_free(query->variables[i].name);
        alloc_free(query->variables[i].type);
        alloc_free(query->variables[i].dims);
    }
    alloc_free(query->variables);
    if (query->layers != NULL) {
        cases_destroy(query->cases, query->n_cases, query->layers->n_inputs);
    }
    layers_destroy(query->layers);
    net_destroy(query->net);
    ties_clear(&query->extras.ties);
    alloc_free(query->extras.products);
    alloc_free(query->network_path);
    alloc_free(query->property_path);
    alloc_free(query);
}

/* Exact side of a box: is x on the right side of the end? */
static bool is_above(const mpq_t x, const mpq_t end, bool is_strict)
{
    const int order = mpq_cmp(x, end);
    return order > 0 || (order == 0 && !is_strict);
}

bool query_contains_exact(const struct query *query, size_t case_index,
                          const mpq_t *x)
{
    assert(case_index < query->n_cases);
    const struct query_case *self = &query->cases[case_index];
    for (size_t i = 0; i < query->layers->n_inputs; i++) {
        if (isfinite(self->lower_down[i]) &&
            !is_above(x[i], self->lower[i], self->is_lower_strict[i])) {
            return false;
        }
        if (isfinite(self->upper_up[i]) &&
            !is_above(self->upper[i], x[i], self->is_upper_strict[i])) {
            return false;
        }
    }
    return true;
}

/* Adds the move of one element from `from` to `to`. */
static void note_move(struct query_projection *projection, const mpq_t from,
                      const mpq_t to)
{
    mpq_t distance;
    mpq_init(distance);
    mpq_sub(distance, from, to);
    mpq_abs(distance, distance);
    projection->n_moved++;
    projection->farthest = fmax(projection->farthest, rational_up(distance));
    mpq_clear(distance);
}

struct query_projection query_project(mpq_t *x, const struct query *query,
                                      size_t case_index)
{
    assert(case_index < query->n_cases);
    const struct query_case *self = &query->cases[case_index];
    struct query_projection projection = {0};
    mpq_t place;
    mpq_init(place);
    for (size_t i = 0; i < query->layers->n_inputs; i++) {
        const bool has_lower = isfinite(self->lower_down[i]);
        const bool has_upper = isfinite(self->upper_up[i]);
        bool is_strict = false;
        if (has_lower &&
            !is_above(x[i], self->lower[i], self->is_lower_strict[i])) {
            mpq_set(place, self->lower[i]);
            is_strict = self->is_lower_strict[i];
        } else if (has_upper &&
                   !is_above(self->upper[i], x[i], self->is_upper_strict[i])) {
            mpq_set(place, self->upper[i]);
            is_strict = self->is_upper_strict[i];
        } else {
            continue;
        }
        if (is_strict && has_lower && has_upper) {
            mpq_add(place, self->lower[i], self->upper[i]);
            mpq_div_2exp(place, place, 1);
        }
        note_move(&projection, x[i], place);
        mpq_set(x[i], place);
    }
    mpq_clear(place);
    return projection;
}

/* A point whose outputs are known up to intervals. */
struct place {
    size_t n_inputs;
    const mpq_t *x;
    const mpq_t *y_lower;
    const mpq_t *y_upper;
};

/* The sum of the terms, with outputs at their ends `most` where coefficients
 * are positive and at their ends `least` otherwise. */
static void set_extreme(mpq_t sum, const struct query_atom *atom,
                        const struct place *place, const mpq_t *most,
                        const mpq_t *least)
{
    mpq_t term;
    mpq_init(term);
    mpq_set_ui(sum, 0, 1);
    for (size_t i = 0; i < atom->n_terms; i++) {
        const size_t variable = atom->terms[i].variable;
        const double coefficient = atom->terms[i].coefficient;
        const mpq_t *const y = coefficient > 0.0 ? most : least;
        assert(isfinite(coefficient));
        mpq_set_d(term, coefficient);
        mpq_mul(term, term,
                variable < place->n_inputs ? place->x[variable]
                                           : y[variable - place->n_inputs]);
        mpq_add(sum, sum, term);
    }
    mpq_clear(term);
}

/* True for all outputs of the place. */
static bool atom_holds(const struct query_atom *atom, const struct place *place)
{
    mpq_t sum;
    mpq_init(sum);
    set_extreme(sum, atom, place, place->y_upper, place->y_lower);
    const bool holds = is_above(atom->rhs, sum, atom->is_strict);
    mpq_clear(sum);
    return holds;
}

/* False for all outputs of the place. */
static bool atom_fails(const struct query_atom *atom, const struct place *place)
{
    mpq_t sum;
    mpq_init(sum);
    set_extreme(sum, atom, place, place->y_lower, place->y_upper);
    const bool fails = !is_above(atom->rhs, sum, atom->is_strict);
    mpq_clear(sum);
    return fails;
}

static bool disjunct_holds(const struct query_disjunct *disjunct,
                           const struct place *place)
{
    for (size_t i = 0; i < disjunct->n_atoms; i++) {
        if (!atom_holds(&disjunct->atoms[i], place)) {
            return false;
        }
    }
    return true;
}

bool query_holds_between(const struct query *query, size_t case_index,
                         const mpq_t *x, const mpq_t *y_lower,
                         const mpq_t *y_upper)
{
    const struct place place = {query->layers->n_inputs, x, y_lower, y_upper};
    if (!query_contains_exact(query, case_index, x)) {
        return false;
    }
    const struct query_case *self = &query->cases[case_index];
    for (size_t i = 0; i < self->n_disjuncts; i++) {
        if (disjunct_holds(&self->disjuncts[i], &place)) {
            return true;
        }
    }
    return false;
}

bool query_fails_between(const struct query_case *one, size_t n_inputs,
                         const mpq_t *x, const mpq_t *y_lower,
                         const mpq_t *y_upper)
{
    const struct place place = {n_inputs, x, y_lower, y_upper};
    bool fails = true;
    for (size_t d = 0; d < one->n_disjuncts && fails; d++) {
        const struct query_disjunct *disjunct = &one->disjuncts[d];
        fails = false;
        for (size_t a = 0; a < disjunct->n_atoms && !fails; a++) {
            fails = atom_fails(&disjunct->atoms[a], &place);
        }
    }
    return fails;
}

bool query_holds_exact(const struct query *query, size_t case_index,
                       const mpq_t *x, const mpq_t *y)
{
    return query_holds_between(query, case_index, x, y, y);
}

/* The value of declared input i as the property has it. */
static void set_declared(mpq_t value, const struct query *query, size_t i,
                         const mpq_t *x)
{
    const struct net_ties *ties = &query->extras.ties;
    if (ties->n == 0) {
        mpq_set(value, x[i]);
        return;
    }
    assert(i < ties->n && isfinite(ties->offset[i]));
    mpq_set_d(value, ties->offset[i]);
    mpq_add(value, value, x[ties->kept[i]]);
}

bool query_declared_input(double *value, const struct query *query, size_t i,
                          const double *x)
{
    const struct net_ties *ties = &query->extras.ties;
    if (ties->n == 0) {
        *value = x[i];
        return true;
    }
    const double kept = x[ties->kept[i]];
    mpq_t sum;
    mpq_t read;
    mpq_inits(sum, read, NULL);
    *value = kept + ties->offset[i];
    if (query->layers->is_input_float32) {
        *value = (double)(float)*value;
    }
    bool is_exact = isfinite(*value) && isfinite(kept);
    if (is_exact) {
        mpq_set_d(sum, kept);
        mpq_set_d(read, ties->offset[i]);
        mpq_add(sum, sum, read);
        mpq_set_d(read, *value);
        is_exact = mpq_equal(sum, read) != 0;
    }
    mpq_clears(sum, read, NULL);
    return is_exact;
}

void query_multiply(mpq_t *y, const struct query *query, const mpq_t *x)
{
    const size_t n_inputs = query->n_declared_inputs;
    mpq_t left;
    mpq_t right;
    mpq_inits(left, right, NULL);
    for (size_t k = 0; k < query->extras.n_products; k++) {
        const struct net_product *product = &query->extras.products[k];
        const size_t factors[2] = {product->left, product->right};
        for (size_t side = 0; side < 2; side++) {
            const size_t v = factors[side];
            mpq_t *to = side == 0 ? &left : &right;
            if (v < n_inputs) {
                set_declared(*to, query, v, x);
            } else {
                mpq_set(*to, y[v - n_inputs]);
            }
        }
        mpq_mul(y[query->n_declared_outputs + k], left, right);
    }
    mpq_clears(left, right, NULL);
}
