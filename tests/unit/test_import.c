/* Nodes whose types, sizes or attributes must not be misread. */
#include "src/base/log.h"
#include "src/net/net.h"
#include "tests/ref/ref_load.h"
#include "tests/suite.h"

#include <string.h>

static const int64_t square[] = {2, 2};
static const int64_t four[] = {1, 1, 2, 2};
static const double ramp[] = {1.0, 2.0, 3.0, 4.0};

enum { FLOAT32 = 1, INT8 = 3, INT32 = 6, INT64 = 7, BOOLEAN = 9 };

/* A model with input x of four elements in rank 2 or 4 and output y. */
static struct ref_model start(int64_t opset, size_t rank)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", FLOAT32, rank == 2 ? square : four, rank);
    ref_model_output(&model, "y", FLOAT32, square, 0);
    return model;
}

static enum status load(struct ref_model *model, struct error *error)
{
    char path[64];
    struct net *net = NULL;
    log_set_level(LOG_ERROR); /* the declared shape is left open */
    ref_model_write(path, model);
    const enum status status = net_load(&net, path, error);
    ref_file_remove(path);
    net_destroy(net);
    return status;
}

/* The model is refused, and the message has the text in it. */
static void refuses(struct ref_model *model, const char *text)
{
    struct error error = {0};
    ck_assert_int_ne(load(model, &error), STATUS_OK);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
}

static void accepts(struct ref_model *model)
{
    struct error error = {0};
    ck_assert_msg(load(model, &error) == STATUS_OK, "%s", error.message);
}

/* A constant of four bytes or words of an integer type. */
static void add_constant(struct ref_model *model, const char *name, int type,
                         const int64_t *dims, size_t n_dims)
{
    struct ref_bytes raw = {0};
    const size_t size = type == INT8 || type == BOOLEAN ? 1 : 4;
    for (unsigned char i = 0; i < 4; i++) {
        const unsigned char bytes[4] = {i == 0 ? 0 : 1, 0, 0, 0};
        ref_bytes_append(&raw, bytes, size);
    }
    ref_model_tensor(model, name, type, dims, n_dims, &raw);
    ref_bytes_clear(&raw);
}

START_TEST(factors_of_other_types)
{
    static const char *const operators[] = {"MatMul", "Gemm", "PRelu", "Sum",
                                            "Max"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct ref_model model = start(13, 2);
        add_constant(&model, "w", INT8, square, 2);
        ref_model_node(&model, operators[i], "x,w", "y");
        refuses(&model, "different element types");
    }
    struct ref_model model = start(13, 2);
    ref_model_floats(&model, "w", square, 2, ramp);
    add_constant(&model, "c", INT8, square, 2);
    ref_model_node(&model, "Gemm", "x,w,c", "y");
    refuses(&model, "different element types");
    model = start(13, 4);
    add_constant(&model, "w", INT8, four, 4);
    ref_model_node(&model, "ConvTranspose", "x,w", "y");
    refuses(&model, "different element types");
}
END_TEST

START_TEST(indices_of_other_types)
{
    struct ref_model model = start(13, 2);
    ref_model_floats(&model, "i", square, 2, ramp);
    ref_model_node(&model, "ScatterElements", "x,i,x", "y");
    refuses(&model, "not constant integers");
    model = start(13, 2);
    add_constant(&model, "i", INT32, square, 2);
    add_constant(&model, "u", INT8, square, 2);
    ref_model_node(&model, "ScatterElements", "x,i,u", "y");
    refuses(&model, "different element types");
}
END_TEST

START_TEST(functions_of_integers)
{
    static const char *const operators[] = {"Sigmoid", "Softmax", "ReduceL2",
                                            "Softsign", "Mean"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct ref_model model = {.opset = 13};
        struct error error = {0};
        ref_model_input(&model, "x", INT32, square, 2);
        ref_model_output(&model, "y", INT32, square, 0);
        ref_model_node(&model, operators[i], "x", "y");
        ck_assert_int_ne(load(&model, &error), STATUS_OK);
    }
}
END_TEST

START_TEST(arithmetic_of_truth_values)
{
    static const char *const arithmetic[] = {"Add", "Mul"};
    for (size_t i = 0; i < 2; i++) {
        struct ref_model model = start(13, 2);
        ref_model_node(&model, "Greater", "x,x", "t");
        ref_model_node(&model, arithmetic[i], "t,t", "y");
        refuses(&model, "truth values");
    }
    struct ref_model model = start(13, 2);
    ref_model_node(&model, "Not", "x", "y");
    refuses(&model, "no truth values");
    model = start(13, 2);
    ref_model_node(&model, "Xor", "x,x", "y");
    refuses(&model, "no truth values");
}
END_TEST

/* 100 + 100 is -56 in int8. */
START_TEST(narrow_integers_wrap_around)
{
    static const double hundreds[] = {100.0, 50.0, -100.0, 7.0};
    static const double sums[] = {-56.0, 100.0, 56.0, 14.0};
    struct error error = {0};
    double y[4] = {0.0};
    struct ref_model model = start(13, 2);
    ref_model_node(&model, "Cast", "x", "i");
    ref_node_int(&model, "to", INT8);
    ref_model_node(&model, "Add", "i,i", "y");
    log_set_level(LOG_ERROR);
    struct net *net = ref_load_model(&model);
    ck_assert_int_eq(net_eval_f32(y, net, hundreds, &error), STATUS_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(y[i] <= sums[i] && y[i] >= sums[i], "%a", y[i]);
    }
    net_destroy(net);
}
END_TEST

START_TEST(folded_integers_out_of_range)
{
    static const int64_t big[] = {INT64_C(2147483647)};
    struct ref_model model = start(13, 2);
    ref_model_integers(&model, "i", big, 1);
    ref_model_node(&model, "Cast", "i", "j");
    ref_node_int(&model, "to", INT32);
    ref_model_node(&model, "Add", "j,j", "k");
    ref_model_node(&model, "Cast", "k", "r");
    ref_node_int(&model, "to", FLOAT32);
    ref_model_node(&model, "Add", "x,r", "y");
    refuses(&model, "not exact");
}
END_TEST

START_TEST(resizes_with_axes_given_twice)
{
    static const int64_t axes[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct ref_model model = start(18, 2);
    static const int64_t sizes[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    ref_model_integers(&model, "s", sizes, 10);
    ref_model_node(&model, "Resize", "x,,,s", "y");
    ref_node_ints(&model, "axes", axes, 10);
    refuses(&model, "axis");
}
END_TEST

START_TEST(modes_that_do_not_exist)
{
    static const struct {
        const char *name;
        const char *value;
    } texts[] = {{"mode", "best"},
                 {"nearest_mode", "best"},
                 {"coordinate_transformation_mode", "best"}};
    static const int64_t sizes[] = {4, 4};
    for (size_t i = 0; i < 3; i++) {
        struct ref_model model = start(13, 2);
        ref_model_integers(&model, "s", sizes, 2);
        ref_model_node(&model, "Resize", "x,,,s", "y");
        ref_node_text(&model, texts[i].name, texts[i].value);
        refuses(&model, "best");
    }
    struct ref_model model = start(13, 4);
    ref_model_node(&model, "DepthToSpace", "x", "y");
    ref_node_int(&model, "blocksize", 1);
    ref_node_text(&model, "mode", "best");
    refuses(&model, "mode");
}
END_TEST

START_TEST(pools_of_too_many_windows)
{
    static const int64_t kernel[] = {4096, 4096};
    static const int64_t pads[] = {4095, 4095, 4095, 4095};
    struct ref_model model = start(13, 4);
    ref_model_node(&model, "MaxPool", "x", "y");
    ref_node_ints(&model, "kernel_shape", kernel, 2);
    ref_node_ints(&model, "pads", pads, 4);
    refuses(&model, "too many windows");
}
END_TEST

START_TEST(depths_and_axes_that_are_no_integers)
{
    static const int64_t one[] = {1};
    static const int64_t pair[] = {2};
    static const double half[] = {2.5};
    static const double ends[] = {0.0, 1.0};
    struct ref_model model = start(13, 2);
    ref_model_floats(&model, "d", one, 1, half);
    ref_model_floats(&model, "v", pair, 1, ends);
    ref_model_node(&model, "OneHot", "x,d,v", "y");
    refuses(&model, "whole number");
    model = start(13, 2);
    ref_model_floats(&model, "d", one, 1, half);
    ref_model_node(&model, "CumSum", "x,d", "y");
    refuses(&model, "whole number");
}
END_TEST

START_TEST(reductions_of_nothing_with_functions)
{
    struct ref_model model = start(18, 2);
    ref_model_node(&model, "ReduceSumSquare", "x", "y");
    ref_node_int(&model, "noop_with_empty_axes", 1);
    refuses(&model, "no axes");
    model = start(18, 2);
    ref_model_node(&model, "ReduceSum", "x", "y");
    ref_node_int(&model, "noop_with_empty_axes", 1);
    accepts(&model);
}
END_TEST

/* Witnesses have one element type; and outputs must exist to be bounded. */
START_TEST(networks_that_are_evaluated_only)
{
    static const int64_t none[] = {0};
    for (int which = 0; which < 2; which++) {
        struct layers *layers = NULL;
        struct error error = {0};
        struct ref_model model = start(13, 2);
        if (which == 0) {
            ref_model_input(&model, "z", 11, square, 2);
            ref_model_node(&model, "Relu", "x", "y");
        } else {
            ref_model_integers(&model, "s", none, 1);
            ref_model_node(&model, "ConstantOfShape", "s", "y");
        }
        log_set_level(LOG_ERROR);
        struct net *net = ref_load_model(&model);
        ck_assert_int_eq(net_lower(&layers, net, &error), STATUS_UNSUPPORTED);
        net_destroy(net);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("import");
    tcase_add_test(cases, factors_of_other_types);
    tcase_add_test(cases, indices_of_other_types);
    tcase_add_test(cases, functions_of_integers);
    tcase_add_test(cases, arithmetic_of_truth_values);
    tcase_add_test(cases, narrow_integers_wrap_around);
    tcase_add_test(cases, folded_integers_out_of_range);
    tcase_add_test(cases, resizes_with_axes_given_twice);
    tcase_add_test(cases, modes_that_do_not_exist);
    tcase_add_test(cases, pools_of_too_many_windows);
    tcase_add_test(cases, depths_and_axes_that_are_no_integers);
    tcase_add_test(cases, reductions_of_nothing_with_functions);
    tcase_add_test(cases, networks_that_are_evaluated_only);
    return cases;
}
