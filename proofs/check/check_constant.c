/* Constants of the graph: given, shapes, and computed from others.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

void check_build_constant(struct check_builder *b)
{
    static const struct {
        const char *name;
        enum check_onnx_kind kind;
    } kinds[] = {{"value", CHECK_ONNX_A_TENSOR},
                 {"value_float", CHECK_ONNX_A_FLOAT},
                 {"value_floats", CHECK_ONNX_FLOATS},
                 {"value_int", CHECK_ONNX_AN_INT},
                 {"value_ints", CHECK_ONNX_INTS}};
    const struct check_onnx_attribute *found = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct check_onnx_attribute *attribute =
            check_attribute(b, kinds[i].name, kinds[i].kind);
        found = attribute == NULL ? found : attribute;
    }
    check_unsupported_if(b, found == NULL || b->node->n_attributes != 1,
                         "other than one attribute of a known kind");
    check_output(b, 0, 0, &(struct check_shape){0})->tensor = &found->tensor;
}

/* ConstantOfShape. */
void check_build_filled(struct check_builder *b)
{
    const struct check_integers list = check_integers(b, "", 0, 0);
    const struct check_onnx_attribute *attribute =
        check_attribute(b, "value", CHECK_ONNX_A_TENSOR);
    struct check_shape shape = {.n_dims = list.n};
    uint64_t type = CHECK_FLOAT32;
    double fill = 0.0;
    check_unsupported_if(b, list.n > CHECK_RANK, "too many dimensions");
    for (size_t d = 0; d < list.n; d++) {
        check_malformed_if(b, list.data[d] < 0, "negative dimension");
        shape.dims[d] = (size_t)list.data[d];
    }
    if (attribute != NULL) {
        check_malformed_if(b, attribute->tensor.n != 1, "not one value");
        type = attribute->tensor.type;
        fill = *check_onnx_numbers(&b->arena, &attribute->tensor,
                                   b->network->file.path);
    }
    struct check_value *output = check_output(b, 0, type, &shape);
    double *number = check_arena_alloc(&b->arena, output->n, sizeof *number);
    for (size_t i = 0; i < output->n; i++) {
        number[i] = fill;
    }
    output->number = number;
}

void check_build_shape(struct check_builder *b)
{
    const struct check_shape of = check_input(b, 0).shape;
    const int64_t rank = (int64_t)of.n_dims;
    int64_t ends[] = {check_integer(b, "start", 0),
                      check_integer(b, "end", rank)};
    for (size_t e = 0; e < 2; e++) {
        ends[e] += ends[e] < 0 ? rank : 0;
        ends[e] = ends[e] < 0 ? 0 : ends[e] > rank ? rank : ends[e];
    }
    const size_t n = ends[0] < ends[1] ? (size_t)(ends[1] - ends[0]) : 0;
    double *number = check_arena_alloc(&b->arena, n, sizeof *number);
    for (size_t d = 0; d < n; d++) {
        number[d] = (double)of.dims[(size_t)ends[0] + d];
    }
    check_output(b, 0, CHECK_INT64, &(struct check_shape){1, {n}})->number =
        number;
}

struct check_mark check_mark(const struct check_builder *b)
{
    return (struct check_mark){*b->network, b->rows.n, b->rows.n_terms};
}

/* Whether no input of the node is computed. */
static bool has_constants(const struct check_builder *b)
{
    bool are_constant = true;
    for (size_t i = 0; i < b->node->inputs.n; i++) {
        are_constant = are_constant &&
                       (!check_has_input(b, i) ||
                        check_find(b, b->node->inputs.data[i])->map == NULL);
    }
    return are_constant;
}

/* Ends of the coordinates from `mark` on, which are made of constants; false if
 * some has no value. */
static bool enclose(mpq_t *ends[2], const struct check_builder *b,
                    const struct check_mark *mark)
{
    enum { BITS = 128 };
    struct check_network added = *b->network;
    added.layers += mark->network.n_layers;
    added.n_layers -= mark->network.n_layers;
    for (size_t l = 0; l < added.n_layers; l++) {
        struct check_layer *layer = &added.layers[l];
        if (layer->kind == CHECK_AFFINE) { /* no layer is the first one */
            layer->start = &b->rows.end[layer->first - 1];
            layer->column = b->rows.column;
            layer->weight = b->rows.weight;
            layer->bias = &b->rows.bias[layer->first];
        }
    }
    return check_network_enclose(ends[0], ends[1], &added, BITS);
}

/* The elements of a value as doubles; NULL if one is none. */
static const double *read_doubles(struct check_builder *b,
                                  const struct check_value *value,
                                  mpq_t *ends[2])
{
    double *number = check_arena_alloc(&b->arena, value->n, sizeof *number);
    bool is_exact = true;
    mpq_t back;
    mpq_init(back);
    for (size_t i = 0; i < value->n && is_exact; i++) {
        const uint32_t z = value->map[i];
        number[i] = mpq_get_d(ends[0][z]);
        is_exact = mpq_equal(ends[0][z], ends[1][z]) != 0 &&
                   number[i] - number[i] >= 0.0;
        if (is_exact) {
            mpq_set_d(back, number[i]);
            is_exact = mpq_equal(back, ends[0][z]) != 0;
        }
    }
    mpq_clear(back);
    return is_exact ? number : NULL;
}

/* Makes the outputs constants; false if their elements are no doubles. */
static bool set_outputs(struct check_builder *b, mpq_t *ends[2])
{
    const struct check_texts *outputs = &b->node->outputs;
    const double **number =
        check_arena_alloc(&b->arena, outputs->n, sizeof *number);
    for (size_t k = 0; k < outputs->n; k++) {
        struct check_value *value = check_find(b, outputs->data[k]);
        if (value != NULL && value->map != NULL) {
            number[k] = read_doubles(b, value, ends);
            if (number[k] == NULL) {
                return false;
            }
        }
    }
    for (size_t k = 0; k < outputs->n; k++) {
        if (number[k] != NULL) {
            struct check_value *value = check_find(b, outputs->data[k]);
            value->number = number[k];
            value->map = NULL;
        }
    }
    return true;
}

static void take_back(struct check_builder *b, const struct check_mark *mark)
{
    struct check_network *network = b->network;
    for (size_t l = mark->network.n_layers; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; layer->factor != NULL && i < layer->width; i++) {
            mpq_clears(layer->factor[i].lower, layer->factor[i].upper, NULL);
        }
    }
    network->n_layers = mark->network.n_layers;
    network->n_coordinates = mark->network.n_coordinates;
    network->n_relus = mark->network.n_relus;
    network->n_products = mark->network.n_products;
    network->is_curved = mark->network.is_curved;
    b->rows.n = mark->n_rows;
    b->rows.n_terms = mark->n_terms;
}

void check_fold(struct check_builder *b, const struct check_mark *mark)
{
    const size_t first = mark->network.n_coordinates;
    const size_t n = b->network->n_coordinates;
    if (n == first || !has_constants(b)) {
        return;
    }
    mpq_t *ends[2];
    for (size_t e = 0; e < 2; e++) {
        ends[e] = check_alloc(n, sizeof *ends[e]);
        for (size_t z = first; z < n; z++) {
            mpq_init(ends[e][z]);
        }
    }
    if (enclose(ends, b, mark) && set_outputs(b, ends)) {
        take_back(b, mark);
    }
    for (size_t e = 0; e < 2; e++) {
        for (size_t z = first; z < n; z++) {
            mpq_clear(ends[e][z]);
        }
        check_free(ends[e]);
    }
}
