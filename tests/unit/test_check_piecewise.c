/* The checker's operators of affine pieces: values, layers of neurons and
 * refusals. */
#include "proofs/check/check_network.h"
#include "src/base/log.h"
#include "src/net/net.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t line[] = {6};
static const int64_t square[] = {1, 1, 3, 3};
static const int64_t pair[] = {2};
static const double shift[] = {-3.5};

/* A float32 input x and an output y; for six inputs, s is x - 7/2. */
static struct ref_model start(int64_t opset, const int64_t *dims, size_t n)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", 1, dims, n);
    ref_model_output(&model, "y", 1, dims, 0);
    if (n == 1) {
        ref_model_floats(&model, "shift", dims, 0, shift);
        ref_model_node(&model, "Add", "x,shift", "s");
    }
    return model;
}

static void write_model(char path[64], struct ref_model *model)
{
    struct ref_bytes file = ref_model_finish(model);
    ref_file_write(path, file.data, file.n);
    ref_bytes_clear(&file);
}

/* x = 1, 2, ..., all other values 0. */
static mpq_t *new_values(const struct check_network *network)
{
    mpq_t *v = check_alloc(network->n_coordinates, sizeof *v);
    for (size_t z = 0; z < network->n_coordinates; z++) {
        mpq_init(v[z]);
        mpq_set_ui(v[z], z < network->n_inputs ? z + 1 : 0, 1);
    }
    return v;
}

static void free_values(mpq_t *v, const struct check_network *network)
{
    for (size_t z = 0; z < network->n_coordinates; z++) {
        mpq_clear(v[z]);
    }
    check_free(v);
}

/* What the verifier prints of a network is what the checker prints. */
static void is_dumped_alike(const struct check_network *network,
                            const char *path)
{
    char *texts[2] = {NULL, NULL};
    size_t n = 0;
    struct net *net = NULL;
    struct layers *layers = NULL;
    struct error error = {0};
    log_set_level(LOG_ERROR); /* the declared shape is left open */
    ck_assert_msg(net_load(&net, path, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_msg(net_lower(&layers, net, &error) == STATUS_OK, "%s",
                  error.message);
    for (int i = 0; i < 2; i++) {
        FILE *file = open_memstream(&texts[i], &n);
        ck_assert_ptr_nonnull(file);
        if (i == 0) {
            check_network_dump(file, network);
        } else {
            net_dump(file, net, layers);
        }
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_str_eq(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
    layers_destroy(layers);
    net_destroy(net);
}

/* y at x = 1, 2, ..., then the widths of all layers of neurons. */
static void gives(struct ref_model *model, const char *expected)
{
    char path[64];
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    write_model(path, model);
    struct check_network *network = check_network_load(path);
    mpq_t *v = new_values(network);
    if (network->is_curved) {
        mpq_t *upper = new_values(network);
        ck_assert(check_network_enclose(v, upper, network, 128));
        free_values(upper, network);
    } else {
        check_network_eval(v, network);
    }
    for (size_t j = 0; j < network->n_outputs; j++) {
        char *value = mpq_get_str(NULL, 10, v[network->output[j]]);
        (void)fprintf(file, "%s ", value);
        free(value);
    }
    (void)fputc(':', file);
    for (size_t r = 0; r < network->n_relus; r++) {
        (void)fprintf(file, " %zu", network->layers[network->relu[r]].width);
    }
    free_values(v, network);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(text, expected);
    is_dumped_alike(network, path);
    free(text);
    check_network_free(network);
    ref_file_remove(path);
}

static void refuses(struct ref_model *model)
{
    char path[64];
    write_model(path, model);
    (void)check_network_load(path);
}

START_TEST(leaky_relus_need_one_layer)
{
    static const double slopes[] = {0.5, 0.25, -1.0, 2.0, 0.0, 0.0};
    struct ref_model model = start(7, line, 1);
    ref_model_node(&model, "LeakyRelu", "s", "y");
    ref_node_float(&model, "alpha", 0.125F);
    gives(&model, "-5/16 -3/16 -1/16 1/2 3/2 5/2 : 6");
    model = start(13, line, 1);
    ref_model_node(&model, "LeakyRelu", "x", "y"); /* alpha = 0.01F */
    gives(&model, "1 2 3 4 5 6 : 6");
    model = start(16, line, 1);
    ref_model_floats(&model, "a", line, 1, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    gives(&model, "-5/4 -3/8 1/2 1/2 3/2 5/2 : 6");
    model = start(9, line, 1);
    ref_model_floats(&model, "a", pair, 0, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    gives(&model, "-5/4 -3/4 -1/4 1/2 3/2 5/2 : 6");
    model = start(13, line, 1);
    ref_model_node(&model, "Abs", "s", "y");
    gives(&model, "5/2 3/2 1/2 1/2 3/2 5/2 : 6");
}
END_TEST

START_TEST(a_slope_that_no_double_holds_is_exact)
{
    struct ref_model model = start(13, line, 1);
    ref_model_node(&model, "LeakyRelu", "s", "y");
    ref_node_float(&model, "alpha", 0x1p-80F); /* 1 - alpha is no double */
    gives(&model, "-5/2417851639229258349412352 -3/2417851639229258349412352 "
                  "-1/2417851639229258349412352 1/2 3/2 5/2 : 6");
}
END_TEST

START_TEST(values_are_clipped)
{
    static const double ends[] = {-1.0, 1.25};
    struct ref_model model = start(11, line, 1);
    ref_model_floats(&model, "lo", pair, 0, &ends[0]);
    ref_model_floats(&model, "hi", pair, 0, &ends[1]);
    ref_model_node(&model, "Clip", "s,lo,hi", "y");
    gives(&model, "-1 -1 -1/2 1/2 5/4 5/4 : 6 6");
    model = start(13, line, 1);
    ref_model_floats(&model, "hi", pair, 0, &ends[1]);
    ref_model_node(&model, "Clip", "s,,hi", "y");
    gives(&model, "-5/2 -3/2 -1/2 1/2 5/4 5/4 : 6");
    model = start(6 + 1, line, 1);
    ref_model_node(&model, "Clip", "s", "y");
    ref_node_float(&model, "min", -1.0F);
    gives(&model, "-1 -1 -1/2 1/2 3/2 5/2 : 6");
    model = start(13, line, 1);
    ref_model_node(&model, "Clip", "s", "y");
    gives(&model, "-5/2 -3/2 -1/2 1/2 3/2 5/2 :");
    model = start(13, line, 1); /* the upper end wins */
    ref_model_floats(&model, "lo", pair, 0, &ends[1]);
    ref_model_floats(&model, "hi", pair, 0, &ends[0]);
    ref_model_node(&model, "Clip", "s,lo,hi", "y");
    gives(&model, "-1 -1 -1 -1 -1 -1 :");
    model = start(13, line, 1);
    ref_model_node(&model, "HardSigmoid", "s", "y");
    ref_node_float(&model, "alpha", 0.5F);
    gives(&model, "0 0 1/4 3/4 1 1 : 6 6");
}
END_TEST

START_TEST(extrema_fold_from_the_left)
{
    static const double c[] = {0.0, 9.0, -9.0, 0.0, 2.0, 2.0};
    struct ref_model model = start(13, line, 1);
    ref_model_floats(&model, "c", line, 1, c);
    ref_model_node(&model, "Max", "s,c", "y");
    gives(&model, "0 9 -1/2 1/2 2 5/2 : 6");
    model = start(8, line, 1);
    ref_model_floats(&model, "c", line, 1, c);
    ref_model_floats(&model, "d", line, 0, shift);
    ref_model_node(&model, "Min", "c,s,d", "y");
    gives(&model, "-7/2 -7/2 -9 -7/2 -7/2 -7/2 : 6 6");
    model = start(13, line, 1);
    ref_model_node(&model, "Max", "s", "y");
    gives(&model, "-5/2 -3/2 -1/2 1/2 3/2 5/2 :");
}
END_TEST

START_TEST(windows_have_maxima)
{
    static const int64_t two[] = {2, 2};
    static const int64_t pads[] = {1, 1, 0, 0};
    struct ref_model model = start(13, square, 4);
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "MaxPool", "n", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    gives(&model, "-1 -2 -4 -5 : 8 4");
    model = start(13, square, 4); /* padding is no element: 1, 2, 2, 4 */
    ref_model_node(&model, "Neg", "x", "n");
    ref_model_node(&model, "MaxPool", "n", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    ref_node_ints(&model, "strides", two, 2);
    ref_node_ints(&model, "pads", pads, 4);
    gives(&model, "-1 -2 -4 -5 : 4 1");
    model = start(13, square, 4);
    ref_model_node(&model, "MaxPool", "x", "y");
    ref_node_ints(&model, "kernel_shape", two, 2);
    ref_node_ints(&model, "strides", two, 2);
    ref_node_int(&model, "ceil_mode", 1);
    gives(&model, "5 6 8 9 : 4 1");
    model = start(13, square, 4);
    ref_model_node(&model, "GlobalMaxPool", "x", "y");
    gives(&model, "9 : 4 2 1 1");
}
END_TEST

/* The checker and the verifier print the same. */
static void agrees(struct ref_model *model)
{
    char path[64];
    write_model(path, model);
    struct check_network *network = check_network_load(path);
    is_dumped_alike(network, path);
    check_network_free(network);
    ref_file_remove(path);
}

START_TEST(curves_are_layers)
{
    static const char *const curves[] = {
        "Sigmoid", "Tanh", "Softplus", "Erf",  "Exp",   "Log",       "Sqrt",
        "Sin",     "Cos",  "Elu",      "Sign", "Floor", "Reciprocal"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        struct ref_model model = start(13, line, 1);
        ref_model_node(&model, curves[i], "s", "y");
        agrees(&model);
    }
    struct ref_model model = start(13, line, 1);
    ref_model_node(&model, "Softmax", "s", "y");
    agrees(&model);
    model = start(11, square, 4);
    ref_model_node(&model, "Softmax", "x", "y");
    agrees(&model);
    model = start(20, line, 1);
    ref_model_node(&model, "Gelu", "s", "y");
    agrees(&model);
}
END_TEST

START_TEST(products_and_quotients_are_exact)
{
    static const double three[] = {3.0, 2.0};
    static const int64_t kernel[] = {1, 3};
    struct ref_model model = start(13, line, 1);
    ref_model_node(&model, "Mul", "x,s", "y");
    gives(&model, "-5/2 -3 -3/2 2 15/2 15 : 6");
    model = start(13, line, 1);
    ref_model_node(&model, "Mul", "s,s", "y");
    gives(&model, "25/4 9/4 1/4 1/4 9/4 25/4 : 6");
    model = start(13, line, 1);
    ref_model_node(&model, "Div", "s,x", "y");
    gives(&model, "-5/2 -3/4 -1/6 1/8 3/10 5/12 : 6 6");
    model = start(13, line, 1);
    ref_model_floats(&model, "three", line, 0, three);
    ref_model_node(&model, "Div", "x,three", "y");
    gives(&model, "1/3 2/3 1 4/3 5/3 2 :");
    model = start(13, line, 1);
    ref_model_floats(&model, "three", line, 0, three);
    ref_model_node(&model, "Pow", "s,three", "y");
    gives(&model, "-125/8 -27/8 -1/8 1/8 27/8 125/8 : 6 6");
    model = start(13, line, 1);
    ref_model_node(&model, "MatMul", "x,s", "y");
    gives(&model, "35/2 : 6");
    model = start(13, square, 4);
    ref_model_node(&model, "MatMul", "x,x", "y");
    gives(&model, "30 36 42 66 81 96 102 126 150 : 27");
    model = start(13, square, 4);
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", kernel, 2);
    gives(&model, "2 5 8 :");
    model = start(13, square, 4);
    ref_model_node(&model, "GlobalAveragePool", "x", "y");
    gives(&model, "5 :");
}
END_TEST

START_TEST(normalization_encloses_a_root)
{
    static const int64_t one[] = {1};
    static const double of[] = {3.0, 0.5, 1.0, 2.0};
    struct ref_model model = start(15, square, 4);
    ref_model_floats(&model, "scale", one, 1, of);
    ref_model_floats(&model, "bias", one, 1, of + 1);
    ref_model_floats(&model, "mean", one, 1, of + 2);
    ref_model_floats(&model, "variance", one, 1, of + 3);
    ref_model_node(&model, "BatchNormalization", "x,scale,bias,mean,variance",
                   "y");
    ref_node_float(&model, "epsilon", 0.0F);
    char path[64];
    write_model(path, &model);
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
    struct ref_model model = start(13, line, 1);
    ref_model_floats(&model, "a", wide, 2, slopes);
    ref_model_node(&model, "PRelu", "s,a", "y");
    refuses(&model);
}
END_TEST

START_TEST(a_computed_end_is_refused)
{
    struct ref_model model = start(13, line, 1);
    ref_model_node(&model, "Clip", "s,x", "y");
    refuses(&model);
}
END_TEST

START_TEST(a_window_of_padding_is_malformed)
{
    static const int64_t one[] = {1, 1};
    static const int64_t pads[] = {1, 1, 1, 1};
    struct ref_model model = start(13, square, 4);
    ref_model_node(&model, "MaxPool", "x", "y");
    ref_node_ints(&model, "kernel_shape", one, 2);
    ref_node_ints(&model, "pads", pads, 4);
    refuses(&model);
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
    tcase_add_test(cases, products_and_quotients_are_exact);
    tcase_add_test(cases, normalization_encloses_a_root);
    tcase_add_exit_test(cases, a_slope_of_another_shape_is_refused, 4);
    tcase_add_exit_test(cases, a_computed_end_is_refused, 4);
    tcase_add_exit_test(cases, a_window_of_padding_is_malformed, 3);
    return cases;
}
