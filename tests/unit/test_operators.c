/* Forms of operators that differ between opsets, and folding of shapes. */
#include "src/base/log.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/suite.h"

#include <string.h>

static const int64_t image[] = {1, 2, 3};
static const double ramp[] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0};

/* A model of the given opset with input x of [1,2,3] and output y. */
static struct ref_model start(int64_t opset)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", 1, image, 3);
    ref_model_output(&model, "y", 1, image, 0);
    return model;
}

/* The network's y at x = 1 .. 6 has the given shape and values. */
static void gives(struct ref_model *model, const size_t *dims, size_t n_dims,
                  const double *values, size_t n)
{
    struct error error = {0};
    double y[32] = {0.0};
    log_set_level(LOG_ERROR); /* the declared shape is left open */
    struct net *net = ref_load_model(model);
    const struct net_tensor_info output = net_output_tensor(net, 0);
    ck_assert_uint_eq(output.n_dims, n_dims);
    for (size_t d = 0; d < n_dims; d++) {
        ck_assert_uint_eq(output.dims[d], dims[d]);
    }
    ck_assert_uint_eq(output.n_elements, n);
    ck_assert_int_eq(net_eval_f32(y, net, ramp, &error), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(y[i] <= values[i] && y[i] >= values[i],
                      "element %zu is %a, expected %a", i, y[i], values[i]);
    }
    net_destroy(net);
}

START_TEST(slice_by_attributes)
{
    static const int64_t starts[] = {1};
    static const int64_t ends[] = {INT64_MAX};
    static const int64_t axes[] = {2};
    static const size_t dims[] = {1, 2, 2};
    static const double values[] = {2.0, 3.0, 5.0, 6.0};
    struct ref_model model = start(9);
    ref_model_node(&model, "Slice", "x", "y");
    ref_node_ints(&model, "starts", starts, 1);
    ref_node_ints(&model, "ends", ends, 1);
    ref_node_ints(&model, "axes", axes, 1);
    gives(&model, dims, 3, values, 4);
}
END_TEST

START_TEST(axes_by_attribute_and_by_input)
{
    static const int64_t axes[] = {0, -1};
    static const int64_t front[] = {0};
    static const size_t wide[] = {1, 1, 2, 3, 1};
    static const size_t narrow[] = {2, 3};
    struct ref_model model = start(11);
    ref_model_node(&model, "Unsqueeze", "x", "y");
    ref_node_ints(&model, "axes", axes, 2);
    gives(&model, wide, 5, ramp, 6);
    model = start(13);
    ref_model_integers(&model, "axes", axes, 2);
    ref_model_node(&model, "Unsqueeze", "x,axes", "y");
    gives(&model, wide, 5, ramp, 6);
    model = start(11);
    ref_model_node(&model, "Squeeze", "x", "y");
    ref_node_ints(&model, "axes", front, 1);
    gives(&model, narrow, 2, ramp, 6);
    model = start(13);
    ref_model_integers(&model, "axes", front, 1);
    ref_model_node(&model, "Squeeze", "x,axes", "y");
    gives(&model, narrow, 2, ramp, 6);
    model = start(13);
    ref_model_node(&model, "Squeeze", "x", "y");
    gives(&model, narrow, 2, ramp, 6);
}
END_TEST

START_TEST(split_by_attribute_and_equally)
{
    static const int64_t pieces[] = {1, 2};
    static const size_t dims[] = {1, 2, 2};
    static const size_t half[] = {1, 1, 3};
    static const double values[] = {2.0, 3.0, 5.0, 6.0};
    struct ref_model model = start(11);
    ref_model_node(&model, "Split", "x", "z,y");
    ref_node_ints(&model, "split", pieces, 2);
    ref_node_int(&model, "axis", 2);
    gives(&model, dims, 3, values, 4);
    model = start(13);
    ref_model_integers(&model, "pieces", pieces, 2);
    ref_model_node(&model, "Split", "x,pieces", "z,y");
    ref_node_int(&model, "axis", -1);
    gives(&model, dims, 3, values, 4);
    model = start(13);
    ref_model_node(&model, "Split", "x", "z,y");
    ref_node_int(&model, "axis", 1);
    gives(&model, half, 3, ramp + 3, 3);
}
END_TEST

START_TEST(pad_and_clip_by_attributes)
{
    static const int64_t pads[] = {0, 0, 1, 0, -1, 0};
    static const size_t dims[] = {1, 1, 4};
    static const double padded[] = {7.0, 1.0, 2.0, 3.0};
    static const double clipped[] = {2.0, 2.0, 3.0, 4.0, 4.5, 4.5};
    static const size_t same[] = {1, 2, 3};
    struct ref_model model = start(9);
    ref_model_node(&model, "Pad", "x", "y");
    ref_node_ints(&model, "pads", pads, 6);
    ref_node_float(&model, "value", 7.0F);
    gives(&model, dims, 3, padded, 4);
    model = start(10);
    ref_model_node(&model, "Clip", "x", "y");
    ref_node_float(&model, "min", 2.0F);
    ref_node_float(&model, "max", 4.5F);
    gives(&model, same, 3, clipped, 6);
}
END_TEST

/* Reshape to (Shape(x)[-1], -1) through the usual chain. */
START_TEST(shape_arithmetic_is_folded)
{
    static const int64_t last[] = {-1};
    static const int64_t zero[] = {0};
    static const size_t dims[] = {3, 2};
    struct ref_model model = start(11);
    ref_model_integers(&model, "last", last, 1);
    ref_model_integers(&model, "zero", zero, 1);
    ref_model_node(&model, "Shape", "x", "s");
    ref_model_node(&model, "Gather", "s,last", "g");
    ref_model_node(&model, "Squeeze", "g", "q");
    ref_model_node(&model, "Unsqueeze", "q", "u");
    ref_node_ints(&model, "axes", zero, 1);
    ref_model_node(&model, "Add", "u,zero", "a");
    ref_model_node(&model, "Cast", "a", "f");
    ref_node_int(&model, "to", 1);
    ref_model_node(&model, "Cast", "f", "i");
    ref_node_int(&model, "to", 7);
    ref_model_node(&model, "Concat", "i,last", "t");
    ref_node_int(&model, "axis", 0);
    ref_model_node(&model, "Reshape", "x,t", "y");
    gives(&model, dims, 2, ramp, 6);
}
END_TEST

START_TEST(dropout_is_the_identity)
{
    static const size_t dims[] = {1, 2, 3};
    struct ref_model model = start(11);
    ref_model_node(&model, "Dropout", "x", "y");
    ref_node_float(&model, "ratio", 0.5F);
    gives(&model, dims, 3, ramp, 6);
    model = start(13);
    ref_model_node(&model, "Dropout", "x", "y,mask");
    ref_node_int(&model, "seed", 3);
    gives(&model, dims, 3, ramp, 6);
}
END_TEST

START_TEST(products_with_constants_on_either_side)
{
    static const int64_t left_dims[] = {1, 2};
    static const double left[] = {10.0, -1.0};
    static const int64_t right_dims[] = {3};
    static const double right[] = {1.0, 0.5, -2.0};
    static const size_t row[] = {1, 1, 3};
    static const size_t column[] = {1, 2};
    static const double from_left[] = {6.0, 15.0, 24.0};
    static const double from_right[] = {-4.0, -5.5};
    struct ref_model model = start(13);
    ref_model_floats(&model, "w", left_dims, 2, left);
    ref_model_node(&model, "MatMul", "w,x", "y");
    gives(&model, row, 3, from_left, 3);
    model = start(13);
    ref_model_floats(&model, "w", right_dims, 1, right);
    ref_model_node(&model, "MatMul", "x,w", "y");
    gives(&model, column, 2, from_right, 2);
}
END_TEST

START_TEST(every_operator_has_a_name)
{
    ck_assert_uint_ge(net_n_operators(), 30);
    for (size_t i = 1; i < net_n_operators(); i++) {
        ck_assert_int_lt(strcmp(net_operator_name(i - 1), net_operator_name(i)),
                         0);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("operators");
    tcase_add_test(cases, slice_by_attributes);
    tcase_add_test(cases, axes_by_attribute_and_by_input);
    tcase_add_test(cases, split_by_attribute_and_equally);
    tcase_add_test(cases, pad_and_clip_by_attributes);
    tcase_add_test(cases, shape_arithmetic_is_folded);
    tcase_add_test(cases, dropout_is_the_identity);
    tcase_add_test(cases, products_with_constants_on_either_side);
    tcase_add_test(cases, every_operator_has_a_name);
    return cases;
}
