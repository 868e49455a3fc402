/* Random networks: all evaluations and the lowered layers agree. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "tests/ref/ref_layers.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TENSORS = 16, N_STEPS = 9 };

/* A tensor made so far: rank 2 [1,n] or rank 4 [1,c,h,w]. */
struct made {
    size_t rank;
    int64_t dims[4];
};

/* A network being drawn; tensor k is named t<k>. */
struct drawing {
    struct ref_model model;
    struct rng rng;
    size_t n;
    struct made made[MAX_TENSORS];
    size_t n_constants;
    bool is_double;
};

static size_t size_of(const struct made *made)
{
    size_t n = 1;
    for (size_t d = 0; d < made->rank; d++) {
        n *= (size_t)made->dims[d];
    }
    return n;
}

/* Often zero, sometimes a small dyadic, sometimes any float32. */
static double draw_weight(struct rng *rng)
{
    const size_t kind = rng_below(rng, 4);
    if (kind == 0) {
        return 0.0;
    }
    if (kind < 3) {
        return ((double)rng_below(rng, 17) - 8.0) / 4.0;
    }
    return (double)(float)rng_range(rng, -1.0, 1.0);
}

/* Adds a constant with drawn elements; its name goes to name[32]. */
static void add_constant(struct drawing *drawing, char name[32],
                         const int64_t *dims, size_t n_dims)
{
    size_t n = 1;
    double *values = NULL;
    for (size_t d = 0; d < n_dims; d++) {
        n *= (size_t)dims[d];
    }
    NEW_ARRAY(values, n);
    for (size_t i = 0; i < n; i++) {
        values[i] = draw_weight(&drawing->rng);
    }
    (void)snprintf(name, 32, "c%zu", drawing->n_constants++);
    if (drawing->is_double) {
        ref_model_doubles(&drawing->model, name, dims, n_dims, values);
    } else {
        ref_model_floats(&drawing->model, name, dims, n_dims, values);
    }
    alloc_free(values);
}

static void add_list(struct drawing *drawing, char name[32],
                     const int64_t *values, size_t n)
{
    (void)snprintf(name, 32, "c%zu", drawing->n_constants++);
    ref_model_integers(&drawing->model, name, values, n);
}

/* Starts a node from `inputs` to the next tensor, of the given shape. */
static void add_node(struct drawing *drawing, const char *op,
                     const char *inputs, struct made made)
{
    char output[32];
    (void)snprintf(output, sizeof output, "t%zu", drawing->n);
    drawing->made[drawing->n++] = made;
    ref_model_node(&drawing->model, op, inputs, output);
}

static void draw_relu(struct drawing *drawing, size_t from)
{
    char inputs[128];
    (void)snprintf(inputs, sizeof inputs, "t%zu", from);
    add_node(drawing, "Relu", inputs, drawing->made[from]);
}

/* Gemm with all its attributes; wide ones are sparse enough for CSR. */
static void draw_gemm(struct drawing *drawing, size_t from)
{
    struct rng *rng = &drawing->rng;
    const int64_t k = drawing->made[from].dims[1];
    const int64_t n = 1 + (int64_t)rng_below(rng, 6);
    const bool is_moved = rng_below(rng, 2) == 0;
    const int64_t weight_dims[2] = {is_moved ? n : k, is_moved ? k : n};
    const int64_t bias_dims[2] = {1, rng_below(rng, 2) == 0 ? 1 : n};
    const struct made made = {2, {1, n, 0, 0}};
    char weight[32];
    char bias[32];
    char inputs[128];
    add_constant(drawing, weight, weight_dims, 2);
    add_constant(drawing, bias, bias_dims, 1 + rng_below(rng, 2));
    const bool has_bias = rng_below(rng, 3) > 0;
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s,%s", from, weight,
                   has_bias ? bias : "");
    inputs[strlen(inputs) - (has_bias ? 0 : 1)] = '\0';
    add_node(drawing, "Gemm", inputs, made);
    ref_node_int(&drawing->model, "transB", is_moved ? 1 : 0);
    ref_node_float(&drawing->model, "alpha",
                   rng_below(rng, 2) == 0 ? 1.0F : 0.75F);
    ref_node_float(&drawing->model, "beta", 2.0F);
}

static void draw_matmul_add(struct drawing *drawing, size_t from)
{
    struct rng *rng = &drawing->rng;
    const int64_t k = drawing->made[from].dims[1];
    const int64_t n = 1 + (int64_t)rng_below(rng, 80);
    const int64_t weight_dims[2] = {k, n};
    const struct made made = {2, {1, n, 0, 0}};
    char name[32];
    char inputs[128];
    add_constant(drawing, name, weight_dims, 2);
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s", from, name);
    add_node(drawing, "MatMul", inputs, made);
    add_constant(drawing, name, &n, 1);
    (void)snprintf(inputs, sizeof inputs, "%s,t%zu", name, drawing->n - 1);
    add_node(drawing, "Add", inputs, made);
}

/* Arithmetic with a constant that broadcasts. */
static void draw_element(struct drawing *drawing, size_t from)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Sub"};
    const struct made *made = &drawing->made[from];
    const size_t kind = rng_below(&drawing->rng, 4);
    int64_t dims[4] = {1, 1, 1, 1};
    char name[32];
    char inputs[128];
    dims[made->rank - 1] = made->dims[made->rank - 1];
    add_constant(drawing, name, dims, made->rank);
    if (kind == 3) {
        (void)snprintf(inputs, sizeof inputs, "%s,t%zu", name, from);
    } else {
        (void)snprintf(inputs, sizeof inputs, "t%zu,%s", from, name);
    }
    add_node(drawing, ops[kind], inputs, *made);
}

/* Sum or difference of two tensors of one shape. */
static void draw_residual(struct drawing *drawing, size_t from)
{
    static const char *const ops[] = {"Add", "Sub", "Sum"};
    char inputs[128];
    size_t other = from;
    for (size_t k = 0; k < drawing->n; k++) {
        if (memcmp(&drawing->made[k], &drawing->made[from],
                   sizeof drawing->made[k]) == 0 &&
            rng_below(&drawing->rng, 2) == 0) {
            other = k;
        }
    }
    (void)snprintf(inputs, sizeof inputs, "t%zu,t%zu", from, other);
    add_node(drawing, ops[rng_below(&drawing->rng, 3)], inputs,
             drawing->made[from]);
}

/* Two tensors and a constant side by side. */
static void draw_concat(struct drawing *drawing, size_t from)
{
    const size_t other = rng_below(&drawing->rng, drawing->n);
    struct made made = drawing->made[from];
    const int64_t one_by_one[2] = {1, 1};
    char name[32];
    char inputs[128];
    if (drawing->made[other].rank != 2) {
        return;
    }
    add_constant(drawing, name, one_by_one, 2);
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s,t%zu", from, name, other);
    made.dims[1] += 1 + drawing->made[other].dims[1];
    add_node(drawing, "Concat", inputs, made);
    ref_node_int(&drawing->model, "axis", -1);
}

/* Every second element, forwards or backwards. */
static void draw_slice(struct drawing *drawing, size_t from)
{
    struct made made = drawing->made[from];
    const bool is_backwards = rng_below(&drawing->rng, 2) == 0;
    const int64_t bounds[2] = {is_backwards ? -1 : 0,
                               is_backwards ? INT64_MIN : INT64_MAX};
    const int64_t step = is_backwards ? -2 : 2;
    const int64_t axis = (int64_t)made.rank - 1;
    char names[4][32];
    char inputs[192];
    add_list(drawing, names[0], &bounds[0], 1);
    add_list(drawing, names[1], &bounds[1], 1);
    add_list(drawing, names[2], &axis, 1);
    add_list(drawing, names[3], &step, 1);
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s,%s,%s,%s", from, names[0],
                   names[1], names[2], names[3]);
    made.dims[axis] = (made.dims[axis] + 1) / 2;
    add_node(drawing, "Slice", inputs, made);
}

static void draw_flatten(struct drawing *drawing, size_t from)
{
    const struct made made = {
        2, {1, (int64_t)size_of(&drawing->made[from]), 0, 0}};
    char inputs[128];
    (void)snprintf(inputs, sizeof inputs, "t%zu", from);
    add_node(drawing, "Flatten", inputs, made);
}

static void draw_transpose(struct drawing *drawing, size_t from)
{
    static const int64_t perm[4] = {0, 2, 3, 1};
    const struct made *made = &drawing->made[from];
    const struct made moved = {
        4, {1, made->dims[2], made->dims[3], made->dims[1]}};
    char inputs[128];
    (void)snprintf(inputs, sizeof inputs, "t%zu", from);
    add_node(drawing, "Transpose", inputs, moved);
    ref_node_ints(&drawing->model, "perm", perm, 4);
}

static void draw_conv(struct drawing *drawing, size_t from)
{
    struct rng *rng = &drawing->rng;
    const struct made *made = &drawing->made[from];
    const int64_t group = rng_below(rng, 2) == 0 ? 1 : made->dims[1];
    const int64_t out = group * (1 + (int64_t)rng_below(rng, 2));
    const int64_t weight_dims[4] = {out, made->dims[1] / group, 2, 2};
    const int64_t pads[4] = {1, (int64_t)rng_below(rng, 2), 1, 1};
    const int64_t strides[2] = {1 + (int64_t)rng_below(rng, 2), 1};
    const int64_t dilations[2] = {1, 1 + (int64_t)rng_below(rng, 2)};
    struct made result = {4, {1, out, 0, 0}};
    char weight[32];
    char bias[32];
    char inputs[128];
    for (size_t d = 0; d < 2; d++) {
        const int64_t span =
            made->dims[2 + d] + pads[d] + pads[2 + d] - dilations[d] - 1;
        if (span < 0) {
            return;
        }
        result.dims[2 + d] = span / strides[d] + 1;
    }
    add_constant(drawing, weight, weight_dims, 4);
    add_constant(drawing, bias, &out, 1);
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s,%s", from, weight, bias);
    add_node(drawing, "Conv", inputs, result);
    ref_node_int(&drawing->model, "group", group);
    ref_node_ints(&drawing->model, "pads", pads, 4);
    ref_node_ints(&drawing->model, "strides", strides, 2);
    ref_node_ints(&drawing->model, "dilations", dilations, 2);
    const int64_t kernel[2] = {2, 2};
    ref_node_ints(&drawing->model, "kernel_shape", kernel, 2);
}

/* Averages of two, or the greatest of six, four or two. */
static void draw_pool(struct drawing *drawing, size_t from)
{
    const bool is_average = rng_below(&drawing->rng, 2) == 0;
    const int64_t kernel[2] = {2, is_average ? 1 : 3};
    const int64_t pads[4] = {0, 1, 0, 1};
    struct made made = drawing->made[from];
    char inputs[128];
    if (made.dims[2] < 2) {
        return;
    }
    made.dims[2]--;
    (void)snprintf(inputs, sizeof inputs, "t%zu", from);
    add_node(drawing, is_average ? "AveragePool" : "MaxPool", inputs, made);
    ref_node_ints(&drawing->model, "kernel_shape", kernel, 2);
    if (!is_average) {
        ref_node_ints(&drawing->model, "pads", pads, 4);
    }
}

static void draw_pad(struct drawing *drawing, size_t from)
{
    struct made made = drawing->made[from];
    int64_t pads[8] = {0};
    char list[32];
    char value[32];
    char inputs[128];
    pads[made.rank - 1] = 1;
    pads[2 * made.rank - 1] = made.dims[made.rank - 1] > 2 ? -2 : 1;
    made.dims[made.rank - 1] += 1 + pads[2 * made.rank - 1];
    add_list(drawing, list, pads, 2 * made.rank);
    add_constant(drawing, value, NULL, 0);
    (void)snprintf(inputs, sizeof inputs, "t%zu,%s,%s", from, list, value);
    add_node(drawing, "Pad", inputs, made);
}

/* One or two nodes from a random tensor, mostly from the newest. */
static void draw_step(struct drawing *drawing)
{
    typedef void draw(struct drawing *, size_t);
    static draw *const flat[] = {draw_gemm,     draw_matmul_add, draw_relu,
                                 draw_relu,     draw_element,    draw_concat,
                                 draw_residual, draw_slice,      draw_pad};
    static draw *const image[] = {
        draw_conv,    draw_relu,      draw_relu,  draw_flatten, draw_pool,
        draw_element, draw_transpose, draw_slice, draw_pad,     draw_residual};
    const size_t from = rng_below(&drawing->rng, 3) > 0
                            ? drawing->n - 1
                            : rng_below(&drawing->rng, drawing->n);
    if (drawing->made[from].rank == 2) {
        flat[rng_below(&drawing->rng, sizeof flat / sizeof flat[0])](drawing,
                                                                     from);
    } else {
        image[rng_below(&drawing->rng, sizeof image / sizeof image[0])](drawing,
                                                                        from);
    }
}

static struct net *draw_net(uint64_t seed)
{
    struct drawing drawing = {.model = {.opset = 13}, .n = 1};
    char path[64];
    char name[32];
    struct net *net = NULL;
    struct error error = {0};
    rng_init(&drawing.rng, seed);
    drawing.is_double = rng_below(&drawing.rng, 4) == 0;
    const struct made flat = {2, {1, 5, 0, 0}};
    const struct made image = {4, {1, 2, 4, 3}};
    drawing.made[0] = rng_below(&drawing.rng, 2) == 0 ? flat : image;
    const int type = drawing.is_double ? 11 : 1;
    ref_model_input(&drawing.model, "t0", type, drawing.made[0].dims,
                    drawing.made[0].rank);
    for (size_t k = 0; k < N_STEPS && drawing.n + 2 < MAX_TENSORS; k++) {
        draw_step(&drawing);
    }
    const size_t n_outputs = 1 + rng_below(&drawing.rng, 2);
    for (size_t k = 0; k < n_outputs && k < drawing.n; k++) {
        const size_t output = drawing.n - 1 - k;
        (void)snprintf(name, sizeof name, "t%zu", output);
        ref_model_output(&drawing.model, name, type, drawing.made[output].dims,
                         drawing.made[output].rank);
    }
    ref_model_write(path, &drawing.model);
    ck_assert_msg(net_load(&net, path, &error) == STATUS_OK, "seed %llu: %s",
                  (unsigned long long)seed, error.message);
    ref_file_remove(path);
    return net;
}

static void is_near(const double *y, mpq_t *exact, size_t n, double limit,
                    uint64_t seed)
{
    double scale = 1.0;
    for (size_t i = 0; i < n; i++) {
        scale = fmax(scale, fabs(mpq_get_d(exact[i])));
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(fabs(y[i] - mpq_get_d(exact[i])) <= limit * scale,
                      "seed %llu: output %zu is %a, expected %a",
                      (unsigned long long)seed, i, y[i], mpq_get_d(exact[i]));
    }
}

/* Layers exactly equal to the graph at a rational point; doubles near. */
static void check_net(uint64_t seed)
{
    struct net *net = draw_net(seed);
    struct layers *layers = NULL;
    struct error error = {0};
    struct rng rng;
    const size_t n = net_n_inputs(net);
    const size_t m = net_n_outputs(net);
    double *x = NULL;
    double *y = NULL;
    rng_init(&rng, seed + 1);
    NEW_ARRAY(x, n);
    NEW_ARRAY(y, m);
    mpq_t *exact_x = rational_create(n);
    mpq_t *exact_y = rational_create(m);
    mpq_t *layers_y = rational_create(m);
    ck_assert_msg(net_lower(&layers, net, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_uint_eq(layers->n_outputs, m);
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)(float)rng_range(&rng, -1.0, 1.0);
        mpq_set_d(exact_x[i], x[i]);
    }
    const mpq_t *point = (const mpq_t *)exact_x;
    ck_assert_int_eq(net_eval_exact(exact_y, net, point, &error), STATUS_OK);
    ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
    is_near(y, exact_y, m, 1e-10, seed);
    layers_eval(y, layers, x);
    is_near(y, exact_y, m, 1e-10, seed);
    ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_OK);
    is_near(y, exact_y, m, 1e-3, seed);
    for (size_t i = 0; i < n; i++) {
        mpq_set_si(exact_x[i], (long)rng_below(&rng, 200) - 100,
                   1 + rng_below(&rng, 30));
        mpq_canonicalize(exact_x[i]);
    }
    ck_assert_int_eq(net_eval_exact(exact_y, net, point, &error), STATUS_OK);
    ref_layers_eval(layers_y, layers, point);
    for (size_t i = 0; i < m; i++) {
        ck_assert_msg(mpq_equal(exact_y[i], layers_y[i]) != 0,
                      "seed %llu: output %zu is %a, layers say %a",
                      (unsigned long long)seed, i, mpq_get_d(exact_y[i]),
                      mpq_get_d(layers_y[i]));
    }
    rational_destroy(exact_x, n);
    rational_destroy(exact_y, m);
    rational_destroy(layers_y, m);
    alloc_free(x);
    alloc_free(y);
    layers_destroy(layers);
    net_destroy(net);
}

START_TEST(evaluations_and_layers_agree)
{
    const size_t n = test_count(400);
    for (size_t i = 0; i < n; i++) {
        check_net(test_seed() + i);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("net_eval");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, evaluations_and_layers_agree);
    return cases;
}
