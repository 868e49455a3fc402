/* The checker's rows: folded and merged where that is exact, and only there. */
#include "proofs/check/check_network.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <stdbool.h>

static const int64_t image[] = {1, 2, 3};
static const int64_t square[] = {1, 1, 4, 4};
static const int64_t pair[] = {2};
static const double ramp[] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
static const double small[] = {0.5, -0.25};

/* A model with a float32 input x and output y. */
static struct ref_model start(const int64_t *dims, size_t n)
{
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, dims, n);
    ref_model_output(&model, "y", 1, dims, 0);
    return model;
}

/* Loads the model and clears it. */
static struct check_network *load(struct ref_model *model)
{
    char path[64];
    ref_model_write(path, model);
    struct check_network *network = check_network_load(path);
    ref_file_remove(path);
    return network;
}

static bool is_equal(double x, double y)
{
    return x <= y && x >= y;
}

START_TEST(affine_layers_become_one_where_that_is_exact)
{
    static const int64_t weights[] = {3, 2};
    static const int64_t kernel[] = {1, 1, 2, 2};
    static const int64_t ones[] = {1, 1, 1, 1};
    struct ref_model model = start(image, 3);
    ref_model_floats(&model, "w", weights, 2, ramp);
    ref_model_floats(&model, "b", pair, 1, small);
    ref_model_node(&model, "MatMul", "x,w", "m");
    ref_model_node(&model, "Add", "m,b", "a");
    ref_model_node(&model, "Relu", "a", "y");
    struct check_network *network = load(&model);
    ck_assert_uint_eq(network->n_layers, 2);
    ck_assert_uint_eq(network->n_coordinates, 6 + 4 + 4);
    ck_assert_uint_eq(network->layers[0].start[4], 12);
    ck_assert(is_equal(network->layers[0].bias[1], small[1]));
    ck_assert_uint_eq(network->layers[1].source[3], 9);
    check_network_free(network);
    model = start(square, 4); /* a border leaves no coordinate */
    ref_model_floats(&model, "w", kernel, 4, ramp);
    ref_model_node(&model, "Conv", "x,w", "y");
    ref_node_ints(&model, "pads", ones, 4);
    network = load(&model);
    ck_assert_uint_eq(network->n_coordinates, 16 + 25);
    ck_assert_uint_eq(network->layers[0].start[1], 1);
    check_network_free(network);
    model = start(image, 3); /* elements that nobody needs go */
    static const int64_t starts[] = {0};
    static const int64_t ends[] = {1};
    ref_model_integers(&model, "s", starts, 1);
    ref_model_integers(&model, "e", ends, 1);
    ref_model_floats(&model, "w", weights, 2, ramp);
    ref_model_node(&model, "MatMul", "x,w", "m"); /* [1,2,2] */
    ref_model_node(&model, "Transpose", "m", "t");
    ref_model_node(&model, "Slice", "t,s,e", "y");
    network = load(&model);
    ck_assert_uint_eq(network->n_layers, 1);
    ck_assert_uint_eq(network->layers[0].width, 2);
    ck_assert_uint_eq(network->output[1], 7);
    check_network_free(network);
}
END_TEST

START_TEST(inexact_sums_keep_their_layers)
{
    static const int64_t weights[] = {3, 1};
    static const double tenths[] = {0.1, 0.3, 0.7};
    struct ref_model model = start(image, 3);
    ref_model_doubles(&model, "mean", weights + 1, 1, tenths);
    ref_model_doubles(&model, "w", weights, 2, tenths);
    ref_model_node(&model, "Sub", "x,mean", "s");
    ref_model_node(&model, "MatMul", "s,w", "y");
    struct check_network *network = load(&model);
    ck_assert_uint_eq(network->n_layers, 2);
    ck_assert_uint_eq(network->layers[1].start[1], 3);
    ck_assert_uint_eq(network->layers[1].column[0], 6);
    check_network_free(network);
    model = start(image, 3); /* equal columns are one */
    ref_model_node(&model, "Add", "x,x", "s");
    ref_model_node(&model, "Sub", "s,x", "y");
    network = load(&model);
    ck_assert_uint_eq(network->layers[0].start[1], 1);
    ck_assert(is_equal(network->layers[0].weight[0], 1.0));
    check_network_free(network);
    model = start(image, 3); /* terms that cancel are none */
    ref_model_node(&model, "Sub", "x,x", "y");
    network = load(&model);
    ck_assert_uint_eq(network->layers[0].start[6], 0);
    check_network_free(network);
}
END_TEST

/* How many layers two operators with constants become. */
static size_t layers_of(const char *first, double c, const char *op, double d)
{
    static const int64_t one[] = {1};
    struct ref_model model = start(one, 1);
    ref_model_doubles(&model, "c", one, 1, &c);
    ref_model_doubles(&model, "d", one, 1, &d);
    ref_model_node(&model, first, "x,c", "s");
    ref_model_node(&model, op, "s,d", "y");
    struct check_network *network = load(&model);
    const size_t n_layers = network->n_layers;
    check_network_free(network);
    return n_layers;
}

START_TEST(sums_and_products_are_exact)
{
    ck_assert_uint_eq(layers_of("Sub", 1.0, "Add", 0x1p-52), 1);
    ck_assert_uint_eq(layers_of("Sub", 1.0, "Add", 0x1p-60), 2);
    ck_assert_uint_eq(layers_of("Sub", 0x1p-60, "Add", 1.0), 2);
    ck_assert_uint_eq(layers_of("Sub", -0x1.8p1023, "Add", 0x1.8p1023), 2);
    ck_assert_uint_eq(layers_of("Sub", 0x1.8p0, "Mul", 0x1.8p0), 1);
    ck_assert_uint_eq(layers_of("Sub", 0.1, "Mul", 0.1), 2);
    ck_assert_uint_eq(layers_of("Sub", 0x1p-600, "Mul", 0x1p-600), 2);
    ck_assert_uint_eq(layers_of("Sub", 0x1p-1000, "Mul", 0x1p-74), 1);
    ck_assert_uint_eq(layers_of("Sub", 0x1p1000, "Mul", 0x1p24), 2);
    ck_assert_uint_eq(layers_of("Mul", 0x1p1000, "Mul", 0x1p24), 2);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_rows");
    tcase_add_test(cases, affine_layers_become_one_where_that_is_exact);
    tcase_add_test(cases, inexact_sums_keep_their_layers);
    tcase_add_test(cases, sums_and_products_are_exact);
    return cases;
}
