/* Places in tensors: lists of them, writing to them, and the integers that
 * inputs give for them; FORMAT.md, "Cells".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <math.h>
#include <string.h>

enum { SITE_ELEMENTS = 16, MOST_INDICES = 64 };

static bool is_whole(double x)
{
    const double whole = (double)(int64_t)x;
    return whole <= x && whole >= x;
}

/* Range of whole numbers: start, start + delta, ... before limit. */
void check_build_range(struct check_builder *b)
{
    int64_t ends[3] = {0};
    const uint64_t type = check_input(b, 0).type;
    for (size_t i = 0; i < 3; i++) {
        const struct check_value input = check_input(b, i);
        check_unsupported_if(
            b,
            input.number == NULL || input.n != 1 || input.type != type ||
                fabs(input.number[0]) > 0x1p24 || !is_whole(input.number[0]),
            "ends that are no constant integers, or large");
        ends[i] = (int64_t)input.number[0];
    }
    const int64_t step = ends[2] < 0 ? -ends[2] : ends[2];
    const int64_t length = ends[2] < 0 ? ends[0] - ends[1] : ends[1] - ends[0];
    check_malformed_if(b, step == 0, "step 0");
    const size_t n = length <= 0 ? 0 : (size_t)((length + step - 1) / step);
    struct check_value *output =
        check_output(b, 0, type, &(struct check_shape){1, {n}});
    double *number = check_arena_alloc(&b->arena, n, sizeof *number);
    for (size_t i = 0; i < n; i++) {
        number[i] = (double)(ends[0] + (int64_t)i * ends[2]);
    }
    output->number = number;
}

/* The first element of the slice that row i of the indices names. */
static size_t find_slice(const struct check_builder *b,
                         const struct check_value *data,
                         const struct check_value *indices, size_t i,
                         size_t depth)
{
    size_t first = 0;
    for (size_t d = 0; d < data->shape.n_dims; d++) {
        const double dim = (double)data->shape.dims[d];
        const double stated = d < depth ? indices->number[i * depth + d] : 0.0;
        const double at = stated + (stated < 0.0 ? dim : 0.0);
        check_malformed_if(b, d < depth && (at < 0.0 || at >= dim),
                           "index out of range");
        first = first * data->shape.dims[d] + (size_t)at;
    }
    return first;
}

/* ScatterND: slices of the data replaced by those of the updates. */
void check_build_scatter(struct check_builder *b)
{
    struct check_value data = check_input(b, 0);
    const struct check_value indices = check_input(b, 1);
    struct check_value updates = check_input(b, 2);
    const size_t rank = indices.shape.n_dims;
    const size_t depth = rank == 0 ? 0 : indices.shape.dims[rank - 1];
    check_unsupported_if(
        b,
        (indices.number == NULL && indices.n > 0) ||
            !check_is_integer(indices.type) ||
            strcmp(check_text(b, "reduction", "none"), "none") != 0,
        "a reduction, or indices that are no constant of integers");
    check_malformed_if(
        b, depth == 0 || depth > data.shape.n_dims || updates.type != data.type,
        "indices or updates do not fit the data");
    size_t width = 1;
    for (size_t d = depth; d < data.shape.n_dims; d++) {
        width *= data.shape.dims[d];
    }
    const size_t n_slices = indices.n / depth;
    check_malformed_if(b, updates.n != n_slices * width,
                       "updates do not fit the indices");
    const bool is_constant =
        data.number != NULL && (updates.number != NULL || updates.n == 0);
    if (!is_constant) {
        check_compute(b, &data);
        check_compute(b, &updates);
    }
    struct check_value *output = check_output(b, 0, data.type, &data.shape);
    bool *is_set = check_arena_alloc(&b->arena, data.n, sizeof *is_set);
    double *number = is_constant
                         ? check_arena_alloc(&b->arena, data.n, sizeof *number)
                         : NULL;
    uint32_t *map =
        is_constant ? NULL : check_arena_alloc(&b->arena, data.n, sizeof *map);
    if (data.n > 0) {
        memcpy(is_constant ? (void *)number : map,
               is_constant ? (const void *)data.number : data.map,
               data.n * (is_constant ? sizeof *number : sizeof *map));
    }
    for (size_t i = 0; i < updates.n; i++) {
        const size_t at =
            find_slice(b, &data, &indices, i / width, depth) + i % width;
        check_unsupported_if(b, is_set[at], "two updates of one element");
        is_set[at] = true;
        if (is_constant) {
            number[at] = updates.number[i];
        } else {
            map[at] = updates.map[i];
        }
    }
    output->number = number;
    output->map = map;
}

/* The integer of an input element in the cell. */
static int64_t integer_of(struct check_builder *b, uint32_t element)
{
    struct check_network *network = b->network;
    size_t k = 0;
    while (k < network->n_indices && network->index[k] < element) {
        k++;
    }
    if (k < network->n_indices && network->index[k] == element) {
        return b->cell->n == 0 ? 0 : b->cell->value[k];
    }
    check_unsupported_if(b, b->cell->n > 0 || network->n_indices > MOST_INDICES,
                         "indices that depend on others, or many");
    network->index =
        check_arena_grow(&network->arena, network->index, network->n_indices,
                         sizeof *network->index);
    for (size_t i = network->n_indices++; i > k; i--) {
        network->index[i] = network->index[i - 1];
    }
    network->index[k] = element;
    return 0;
}

bool check_build_site(struct check_builder *b, const struct check_value *x,
                      uint64_t to)
{
    const double limit = to == CHECK_INT32 ? 0x1p31 : 0x1p53;
    bool is_site = b->cell != NULL && x->map != NULL && x->n > 0 &&
                   x->n <= SITE_ELEMENTS && check_is_integer(to) &&
                   check_is_real(x->type);
    for (size_t i = 0; is_site && i < x->n; i++) {
        is_site = x->map[i] < b->network->n_inputs;
    }
    if (!is_site) {
        return false;
    }
    double *number = check_arena_alloc(&b->arena, x->n, sizeof *number);
    for (size_t i = 0; i < x->n; i++) {
        number[i] = (double)integer_of(b, x->map[i]);
        check_unsupported_if(b, fabs(number[i]) >= limit,
                             "number that does not fit the type");
    }
    struct check_value *output = check_output(b, 0, to, &x->shape);
    output->number = number;
    output->is_indexed = true;
    return true;
}

/* Adds a name to the tables of the network unless it is there. */
static void add_table(struct check_network *network, const char *name)
{
    for (size_t i = 0; i < network->n_tables; i++) {
        if (strcmp(network->tables[i], name) == 0) {
            return;
        }
    }
    network->tables =
        check_arena_grow(&network->arena, network->tables, network->n_tables,
                         sizeof *network->tables);
    network->tables[network->n_tables++] = name;
}

void check_mark_indexed(struct check_builder *b)
{
    const struct check_texts *inputs = &b->node->inputs;
    const struct check_texts *outputs = &b->node->outputs;
    bool has_indexed = false;
    bool has_computed = false;
    for (size_t i = 0; i < inputs->n; i++) {
        has_indexed =
            has_indexed || (check_has_input(b, i) &&
                            check_find(b, inputs->data[i])->is_indexed);
    }
    for (size_t i = 0; i < outputs->n; i++) {
        struct check_value *value = check_find(b, outputs->data[i]);
        if (value != NULL) {
            const bool is_computed =
                value->number == NULL && value->n > 0 && value->tensor == NULL;
            has_computed = has_computed || is_computed;
            value->is_indexed =
                !is_computed && (value->is_indexed || has_indexed);
        }
    }
    for (size_t i = 0; has_computed && i < inputs->n; i++) {
        if (check_has_input(b, i) &&
            check_find(b, inputs->data[i])->is_indexed) {
            add_table(b->network, inputs->data[i]);
        }
    }
}
