/* Variables of a property to flat positions in the network's tensors. */
#include "src/query/bind.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "vnnlib/types.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 80 };

/* Number of elements of the n tensors. */
static size_t count_elements(const struct net_tensor_info *tensors, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += tensors[i].n_elements;
    }
    return sum;
}

/* The name of a variable, cut to the buffer. */
static void copy_name(char name[NAME_BYTES], const struct vnnlib *lib,
                      const struct vnnlib_variable *variable)
{
    (void)snprintf(name, NAME_BYTES, "%.*s",
                   variable->length < NAME_BYTES ? (int)variable->length
                                                 : NAME_BYTES,
                   lib->text.data + variable->offset);
}

static enum status fail_at(struct error *error, const struct vnnlib *lib,
                           const struct vnnlib_variable *variable)
{
    vnnlib_place(error, lib, variable->offset);
    return STATUS_BAD_INPUT;
}

/* i of X_i: digits without leading zeros, held at UINT32_MAX. */
static bool read_number(uint64_t *number, const char *text, size_t n)
{
    if (n == 0 || (n > 1 && text[0] == '0')) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *number = 10 * *number + (uint64_t)(text[i] - '0');
        *number = *number < UINT32_MAX ? *number : UINT32_MAX;
    }
    return true;
}

/* Position of X_i or Y_j. */
static enum status bind_v1_name(size_t *base, const struct vnnlib *lib,
                                const struct vnnlib_variable *variable,
                                const size_t counts[2], struct error *error)
{
    char name[NAME_BYTES];
    uint64_t number = 0;
    const char *text = lib->text.data + variable->offset;
    const bool is_input = text[0] == 'X';
    copy_name(name, lib, variable);
    if (variable->length < 3 || (!is_input && text[0] != 'Y') ||
        text[1] != '_' ||
        !read_number(&number, text + 2, variable->length - 2)) {
        error_set(error, "'%s' is not a model variable: expected X_i or Y_j",
                  name);
        return fail_at(error, lib, variable);
    }
    const size_t count = counts[is_input ? 0 : 1];
    if (number >= count) {
        error_set(error, "'%s' is not a model variable: the model has %zu %s",
                  name, count, is_input ? "inputs" : "outputs");
        return fail_at(error, lib, variable);
    }
    *base = (is_input ? 0 : counts[0]) + (size_t)number;
    return STATUS_OK;
}

/* Names are distinct, so too few declarations mean that one is missing. */
static enum status check_complete(const size_t *base, const struct vnnlib *lib,
                                  const size_t counts[2], struct error *error)
{
    const size_t n = counts[0] + counts[1];
    if (lib->variables.n == n) {
        return STATUS_OK;
    }
    bool *is_declared = NULL;
    NEW_ARRAY(is_declared, n);
    for (size_t i = 0; i < lib->variables.n; i++) {
        is_declared[base[i]] = true;
    }
    size_t missing = 0;
    while (is_declared[missing]) {
        missing++;
    }
    alloc_free(is_declared);
    error_set_place(error, lib->path, 0, 0);
    const bool is_input = missing < counts[0];
    error_set(error,
              "%c_%zu is not declared: the model has %zu inputs and %zu "
              "outputs",
              is_input ? 'X' : 'Y', is_input ? missing : missing - counts[0],
              counts[0], counts[1]);
    return STATUS_BAD_INPUT;
}

static void add_flat_variable(struct query *query, const char *name,
                              const struct net_tensor_info *first,
                              size_t n_elements, bool is_input)
{
    struct query_variable *self = &query->variables[query->n_variables++];
    self->name = alloc_string(name, strlen(name));
    self->type = alloc_string(first->type, strlen(first->type));
    self->n_dims = 1;
    NEW_ARRAY(self->dims, 1);
    self->dims[0] = n_elements;
    self->n_elements = n_elements;
    self->is_input = is_input;
}

static enum status bind_v1(size_t *base, struct query *query,
                           const struct vnnlib *lib,
                           const struct bind_tensors *tensors,
                           struct error *error)
{
    const size_t counts[2] = {
        count_elements(tensors->inputs, tensors->n_inputs),
        count_elements(tensors->outputs, tensors->n_outputs)};
    for (size_t i = 0; i < lib->variables.n; i++) {
        const enum status status =
            bind_v1_name(&base[i], lib, &lib->variables.data[i], counts, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    NEW_ARRAY(query->variables, 2);
    add_flat_variable(query, "X", &tensors->inputs[0], counts[0], true);
    add_flat_variable(query, "Y", &tensors->outputs[0], counts[1], false);
    return check_complete(base, lib, counts, error);
}

static bool is_same_shape(const struct vnnlib *lib,
                          const struct vnnlib_variable *variable,
                          const struct net_tensor_info *tensor)
{
    if (variable->n_dims != tensor->n_dims) {
        return false;
    }
    for (size_t k = 0; k < tensor->n_dims; k++) {
        if (lib->dims.data[variable->first_dim + k] != tensor->dims[k]) {
            return false;
        }
    }
    return true;
}

/* Shape and type of one declared tensor against the model's. */
static enum status check_tensor(const struct vnnlib *lib,
                                const struct vnnlib_variable *variable,
                                const struct net_tensor_info *tensor,
                                bool is_strict, struct error *error)
{
    char name[NAME_BYTES];
    copy_name(name, lib, variable);
    if (!types_is_all_real(lib) &&
        strcmp(types_name(variable->type), tensor->type) != 0) {
        error_set(error, "'%s' is declared %s, but '%s' of the model is %s",
                  name, types_name(variable->type), tensor->name, tensor->type);
        return fail_at(error, lib, variable);
    }
    if (is_same_shape(lib, variable, tensor)) {
        return STATUS_OK;
    }
    if (variable->n_elements != tensor->n_elements || is_strict) {
        error_set(error,
                  "'%s' has another shape (%u elements) than '%s' of the "
                  "model (%zu elements)",
                  name, variable->n_elements, tensor->name, tensor->n_elements);
        return fail_at(error, lib, variable);
    }
    log_line(LOG_WARNING,
             "%s: '%s' has another shape than '%s' of the model; its elements "
             "are counted row-major",
             lib->path, name, tensor->name);
    return STATUS_OK;
}

static void add_variable(struct query *query, const struct vnnlib *lib,
                         const struct vnnlib_variable *variable,
                         const struct net_tensor_info *tensor)
{
    struct query_variable *self = &query->variables[query->n_variables++];
    self->name =
        alloc_string(lib->text.data + variable->offset, variable->length);
    self->type = alloc_string(tensor->type, strlen(tensor->type));
    self->n_dims = variable->n_dims;
    NEW_ARRAY(self->dims, variable->n_dims);
    for (size_t k = 0; k < variable->n_dims; k++) {
        self->dims[k] = lib->dims.data[variable->first_dim + k];
    }
    self->n_elements = variable->n_elements;
    self->is_input = variable->role == VNNLIB_INPUT;
}

/* Number of variables of a network with a role. */
static size_t count_role(const struct vnnlib *lib, size_t network,
                         enum vnnlib_role role)
{
    size_t n = 0;
    for (size_t i = 0; i < lib->variables.n; i++) {
        const struct vnnlib_variable *variable = &lib->variables.data[i];
        n += variable->network == network && variable->role == role ? 1 : 0;
    }
    return n;
}

static enum status check_roles(const struct vnnlib *lib, struct error *error)
{
    for (size_t i = 0; i < lib->variables.n; i++) {
        const struct vnnlib_variable *variable = &lib->variables.data[i];
        if (variable->role == VNNLIB_INITIALIZED) {
            error_set(error, "initialised input tensors are not supported");
            (void)fail_at(error, lib, variable);
            return STATUS_UNSUPPORTED;
        }
    }
    return STATUS_OK;
}

static enum status check_count(const struct vnnlib *lib, size_t n_declared,
                               size_t n_model, const char *what,
                               struct error *error)
{
    if (n_declared == n_model) {
        return STATUS_OK;
    }
    error_set_place(error, lib->path, 0, 0);
    error_set(error, "the query declares %zu %s, the model has %zu", n_declared,
              what, n_model);
    return STATUS_BAD_INPUT;
}

static enum status check_counts(const struct vnnlib *lib, size_t network,
                                const struct bind_tensors *tensors,
                                struct error *error)
{
    const size_t n_inputs = count_role(lib, network, VNNLIB_INPUT);
    const size_t n_outputs = count_role(lib, network, VNNLIB_OUTPUT);
    const enum status status =
        check_count(lib, n_inputs, tensors->n_inputs, "inputs", error);
    return status != STATUS_OK
               ? status
               : check_count(lib, n_outputs,
                             tensors->n_outputs - tensors->n_hidden, "outputs",
                             error);
}

/* Where the next tensor of one role of the network goes. */
struct cursor {
    const struct net_tensor_info *tensor;
    size_t position;
};

static struct cursor *cursor_of(struct cursor cursors[3], enum vnnlib_role role)
{
    return &cursors[role == VNNLIB_INPUT ? 0 : role == VNNLIB_OUTPUT ? 1 : 2];
}

/* What binding needs besides the model. */
struct binder {
    size_t *base;
    struct query *query;
    const struct vnnlib *lib;
    bool is_strict;
    struct error *error;
};

/* The variables of one network; inputs, outputs and hidden tensors go to the
 * three cursors. */
static enum status bind_network(const struct binder *binder, size_t network,
                                struct cursor cursors[3])
{
    enum status status = STATUS_OK;
    const struct vnnlib *lib = binder->lib;
    struct query *query = binder->query;
    for (size_t i = 0; i < lib->variables.n; i++) {
        const struct vnnlib_variable *variable = &lib->variables.data[i];
        if (variable->network != network) {
            continue;
        }
        struct cursor *cursor = cursor_of(cursors, variable->role);
        STATUS_TRY(check_tensor(lib, variable, cursor->tensor,
                                binder->is_strict, binder->error));
        binder->base[i] = cursor->position;
        add_variable(query, lib, variable, cursor->tensor);
        query->variables[query->n_variables - 1].first =
            cursor->position -
            (variable->role == VNNLIB_INPUT ? 0 : query->n_declared_inputs);
        cursor->position += cursor->tensor->n_elements;
        cursor->tensor++;
    }
cleanup:
    return status;
}

static enum status bind_v2(const struct binder *binder,
                           const struct bind_tensors *tensors)
{
    enum status status = STATUS_OK;
    const struct vnnlib *lib = binder->lib;
    size_t input = 0;
    size_t output = binder->query->n_declared_inputs;
    STATUS_TRY(check_roles(lib, binder->error));
    NEW_ARRAY(binder->query->variables, lib->variables.n);
    for (size_t k = 0; k < lib->networks.n; k++) {
        const struct bind_tensors *own = &tensors[k];
        const size_t n_shown = own->n_outputs - own->n_hidden;
        const size_t hidden = output + count_elements(own->outputs, n_shown);
        struct cursor cursors[3] = {{own->inputs, input},
                                    {own->outputs, output},
                                    {own->outputs + n_shown, hidden}};
        STATUS_TRY(check_counts(lib, k, own, binder->error));
        STATUS_TRY(bind_network(binder, k, cursors));
        input += count_elements(own->inputs, own->n_inputs);
        output += count_elements(own->outputs, own->n_outputs);
    }
cleanup:
    return status;
}

enum status bind_variables(size_t *base, struct query *query,
                           const struct vnnlib *lib,
                           const struct bind_tensors *tensors, bool is_strict,
                           struct error *error)
{
    query->n_declared_inputs = 0;
    query->n_declared_outputs = 0;
    for (size_t k = 0; k < lib->networks.n; k++) {
        assert(tensors[k].n_inputs > 0 && tensors[k].n_outputs > 0);
        query->n_declared_inputs +=
            count_elements(tensors[k].inputs, tensors[k].n_inputs);
        query->n_declared_outputs +=
            count_elements(tensors[k].outputs, tensors[k].n_outputs);
    }
    const struct binder binder = {base, query, lib, is_strict, error};
    return lib->major == 1 ? bind_v1(base, query, lib, tensors, error)
                           : bind_v2(&binder, tensors);
}
