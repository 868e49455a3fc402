/* A network per cell: constants for the Casts, then an ordinary import. */
#include "src/net/cells.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/base/sha256.h"
#include "src/net/exact.h"
#include "src/net/type_range.h"
#include "src/onnx/model_tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Most elements of a tensor that counts as a site. */
enum { SITE_ELEMENTS = 16 };

/* Integers beyond this size are no indices. */
static const int64_t MOST_INDEX = INT64_C(1) << 53;

/*
 *   elements  [n] of the inputs, ascending: the indices
 *   tables    names of the tables, in the order of the nodes that read them;
 *             borrowed from the model
 *   program   nodes of the model that the tables depend on, in order
 */
struct cells {
    struct model *model;
    size_t n;
    size_t *elements;
    VEC(const char *) tables;
    VEC(size_t) program;
};

/* The node that computes tensor number `output`, NULL for inputs. */
static const struct node *find_maker(const struct net *net, size_t output)
{
    for (size_t i = net->nodes.n; i-- > 0;) {
        if (net->nodes.data[i].output == output) {
            return &net->nodes.data[i];
        }
    }
    return NULL;
}

/* elements[x->n] of all inputs that x consists of; false if it does not. */
static bool trace(size_t *elements, const struct import *import,
                  const struct tensor *x)
{
    const struct net *net = import->net;
    size_t at = import_number(import, x);
    for (size_t i = 0; i < x->n; i++) {
        elements[i] = i;
    }
    for (const struct node *node = find_maker(net, at); node != NULL;
         node = find_maker(net, at)) {
        if (node->form != NODE_MAP || node->n_args != 1 || node->n_pool > 0) {
            return false;
        }
        for (size_t i = 0; i < x->n && node->map != NULL; i++) {
            elements[i] = node->map[elements[i]];
        }
        at = node->args[0];
    }
    size_t first = 0;
    for (size_t k = 0; k < net->inputs.n; k++) {
        if (net->inputs.data[k] == at) {
            for (size_t i = 0; i < x->n; i++) {
                elements[i] += first;
            }
            return true;
        }
        first += net->tensors[net->inputs.data[k]].n;
    }
    return false;
}

static int compare_sizes(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a;
    const size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The integer of an element; false if it has none. */
static bool find_pin(int64_t *value, const struct import_pins *pins,
                     size_t element)
{
    const size_t *found = pins->n == 0
                              ? NULL
                              : bsearch(&element, pins->elements, pins->n,
                                        sizeof *pins->elements, compare_sizes);
    *value = found == NULL ? 0 : pins->values[found - pins->elements];
    return found != NULL;
}

enum status cells_cast(bool *is_pinned, struct import *import,
                       const struct tensor *x, int to)
{
    size_t elements[SITE_ELEMENTS] = {0};
    struct type_range range = {0};
    struct tensor *output = NULL;
    *is_pinned = false;
    if (x->is_constant || x->n > SITE_ELEMENTS || !type_range_get(&range, to) ||
        !trace(elements, import, x)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < x->n; i++) {
        VEC_PUSH(&import->sites, elements[i]);
    }
    if (import->pins == NULL) {
        return STATUS_OK;
    }
    const struct shape shape = x->shape;
    IMPORT_TRY(import_output(import, 0, to, &shape, &output));
    output->is_constant = true;
    output->is_indexed = true;
    NEW_ARRAY(output->constant.integers, output->n);
    for (size_t i = 0; i < output->n; i++) {
        int64_t value = 0;
        if (!find_pin(&value, import->pins, elements[i]) &&
            import->pins->n > 0) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "which inputs are indices depends on others");
        }
        if ((double)value < range.lowest || (double)value > range.highest) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "%lld of input %zu does not fit the new type",
                                 (long long)value, elements[i]);
        }
        output->constant.integers[i] = value;
    }
    *is_pinned = true;
    return STATUS_OK;
}

/* The ordinary network of the model with these pins. */
static enum status import_cell(struct import *import, const char *path,
                               const unsigned char *digest)
{
    NEW(import->net);
    import->net->path = alloc_string(path, strlen(path));
    memcpy(import->net->digest, digest, SHA256_BYTES);
    return import_model(import);
}

/* Lists the nodes that compute tables, from the last one to the first. */
static void list_program(struct cells *cells, const struct import *import)
{
    const struct model *model = import->model;
    struct name_table needed = {0};
    bool *is_needed = NULL;
    NEW_ARRAY(is_needed, model->n_nodes);
    for (size_t i = 0; i < cells->tables.n; i++) {
        (void)name_table_add(&needed, cells->tables.data[i], 0);
    }
    for (size_t i = import->order.n; i-- > 0;) {
        const size_t k = import->order.data[i];
        const struct model_node *node = &model->nodes[k];
        for (size_t o = 0; o < node->n_outputs; o++) {
            size_t value = 0;
            is_needed[k] = is_needed[k] ||
                           name_table_find(&needed, node->outputs[o], &value);
        }
        for (size_t j = 0; j < node->n_inputs && is_needed[k]; j++) {
            (void)name_table_add(&needed, node->inputs[j], 0);
        }
    }
    for (size_t i = 0; i < import->order.n; i++) {
        if (is_needed[import->order.data[i]]) {
            VEC_PUSH(&cells->program, import->order.data[i]);
        }
    }
    name_table_clear(&needed);
    alloc_free(is_needed);
}

/* The indices are the sites, each once. */
static void list_indices(struct cells *cells, const struct import *import)
{
    NEW_ARRAY(cells->elements, import->sites.n);
    memcpy(cells->elements, import->sites.data,
           import->sites.n * sizeof *cells->elements);
    qsort(cells->elements, import->sites.n, sizeof *cells->elements,
          compare_sizes);
    for (size_t i = 0; i < import->sites.n; i++) {
        if (cells->n == 0 ||
            cells->elements[cells->n - 1] != cells->elements[i]) {
            cells->elements[cells->n++] = cells->elements[i];
        }
    }
}

enum status cells_load(struct net **net, struct model *model, const char *path,
                       const unsigned char *digest, struct error *error)
{
    enum status status = STATUS_OK;
    const struct import_pins none = {0};
    struct import import = {.error = error, .model = model, .pins = &none};
    struct cells *cells = NULL;
    NEW(cells);
    cells->model = model;
    STATUS_TRY(import_cell(&import, path, digest));
    list_indices(cells, &import);
    for (size_t i = 0; i < import.tables.n; i++) {
        VEC_PUSH(&cells->tables, import.tables.data[i]);
    }
    list_program(cells, &import);
    import.net->cells = cells;
    *net = import.net;
    import.net = NULL;
    cells = NULL;
cleanup:
    net_destroy(import.net);
    import_clear(&import);
    cells_destroy(cells);
    return status;
}

void cells_destroy(struct cells *cells)
{
    if (cells != NULL) {
        VEC_CLEAR(&cells->tables);
        VEC_CLEAR(&cells->program);
        alloc_free(cells->elements);
        model_destroy(cells->model);
        alloc_free(cells);
    }
}

size_t net_n_indices(const struct net *net)
{
    return net == NULL || net->cells == NULL ? 0 : net->cells->n;
}

size_t net_index(const struct net *net, size_t k)
{
    return net->cells->elements[k];
}

/* Whether the tables of an import are those of cell 0. */
static bool has_known_tables(const struct import *import,
                             const struct cells *cells)
{
    bool is_known = true;
    for (size_t i = 0; i < import->tables.n && is_known; i++) {
        is_known = false;
        for (size_t k = 0; k < cells->tables.n && !is_known; k++) {
            is_known =
                strcmp(import->tables.data[i], cells->tables.data[k]) == 0;
        }
    }
    return is_known;
}

enum status net_at_cell(struct net **at, const struct net *net,
                        const int64_t *cell, struct error *error)
{
    const struct cells *cells = net->cells;
    const struct import_pins pins = {cells->n, cells->elements, cell};
    struct import import = {
        .error = error, .model = cells->model, .pins = &pins};
    enum status status = import_cell(&import, net->path, net->digest);
    if (status == STATUS_OK && !has_known_tables(&import, cells)) {
        error_set_place(error, net->path, 0, 0);
        error_set(error, "what depends on indices depends on the cell");
        status = STATUS_UNSUPPORTED;
    }
    if (status == STATUS_OK) {
        *at = import.net;
    } else {
        net_destroy(import.net);
    }
    import_clear(&import);
    return status;
}

/* Adds type, shape and elements of a constant. */
static void hash_constant(struct sha256 *hash, const struct tensor *tensor)
{
    const uint64_t type = (uint64_t)tensor->type;
    sha256_add(hash, &type, sizeof type);
    for (size_t d = 0; d <= tensor->shape.n_dims; d++) {
        const uint64_t n = d == 0 ? (uint64_t)tensor->shape.n_dims
                                  : (uint64_t)tensor->shape.dims[d - 1];
        sha256_add(hash, &n, sizeof n);
    }
    if (constant_is_real_type(tensor->type)) {
        double *reals = NULL;
        NEW_ARRAY(reals, tensor->n);
        constant_read_reals(reals, &tensor->constant, 0, tensor->n);
        sha256_add(hash, reals, tensor->n * sizeof *reals);
        alloc_free(reals);
        return;
    }
    int64_t *integers = NULL;
    NEW_ARRAY(integers, tensor->n);
    constant_read_integers(integers, &tensor->constant, 0, tensor->n);
    sha256_add(hash, integers, tensor->n * sizeof *integers);
    alloc_free(integers);
}

/* Runs the program and hashes the tables. */
static enum status hash_tables(unsigned char *digest, struct import *import,
                               const struct cells *cells)
{
    enum status status = STATUS_OK;
    struct sha256 hash;
    sha256_init(&hash);
    STATUS_TRY(import_begin(import));
    for (size_t i = 0; i < cells->program.n; i++) {
        STATUS_TRY(import_model_node(import, cells->program.data[i]));
    }
    for (size_t i = 0; i < cells->tables.n; i++) {
        size_t number = 0;
        REQUIRE(
            name_table_find(&import->names, cells->tables.data[i], &number));
        const struct tensor *table = &import->net->tensors[number];
        if (!table->is_constant) {
            error_set_place(import->error, import->net->path, 0, 0);
            error_set(import->error, "tensor '%s' is no constant in all cells",
                      table->name);
            status = STATUS_UNSUPPORTED;
            goto cleanup;
        }
        hash_constant(&hash, table);
    }
    sha256_finish(digest, &hash);
cleanup:
    return status;
}

enum status net_cell_digest(unsigned char digest[SHA256_BYTES],
                            const struct net *net, const int64_t *cell,
                            struct error *error)
{
    const struct cells *cells = net->cells;
    const struct import_pins pins = {cells->n, cells->elements, cell};
    struct import import = {
        .error = error, .model = cells->model, .pins = &pins};
    NEW(import.net);
    import.net->path = alloc_string(net->path, strlen(net->path));
    const enum status status = hash_tables(digest, &import, cells);
    net_destroy(import.net);
    import_clear(&import);
    return status;
}

static enum status refuse_index(struct error *error, const struct net *net,
                                size_t element)
{
    error_set_place(error, net->path, 0, 0);
    error_set(error, "input %zu is an index, and no number of less than 2^53",
              element);
    return STATUS_BAD_INPUT;
}

enum status cells_at_point(struct net **at, const struct net *net,
                           const double *x, struct error *error)
{
    const struct cells *cells = net->cells;
    enum status status = STATUS_OK;
    int64_t *cell = NULL;
    NEW_ARRAY(cell, cells->n);
    for (size_t k = 0; k < cells->n && status == STATUS_OK; k++) {
        const double value = x[cells->elements[k]];
        if (fabs(value) < (double)MOST_INDEX) {
            cell[k] = (int64_t)value;
        } else {
            status = refuse_index(error, net, cells->elements[k]);
        }
    }
    if (status == STATUS_OK) {
        status = net_at_cell(at, net, cell, error);
    }
    alloc_free(cell);
    return status;
}

enum status cells_at_box(struct net **at, const struct net *net,
                         const double *lower, const double *upper,
                         struct error *error)
{
    for (size_t k = 0; k < net->cells->n; k++) {
        const size_t i = net->cells->elements[k];
        if (!is_equal(trunc(lower[i]), trunc(upper[i]))) {
            error_set_place(error, net->path, 0, 0);
            error_set(error, "input %zu is an index, and not in one cell", i);
            return STATUS_UNSUPPORTED;
        }
    }
    return cells_at_point(at, net, lower, error);
}

enum status cells_at_rational(struct net **at, const struct net *net,
                              const mpq_t *x, struct error *error)
{
    const struct cells *cells = net->cells;
    enum status status = STATUS_OK;
    double *whole = NULL;
    mpz_t quotient;
    mpz_init(quotient);
    NEW_ARRAY(whole, net_n_inputs(net));
    for (size_t k = 0; k < cells->n; k++) {
        const size_t i = cells->elements[k];
        mpz_tdiv_q(quotient, mpq_numref(x[i]), mpq_denref(x[i]));
        whole[i] = mpz_get_d(quotient);
    }
    status = cells_at_point(at, net, whole, error);
    alloc_free(whole);
    mpz_clear(quotient);
    return status;
}
