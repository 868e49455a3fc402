/* Nodes over tensors without names, folded where all arguments are constant. */
#include "src/net/build.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/exact.h"

#include <string.h>

static struct tensor *add_tensor(struct import *import,
                                 const struct shape *shape)
{
    struct tensor *tensor = import_unnamed(import);
    *tensor = (struct tensor){.name = alloc_string("", 0),
                              .type = MODEL_DOUBLE,
                              .shape = *shape,
                              .n = shape_count(shape)};
    REQUIRE(tensor->n <= SHAPE_ELEMENTS);
    return tensor;
}

struct tensor *build_constant(struct import *import, const struct shape *shape,
                              double *reals)
{
    struct tensor *tensor = add_tensor(import, shape);
    tensor->is_constant = true;
    tensor->constant.reals = reals;
    return tensor;
}

struct tensor *build_number(struct import *import, double value)
{
    const struct shape shape = {0};
    double *reals = NULL;
    NEW_ARRAY(reals, 1);
    reals[0] = value;
    return build_constant(import, &shape, reals);
}

/* Elements of a constant of any type as doubles. */
double *build_read(struct import *import, const struct tensor *tensor)
{
    const int64_t wide = INT64_C(1) << 53;
    double *reals = NULL;
    if (constant_is_real_type(tensor->type)) {
        return import_reals(tensor);
    }
    NEW_ARRAY(reals, tensor->n);
    for (size_t i = 0; i < tensor->n; i++) {
        int64_t value = 0;
        constant_read_integers(&value, &tensor->constant, i, 1);
        reals[i] = (double)value;
        import->has_wide_number =
            import->has_wide_number || value > wide || value < -wide;
    }
    return reals;
}

/* A constant as a node without arguments. */
static size_t add_pool(struct import *import, const struct tensor *constant)
{
    struct tensor *output = add_tensor(import, &constant->shape);
    struct node *node = import_node(import, NODE_MAP, output, NULL, 0);
    node->pool = build_read(import, constant);
    node->n_pool = constant->n;
    return import_number(import, output);
}

void build_computed(struct import *import, struct tensor *constant)
{
    struct node *node = import_node(import, NODE_MAP, constant, NULL, 0);
    node->pool = build_read(import, constant);
    node->n_pool = constant->n;
    constant_clear(&constant->constant);
    constant->is_constant = false;
}

static bool all_constant(const struct tensor *const *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!args[i]->is_constant) {
            return false;
        }
    }
    return true;
}

/* The name of the node in the file, or of its first output. */
static char *node_name(const struct import *import)
{
    const struct model_node *source = import->source;
    const char *name =
        source->name[0] == '\0' ? source->outputs[0] : source->name;
    return alloc_string(name, strlen(name));
}

/* Adds the node, a form with all its fields, to the net or to the constants. */
static struct tensor *add(struct import *import, struct node *form,
                          const struct shape *shape,
                          const struct tensor *const *args, size_t n)
{
    struct tensor *output = add_tensor(import, shape);
    form->op = import->op;
    form->name = node_name(import);
    form->opset = import->opset;
    form->n_args = n;
    form->output = import_number(import, output);
    NEW_ARRAY(form->args, n);
    for (size_t i = 0; i < n; i++) {
        form->args[i] = import_number(import, args[i]);
    }
    if (all_constant(args, n)) {
        NEW_ARRAY(output->constant.reals, output->n);
        if (graph_fold(output->constant.reals, import->net, form)) {
            output->is_constant = true;
            graph_clear_node(form);
            return output;
        }
        alloc_free(output->constant.reals);
        output->constant.reals = NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (args[i]->is_constant) {
            form->args[i] = add_pool(import, args[i]);
        }
        import->net->tensors[form->args[i]].n_uses++;
    }
    VEC_PUSH(&import->net->nodes, *form);
    return output;
}

struct tensor *build_map(struct import *import, const struct shape *shape,
                         const struct tensor *const *args, size_t n,
                         uint32_t *map)
{
    struct node form = {.form = NODE_MAP};
    form.map = map;
    return add(import, &form, shape, args, n);
}

struct tensor *build_spread(struct import *import, const struct shape *shape,
                            const struct tensor *x)
{
    return build_map(import, shape, &x, 1,
                     shape_broadcast_map(shape, &x->shape));
}

struct tensor *build_relu(struct import *import, const struct tensor *x)
{
    struct node form = {.form = NODE_RELU};
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_clip(struct import *import, const struct tensor *x,
                          double lowest, double highest)
{
    struct node form = {
        .form = NODE_CLIP, .lowest = lowest, .highest = highest};
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_function(struct import *import, enum activation activation,
                              const struct tensor *x)
{
    struct node form = {.form = NODE_FUNCTION, .activation = activation};
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_shares(struct import *import, const struct tensor *x,
                            struct layer_shares shares)
{
    struct node form = {.form = NODE_FUNCTION,
                        .activation = ACTIVATION_RECIPROCAL,
                        .shares = shares};
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_scale(struct import *import, const struct tensor *x,
                           struct scaling scaling)
{
    struct node form = {.form = NODE_SCALE, .scaling = scaling};
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_affine(struct import *import, const struct tensor *x,
                            double scale, double bias)
{
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_ELEMENT}};
    NEW_ARRAY(form.linear.slots, 1);
    form.linear.slots[0].scale = scale;
    if (!is_zero(bias)) {
        NEW_ARRAY(form.linear.bias, x->n);
        for (size_t i = 0; i < x->n; i++) {
            form.linear.bias[i] = bias;
        }
    }
    return add(import, &form, &x->shape, &x, 1);
}

struct tensor *build_divided(struct import *import, const struct tensor *x,
                             double *divisor)
{
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_ELEMENT}};
    form.linear.divisor = divisor;
    NEW_ARRAY(form.linear.slots, 1);
    form.linear.slots[0].scale = 1.0;
    return add(import, &form, &x->shape, &x, 1);
}

static struct shape common_shape(const struct tensor *a, const struct tensor *b)
{
    struct shape shape = {0};
    REQUIRE(shape_broadcast(&shape, &a->shape, &b->shape));
    return shape;
}

/* scale * x + constant, spread to the shape; scale_constant is 1 or -1. */
static struct tensor *sum_with_constant(struct import *import,
                                        const struct tensor *x, double scale,
                                        const struct tensor *constant,
                                        double scale_constant)
{
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_ELEMENT}};
    const struct shape shape = common_shape(x, constant);
    double *values = build_read(import, constant);
    uint32_t *map = shape_broadcast_map(&shape, &constant->shape);
    const size_t n = shape_count(&shape);
    NEW_ARRAY(form.linear.bias, n);
    for (size_t i = 0; i < n; i++) {
        form.linear.bias[i] = scale_constant * values[map == NULL ? i : map[i]];
    }
    alloc_free(values);
    alloc_free(map);
    NEW_ARRAY(form.linear.slots, 1);
    form.linear.slots[0] = (struct linear_slot){
        shape_broadcast_map(&shape, &x->shape), NULL, scale};
    return add(import, &form, &shape, &x, 1);
}

struct tensor *build_sum(struct import *import, const struct tensor *a,
                         double scale_a, const struct tensor *b, double scale_b)
{
    if (a->is_constant != b->is_constant &&
        is_equal(fabs(a->is_constant ? scale_a : scale_b), 1.0)) {
        return a->is_constant
                   ? sum_with_constant(import, b, scale_b, a, scale_a)
                   : sum_with_constant(import, a, scale_a, b, scale_b);
    }
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_ELEMENT}};
    const struct shape shape = common_shape(a, b);
    const struct tensor *const args[2] = {a, b};
    NEW_ARRAY(form.linear.slots, 2);
    form.linear.slots[0] = (struct linear_slot){
        shape_broadcast_map(&shape, &a->shape), NULL, scale_a};
    form.linear.slots[1] = (struct linear_slot){
        shape_broadcast_map(&shape, &b->shape), NULL, scale_b};
    return add(import, &form, &shape, args, 2);
}

/* map plus `first`, the identity when it is NULL. */
static uint32_t *shifted(uint32_t *map, size_t n, size_t first)
{
    if (map == NULL) {
        NEW_ARRAY(map, n);
        for (size_t i = 0; i < n; i++) {
            map[i] = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < n; i++) {
        map[i] += (uint32_t)first;
    }
    return map;
}

struct tensor *build_pairs(struct import *import, const struct shape *shape,
                           const struct tensor *const args[2], uint32_t *of_a,
                           uint32_t *of_b)
{
    struct node form = {.form = NODE_PRODUCT};
    form.index[0] = of_a;
    form.index[1] = shifted(of_b, shape_count(shape), args[0]->n);
    return add(import, &form, shape, args, 2);
}

/* x spread to the shape, its elements times or by those of the constant. */
static struct tensor *with_constant(struct import *import,
                                    const struct shape *shape,
                                    const struct tensor *x,
                                    const struct tensor *constant,
                                    bool is_divided)
{
    double *values = build_read(import, constant);
    uint32_t *map = shape_broadcast_map(shape, &constant->shape);
    const size_t n = shape_count(shape);
    if (map != NULL) {
        double *all = NULL;
        NEW_ARRAY(all, n);
        for (size_t i = 0; i < n; i++) {
            all[i] = values[map[i]];
        }
        alloc_free(values);
        alloc_free(map);
        values = all;
    }
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_ELEMENT}};
    NEW_ARRAY(form.linear.slots, 1);
    form.linear.slots[0] = (struct linear_slot){
        shape_broadcast_map(shape, &x->shape), is_divided ? NULL : values, 1.0};
    form.linear.divisor = is_divided ? values : NULL;
    return add(import, &form, shape, &x, 1);
}

struct tensor *build_product(struct import *import, const struct tensor *a,
                             const struct tensor *b)
{
    const struct shape shape = common_shape(a, b);
    const size_t n = shape_count(&shape);
    const struct tensor *const args[2] = {a, b};
    if (a->is_constant != b->is_constant) {
        return with_constant(import, &shape, a->is_constant ? b : a,
                             a->is_constant ? a : b, false);
    }
    return build_pairs(import, &shape, args,
                       shifted(shape_broadcast_map(&shape, &a->shape), n, 0),
                       shape_broadcast_map(&shape, &b->shape));
}

static bool has_zero(struct import *import, const struct tensor *constant)
{
    double *values = build_read(import, constant);
    bool is_found = false;
    for (size_t i = 0; i < constant->n; i++) {
        is_found = is_found || is_zero(values[i]);
    }
    alloc_free(values);
    return is_found;
}

struct tensor *build_quotient(struct import *import, const struct tensor *a,
                              const struct tensor *b)
{
    if (b->is_constant && !has_zero(import, b)) {
        const struct shape shape = common_shape(a, b);
        return with_constant(import, &shape, a, b, true);
    }
    return build_product(import, a,
                         build_function(import, ACTIVATION_RECIPROCAL, b));
}

struct tensor *build_choice(struct import *import, const struct tensor *c,
                            const struct tensor *a, const struct tensor *b)
{
    const struct tensor *const args[NODE_INDEXES] = {c, a, b};
    struct shape shape = {0};
    struct shape values = common_shape(a, b);
    struct node form = {.form = NODE_CHOOSE};
    REQUIRE(shape_broadcast(&shape, &values, &c->shape));
    const size_t n = shape_count(&shape);
    size_t first = 0;
    for (size_t k = 0; k < NODE_INDEXES; k++) {
        form.index[k] =
            shifted(shape_broadcast_map(&shape, &args[k]->shape), n, first);
        first += args[k]->n;
    }
    if (!c->is_constant) {
        return add(import, &form, &shape, args, NODE_INDEXES);
    }
    double *condition = build_read(import, c);
    uint32_t *map = NULL;
    NEW_ARRAY(map, n);
    for (size_t i = 0; i < n; i++) {
        const bool is_true = !is_zero(condition[form.index[0][i]]);
        map[i] = form.index[is_true ? 1 : 2][i] - (uint32_t)c->n;
    }
    alloc_free(condition);
    graph_clear_node(&form);
    return build_map(import, &shape, args + 1, 2, map);
}

struct tensor *build_matrix(struct import *import, const struct shape *shape,
                            const struct tensor *x, struct matrix *matrix)
{
    struct node form = {.form = NODE_LINEAR,
                        .linear = {.form = LINEAR_PRODUCT,
                                   .product = {.matrix = *matrix,
                                               .n_i = 1,
                                               .n_j = matrix->n_rows,
                                               .batch_step = matrix->n_cols,
                                               .stride = 1}}};
    *matrix = (struct matrix){0};
    NEW_ARRAY(form.linear.slots, 1);
    return add(import, &form, shape, &x, 1);
}

struct tensor *build_window(struct import *import, const struct shape *shape,
                            const struct tensor *x, const struct window *window,
                            double divisor)
{
    struct node form = {.form = NODE_LINEAR,
                        .window = *window,
                        .linear = {.form = LINEAR_WINDOW}};
    const size_t n = shape_count(shape);
    if (!is_equal(divisor, 1.0)) {
        NEW_ARRAY(form.linear.divisor, n);
        for (size_t i = 0; i < n; i++) {
            form.linear.divisor[i] = divisor;
        }
    }
    return add(import, &form, shape, &x, 1);
}

struct tensor *build_extreme(struct import *import, enum node_form form,
                             const struct shape *shape,
                             const struct tensor *const *args, size_t n,
                             struct sets sets)
{
    struct node node = {.form = form, .sets = sets};
    return add(import, &node, shape, args, n);
}
