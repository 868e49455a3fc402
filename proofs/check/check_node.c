/* The table of operators; inputs, outputs and attributes of a node.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

static const struct operator_row {
    const char *name;
    size_t min_inputs;
    size_t max_inputs;
    size_t max_outputs;
    void (*build)(struct check_builder *builder);
} operators[] = {{"Add", 2, 2, 1, check_build_arithmetic},
                 {"AveragePool", 1, 1, 1, check_build_window},
                 {"Concat", 1, SIZE_MAX, 1, check_build_concat},
                 {"Constant", 0, 0, 1, check_build_constant},
                 {"Conv", 2, 3, 1, check_build_window},
                 {"Div", 2, 2, 1, check_build_arithmetic},
                 {"Dropout", 1, 3, 2, check_build_copy},
                 {"Flatten", 1, 1, 1, check_build_flatten},
                 {"Gather", 2, 2, 1, check_build_gather},
                 {"Gemm", 2, 3, 1, check_build_gemm},
                 {"Identity", 1, 1, 1, check_build_copy},
                 {"MatMul", 2, 2, 1, check_build_matmul},
                 {"Mul", 2, 2, 1, check_build_arithmetic},
                 {"Neg", 1, 1, 1, check_build_arithmetic},
                 {"Pad", 1, 4, 1, check_build_pad},
                 {"Relu", 1, 1, 1, check_build_relu},
                 {"Reshape", 2, 2, 1, check_build_reshape},
                 {"Slice", 1, 5, 1, check_build_slice},
                 {"Split", 1, 2, SIZE_MAX, check_build_split},
                 {"Squeeze", 1, 2, 1, check_build_squeeze},
                 {"Sub", 2, 2, 1, check_build_arithmetic},
                 {"Transpose", 1, 1, 1, check_build_transpose},
                 {"Unsqueeze", 1, 2, 1, check_build_squeeze}};

void check_node_unsupported(const struct check_builder *builder,
                            const char *text)
{
    check_unsupported("%s: node '%s' (%s): %s", builder->network->file.path,
                      builder->node->name, builder->node->op, text);
}

void check_node_malformed(const struct check_builder *builder, const char *text)
{
    check_unreadable("%s: node '%s' (%s): %s", builder->network->file.path,
                     builder->node->name, builder->node->op, text);
}

void check_node_build(struct check_builder *builder)
{
    const struct check_onnx_node *node = builder->node;
    const struct operator_row *row = NULL;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].name, node->op) == 0) {
            row = &operators[i];
        }
    }
    if (row == NULL || !check_onnx_is_default(node->domain) ||
        *node->overload != '\0') {
        check_node_unsupported(builder, "operator is not supported");
    }
    if (node->inputs.n < row->min_inputs || node->inputs.n > row->max_inputs ||
        node->outputs.n < 1 || node->outputs.n > row->max_outputs) {
        check_node_malformed(builder, "number of inputs or outputs");
    }
    row->build(builder);
    for (size_t i = 0; i < node->n_attributes; i++) {
        if (!node->attributes[i].is_used) {
            check_unsupported("%s: node '%s' (%s): attribute '%s'",
                              builder->network->file.path, node->name, node->op,
                              node->attributes[i].name);
        }
    }
}

bool check_node_has_input(const struct check_builder *builder, size_t i)
{
    const struct check_texts *names = &builder->node->inputs;
    return i < names->n && *names->data[i] != '\0';
}

struct check_value check_node_input(struct check_builder *builder, size_t i)
{
    if (!check_node_has_input(builder, i)) {
        check_node_malformed(builder, "a required input is absent");
    }
    struct check_value *value =
        check_builder_find(builder, builder->node->inputs.data[i]);
    if (value != NULL && value->tensor != NULL) { /* read at its first use */
        check_value_declare(builder, value, value->tensor->type,
                            &value->tensor->dims);
        value->number = check_onnx_numbers(&builder->arena, value->tensor);
        value->tensor = NULL;
    }
    if (value == NULL || value->type == 0) {
        check_node_unsupported(builder, "an input is no tensor that is known");
    }
    return *value;
}

struct check_value *check_node_output(const struct check_builder *builder,
                                      size_t i, uint64_t type,
                                      const struct check_shape *shape)
{
    struct check_value *value =
        check_builder_find(builder, builder->node->outputs.data[i]);
    if (value == NULL) {
        check_node_malformed(builder, "an output has no name");
    }
    check_value_define(builder, value, type, shape);
    return value;
}

const struct check_onnx_attribute *
check_node_attribute(const struct check_builder *builder, const char *name,
                     enum check_onnx_kind kind)
{
    struct check_onnx_attribute *found = NULL;
    for (size_t i = 0; i < builder->node->n_attributes; i++) {
        struct check_onnx_attribute *attribute = &builder->node->attributes[i];
        if (strcmp(attribute->name, name) == 0) {
            if (found != NULL || attribute->kind != (uint64_t)kind) {
                check_node_malformed(builder,
                                     "attribute twice, or of wrong kind");
            }
            found = attribute;
            found->is_used = true;
        }
    }
    return found;
}

int64_t check_node_integer(const struct check_builder *builder,
                           const char *name, int64_t otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_node_attribute(builder, name, CHECK_ONNX_AN_INT);
    return attribute == NULL ? otherwise : (int64_t)attribute->bits;
}

double check_node_real(const struct check_builder *builder, const char *name,
                       double otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_node_attribute(builder, name, CHECK_ONNX_A_FLOAT);
    return attribute == NULL ? otherwise : check_onnx_float(attribute->bits);
}

const char *check_node_text(const struct check_builder *builder,
                            const char *name, const char *otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_node_attribute(builder, name, CHECK_ONNX_A_STRING);
    return attribute == NULL ? otherwise : attribute->text;
}

static int64_t clamp(double x)
{
    const double limit = 0x1p31;
    return (int64_t)(x > limit ? limit : x < -limit ? -limit : x);
}

struct check_integers check_node_integers(struct check_builder *builder,
                                          const char *name, uint64_t since,
                                          size_t i)
{
    struct check_integers list = {0};
    const struct check_onnx_attribute *attribute = NULL;
    struct check_value value = {0};
    if (builder->model.opset < since) {
        if (check_node_has_input(builder, i)) {
            check_node_malformed(builder, "an input of a later opset");
        }
        attribute = check_node_attribute(builder, name, CHECK_ONNX_INTS);
        list.is_given = attribute != NULL;
        list.n = attribute == NULL ? 0 : attribute->list.n;
    } else if (check_node_has_input(builder, i)) {
        value = check_node_input(builder, i);
        if (value.number == NULL || value.shape.n_dims > 1 ||
            (value.type != CHECK_ONNX_INT64 &&
             value.type != CHECK_ONNX_INT32)) {
            check_node_unsupported(builder,
                                   "a list that is no constant of integers");
        }
        list.is_given = true;
        list.n = value.n;
    }
    list.data = check_arena_alloc(&builder->arena, list.n, sizeof *list.data);
    for (size_t k = 0; k < list.n; k++) {
        list.data[k] =
            clamp(attribute == NULL ? value.number[k]
                                    : (double)(int64_t)attribute->list.data[k]);
    }
    return list;
}

size_t check_node_axis(const struct check_builder *builder, int64_t axis,
                       size_t rank)
{
    const int64_t n = (int64_t)rank;
    if (axis < -n || axis >= n) {
        check_node_malformed(builder, "axis out of range");
    }
    return (size_t)(axis < 0 ? axis + n : axis);
}

size_t check_shape_product(const struct check_shape *shape, size_t first,
                           size_t last)
{
    size_t product = 1;
    for (size_t d = first; d < last; d++) {
        product *= shape->dims[d];
    }
    return product;
}
