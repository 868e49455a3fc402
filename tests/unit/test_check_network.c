/* The checker's networks: each operator by example and against the verifier. */
#include "tests/ref/ref_reading.h"
#include "tests/suite.h"

static const int64_t image[] = {1, 2, 3};
static const int64_t square[] = {1, 1, 4, 4};
static const int64_t pair[] = {2};
static const double ramp[] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
static const double small[] = {0.5, -0.25};

/* A model with a float32 input x and output y. */
static struct ref_model start(int64_t opset, const int64_t *dims, size_t n)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", 1, dims, n);
    ref_model_output(&model, "y", 1, dims, 0);
    return model;
}

static struct ref_model start_image(int64_t opset)
{
    return start(opset, image, 3);
}

/* The checker's y at x = 1, 2, ... has these values, given as text, and the
 * verifier prints the same. */
static void gives(struct ref_model *model, const char *expected)
{
    char path[64];
    ref_model_write(path, model);
    struct check_network *network = check_network_load(path);
    ref_reading_computes(network, expected);
    ref_reading_compare_dumps(network, path);
    check_network_free(network);
    ref_file_remove(path);
}

START_TEST(arithmetic_broadcasts)
{
    static const int64_t column[] = {2, 1};
    struct ref_model model = start_image(13);
    ref_model_floats(&model, "c", column, 2, small);
    ref_model_node(&model, "Add", "c,x", "y");
    gives(&model, "3/2 5/2 7/2 15/4 19/4 23/4");
    model = start_image(7);
    ref_model_floats(&model, "c", column, 2, small);
    ref_model_node(&model, "Sub", "c,x", "y");
    gives(&model, "-1/2 -3/2 -5/2 -17/4 -21/4 -25/4");
    model = start_image(13);
    ref_model_floats(&model, "c", column, 2, small);
    ref_model_node(&model, "Sub", "x,c", "y");
    gives(&model, "1/2 3/2 5/2 17/4 21/4 25/4");
    model = start_image(13);
    ref_model_floats(&model, "c", column, 2, small);
    ref_model_node(&model, "Mul", "x,c", "y");
    gives(&model, "1/2 1 3/2 -1 -5/4 -3/2");
    model = start_image(13);
    ref_model_floats(&model, "c", column, 2, small);
    ref_model_node(&model, "Div", "x,c", "y");
    gives(&model, "2 4 6 -16 -20 -24");
    model = start_image(13);
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "Sub", "x,n", "s");
    ref_model_node(&model, "Add", "s,x", "y");
    gives(&model, "3 6 9 12 15 18");
}
END_TEST

START_TEST(computed_tensors_broadcast)
{
    static const int64_t starts[] = {1};
    static const int64_t ends[] = {2};
    static const int64_t axes[] = {2};
    struct ref_model model = start_image(9);
    ref_model_node(&model, "Slice", "x", "s"); /* [1,2,1]: 2 5 */
    ref_node_ints(&model, "starts", starts, 1);
    ref_node_ints(&model, "ends", ends, 1);
    ref_node_ints(&model, "axes", axes, 1);
    ref_model_node(&model, "Sub", "s,x", "y");
    gives(&model, "1 0 -1 1 0 -1");
}
END_TEST

START_TEST(gemm_takes_its_attributes)
{
    static const int64_t two_by_three[] = {2, 3};
    static const int64_t row[] = {3};
    static const int64_t one[] = {2, 1};
    struct ref_model model = start(13, two_by_three, 2);
    ref_model_floats(&model, "w", two_by_three, 2, ramp);
    ref_model_floats(&model, "c", pair, 1, small);
    ref_model_node(&model, "Gemm", "x,w,c", "y");
    ref_node_int(&model, "transB", 1);
    ref_node_float(&model, "alpha", 0.5F);
    ref_node_float(&model, "beta", -2.0F);
    gives(&model, "6 33/2 15 39");
    model = start(13, two_by_three, 2);
    ref_model_floats(&model, "w", one, 2, small);
    ref_model_node(&model, "Gemm", "x,w", "y");
    ref_node_int(&model, "transA", 1);
    gives(&model, "-1/2 -1/4 0");
    model = start(7, two_by_three, 2);
    ref_model_floats(&model, "w", two_by_three, 2, ramp);
    ref_model_floats(&model, "c", row, 1, ramp);
    ref_model_node(&model, "Gemm", "w,x,c", "y");
    ref_node_int(&model, "transA", 1);
    gives(&model, "18 24 30 23 31 39 28 38 48");
}
END_TEST

START_TEST(matrices_are_multiplied)
{
    static const int64_t left[] = {1, 2};
    static const int64_t right[] = {2, 3, 1};
    static const int64_t row[] = {3};
    struct ref_model model = start_image(13);
    ref_model_floats(&model, "w", left, 2, small);
    ref_model_node(&model, "MatMul", "w,x", "y");
    gives(&model, "-1/2 -1/4 0");
    model = start_image(13); /* a vector, and a batch of matrices */
    ref_model_floats(&model, "w", row, 1, ramp);
    ref_model_node(&model, "MatMul", "x,w", "y");
    gives(&model, "14 32");
    model = start_image(13);
    char path[64];
    ref_model_floats(&model, "w", right, 3, ramp);
    ref_model_node(&model, "MatMul", "x,w", "y");
    ref_model_write(path, &model);
    struct check_network *network = check_network_load(path);
    ref_reading_computes(network,
                         "14 32 32 77"); /* more than the verifier can */
    check_network_free(network);
    ref_file_remove(path);
    model = start(13, pair, 1);
    ref_model_floats(&model, "w", left + 1, 1, small);
    ref_model_node(&model, "MatMul", "w,x", "y");
    gives(&model, "0");
    model = start(13, row, 1); /* weights turned over first */
    ref_model_floats(&model, "w", image + 1, 2, ramp);
    ref_model_node(&model, "Transpose", "w", "t");
    ref_model_node(&model, "MatMul", "x,t", "y");
    gives(&model, "14 32");
}
END_TEST

/* A convolution of ramp weights [1,1,2,2] over x [1,1,4,4]. */
static struct ref_model start_conv(void)
{
    static const int64_t kernel[] = {1, 1, 2, 2};
    struct ref_model model = start(13, square, 4);
    ref_model_floats(&model, "w", kernel, 4, ramp);
    ref_model_node(&model, "Conv", "x,w", "y");
    return model;
}

START_TEST(convolutions_take_their_attributes)
{
    static const int64_t strides[] = {2, 1};
    static const int64_t twos[] = {2, 2};
    static const int64_t pads[] = {1, 0, 1, 2};
    struct ref_model model = start_conv();
    ref_node_ints(&model, "strides", strides, 2);
    ref_node_ints(&model, "dilations", strides, 2);
    ref_node_ints(&model, "kernel_shape", twos, 2);
    ref_node_ints(&model, "pads", pads, 4);
    gives(&model, "39 46 53 24 0 112 122 132 56 0");
    model = start_conv();
    ref_node_text(&model, "auto_pad", "SAME_UPPER");
    gives(&model, "44 54 64 28 84 94 104 44 124 134 144 60 41 44 47 16");
    model = start_conv();
    ref_node_text(&model, "auto_pad", "SAME_LOWER");
    gives(&model, "4 11 18 25 22 44 54 64 46 84 94 104 70 124 134 144");
    model = start_conv();
    ref_node_text(&model, "auto_pad", "VALID");
    ref_node_ints(&model, "strides", twos, 2);
    gives(&model, "44 64 124 144");
}
END_TEST

START_TEST(convolutions_have_groups_images_and_one_axis)
{
    static const int64_t grouped[] = {1, 2, 4, 4};
    static const int64_t images[] = {2, 1, 4, 4};
    static const int64_t two_kernels[] = {2, 1, 2, 2};
    static const int64_t one_kernel[] = {1, 1, 2, 2};
    static const int64_t stack[] = {2, 2, 2, 2};
    static const int64_t point[] = {1, 2, 1, 1};
    static const int64_t line_kernel[] = {1, 2, 2};
    static const int64_t twos[] = {2, 2};
    static const int64_t ones[] = {1, 1};
    struct ref_model model = start(13, grouped, 4);
    ref_model_floats(&model, "w", two_kernels, 4, ramp);
    ref_model_floats(&model, "b", pair, 1, small);
    ref_model_node(&model, "Conv", "x,w,b", "y");
    ref_node_ints(&model, "strides", twos, 2);
    ref_node_int(&model, "group", 2);
    gives(&model, "89/2 129/2 249/2 289/2 2063/4 2271/4 2895/4 3103/4");
    model = start(13, images, 4);
    ref_model_floats(&model, "w", one_kernel, 4, ramp);
    ref_model_node(&model, "Conv", "x,w", "y");
    ref_node_ints(&model, "strides", twos, 2);
    gives(&model, "44 64 124 144 204 224 284 304");
    model = start(13, stack, 4);
    ref_model_floats(&model, "w", point, 4, ramp);
    ref_model_node(&model, "Conv", "x,w", "y");
    gives(&model, "11 14 17 20 35 38 41 44");
    model = start_image(13);
    ref_model_floats(&model, "w", line_kernel, 3, ramp);
    ref_model_floats(&model, "b", ones, 1, small);
    ref_model_node(&model, "Conv", "x,w,b", "y");
    ref_node_ints(&model, "strides", twos, 1);
    ref_node_ints(&model, "pads", ones, 2);
    gives(&model, "37/2 95/2");
}
END_TEST

START_TEST(averages_are_over_powers_of_two)
{
    static const int64_t twos[] = {2, 2};
    static const int64_t ones[] = {1, 1, 1, 1};
    static const int64_t threes[] = {3, 3};
    struct ref_model model = start(13, square, 4);
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", twos, 2);
    ref_node_ints(&model, "strides", twos, 2);
    gives(&model, "7/2 11/2 23/2 27/2");
    model = start(13, square, 4);
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", twos, 2);
    ref_node_ints(&model, "strides", threes, 2);
    ref_node_ints(&model, "pads", ones, 4);
    ref_node_int(&model, "count_include_pad", 1);
    gives(&model, "1/4 7/4 11/2 27/2");
}
END_TEST

START_TEST(slices_and_parts_are_cut)
{
    static const int64_t starts[] = {-1, INT64_MAX};
    static const int64_t ends[] = {INT64_MIN, -4};
    static const int64_t axes[] = {-2, 2};
    static const int64_t steps[] = {-1, -2};
    static const int64_t pieces[] = {1, 2};
    struct ref_model model = start_image(13);
    ref_model_integers(&model, "s", starts, 2);
    ref_model_integers(&model, "e", ends, 2);
    ref_model_integers(&model, "a", axes, 2);
    ref_model_integers(&model, "t", steps, 2);
    ref_model_node(&model, "Slice", "x,s,e,a,t", "y");
    gives(&model, "6 4 3 1");
    model = start_image(11);
    ref_model_node(&model, "Split", "x", "z,y");
    ref_node_int(&model, "axis", 2);
    ref_node_ints(&model, "split", pieces, 2);
    gives(&model, "2 3 5 6");
    model = start_image(13);
    ref_model_integers(&model, "p", pieces, 2);
    ref_model_node(&model, "Split", "x,p", "y,z");
    ref_node_int(&model, "axis", -1);
    gives(&model, "1 4");
    model = start_image(18); /* the last part is the smaller one */
    ref_model_node(&model, "Split", "x", "z,y");
    ref_node_int(&model, "axis", 2);
    ref_node_int(&model, "num_outputs", 2);
    gives(&model, "3 6");
}
END_TEST

START_TEST(elements_are_gathered_and_joined)
{
    static const int64_t indices[] = {2, -3, 0};
    static const int64_t axes[] = {1};
    static const int64_t column[] = {1, 2, 1};
    struct ref_model model = start_image(13);
    ref_model_integers(&model, "i", indices, 3);
    ref_model_integers(&model, "a", axes, 1);
    ref_model_node(&model, "Unsqueeze", "i,a", "j"); /* [3,1] */
    ref_model_node(&model, "Gather", "x,j", "y");
    ref_node_int(&model, "axis", 2);
    gives(&model, "3 1 1 6 4 4");
    model = start_image(13);
    ref_model_floats(&model, "c", column, 3, small);
    ref_model_node(&model, "Concat", "x,c,x", "y");
    ref_node_int(&model, "axis", -1);
    gives(&model, "1 2 3 1/2 1 2 3 4 5 6 -1/4 4 5 6");
}
END_TEST

START_TEST(borders_are_padded)
{
    static const int64_t pads[] = {0, 0, 1, 0, 1, -1};
    static const int64_t last[] = {1, 0};
    static const int64_t axis[] = {2};
    static const int64_t no_dims[] = {0};
    struct ref_model model = start_image(10);
    ref_model_node(&model, "Pad", "x", "y");
    ref_node_ints(&model, "pads", pads, 6);
    ref_node_float(&model, "value", 0.5F);
    gives(&model, "1/2 1 2 1/2 4 5 1/2 1/2 1/2");
    model = start_image(13);
    ref_model_integers(&model, "p", pads, 6);
    ref_model_floats(&model, "v", no_dims, 0, ramp + 6);
    ref_model_node(&model, "Pad", "x,p,v", "y");
    ref_node_text(&model, "mode", "constant");
    gives(&model, "7 1 2 7 4 5 7 7 7");
    model = start_image(18);
    ref_model_integers(&model, "p", last, 2);
    ref_model_integers(&model, "a", axis, 1);
    ref_model_node(&model, "Pad", "x,p,,a", "y");
    gives(&model, "0 1 2 3 0 4 5 6");
}
END_TEST

START_TEST(shapes_change)
{
    static const int64_t order[] = {2, 0, 1};
    static const int64_t shape[] = {0, -1, 1};
    static const int64_t ones[] = {0, -1};
    struct ref_model model = start_image(13);
    ref_model_node(&model, "Transpose", "x", "t");
    ref_node_ints(&model, "perm", order, 3); /* [3,1,2] */
    ref_model_node(&model, "Flatten", "t", "f");
    ref_node_int(&model, "axis", -2);
    ref_model_node(&model, "Dropout", "f", "y,mask");
    gives(&model, "1 4 2 5 3 6");
    model = start_image(7);
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_int(&model, "axis", 3);
    gives(&model, "1 2 3 4 5 6");
    model = start_image(9);
    ref_model_node(&model, "Transpose", "x", "t"); /* [3,2,1] */
    ref_model_integers(&model, "s", shape, 3);
    ref_model_node(&model, "Reshape", "t,s", "r");
    ref_model_node(&model, "Squeeze", "r", "q");
    ref_model_node(&model, "Unsqueeze", "q", "u");
    ref_node_ints(&model, "axes", shape, 1);
    ref_model_node(&model, "Identity", "u", "y");
    gives(&model, "1 4 2 5 3 6");
    model = start_image(14);
    ref_model_integers(&model, "a", ones, 2);
    ref_model_node(&model, "Unsqueeze", "x,a", "u"); /* [1,1,2,3,1] */
    ref_model_node(&model, "Squeeze", "u,a", "y");
    gives(&model, "1 2 3 4 5 6");
}
END_TEST

/* A Constant node with an attribute of kind `type` in field `field`. */
static void add_constant(struct ref_model *model, const char *name, int type,
                         unsigned field, struct ref_bytes *value)
{
    ref_model_node(model, "Constant", "", "c");
    ref_node_message(model, name, type, field, value);
}

START_TEST(constants_may_be_nodes)
{
    static const unsigned char half[] = {0, 0, 0, 0x3F};
    static const int64_t one[] = {1};
    struct ref_bytes tensor = {0};
    ref_bytes_number(&tensor, 2, 1);
    ref_bytes_block(&tensor, 4, half, sizeof half); /* packed float_data */
    struct ref_model model = start_image(13);
    add_constant(&model, "value", 4, 5, &tensor);
    ref_model_node(&model, "Mul", "c,x", "y");
    gives(&model, "1/2 1 3/2 2 5/2 3");
    model = start_image(13);
    ref_model_node(&model, "Constant", "", "c");
    ref_node_float(&model, "value_float", 0.5F);
    ref_model_node(&model, "Mul", "c,x", "y");
    gives(&model, "1/2 1 3/2 2 5/2 3");
    model = start_image(13);
    ref_model_node(&model, "Constant", "", "i");
    ref_node_int(&model, "value_int", -1);
    ref_model_node(&model, "Constant", "", "c");
    ref_node_ints(&model, "value_ints", one, 1);
    ref_model_node(&model, "Gather", "x,i", "g"); /* [1,2] */
    ref_node_int(&model, "axis", 2);
    ref_model_node(&model, "Unsqueeze", "g,c", "y");
    gives(&model, "3 6");
}
END_TEST

START_TEST(relus_are_numbered_in_file_order)
{
    struct ref_model model = start_image(13);
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "Relu", "n", "dead");
    ref_model_node(&model, "Relu", "x", "a");
    ref_model_node(&model, "Exp", "x", "never");
    ref_model_node(&model, "Relu", "n", "b");
    ref_model_node(&model, "Sub", "a,b", "s");
    ref_model_node(&model, "Relu", "s", "y");
    char path[64];
    ref_model_write(path, &model);
    struct check_network *network = check_network_load(path);
    ref_file_remove(path);
    ck_assert_uint_eq(network->n_relus, 3);
    const struct check_layer *first = &network->layers[network->relu[0]];
    const struct check_layer *second = &network->layers[network->relu[1]];
    ck_assert_uint_eq(first->source[5], 5); /* x itself */
    ck_assert_uint_eq(second->relu, 1);
    const struct check_layer *affine = &network->layers[0];
    ck_assert_uint_eq(affine->kind, CHECK_AFFINE);
    ck_assert_uint_eq(second->source[4], affine->first + 4);
    ck_assert_uint_eq(affine->start[5] - affine->start[4], 1);
    ck_assert_uint_eq(affine->column[affine->start[4]], 4);
    ck_assert(affine->weight[affine->start[4]] <= -1.0 &&
              affine->weight[affine->start[4]] >= -1.0);
    check_network_free(network);
}
END_TEST

START_TEST(tensors_follow_each_other)
{
    struct ref_model model = start_image(13);
    ref_model_input(&model, "w", 1, pair, 1);
    ref_model_output(&model, "z", 1, pair, 1);
    ref_model_doubles(&model, "unused", pair, 1, small);
    ref_model_node(&model, "Neg", "x", "y");
    ref_model_node(&model, "Relu", "w", "z");
    gives(&model, "-1 -2 -3 -4 -5 -6 7 8");
}
END_TEST

START_TEST(unknown_dimensions_are_one)
{
    static const int64_t open[] = {-1, -1, 2};
    struct ref_model model = start(13, open, 3);
    ref_model_node(&model, "Neg", "x", "y");
    gives(&model, "-1 -2");
}
END_TEST

START_TEST(initializers_are_no_inputs)
{
    struct ref_model model = start_image(13);
    ref_model_input(&model, "c", 1, pair, 1);
    ref_model_floats(&model, "c", image + 2, 0, small);
    ref_model_node(&model, "Add", "x,c", "y");
    gives(&model, "3/2 5/2 7/2 9/2 11/2 13/2");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_network");
    tcase_add_test(cases, arithmetic_broadcasts);
    tcase_add_test(cases, computed_tensors_broadcast);
    tcase_add_test(cases, gemm_takes_its_attributes);
    tcase_add_test(cases, matrices_are_multiplied);
    tcase_add_test(cases, convolutions_take_their_attributes);
    tcase_add_test(cases, convolutions_have_groups_images_and_one_axis);
    tcase_add_test(cases, averages_are_over_powers_of_two);
    tcase_add_test(cases, slices_and_parts_are_cut);
    tcase_add_test(cases, elements_are_gathered_and_joined);
    tcase_add_test(cases, borders_are_padded);
    tcase_add_test(cases, shapes_change);
    tcase_add_test(cases, constants_may_be_nodes);
    tcase_add_test(cases, relus_are_numbered_in_file_order);
    tcase_add_test(cases, tensors_follow_each_other);
    tcase_add_test(cases, unknown_dimensions_are_one);
    tcase_add_test(cases, initializers_are_no_inputs);
    return cases;
}
