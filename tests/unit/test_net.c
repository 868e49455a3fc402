/* Networks: refusals by name, and the layers that lowering makes. */
#include "src/base/alloc.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t one_by_two[] = {1, 2};
static const int64_t two_by_two[] = {2, 2};
static const double four[] = {1.0, -2.0, 0.5, 4.0};

/* A model with input x of [1,2] and output y. */
static struct ref_model start(void)
{
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, one_by_two, 2);
    ref_model_output(&model, "y", 1, one_by_two, 2);
    return model;
}

static struct layers *lower(const struct net *net)
{
    struct layers *layers = NULL;
    struct error error = {0};
    ck_assert_msg(net_lower(&layers, net, &error) == STATUS_OK, "%s",
                  error.message);
    return layers;
}

/* Loads a model that must be refused, without a block left behind. */
static void refuses(struct ref_model *model, enum status status,
                    const char *text)
{
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    ref_model_write(path, model);
    const size_t before = alloc_live_bytes();
    const enum status found = net_load(&net, path, &error);
    ck_assert_msg(found == status, "status %d, message: %s", (int)found,
                  error.message);
    ck_assert_msg(strstr(error.message, text) != NULL, "message: %s",
                  error.message);
    ck_assert_str_eq(error.path, path);
    ck_assert_uint_eq(alloc_live_bytes(), before);
    ref_file_remove(path);
}

START_TEST(weights_must_be_finite)
{
    const double odd[] = {1.0, HUGE_VAL, 0.0, 0.0};
    const double none[] = {1.0, (double)NAN, 0.0, 0.0};
    struct ref_model model = start();
    ref_model_floats(&model, "w", two_by_two, 2, odd);
    ref_model_node(&model, "MatMul", "x,w", "y");
    refuses(&model, STATUS_BAD_INPUT, "tensor 'w' holds a NaN or infinite");
    model = start();
    ref_model_doubles(&model, "w", two_by_two, 2, none);
    ref_model_node(&model, "MatMul", "x,w", "y");
    refuses(&model, STATUS_BAD_INPUT, "tensor 'w' holds a NaN or infinite");
}
END_TEST

START_TEST(unknown_operators_and_attributes_are_refused)
{
    struct ref_model model = start();
    ref_model_node(&model, "Frobnicate", "x", "y");
    refuses(&model, STATUS_UNSUPPORTED,
            "node 'y' (Frobnicate, opset 13): operator is not supported");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_node_int(&model, "slope", 1);
    refuses(&model, STATUS_BAD_INPUT, "unknown attribute 'slope'");
    model = start();
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_float(&model, "axis", 1.0F);
    refuses(&model, STATUS_BAD_INPUT, "attribute 'axis' has the wrong kind");
    model = start();
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_int(&model, "axis", 3);
    refuses(&model, STATUS_BAD_INPUT, "axis 3 outside rank 2");
}
END_TEST

START_TEST(graphs_must_be_well_formed)
{
    struct ref_model model = start();
    ref_model_node(&model, "Add", "x,nowhere", "y");
    refuses(&model, STATUS_BAD_INPUT, "input 'nowhere' is not defined");
    model = start();
    ref_model_node(&model, "Add", "x,b", "a");
    ref_model_node(&model, "Relu", "a", "b");
    ref_model_node(&model, "Relu", "b", "y");
    refuses(&model, STATUS_BAD_INPUT, "the graph has a cycle");
    model = start();
    ref_model_node(&model, "Relu", "y", "y");
    refuses(&model, STATUS_BAD_INPUT, "the graph has a cycle");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_model_node(&model, "Relu", "x", "y");
    refuses(&model, STATUS_BAD_INPUT, "two tensors are named 'y'");
    model = start();
    ref_model_node(&model, "Relu", "x", "z");
    refuses(&model, STATUS_BAD_INPUT, "output 'y' is not defined");
    model = start();
    ref_model_node(&model, "Relu", "x,x", "y");
    refuses(&model, STATUS_BAD_INPUT, "2 inputs, expected 1 to 1");
}
END_TEST

START_TEST(opsets_outside_the_range_are_refused)
{
    struct ref_model model = start();
    model.opset = 0;
    ref_model_node(&model, "Relu", "x", "y");
    refuses(&model, STATUS_UNSUPPORTED, "opset 0 is not supported");
    model = start();
    model.opset = 26;
    ref_model_node(&model, "Relu", "x", "y");
    refuses(&model, STATUS_UNSUPPORTED, "opset 26 is not supported");
}
END_TEST

START_TEST(unknown_padding_is_refused)
{
    const int64_t image[] = {1, 1, 2, 2};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, image, 4);
    ref_model_output(&model, "y", 1, image, 4);
    ref_model_floats(&model, "w", image, 4, four);
    ref_model_node(&model, "Conv", "x,w", "y");
    ref_node_text(&model, "auto_pad", "SAME_MIDDLE");
    refuses(&model, STATUS_UNSUPPORTED,
            "node 'y' (Conv, opset 13): auto_pad SAME_MIDDLE");
}
END_TEST

START_TEST(shapes_must_fit)
{
    const int64_t three[] = {3};
    const int64_t wanted[] = {5, -1};
    const double numbers[] = {1.0, 2.0, 3.0};
    struct ref_model model = start();
    ref_model_floats(&model, "w", three, 1, numbers);
    ref_model_node(&model, "Add", "x,w", "y");
    refuses(&model, STATUS_BAD_INPUT, "shapes do not broadcast");
    model = start();
    ref_model_floats(&model, "w", three, 1, numbers);
    ref_model_node(&model, "MatMul", "x,w", "y");
    refuses(&model, STATUS_BAD_INPUT, "inner dimensions 2 and 3 differ");
    model = start();
    ref_model_integers(&model, "s", wanted, 2);
    ref_model_node(&model, "Reshape", "x,s", "y");
    refuses(&model, STATUS_BAD_INPUT, "2 elements do not fit the shape");
}
END_TEST

/* Sub of zero, Flatten, MatMul with Add, Relu: one affine layer, one ReLU. */
START_TEST(a_plain_layer_becomes_two)
{
    const double zero[] = {0.0, 0.0};
    const double bias[] = {0.25, -1.0};
    struct ref_model model = start();
    ref_model_floats(&model, "m", one_by_two, 2, zero);
    ref_model_floats(&model, "w", two_by_two, 2, four);
    ref_model_floats(&model, "b", one_by_two + 1, 1, bias);
    ref_model_node(&model, "Sub", "x,m", "s");
    ref_model_node(&model, "Flatten", "s", "f");
    ref_model_node(&model, "MatMul", "f,w", "p");
    ref_model_node(&model, "Add", "p,b", "q");
    ref_model_node(&model, "Relu", "q", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    ck_assert_uint_eq(layers->n_layers, 3);
    ck_assert_int_eq(layers->layer[1].kind, LAYER_AFFINE);
    ck_assert_int_eq(layers->layer[2].kind, LAYER_RELU);
    ck_assert_uint_eq(layers->n_relus, 2);
    const struct matrix *matrix = &layers->layer[1].terms[0].matrix;
    /* y = W^T x + b */
    const double expected[] = {1.0, 0.5, -2.0, 4.0};
    ck_assert_mem_eq(matrix->dense, expected, sizeof expected);
    ck_assert_mem_eq(layers->layer[1].bias, bias, sizeof bias);
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

START_TEST(a_residual_becomes_two_terms)
{
    struct ref_model model = start();
    ref_model_floats(&model, "w", two_by_two, 2, four);
    ref_model_node(&model, "MatMul", "x,w", "p");
    ref_model_node(&model, "Relu", "p", "r");
    ref_model_node(&model, "Sub", "r,x", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    ck_assert_uint_eq(layers->n_layers, 4);
    const struct layer *last = &layers->layer[3];
    ck_assert_uint_eq(last->n_terms, 2);
    ck_assert_uint_eq(last->terms[0].source, 2);
    ck_assert_uint_eq(last->terms[1].source, 0);
    const double minus[] = {-1.0, 0.0, 0.0, -1.0};
    ck_assert_mem_eq(last->terms[1].matrix.dense, minus, sizeof minus);
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

/* A permutation between two products is a permutation of columns. */
START_TEST(index_maps_are_composed)
{
    const int64_t shape[] = {2, 1};
    const int64_t perm[] = {1, 0};
    const int64_t starts[] = {1};
    const int64_t ends[] = {INT64_MIN};
    const int64_t axes[] = {-1};
    const int64_t steps[] = {-1};
    struct ref_model model = start();
    ref_model_integers(&model, "shape", shape, 2);
    ref_model_integers(&model, "starts", starts, 1);
    ref_model_integers(&model, "ends", ends, 1);
    ref_model_integers(&model, "axes", axes, 1);
    ref_model_integers(&model, "steps", steps, 1);
    ref_model_floats(&model, "w", two_by_two, 2, four);
    ref_model_node(&model, "Reshape", "x,shape", "a");
    ref_model_node(&model, "Transpose", "a", "b");
    ref_node_ints(&model, "perm", perm, 2);
    ref_model_node(&model, "Slice", "b,starts,ends,axes,steps", "c");
    ref_model_node(&model, "MatMul", "c,w", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    ck_assert_uint_eq(layers->n_layers, 2);
    const double swapped[] = {0.5, 1.0, 4.0, -2.0};
    ck_assert_mem_eq(layers->layer[1].terms[0].matrix.dense, swapped,
                     sizeof swapped);
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

/* Both readers of a slice that is also an argument elsewhere see the same
 * elements. */
START_TEST(a_shared_slice_stays_right)
{
    const int64_t starts[] = {1};
    const int64_t ends[] = {2};
    const int64_t one_by_one[] = {1, 1};
    const double three[] = {3.0};
    struct ref_model model = start();
    ref_model_integers(&model, "starts", starts, 1);
    ref_model_integers(&model, "ends", ends, 1);
    ref_model_integers(&model, "axes", starts, 1);
    ref_model_floats(&model, "w", two_by_two, 2, four);
    ref_model_floats(&model, "v", one_by_one, 2, three);
    ref_model_node(&model, "MatMul", "x,w", "p");
    ref_model_node(&model, "Slice", "p,starts,ends,axes", "s");
    ref_model_node(&model, "MatMul", "s,v", "t");
    ref_model_node(&model, "Relu", "s", "r");
    ref_model_node(&model, "Add", "t,r", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    const double x[] = {1.0, 2.0};
    double y = 0.0;
    /* p = x W = (2, 6); s = 6; y = 3*6 + 6 */
    layers_eval(&y, layers, x);
    ck_assert(y >= 24.0 && y <= 24.0);
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

START_TEST(quotients_that_no_double_gives_are_scales)
{
    const double three[] = {3.0, 3.0};
    struct ref_model model = start();
    ref_model_floats(&model, "d", one_by_two, 2, three);
    ref_model_node(&model, "Div", "x,d", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    struct error error = {0};
    const struct layer *last = &layers->layer[layers->n_layers - 1];
    ck_assert_int_eq(last->kind, LAYER_SCALE);
    ck_assert_uint_eq(layers->n_curved, 2);
    for (size_t i = 0; i < 2; i++) {
        /* the residual of a quotient is exact */
        ck_assert(fma(last->factor_lower[i], 3.0, -1.0) < 0.0);
        ck_assert(fma(last->factor_upper[i], 3.0, -1.0) > 0.0);
        ck_assert(nextafter(last->factor_lower[i], 1.0) >=
                  last->factor_upper[i]);
    }
    layers_destroy(layers);
    /* the exact evaluation is a third all the same */
    mpq_t x[2];
    mpq_t y[2];
    for (size_t i = 0; i < 2; i++) {
        mpq_inits(x[i], y[i], NULL);
        mpq_set_si(x[i], 1, 7);
    }
    mpq_t *const values = x;
    ck_assert_int_eq(net_eval_exact(y, net, (const mpq_t *)values, &error),
                     STATUS_OK);
    ck_assert_int_eq(mpq_cmp_ui(y[1], 1, 21), 0);
    for (size_t i = 0; i < 2; i++) {
        mpq_clears(x[i], y[i], NULL);
    }
    net_destroy(net);
}
END_TEST

START_TEST(functions_become_activations)
{
    struct ref_model model = start();
    ref_model_node(&model, "Sigmoid", "x", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = NULL;
    struct error error = {0};
    const double x[] = {0.0, 100.0};
    double y[2] = {0.0};
    ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
    ck_assert(fabs(y[0] - 0.5) < 1e-15 && fabs(y[1] - 1.0) < 1e-15);
    layers = lower(net);
    ck_assert_uint_eq(layers->n_layers, 2);
    ck_assert_int_eq(layers->layer[1].kind, LAYER_ACTIVATION);
    ck_assert_int_eq(layers->layer[1].activation, ACTIVATION_SIGMOID);
    ck_assert_uint_eq(layers->layer[1].source, 0);
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

START_TEST(float32_inputs_must_be_float32_numbers)
{
    struct ref_model model = start();
    ref_model_node(&model, "Relu", "x", "y");
    struct net *net = ref_load_model(&model);
    struct error error = {0};
    const double x[] = {0.5, 0.1};
    double y[2] = {0.0};
    ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_BAD_INPUT);
    ck_assert(strstr(error.message, "input 1 is not a float32") != NULL);
    net_destroy(net);
}
END_TEST

START_TEST(symbolic_dimensions_are_one)
{
    const int64_t dims[] = {-1, 2};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 11, dims, 2);
    ref_model_output(&model, "y", 11, dims, 2);
    ref_model_doubles(&model, "w", two_by_two, 2, four);
    ref_model_node(&model, "MatMul", "x,w", "y");
    struct net *net = ref_load_model(&model);
    const struct net_tensor_info input = net_input_tensor(net, 0);
    ck_assert_uint_eq(input.n_dims, 2);
    ck_assert_uint_eq(input.dims[0], 1);
    ck_assert_str_eq(input.type, "float64");
    ck_assert(!net_is_input_float32(net));
    ck_assert_uint_eq(net_n_inputs(net), 2);
    net_destroy(net);
}
END_TEST

/* The dump of the network; freed by the caller. */
static char *dump(struct ref_model *model)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    struct net *net = ref_load_model(model);
    struct layers *layers = lower(net);
    net_dump(file, net, layers);
    ck_assert_int_eq(fclose(file), 0);
    layers_destroy(layers);
    net_destroy(net);
    return text;
}

START_TEST(dump_says_what_is_computed)
{
    struct ref_model model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_model_node(&model, "Sigmoid", "x", "unused");
    char *text = dump(&model);
    ck_assert_str_eq(text, "network inputs 2 outputs 2 relus 1\n"
                           "input float32 [1,2]\n"
                           "output float32 [1,2]\n"
                           "relu 0 width 2\n"
                           "at 0: 0 1/2\n"
                           "sum 0: -3/4\n"
                           "at 1: 0 0\n"
                           "at 2: 1/4 3/4\n");
    free(text);
}
END_TEST

START_TEST(dump_without_exact_values_says_so)
{
    struct ref_model model = start();
    ref_model_node(&model, "Sigmoid", "x", "y");
    char *text = dump(&model);
    ck_assert_str_eq(text, "network inputs 2 outputs 2 relus 1\n"
                           "input float32 [1,2]\n"
                           "output float32 [1,2]\n"
                           "relu 0 width 2\n"
                           "at skipped\n");
    free(text);
}
END_TEST

START_TEST(layers_of_neurons_are_named_by_their_nodes)
{
    static const double ends[] = {-1.0, 1.0};
    struct ref_model model = start();
    ref_model_floats(&model, "lo", one_by_two, 0, &ends[0]);
    ref_model_floats(&model, "hi", one_by_two, 0, &ends[1]);
    model.opset = 13;
    ref_model_node(&model, "Clip", "x,lo,hi", "c");
    ref_model_node(&model, "Relu", "x", "unused");
    ref_model_node(&model, "Sigmoid", "c", "s");
    ref_model_node(&model, "Relu", "s", "y");
    struct net *net = ref_load_model(&model);
    struct layers *layers = lower(net);
    ck_assert_str_eq(net_neurons_name(net, layers, 0), "c");
    ck_assert_str_eq(net_neurons_name(net, layers, 1), "c");
    ck_assert_str_eq(net_neurons_name(net, layers, 2), "s");
    ck_assert_str_eq(net_neurons_name(net, layers, 3), "y");
    ck_assert_ptr_null(net_neurons_name(net, layers, 4));
    layers_destroy(layers);
    net_destroy(net);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("net");
    tcase_add_test(cases, weights_must_be_finite);
    tcase_add_test(cases, unknown_operators_and_attributes_are_refused);
    tcase_add_test(cases, graphs_must_be_well_formed);
    tcase_add_test(cases, opsets_outside_the_range_are_refused);
    tcase_add_test(cases, unknown_padding_is_refused);
    tcase_add_test(cases, shapes_must_fit);
    tcase_add_test(cases, a_plain_layer_becomes_two);
    tcase_add_test(cases, a_residual_becomes_two_terms);
    tcase_add_test(cases, index_maps_are_composed);
    tcase_add_test(cases, a_shared_slice_stays_right);
    tcase_add_test(cases, quotients_that_no_double_gives_are_scales);
    tcase_add_test(cases, functions_become_activations);
    tcase_add_test(cases, float32_inputs_must_be_float32_numbers);
    tcase_add_test(cases, symbolic_dimensions_are_one);
    tcase_add_test(cases, dump_says_what_is_computed);
    tcase_add_test(cases, dump_without_exact_values_says_so);
    tcase_add_test(cases, layers_of_neurons_are_named_by_their_nodes);
    return cases;
}
