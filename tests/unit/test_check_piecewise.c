/* The checker's operators of affine pieces: values, layers of neurons and
 * refusals. */
#include "tests/ref/ref_reading.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t line[] = {6};
static const int64_t square[] = {1, 1, 3, 3};
static const int64_t pair[] = {2, 1};
static const double shift[] = {-3.5};

/* A single node with six inputs x = 1, 2, ... and s = x - 7/2. */
static void gives(const char *kind, const char *inputs, const char *expected)
{
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, kind, inputs, "y");
    ref_reading_gives(&model, expected);
}

/* A single node with nine inputs in a square. */
static void square_gives(const char *kind, const char *inputs,
                         const char *expected)
{
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_node(&model, kind, inputs, "y");
    ref_reading_gives(&model, expected);
}

START_TEST(leaky_relus_need_one_layer)
{
    static const double slopes[] = {0.5, 0.25, -1.0, 2.0, 0.0, 0.0};
    struct ref_model model = ref_reading_start(7, line, 1);
    ref_model_node(&model, "LeakyRelu", "s", "y");
    ref_node_float(&model, "alpha", 0.125F);
    ref_reading_gives(&model, "-5/16 -3/16 -1/16 1/2 3/2 5/2 : 6");
    model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "LeakyRelu", "x", "y"); /* alpha = 0.01F */
    ref_reading_gives(&model, "1 2 3 4 5 6 : 6");
    model = ref_reading_start(16, line, 1);
    ref_model_floats(&model, "a", line, 1, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    ref_reading_gives(&model, "-5/4 -3/8 1/2 1/2 3/2 5/2 : 6");
    model = ref_reading_start(9, line, 1);
    ref_model_floats(&model, "a", pair, 0, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    ref_reading_gives(&model, "-5/4 -3/4 -1/4 1/2 3/2 5/2 : 6");
    gives("Abs", "s", "5/2 3/2 1/2 1/2 3/2 5/2 : 6");
}
END_TEST

START_TEST(a_slope_that_no_double_holds_is_exact)
{
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "LeakyRelu", "s", "y");
    ref_node_float(&model, "alpha", 0x1p-80F); /* 1 - alpha is no double */
    ref_reading_gives(
        &model, "-5/2417851639229258349412352 -3/2417851639229258349412352 "
                "-1/2417851639229258349412352 1/2 3/2 5/2 : 6");
}
END_TEST

START_TEST(values_are_clipped)
{
    static const double ends[] = {-1.0, 1.25};
    struct ref_model model = ref_reading_start(11, line, 1);
    ref_model_floats(&model, "lo", pair, 0, &ends[0]);
    ref_model_floats(&model, "hi", pair, 0, &ends[1]);
    ref_model_node(&model, "Clip", "s,lo,hi", "y");
    ref_reading_gives(&model, "-1 -1 -1/2 1/2 5/4 5/4 : 6 6");
    model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "hi", pair, 0, &ends[1]);
    ref_model_node(&model, "Clip", "s,,hi", "y");
    ref_reading_gives(&model, "-5/2 -3/2 -1/2 1/2 5/4 5/4 : 6");
    model = ref_reading_start(6 + 1, line, 1);
    ref_model_node(&model, "Clip", "s", "y");
    ref_node_float(&model, "min", -1.0F);
    ref_reading_gives(&model, "-1 -1 -1/2 1/2 3/2 5/2 : 6");
    gives("Clip", "s", "-5/2 -3/2 -1/2 1/2 3/2 5/2 :");
    model = ref_reading_start(13, line, 1); /* the upper end wins */
    ref_model_floats(&model, "lo", pair, 0, &ends[1]);
    ref_model_floats(&model, "hi", pair, 0, &ends[0]);
    ref_model_node(&model, "Clip", "s,lo,hi", "y");
    ref_reading_gives(&model, "-1 -1 -1 -1 -1 -1 :");
    model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "HardSigmoid", "s", "y");
    ref_node_float(&model, "alpha", 0.5F);
    ref_reading_gives(&model, "0 0 1/4 3/4 1 1 : 6 6");
}
END_TEST

START_TEST(extrema_fold_from_the_left)
{
    static const double c[] = {0.0, 9.0, -9.0, 0.0, 2.0, 2.0};
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "c", line, 1, c);
    ref_model_node(&model, "Max", "s,c", "y");
    ref_reading_gives(&model, "0 9 -1/2 1/2 2 5/2 : 6");
    model = ref_reading_start(8, line, 1);
    ref_model_floats(&model, "c", line, 1, c);
    ref_model_floats(&model, "d", line, 0, shift);
    ref_model_node(&model, "Min", "c,s,d", "y");
    ref_reading_gives(&model, "-7/2 -7/2 -9 -7/2 -7/2 -7/2 : 6 6");
    gives("Max", "s", "-5/2 -3/2 -1/2 1/2 3/2 5/2 :");
    /* Two of one element come first: t = 21 and -t. */
    model = ref_reading_start(11, line, 1);
    ref_model_node(&model, "ReduceSum", "x", "t");
    ref_model_node(&model, "Neg", "t", "u");
    ref_model_node(&model, "Min", "t,u,s,x,c", "y");
    ref_model_floats(&model, "c", line, 1, c);
    ref_reading_gives(&model, "-21 -21 -21 -21 -21 -21 : 1 6 6 6");
}
END_TEST

START_TEST(windows_have_maxima)
{
    static const int64_t two[] = {2, 2};
    static const int64_t pads[] = {1, 1, 0, 0};
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "MaxPool", "n", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    ref_reading_gives(&model, "-1 -2 -4 -5 : 8 4");
    model = ref_reading_start(13, square,
                              4); /* padding is no element: 1, 2, 2, 4 */
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "MaxPool", "n", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    ref_node_ints(&model, "strides", two, 2);
    ref_node_ints(&model, "pads", pads, 4);
    ref_reading_gives(&model, "-1 -2 -4 -5 : 4 1");
    model = ref_reading_start(13, square, 4);
    ref_model_node(&model, "MaxPool", "x", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    ref_node_ints(&model, "strides", two, 2);
    ref_node_int(&model, "ceil_mode", 1);
    ref_reading_gives(&model, "5 6 8 9 : 4 1");
    square_gives("GlobalMaxPool", "x", "9 : 4 2 1 1");
}
END_TEST

START_TEST(curves_are_layers)
{
    static const char *const curves[] = {
        "Sigmoid", "Tanh", "Softplus", "Erf",  "Exp",   "Log",       "Sqrt",
        "Sin",     "Cos",  "Elu",      "Sign", "Floor", "Reciprocal"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        struct ref_model model = ref_reading_start(13, line, 1);
        ref_model_node(&model, curves[i], "s", "y");
        ref_reading_agrees(&model);
    }
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Softmax", "s", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(11, square, 4);
    ref_model_node(&model, "Softmax", "x", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "LogSoftmax", "s", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(11, square, 4);
    ref_model_node(&model, "LogSoftmax", "x", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(20, line, 1);
    ref_model_node(&model, "Gelu", "s", "y");
    ref_reading_agrees(&model);
}
END_TEST

START_TEST(weights_below_zero_swap_the_ends)
{
    char path[64];
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Exp", "s", "e");
    ref_model_node(&model, "Neg", "e", "y");
    ref_model_write(path, &model);
    struct check_network *network = check_network_load(path);
    mpq_t *lower = ref_reading_new_values(network);
    mpq_t *upper = ref_reading_new_values(network);
    ck_assert(check_network_enclose(lower, upper, network, 128));
    for (size_t j = 0; j < network->n_outputs; j++) {
        const size_t z = network->output[j];
        ck_assert_int_lt(mpq_cmp(lower[z], upper[z]), 0);
    }
    ref_reading_free_values(lower, network);
    ref_reading_free_values(upper, network);
    check_network_free(network);
    ref_file_remove(path);
}
END_TEST

START_TEST(products_and_quotients_are_exact)
{
    static const double three[] = {3.0, 2.0};
    static const int64_t kernel[] = {1, 3};
    gives("Mul", "x,s", "-5/2 -3 -3/2 2 15/2 15 : 6");
    gives("Mul", "s,s", "25/4 9/4 1/4 1/4 9/4 25/4 : 6");
    gives("Div", "s,x", "-5/2 -3/4 -1/6 1/8 3/10 5/12 : 6 6");
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "three", line, 0, three);
    ref_model_node(&model, "Div", "x,three", "y");
    ref_reading_gives(&model, "1/3 2/3 1 4/3 5/3 2 :");
    model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "three", line, 0, three);
    ref_model_node(&model, "Pow", "s,three", "y");
    ref_reading_gives(&model, "-125/8 -27/8 -1/8 1/8 27/8 125/8 : 6 6");
    gives("MatMul", "x,s", "35/2 : 6");
    square_gives("MatMul", "x,x", "30 36 42 66 81 96 102 126 150 : 27");
    model = ref_reading_start(13, square, 4);
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", kernel, 2);
    ref_reading_gives(&model, "2 5 8 :");
    square_gives("GlobalAveragePool", "x", "5 :");
}
END_TEST

START_TEST(normalization_encloses_a_root)
{
    static const int64_t one[] = {1};
    static const double of[] = {3.0, 0.5, 1.0, 2.0};
    struct ref_model model = ref_reading_start(15, square, 4);
    ref_model_floats(&model, "scale", one, 1, of);
    ref_model_floats(&model, "bias", one, 1, of + 1);
    ref_model_floats(&model, "mean", one, 1, of + 2);
    ref_model_floats(&model, "variance", one, 1, of + 3);
    ref_model_node(&model, "BatchNormalization", "x,scale,bias,mean,variance",
                   "y");
    ref_node_float(&model, "epsilon", 0.0F);
    char path[64];
    ref_model_write(path, &model);
    struct check_network *network = check_network_load(path);
    size_t l = 0;
    while (network->layers[l].kind != CHECK_SCALE) {
        l++;
    }
    /* (3 / sqrt(2))^2 = 9/2 lies between the squares of the ends */
    struct check_factor *factor = &network->layers[l].factor[4];
    mpq_t square_of;
    mpq_init(square_of);
    mpq_mul(square_of, factor->lower, factor->lower);
    ck_assert_int_lt(mpq_cmp_ui(square_of, 9, 2), 0);
    mpq_mul(square_of, factor->upper, factor->upper);
    ck_assert_int_gt(mpq_cmp_ui(square_of, 9, 2), 0);
    mpq_sub(square_of, factor->upper, factor->lower);
    mpq_mul_2exp(square_of, square_of, 120);
    ck_assert_int_lt(mpq_cmp_ui(square_of, 1, 1), 0);
    mpq_clear(square_of);
    check_network_free(network);
    ref_file_remove(path);
}
END_TEST

START_TEST(a_slope_of_another_shape_is_refused)
{
    static const double slopes[] = {0.5, 0.25};
    static const int64_t wide[] = {2, 1};
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "a", wide, 2, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    ref_reading_refuses(&model);
}
END_TEST

START_TEST(a_computed_end_is_refused)
{
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Clip", "s,x", "y");
    ref_reading_refuses(&model);
}
END_TEST

START_TEST(a_window_of_padding_is_malformed)
{
    static const int64_t one[] = {1, 1};
    static const int64_t pads[] = {1, 1, 1, 1};
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_node(&model, "MaxPool", "x", "y");
    ref_node_ints(&model, "kernel_shape", one, 2);
    ref_node_ints(&model, "pads", pads, 4);
    ref_reading_refuses(&model);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_piecewise");
    tcase_add_test(cases, leaky_relus_need_one_layer);
    tcase_add_test(cases, a_slope_that_no_double_holds_is_exact);
    tcase_add_test(cases, values_are_clipped);
    tcase_add_test(cases, extrema_fold_from_the_left);
    tcase_add_test(cases, windows_have_maxima);
    tcase_add_test(cases, curves_are_layers);
    tcase_add_test(cases, weights_below_zero_swap_the_ends);
    tcase_add_test(cases, products_and_quotients_are_exact);
    tcase_add_test(cases, normalization_encloses_a_root);
    tcase_add_exit_test(cases, a_slope_of_another_shape_is_refused, 4);
    tcase_add_exit_test(cases, a_computed_end_is_refused, 4);
    tcase_add_exit_test(cases, a_window_of_padding_is_malformed, 3);
    return cases;
}
