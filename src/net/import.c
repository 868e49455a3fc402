/* Attributes, inputs and outputs of the node that is being imported. */
#include "src/net/import.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/exact.h"
#include "src/onnx/model_tensor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status import_refuse(struct import *import, enum status status,
                          const char *format, ...)
{
    char text[ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct model_node *node = import->source;
    error_set(import->error, "node '%s' (%s, opset %lld): %s",
              node->name[0] == '\0' && node->n_outputs > 0 ? node->outputs[0]
                                                           : node->name,
              node->op_type, (long long)import->opset, text);
    return status;
}

/* The attribute of that name and kind, marked as read. */
static enum status find(struct import *import, const char *name,
                        enum model_attribute_kind kind,
                        const struct model_attribute **found)
{
    *found = NULL;
    for (size_t i = 0; i < import->source->n_attributes; i++) {
        const struct model_attribute *attribute =
            &import->source->attributes[i];
        if (strcmp(attribute->name, name) != 0) {
            continue;
        }
        if (*found != NULL) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "attribute '%s' is given twice", name);
        }
        if (attribute->kind != kind) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "attribute '%s' has the wrong kind", name);
        }
        import->is_read[i] = true;
        *found = attribute;
    }
    return STATUS_OK;
}

enum status import_int(struct import *import, const char *name, int64_t *value)
{
    const struct model_attribute *found = NULL;
    const enum status status = find(import, name, MODEL_ATTRIBUTE_INT, &found);
    *value = found == NULL ? *value : found->i;
    return status;
}

enum status import_float(struct import *import, const char *name, double *value)
{
    const struct model_attribute *found = NULL;
    const enum status status =
        find(import, name, MODEL_ATTRIBUTE_FLOAT, &found);
    *value = found == NULL ? *value : (double)found->f;
    if (status == STATUS_OK && found != NULL && !isfinite(*value)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "attribute '%s' is not finite", name);
    }
    return status;
}

enum status import_string(struct import *import, const char *name,
                          const char **value)
{
    const struct model_attribute *found = NULL;
    const enum status status =
        find(import, name, MODEL_ATTRIBUTE_STRING, &found);
    *value = found == NULL ? *value : found->s;
    return status;
}

enum status import_ints(struct import *import, const char *name,
                        const int64_t **values, size_t *n)
{
    const struct model_attribute *found = NULL;
    const enum status status = find(import, name, MODEL_ATTRIBUTE_INTS, &found);
    *values = found == NULL ? NULL : found->ints;
    *n = found == NULL ? 0 : found->n;
    return status;
}

enum status import_attribute_tensor(struct import *import, const char *name,
                                    const struct model_tensor **value)
{
    const struct model_attribute *found = NULL;
    const enum status status =
        find(import, name, MODEL_ATTRIBUTE_TENSOR, &found);
    *value = found == NULL ? NULL : found->tensor;
    return status;
}

void import_ignore(struct import *import, const char *name)
{
    for (size_t i = 0; i < import->source->n_attributes; i++) {
        if (strcmp(import->source->attributes[i].name, name) == 0) {
            import->is_read[i] = true;
        }
    }
}

enum status import_check_attributes(struct import *import)
{
    for (size_t i = 0; i < import->source->n_attributes; i++) {
        if (!import->is_read[i]) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "unknown attribute '%s'",
                                 import->source->attributes[i].name);
        }
    }
    return STATUS_OK;
}

size_t import_n_inputs(const struct import *import)
{
    size_t n = import->source->n_inputs;
    while (n > 0 && import->source->inputs[n - 1][0] == '\0') {
        n--;
    }
    return n;
}

enum status import_arity(struct import *import, size_t lowest, size_t highest,
                         size_t n_outputs)
{
    const struct model_node *node = import->source;
    const size_t n = import_n_inputs(import);
    if (n < lowest || n > highest) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "%zu inputs, expected %zu to %zu", n, lowest,
                             highest);
    }
    for (size_t i = 0; i < lowest; i++) {
        if (node->inputs[i][0] == '\0') {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input %zu is absent", i);
        }
    }
    if (node->n_outputs == 0 || node->n_outputs > n_outputs ||
        node->outputs[0][0] == '\0') {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "%zu outputs, expected 1 to %zu", node->n_outputs,
                             n_outputs);
    }
    return STATUS_OK;
}

struct tensor *import_input(const struct import *import, size_t i)
{
    size_t number = 0;
    if (i >= import_n_inputs(import) || import->source->inputs[i][0] == '\0') {
        return NULL;
    }
    REQUIRE(
        name_table_find(&import->names, import->source->inputs[i], &number));
    return &import->net->tensors[number];
}

size_t import_number(const struct import *import, const struct tensor *tensor)
{
    return (size_t)(tensor - import->net->tensors);
}

enum status import_integers(struct import *import, size_t i, int64_t **values,
                            size_t *n)
{
    const struct tensor *tensor = import_input(import, i);
    if (tensor == NULL) {
        return STATUS_OK;
    }
    if (!tensor->is_constant) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "input '%s' is not constant", tensor->name);
    }
    if (!constant_is_integer_type(tensor->type) || tensor->shape.n_dims > 1) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input '%s' is not a list of integers",
                             tensor->name);
    }
    *n = tensor->n;
    NEW_ARRAY(*values, tensor->n);
    constant_read_integers(*values, &tensor->constant, 0, tensor->n);
    return STATUS_OK;
}

enum status import_axes(struct import *import, int64_t **axes, size_t *n,
                        int64_t since)
{
    const int64_t *given = NULL;
    if (import->opset >= since) {
        return import_integers(import, 1, axes, n);
    }
    IMPORT_TRY(import_ints(import, "axes", &given, n));
    if (given != NULL) {
        NEW_ARRAY(*axes, *n);
        memcpy(*axes, given, *n * sizeof *given);
    }
    return STATUS_OK;
}

enum status import_mark_axes(bool is_marked[SHAPE_RANK], struct import *import,
                             const int64_t *axes, size_t n, size_t rank)
{
    for (size_t i = 0; i < n && axes != NULL; i++) {
        size_t axis = 0;
        if (!shape_axis(&axis, axes[i], rank) || is_marked[axis]) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "axis %lld outside rank %zu or given twice",
                                 (long long)axes[i], rank);
        }
        is_marked[axis] = true;
    }
    return STATUS_OK;
}

double *import_reals(const struct tensor *tensor)
{
    double *values = NULL;
    NEW_ARRAY(values, tensor->n);
    constant_read_reals(values, &tensor->constant, 0, tensor->n);
    return values;
}

enum status import_number_input(struct import *import, size_t i, double *value)
{
    const int64_t wide = INT64_C(1) << 53;
    const struct tensor *tensor = import_input(import, i);
    int64_t integer = 0;
    if (tensor == NULL) {
        return STATUS_OK;
    }
    if (!tensor->is_constant) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "input '%s' is not constant", tensor->name);
    }
    if (tensor->n != 1) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input '%s' is not one number", tensor->name);
    }
    if (constant_is_real_type(tensor->type)) {
        constant_read_reals(value, &tensor->constant, 0, 1);
        return STATUS_OK;
    }
    constant_read_integers(&integer, &tensor->constant, 0, 1);
    import->has_wide_number =
        import->has_wide_number || integer > wide || integer < -wide;
    *value = (double)integer;
    return STATUS_OK;
}

enum status import_whole_input(struct import *import, size_t i, int64_t *value)
{
    double number = (double)*value;
    IMPORT_TRY(import_number_input(import, i, &number));
    if (fabs(number) > 0x1p53 || !is_equal(number, floor(number))) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input %zu is not a whole number", i);
    }
    *value = (int64_t)number;
    return STATUS_OK;
}

enum status import_check_types(struct import *import, size_t first, size_t end)
{
    const struct tensor *model = import_input(import, first);
    for (size_t i = first + 1; i < end; i++) {
        const struct tensor *tensor = import_input(import, i);
        const bool is_real = tensor != NULL &&
                             constant_is_real_type(tensor->type) &&
                             constant_is_real_type(model->type);
        if (tensor != NULL && tensor->type != model->type && !is_real) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "inputs of different element types");
        }
    }
    return STATUS_OK;
}

enum status import_check_real(struct import *import)
{
    const struct tensor *x = import_input(import, 0);
    return constant_is_real_type(x->type)
               ? STATUS_OK
               : import_refuse(import, STATUS_BAD_INPUT,
                               "input '%s' is not of real numbers", x->name);
}

bool import_has_output(const struct import *import, size_t i)
{
    return i < import->source->n_outputs &&
           import->source->outputs[i][0] != '\0';
}

enum status import_output(struct import *import, size_t i, int type,
                          const struct shape *shape, struct tensor **tensor)
{
    REQUIRE(i < import->source->n_outputs && import->net->tensors != NULL);
    const char *name = import->source->outputs[i];
    struct net *net = import->net;
    const size_t n = shape_count(shape);
    if (n > SHAPE_ELEMENTS) {
        char text[128];
        shape_print(text, sizeof text, shape);
        (void)import_refuse(import, STATUS_UNSUPPORTED,
                            "output '%s' of shape %s has too many elements",
                            name, text);
        return STATUS_UNSUPPORTED;
    }
    REQUIRE(net->n_tensors < import->n_reserved);
    *tensor = &net->tensors[net->n_tensors];
    if (!name_table_add(&import->names, name, net->n_tensors)) {
        (void)import_refuse(import, STATUS_BAD_INPUT,
                            "two tensors are named '%s'", name);
        return STATUS_BAD_INPUT;
    }
    net->n_tensors++;
    **tensor = (struct tensor){.name = alloc_string(name, strlen(name)),
                               .type = type,
                               .shape = *shape,
                               .n = n};
    return STATUS_OK;
}

void import_reserve(struct import *import, size_t n)
{
    struct net *net = import->net;
    if (import->n_reserved - net->n_tensors < n) {
        import->n_reserved = 2 * import->n_reserved + n;
        RESIZE_ARRAY(net->tensors, import->n_reserved);
    }
}

struct tensor *import_unnamed(struct import *import)
{
    REQUIRE(import->net->n_tensors < import->n_reserved);
    return &import->net->tensors[import->net->n_tensors++];
}

struct node *import_node(struct import *import, enum node_form form,
                         const struct tensor *output,
                         const struct tensor *const *args, size_t n)
{
    const struct model_node *source = import->source;
    const char *name = source->name[0] == '\0' ? output->name : source->name;
    struct node node = {.op = import->op,
                        .name = alloc_string(name, strlen(name)),
                        .opset = import->opset,
                        .form = form,
                        .n_args = n,
                        .output = import_number(import, output)};
    NEW_ARRAY(node.args, n);
    for (size_t i = 0; i < n; i++) {
        node.args[i] = import_number(import, args[i]);
        import->net->tensors[node.args[i]].n_uses++;
    }
    VEC_PUSH(&import->net->nodes, node);
    return &import->net->nodes.data[import->net->nodes.n - 1];
}

/* All parts as one array of reals; computed ones leave zeros. */
static double *gather_reals(const struct import_parts *parts, size_t n)
{
    double *values = NULL;
    size_t at = 0;
    NEW_ARRAY(values, n);
    for (size_t p = 0; p < parts->n; p++) {
        const struct tensor *tensor = parts->tensors[p];
        if (tensor->is_constant) {
            constant_read_reals(values + at, &tensor->constant, 0, tensor->n);
        }
        at += tensor->n;
    }
    if (parts->fill != NULL) {
        values[at] = *parts->fill;
    }
    return values;
}

static int64_t *gather_integers(const struct import_parts *parts, size_t n)
{
    int64_t *values = NULL;
    size_t at = 0;
    NEW_ARRAY(values, n);
    for (size_t p = 0; p < parts->n; p++) {
        const struct tensor *tensor = parts->tensors[p];
        constant_read_integers(values + at, &tensor->constant, 0, tensor->n);
        at += tensor->n;
    }
    if (parts->fill != NULL) {
        values[at] = (int64_t)*parts->fill;
    }
    return values;
}

static void fold_map(struct tensor *output, const struct import_parts *parts,
                     size_t n, const uint32_t *map)
{
    output->is_constant = true;
    if (constant_is_real_type(output->type)) {
        double *all = gather_reals(parts, n);
        if (map == NULL) {
            output->constant.reals = all;
            return;
        }
        NEW_ARRAY(output->constant.reals, output->n);
        for (size_t i = 0; i < output->n; i++) {
            output->constant.reals[i] = all[map[i]];
        }
        alloc_free(all);
        return;
    }
    int64_t *all = gather_integers(parts, n);
    if (map == NULL) {
        output->constant.integers = all;
        return;
    }
    NEW_ARRAY(output->constant.integers, output->n);
    for (size_t i = 0; i < output->n; i++) {
        output->constant.integers[i] = all[map[i]];
    }
    alloc_free(all);
}

/* place[k] = where element k of the parts comes among the computed ones;
 * args gets the computed parts. Returns the number of computed elements. */
static size_t place_computed(uint32_t *place, const struct tensor **args,
                             size_t *n_args, const struct import_parts *parts)
{
    size_t at = 0;
    size_t next = 0;
    *n_args = 0;
    for (size_t p = 0; p < parts->n; p++) {
        const struct tensor *tensor = parts->tensors[p];
        for (size_t i = 0; i < tensor->n && !tensor->is_constant; i++) {
            place[at + i] = (uint32_t)next++;
        }
        if (!tensor->is_constant) {
            args[(*n_args)++] = tensor;
        }
        at += tensor->n;
    }
    return next;
}

/* Copies the constant elements to the node's pool, which comes after the
 * computed ones; place[k] as above. */
static void place_constants(struct node *node, uint32_t *place,
                            const struct import_parts *parts, size_t n,
                            size_t n_computed)
{
    double *all = gather_reals(parts, n);
    size_t at = 0;
    NEW_ARRAY(node->pool, n - n_computed);
    for (size_t p = 0; p <= parts->n; p++) {
        const struct tensor *tensor = p < parts->n ? parts->tensors[p] : NULL;
        const size_t count = tensor == NULL ? n - at : tensor->n;
        const bool is_pooled = tensor == NULL || tensor->is_constant;
        for (size_t i = 0; i < count && is_pooled; i++) {
            place[at + i] = (uint32_t)(n_computed + node->n_pool);
            node->pool[node->n_pool++] = all[at + i];
        }
        at += count;
    }
    alloc_free(all);
}

/* Renumbers a map over `parts` to arguments first, constants (pool) last. */
static void add_map_node(struct import *import, const struct tensor *output,
                         const struct import_parts *parts, size_t n,
                         uint32_t *map)
{
    const struct tensor **args = NULL;
    uint32_t *place = NULL;
    size_t n_args = 0;
    NEW_ARRAY(args, parts->n);
    NEW_ARRAY(place, n);
    const size_t n_computed = place_computed(place, args, &n_args, parts);
    struct node *node = import_node(import, NODE_MAP, output, args, n_args);
    if (n_computed < n) {
        place_constants(node, place, parts, n, n_computed);
    }
    if (map == NULL && n_computed < n) {
        NEW_ARRAY(map, n);
        for (size_t i = 0; i < n; i++) {
            map[i] = (uint32_t)i;
        }
    }
    bool is_identity = output->n == n_computed && n_args == 1;
    for (size_t i = 0; i < output->n && map != NULL; i++) {
        map[i] = place[map[i]];
        is_identity = is_identity && map[i] == i;
    }
    node->map = is_identity ? NULL : map;
    if (is_identity) {
        alloc_free(map);
    }
    alloc_free(place);
    alloc_free(args);
}

enum status import_map(struct import *import, size_t i,
                       const struct shape *shape,
                       const struct import_parts *parts, uint32_t *map)
{
    enum status status = STATUS_OK;
    struct tensor *output = NULL;
    size_t n = parts->fill == NULL ? 0 : 1;
    bool is_constant = true;
    const int type = parts->tensors[0]->type;
    for (size_t p = 0; p < parts->n; p++) {
        n += parts->tensors[p]->n;
        is_constant = is_constant && parts->tensors[p]->is_constant;
        if (parts->tensors[p]->type != type) {
            status = import_refuse(import, STATUS_BAD_INPUT,
                                   "inputs of different element types");
            goto cleanup;
        }
    }
    if (n > UINT32_MAX) {
        status = import_refuse(import, STATUS_UNSUPPORTED,
                               "inputs have too many elements");
        goto cleanup;
    }
    STATUS_TRY(import_output(import, i, type, shape, &output));
    if (is_constant) {
        fold_map(output, parts, n, map);
        alloc_free(map);
    } else {
        add_map_node(import, output, parts, n, map);
    }
    return STATUS_OK;
cleanup:
    alloc_free(map);
    return status;
}

enum status import_map_one(struct import *import, size_t i,
                           const struct shape *shape,
                           const struct tensor *input, uint32_t *map)
{
    const struct import_parts parts = {&input, 1, NULL};
    return import_map(import, i, shape, &parts, map);
}

enum status import_computed(struct import *import, const struct tensor *tensor)
{
    if (tensor->is_constant) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "input '%s' is constant", tensor->name);
    }
    return STATUS_OK;
}
