/* A node's inputs, outputs and attributes.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

void check_malformed(const struct check_builder *b, const char *text)
{
    check_unreadable("%s: node '%s' (%s): %s", b->network->file.path,
                     b->node->name, b->node->op, text);
}

void check_refuse(const struct check_builder *b, const char *text)
{
    check_unsupported("%s: node '%s' (%s): %s", b->network->file.path,
                      b->node->name, b->node->op, text);
}

bool check_has_input(const struct check_builder *b, size_t i)
{
    return i < b->node->inputs.n && *b->node->inputs.data[i] != '\0';
}

struct check_value check_input(struct check_builder *b, size_t i)
{
    check_malformed_if(b, !check_has_input(b, i), "a required input is absent");
    struct check_value *value = check_find(b, b->node->inputs.data[i]);
    if (value == NULL || (value->type == 0 && value->tensor == NULL)) {
        check_refuse(b, "an input is no tensor that is known");
    }
    if (value->tensor != NULL) { /* read at its first use */
        check_declare(b, value, value->tensor->type, &value->tensor->dims);
        value->number =
            check_onnx_numbers(&b->arena, value->tensor, b->network->file.path);
        value->tensor = NULL;
    }
    return *value;
}

struct check_value *check_output(const struct check_builder *b, size_t i,
                                 uint64_t type, const struct check_shape *shape)
{
    struct check_value *value = check_find(b, b->node->outputs.data[i]);
    check_malformed_if(b, value == NULL, "an output has no name");
    check_define(b, value, type, shape);
    return value;
}

const struct check_onnx_attribute *
check_attribute(const struct check_builder *b, const char *name,
                enum check_onnx_kind kind)
{
    struct check_onnx_attribute *found = NULL;
    for (size_t i = 0; i < b->node->n_attributes; i++) {
        struct check_onnx_attribute *attribute = &b->node->attributes[i];
        if (strcmp(attribute->name, name) == 0) {
            check_malformed_if(b, found != NULL || attribute->kind != kind,
                               "attribute twice, or of wrong kind");
            found = attribute;
            found->is_used = true;
        }
    }
    return found;
}

int64_t check_integer(const struct check_builder *b, const char *name,
                      int64_t otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_attribute(b, name, CHECK_ONNX_AN_INT);
    return attribute == NULL ? otherwise : (int64_t)attribute->bits;
}

double check_real(const struct check_builder *b, const char *name,
                  double otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_attribute(b, name, CHECK_ONNX_A_FLOAT);
    return attribute == NULL ? otherwise : check_onnx_float(attribute->bits);
}

const char *check_text(const struct check_builder *b, const char *name,
                       const char *otherwise)
{
    const struct check_onnx_attribute *attribute =
        check_attribute(b, name, CHECK_ONNX_A_STRING);
    return attribute == NULL ? otherwise : attribute->text;
}

bool check_is_real(uint64_t type)
{
    return type == CHECK_FLOAT32 || type == CHECK_FLOAT64;
}

struct check_value *check_element(struct check_builder *b,
                                  struct check_value *x)
{
    *x = check_input(b, 0);
    check_unsupported_if(b, !check_is_real(x->type),
                         "its elements are not real numbers");
    check_compute(b, x);
    return check_output(b, 0, x->type, &x->shape);
}

bool check_is_integer(uint64_t type)
{
    return type == CHECK_ONNX_INT64 || type == CHECK_ONNX_INT32;
}

struct check_integers check_integers(struct check_builder *b, const char *name,
                                     uint64_t since, size_t i)
{
    const double limit = 0x1p31;
    struct check_integers list = {0};
    const struct check_onnx_attribute *attribute = NULL;
    struct check_value value = {0};
    if (b->model.opset < since) {
        check_malformed_if(b, check_has_input(b, i),
                           "an input of a later opset");
        attribute =
            *name == '\0' ? NULL : check_attribute(b, name, CHECK_ONNX_INTS);
    } else if (check_has_input(b, i)) {
        value = check_input(b, i);
        check_unsupported_if(b,
                             value.number == NULL || value.shape.n_dims > 1 ||
                                 !check_is_integer(value.type),
                             "a list that is no constant of integers");
    }
    list.is_given = attribute != NULL || value.number != NULL;
    list.n = attribute != NULL ? attribute->list.n : value.n;
    list.data = check_arena_alloc(&b->arena, list.n, sizeof *list.data);
    for (size_t k = 0; k < list.n; k++) {
        const double x = attribute == NULL
                             ? value.number[k]
                             : (double)(int64_t)attribute->list.data[k];
        list.data[k] = (int64_t)(x > limit ? limit : x < -limit ? -limit : x);
    }
    return list;
}
