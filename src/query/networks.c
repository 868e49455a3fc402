/* Files of the networks that a property declares. */
#include "src/query/networks.h"

#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/net/net_join.h"

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

/* Number of the argument with this name among the first n; n if none. */
static size_t find_given(const struct networks_given *given, size_t n,
                         const struct vnnlib *lib, size_t network)
{
    size_t i = 0;
    while (i < n && (given->networks[i].name == NULL ||
                     find_network(lib, given->networks[i].name) != network)) {
        i++;
    }
    return i;
}

/* Every name is that of a declared network, and given once. */
static enum status check_names(const struct vnnlib *lib,
                               const struct networks_given *given,
                               struct error *error)
{
    for (size_t i = 0; i < given->n; i++) {
        const char *name = given->networks[i].name;
        const size_t k = find_network(lib, name == NULL ? "" : name);
        if (k == lib->networks.n) {
            error_set(error,
                      "'%s' of --network is not a network of the "
                      "property",
                      name == NULL ? "" : name);
            return refuse(error, lib, STATUS_USAGE);
        }
        if (find_given(given, i, lib, k) < i) {
            error_set(error, "--network gives '%s' twice", name);
            return refuse(error, lib, STATUS_USAGE);
        }
    }
    return STATUS_OK;
}

/* Declared networks that cannot do without a file of their own. */
static size_t count_needed(const struct vnnlib *lib)
{
    size_t n = 0;
    for (size_t k = 0; k < lib->networks.n; k++) {
        n += lib->networks.data[k].congruence == VNNLIB_EQUAL_TO ? 0 : 1;
    }
    return n;
}

static enum status check_count(const struct vnnlib *lib, size_t n_given,
                               struct error *error)
{
    if (n_given <= lib->networks.n && n_given >= count_needed(lib)) {
        return STATUS_OK;
    }
    error_set(error,
              "the property declares %zu network%s, but %zu %s "
              "given with --network",
              lib->networks.n, lib->networks.n == 1 ? "" : "s", n_given,
              n_given == 1 ? "is" : "are");
    return refuse(error, lib, STATUS_USAGE);
}

enum status networks_check(const struct vnnlib *lib,
                           const struct networks_given *given,
                           struct error *error)
{
    enum status status = STATUS_OK;
    STATUS_TRY(check_count(lib, given->n, error));
    if (lib->major == 1) {
        return STATUS_OK;
    }
    if (lib->networks.n == 1 && given->networks[0].name == NULL) {
        return check_bare(lib, given->is_strict, error);
    }
    STATUS_TRY(check_names(lib, given, error));
    for (size_t k = 0; k < lib->networks.n; k++) {
        const struct vnnlib_network *network = &lib->networks.data[k];
        if (network->congruence != VNNLIB_EQUAL_TO &&
            find_given(given, given->n, lib, k) == given->n) {
            error_set(error, "no --network for '%.*s'", (int)network->length,
                      lib->text.data + network->offset);
            return refuse(error, lib, STATUS_USAGE);
        }
    }
cleanup:
    return status;
}

/* The argument for declared network k: its own, or that of the network it is
 * equal to. */
static const struct query_network *
argument_of(const struct vnnlib *lib, size_t k,
            const struct networks_given *given)
{
    size_t i = lib->networks.n == 1 ? 0 : find_given(given, given->n, lib, k);
    if (i == given->n) {
        i = find_given(given, given->n, lib, lib->networks.data[k].base);
    }
    return &given->networks[i];
}

/* A name of the text without its quotes and escapes; owned by the caller. */
static char *unquote(const struct vnnlib *lib,
                     const struct vnnlib_variable *variable)
{
    const char *text = lib->text.data + variable->node_offset;
    char *name = NULL;
    size_t n = 0;
    NEW_ARRAY(name, variable->node_length + 1);
    for (size_t i = 1; i + 1 < variable->node_length; i++) {
        char c = text[i];
        if (c == '\\' && i + 2 < variable->node_length) {
            c = text[++i];
            if (c == 'n') {
                c = '\n';
            } else if (c == 't') {
                c = '\t';
            }
        }
        name[n++] = c;
    }
    return name;
}

/* The declared hidden tensors become outputs, in order. */
static enum status add_hidden(struct networks *networks,
                              const struct vnnlib *lib, size_t k,
                              struct error *error)
{
    for (size_t i = 0; i < lib->variables.n; i++) {
        const struct vnnlib_variable *variable = &lib->variables.data[i];
        if (variable->network != k || variable->role != VNNLIB_HIDDEN) {
            continue;
        }
        char *name = unquote(lib, variable);
        const enum status status =
            net_add_output(networks->nets[k], name, strlen(name), error);
        alloc_free(name);
        if (status != STATUS_OK) {
            vnnlib_place(error, lib, variable->offset);
            return status;
        }
        networks->tensors[k].n_hidden++;
    }
    return STATUS_OK;
}

static void list_tensors(struct networks *networks, size_t k)
{
    const struct net *net = networks->nets[k];
    struct bind_tensors *tensors = &networks->tensors[k];
    struct net_tensor_info *inputs = NULL;
    struct net_tensor_info *outputs = NULL;
    tensors->n_inputs = net_n_input_tensors(net);
    tensors->n_outputs = net_n_output_tensors(net);
    NEW_ARRAY(inputs, tensors->n_inputs);
    NEW_ARRAY(outputs, tensors->n_outputs);
    for (size_t i = 0; i < tensors->n_inputs; i++) {
        inputs[i] = net_input_tensor(net, i);
    }
    for (size_t i = 0; i < tensors->n_outputs; i++) {
        outputs[i] = net_output_tensor(net, i);
    }
    networks->infos[2 * k] = inputs;
    networks->infos[2 * k + 1] = outputs;
    tensors->inputs = inputs;
    tensors->outputs = outputs;
}

/* What is asked of the files together. */
static enum status check_files(const struct networks *networks,
                               const struct vnnlib *lib, struct error *error)
{
    const char *type = networks->tensors[0].inputs[0].type;
    for (size_t k = 0; k < networks->n; k++) {
        const struct vnnlib_network *network = &lib->networks.data[k];
        if (network->congruence == VNNLIB_EQUAL_TO &&
            memcmp(net_digest(networks->nets[k]),
                   net_digest(networks->nets[network->base]),
                   SHA256_BYTES) != 0) {
            error_set(error,
                      "'%.*s' is declared equal to a network whose file "
                      "has other contents",
                      (int)network->length, lib->text.data + network->offset);
            vnnlib_place(error, lib, network->offset);
            return STATUS_BAD_INPUT;
        }
        const struct bind_tensors *own = &networks->tensors[k];
        for (size_t i = 0; networks->n > 1 && i < own->n_inputs; i++) {
            if (strcmp(own->inputs[i].type, type) != 0) {
                error_set(error,
                          "inputs of several element types (%s and %s) "
                          "are not supported",
                          type, own->inputs[i].type);
                return refuse(error, lib, STATUS_UNSUPPORTED);
            }
        }
    }
    return STATUS_OK;
}

enum status networks_load(struct networks *networks, const struct vnnlib *lib,
                          const struct networks_given *given,
                          struct error *error)
{
    enum status status = STATUS_OK;
    *networks = (struct networks){.n = lib->networks.n};
    NEW_ARRAY(networks->nets, networks->n);
    NEW_ARRAY(networks->tensors, networks->n);
    NEW_ARRAY(networks->infos, 2 * networks->n);
    for (size_t k = 0; k < networks->n; k++) {
        const struct query_network *argument = argument_of(lib, k, given);
        char *path = lib->major == 1
                         ? join_path(argument)
                         : alloc_string(argument->path, strlen(argument->path));
        status = net_load(&networks->nets[k], path, error);
        if (k == 0) {
            networks->first_path = path;
        } else {
            alloc_free(path);
        }
        if (status != STATUS_OK) {
            networks->nets[k] = NULL;
            goto cleanup;
        }
        STATUS_TRY(add_hidden(networks, lib, k, error));
        list_tensors(networks, k);
    }
    status = check_files(networks, lib, error);
cleanup:
    return status;
}

struct net *networks_join(struct networks *networks,
                          const struct net_extras *extras)
{
    struct net *net = net_join(networks->nets, networks->n, extras);
    alloc_free(networks->nets);
    networks->nets = NULL;
    return net;
}

void networks_clear(struct networks *networks)
{
    for (size_t k = 0; k < networks->n; k++) {
        if (networks->nets != NULL) {
            net_destroy(networks->nets[k]);
        }
        alloc_free(networks->infos[2 * k]);
        alloc_free(networks->infos[2 * k + 1]);
    }
    alloc_free(networks->nets);
    alloc_free(networks->tensors);
    alloc_free(networks->infos);
    alloc_free(networks->first_path);
    *networks = (struct networks){0};
}
