/* What to decide: exact layers and a disjunction of cases over them. */
#include "src/query/query.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/num/rational.h"
#include "src/query/bind.h"
#include "src/query/cases.h"
#include "vnnlib/types.h"
#include "vnnlib/vnnlib.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static enum status refuse(struct error *error, const struct vnnlib *lib,
                          enum status status)
{
    error_set_place(error, lib->path, 0, 0);
    return status;
}

/* A version 1 property has no names, so an equals sign is part of the
 * path. Owned by the caller. */
static char *join_path(const struct query_network *network)
{
    const size_t n_path = strlen(network->path);
    if (network->name == NULL) {
        return alloc_string(network->path, n_path);
    }
    const size_t n_name = strlen(network->name);
    char *path = NULL;
    NEW_ARRAY(path, n_name + n_path + 2);
    (void)snprintf(path, n_name + n_path + 2, "%s=%s", network->name,
                   network->path);
    return path;
}

/* Number of the declared network of this name; lib->networks.n if none. */
static size_t find_network(const struct vnnlib *lib, const char *name)
{
    size_t i = 0;
    while (i < lib->networks.n &&
           !vnnlib_is_word(lib, lib->networks.data[i].offset,
                           lib->networks.data[i].length, name)) {
        i++;
    }
    return i;
}

static enum status check_bare(const struct vnnlib *lib, bool is_strict,
                              struct error *error)
{
    if (is_strict) {
        error_set(error, "expected --network NAME=FILE, found a bare path "
                         "(refused by --strict)");
        return refuse(error, lib, STATUS_USAGE);
    }
    log_line(LOG_WARNING, "%s: expected --network NAME=FILE, found a bare path",
             lib->path);
    return STATUS_OK;
}

/* Each declared network needs exactly one file. */
static enum status check_networks(const struct vnnlib *lib, size_t n_networks,
                                  const struct query_network *networks,
                                  bool is_strict, struct error *error)
{
    if (n_networks != lib->networks.n) {
        error_set(error,
                  "the property declares %zu network%s, but %zu %s "
                  "given with --network",
                  lib->networks.n, lib->networks.n == 1 ? "" : "s", n_networks,
                  n_networks == 1 ? "is" : "are");
        return refuse(error, lib, STATUS_USAGE);
    }
    if (lib->major == 1) {
        return STATUS_OK;
    }
    if (n_networks == 1 && networks[0].name == NULL) {
        return check_bare(lib, is_strict, error);
    }
    for (size_t i = 0; i < n_networks; i++) {
        const char *name = networks[i].name == NULL ? "" : networks[i].name;
        if (find_network(lib, name) == lib->networks.n) {
            error_set(error,
                      "'%s' of --network is not a network of the "
                      "property",
                      name);
            return refuse(error, lib, STATUS_USAGE);
        }
        for (size_t k = 0; k < i; k++) {
            if (networks[k].name != NULL &&
                strcmp(networks[k].name, name) == 0) {
                error_set(error, "--network gives '%s' twice", name);
                return refuse(error, lib, STATUS_USAGE);
            }
        }
    }
    return STATUS_OK;
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

static void list_tensors(struct net_tensor_info *inputs,
                         struct net_tensor_info *outputs, const struct net *net)
{
    for (size_t i = 0; i < net_n_input_tensors(net); i++) {
        inputs[i] = net_input_tensor(net, i);
    }
    for (size_t i = 0; i < net_n_output_tensors(net); i++) {
        outputs[i] = net_output_tensor(net, i);
    }
}

static enum status bind(struct query *query, const struct vnnlib *lib,
                        bool is_strict, struct error *error)
{
    const size_t n_inputs = net_n_input_tensors(query->net);
    const size_t n_outputs = net_n_output_tensors(query->net);
    struct net_tensor_info *inputs = NULL;
    struct net_tensor_info *outputs = NULL;
    size_t *base = NULL;
    NEW_ARRAY(inputs, n_inputs);
    NEW_ARRAY(outputs, n_outputs);
    NEW_ARRAY(base, lib->variables.n);
    list_tensors(inputs, outputs, query->net);
    const struct bind_tensors tensors = {n_inputs, inputs, n_outputs, outputs};
    enum status status =
        bind_variables(base, query, lib, &tensors, is_strict, error);
    if (status == STATUS_OK) {
        status = cases_build(query, lib, base, query->layers->n_inputs, error);
    }
    alloc_free(base);
    alloc_free(outputs);
    alloc_free(inputs);
    return status;
}

static enum status load_net(struct query *query,
                            const struct query_network *network,
                            struct error *error)
{
    enum status status = STATUS_OK;
    query->network_path =
        query->vnnlib_major == 1
            ? join_path(network)
            : alloc_string(network->path, strlen(network->path));
    STATUS_TRY(net_load(&query->net, query->network_path, error));
    STATUS_TRY(net_lower(&query->layers, query->net, error));
cleanup:
    return status;
}

/* What can be refused before a network is read. */
static enum status check_property(const struct vnnlib *lib, size_t n_networks,
                                  const struct query_network *networks,
                                  bool is_strict, struct error *error)
{
    const enum status status =
        check_networks(lib, n_networks, networks, is_strict, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (lib->networks.n > 1) {
        error_set(error,
                  "the property is about %zu networks; only one is supported",
                  lib->networks.n);
        return refuse(error, lib, STATUS_UNSUPPORTED);
    }
    return check_arithmetic(lib, is_strict, error);
}

enum status query_load(struct query **query, const char *path,
                       size_t n_networks, const struct query_network *networks,
                       bool is_strict, struct error *error)
{
    enum status status = STATUS_OK;
    struct vnnlib *lib = NULL;
    struct query *self = NULL;
    NEW(self);
    *query = NULL;
    self->property_path = alloc_string(path, strlen(path));
    STATUS_TRY(vnnlib_load(&lib, path, is_strict, error));
    sha256_digest(self->property_digest, lib->text.data, lib->text.n);
    self->vnnlib_major = lib->major;
    STATUS_TRY(check_property(lib, n_networks, networks, is_strict, error));
    STATUS_TRY(load_net(self, &networks[0], error));
    STATUS_TRY(bind(self, lib, is_strict, error));
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

/* True for all outputs of the place. */
static bool atom_holds(const struct query_atom *atom, const struct place *place)
{
    mpq_t sum;
    mpq_t term;
    mpq_inits(sum, term, NULL);
    for (size_t i = 0; i < atom->n_terms; i++) {
        const size_t variable = atom->terms[i].variable;
        const double coefficient = atom->terms[i].coefficient;
        const mpq_t *const y =
            coefficient > 0.0 ? place->y_upper : place->y_lower;
        assert(isfinite(coefficient));
        mpq_set_d(term, coefficient);
        mpq_mul(term, term,
                variable < place->n_inputs ? place->x[variable]
                                           : y[variable - place->n_inputs]);
        mpq_add(sum, sum, term);
    }
    const bool holds = is_above(atom->rhs, sum, atom->is_strict);
    mpq_clears(sum, term, NULL);
    return holds;
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

bool query_holds_exact(const struct query *query, size_t case_index,
                       const mpq_t *x, const mpq_t *y)
{
    return query_holds_between(query, case_index, x, y, y);
}
