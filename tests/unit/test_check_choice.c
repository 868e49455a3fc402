/* The checker's operators that compare, choose, reduce and repeat, transposed
 * convolutions, and constants that a model computes. */
#include "tests/ref/ref_reading.h"
#include "tests/suite.h"

static const int64_t line[] = {6};
static const int64_t square[] = {1, 1, 3, 3};
static const int64_t pair[] = {2, 1};

START_TEST(comparisons_are_bits)
{
    static const struct {
        const char *op;
        const char *bits;
    } rows[] = {{"Greater", "0 0 1 0 1 0 : 6 6"},
                {"Less", "0 1 0 0 0 1 : 6 6"},
                {"GreaterOrEqual", "1 0 1 1 1 0 : 6 6"},
                {"LessOrEqual", "1 1 0 1 0 1 : 6 6"},
                {"Equal", "1 0 0 1 0 0 : 6 6"}};
    static const double c[] = {-2.5, 0.0, -1.0, 0.5, 0.5, 3.0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ref_model model = ref_reading_start(16, line, 1);
        ref_model_floats(&model, "c", line, 1, c);
        ref_model_node(&model, rows[i].op, "s,c", "b");
        ref_model_node(&model, "Cast", "b", "y");
        ref_node_int(&model, "to", 1);
        ref_reading_gives(&model, rows[i].bits);
    }
}
END_TEST

/* y is the input `name` as a number of each type in turn, then as a float. */
static void cast(struct ref_model *model, const char *name, int64_t first,
                 int64_t second)
{
    ref_model_node(model, "Cast", name, "c1");
    ref_node_int(model, "to", first);
    ref_model_node(model, "Cast", "c1", "c2");
    ref_node_int(model, "to", second);
    ref_model_node(model, "Cast", "c2", "y");
    ref_node_int(model, "to", 1);
}

START_TEST(types_change)
{
    static const double wide = 0x1p31;
    static const double some[] = {0.0, 1.0, 0.0, 2.0, 1.0, 0.0};
    struct ref_model model = ref_reading_start(13, line, 1);
    cast(&model, "s", 7, 1);
    ref_reading_gives(&model, "-2 -1 0 0 1 2 : 6 6 6 6");
    model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "c", line, 0, &wide);
    ref_model_node(&model, "Mul", "s,c", "m");
    cast(&model, "m", 7, 6); /* by 32 bits */
    ref_reading_gives(
        &model, "-1073741824 1073741824 -1073741824 1073741824 -1073741824 "
                "1073741824 : 6 6 6 6 6");
    model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "c", line, 1, some);
    ref_model_node(&model, "Mul", "s,c", "m");
    cast(&model, "m", 9, 7);
    ref_reading_gives(&model, "0 1 0 1 1 0 : 6 6");
}
END_TEST

START_TEST(conditions_choose)
{
    static const unsigned char bits[] = {1, 0, 1, 0, 0, 1};
    struct ref_bytes raw = {0};
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_bytes_append(&raw, bits, sizeof bits);
    ref_model_tensor(&model, "c", 9, line, 1, &raw);
    ref_bytes_clear(&raw);
    ref_model_node(&model, "Where", "c,x,s", "y");
    ref_reading_gives(&model, "1 -3/2 3 1/2 3/2 6 :");
    model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Greater", "s,shift", "all");
    ref_model_node(&model, "Less", "shift,shift", "none");
    ref_model_node(&model, "Where", "none,s,x", "w");
    ref_model_node(&model, "Where", "all,w,s", "y");
    ref_reading_gives(&model, "1 2 3 4 5 6 : 6 6 6 6 6");
}
END_TEST

/* The places of the greatest elements of three rows; y shows them as floats, or
 * as they are if it is another node's. */
static struct ref_model start_places(const char *name, int64_t is_last)
{
    static const double mask[] = {1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_floats(&model, "mask", square, 4, mask);
    ref_model_node(&model, "Mul", "x,mask", "m");
    ref_model_node(&model, "ArgMax", "m", name);
    ref_node_int(&model, "axis", -1);
    ref_node_int(&model, "keepdims", 0);
    ref_node_int(&model, "select_last_index", is_last);
    return model;
}

START_TEST(places_of_maxima_are_numbers)
{
    static const int64_t depth[] = {3};
    static const double values[] = {0.5, 2.0};
    struct ref_model model = start_places("y", 0);
    ref_reading_gives(&model, "1 0 0 : 3 3 9 9");
    model = start_places("y", 1);
    ref_reading_gives(&model, "1 0 2 : 3 3 9 9");
    model = start_places("p", 1);
    ref_model_integers(&model, "depth", depth, 1);
    ref_model_floats(&model, "values", pair, 1, values);
    ref_model_node(&model, "OneHot", "p,depth,values", "y");
    ref_reading_gives(&model,
                      "1/2 2 1/2 2 1/2 1/2 1/2 1/2 2 : 3 3 9 9 3 3 9 9 9 9 9");
    model = start_places("p", 1); /* the new axis in front */
    ref_model_integers(&model, "depth", depth, 1);
    ref_model_floats(&model, "values", pair, 1, values);
    ref_model_node(&model, "OneHot", "p,depth,values", "y");
    ref_node_int(&model, "axis", 0);
    ref_reading_gives(&model,
                      "1/2 2 1/2 2 1/2 1/2 1/2 1/2 2 : 3 3 9 9 3 3 9 9 9 9 9");
}
END_TEST

START_TEST(negative_places_count_from_the_end)
{
    static const int64_t depth[] = {3};
    static const double values[] = {0.0, 1.0};
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_integers(&model, "depth", depth, 1);
    ref_model_floats(&model, "values", pair, 1, values);
    ref_model_node(&model, "Cast", "s", "p");
    ref_node_int(&model, "to", 7);
    ref_model_node(&model, "OneHot", "p,depth,values", "y");
    ref_reading_gives(&model, "0 1 0 0 0 1 1 0 0 1 0 0 0 1 0 0 0 1 : 6 6 6 6 "
                              "6 6 18 18 18 18 18");
}
END_TEST

START_TEST(axes_are_reduced)
{
    static const int64_t axes[] = {3, 2, 1};
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_integers(&model, "axes", axes, 1);
    ref_model_node(&model, "ReduceSum", "x,axes", "y");
    ref_node_int(&model, "keepdims", 0);
    ref_reading_gives(&model, "6 15 24 :");
    static const struct {
        const char *op;
        size_t n; /* axes from axes[1] on */
        const char *values;
    } rows[] = {{"ReduceMean", 1, "4 5 6 :"},
                {"ReduceMax", 2, "7 8 9 : 3 3"},
                {"ReduceSumSquare", 1, "66 93 126 : 9"},
                {"ReduceSumSquare", 0, "285 : 9"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        model = ref_reading_start(13, square, 4);
        ref_model_node(&model, rows[i].op, "x", "y");
        if (rows[i].n > 0) {
            ref_node_ints(&model, "axes", axes + 1, rows[i].n);
        }
        ref_reading_gives(&model, rows[i].values);
    }
    model = ref_reading_start(18, square, 4);
    ref_model_integers(&model, "axes", axes, 1);
    ref_model_node(&model, "ReduceL2", "x,axes", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Sum", "x,s,shift", "y");
    ref_reading_gives(&model, "-5 -3 -1 1 3 5 :");
}
END_TEST

START_TEST(shapes_are_computed)
{
    static const int64_t minus = -1;
    static const int64_t four = 4;
    static const int64_t wide[] = {2, 1};
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_integers(&model, "minus", &minus, 1);
    ref_model_integers(&model, "four", &four, 1);
    ref_model_node(&model, "Shape", "x", "n");       /* 6 */
    ref_model_node(&model, "Div", "n,four", "one");  /* 1 */
    ref_model_node(&model, "Mul", "n,minus", "m");   /* -6 */
    ref_model_node(&model, "Div", "m,four", "free"); /* -1 */
    ref_model_node(&model, "Sub", "n,n", "zero");    /* 0 */
    ref_model_node(&model, "ConstantOfShape", "zero", "f");
    ref_model_node(&model, "Cast", "f", "nothing");
    ref_node_int(&model, "to", 7);
    ref_model_node(&model, "Concat", "one,nothing,free", "shape");
    ref_node_int(&model, "axis", 0);
    ref_model_node(&model, "Reshape", "x,shape", "r");
    ref_model_node(&model, "ConstantOfShape", "one", "z");
    ref_model_node(&model, "Exp", "z", "e"); /* its value is exact */
    ref_model_node(&model, "Neg", "e", "k");
    ref_model_node(&model, "Relu", "k", "l");
    ref_model_node(&model, "Add", "r,l", "y");
    ref_reading_gives(&model, "1 2 3 4 5 6 :");
    model = ref_reading_start(13, line, 1);
    ref_model_integers(&model, "wide", wide, 2);
    ref_model_node(&model, "Expand", "x,wide", "y");
    ref_reading_gives(&model, "1 2 3 4 5 6 1 2 3 4 5 6 :");
    static const double three = 3.0;
    model = ref_reading_start(13, line, 1); /* no double holds -7/6 */
    ref_model_floats(&model, "three", line, 0, &three);
    ref_model_node(&model, "Div", "shift,three", "q");
    ref_model_node(&model, "Add", "x,q", "y");
    ref_reading_agrees(&model);
    model = ref_reading_start(13, line, 1); /* no double holds exp(-7/2) */
    ref_model_node(&model, "Exp", "shift", "e");
    ref_model_node(&model, "Add", "x,e", "y");
    ref_reading_agrees(&model);
}
END_TEST

START_TEST(convolutions_are_transposed)
{
    static const int64_t kernel[] = {1, 1, 2, 2};
    static const int64_t ones[] = {1, 1, 1, 1};
    static const int64_t twos[] = {2, 2};
    static const int64_t tensor[] = {1, 4, 3};
    static const int64_t weights[] = {4, 2, 3};
    static const int64_t ends[] = {1, 2};
    static const double ramp[] = {
        1.0,  2.0,  3.0,  4.0,  5.0,  6.0,  7.0,  8.0,  9.0,  10.0, 11.0, 12.0,
        13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0, 24.0};
    struct ref_model model = ref_reading_start(13, square, 4);
    ref_model_floats(&model, "w", kernel, 4, ramp);
    ref_model_node(&model, "ConvTranspose", "x,w", "y");
    ref_node_ints(&model, "strides", twos, 2);
    ref_node_ints(&model, "pads", ones, 4);
    ref_reading_gives(&model, "4 6 8 9 8 5 10 6 16 15 20 18 14 8 16 9 :");
    model = ref_reading_start(13, tensor, 3);
    ref_model_floats(&model, "w", weights, 3, ramp);
    ref_model_floats(&model, "b", tensor + 1, 1, ramp);
    ref_model_node(&model, "ConvTranspose", "x,w,b", "y");
    ref_node_int(&model, "group", 2);
    ref_node_ints(&model, "strides", twos, 1);
    ref_node_ints(&model, "dilations", twos, 1);
    ref_node_ints(&model, "pads", ends, 2);
    ref_node_ints(&model, "output_padding", ones, 1);
    ref_reading_agrees(&model);
}
END_TEST

/* Every element `scale` times. */
static struct ref_model start_upsample(const char *op, int64_t opset,
                                       double scale)
{
    struct ref_model model = ref_reading_start(opset, line, 1);
    ref_model_floats(&model, "scale", pair + 1, 1, &scale);
    ref_model_node(&model, op, opset < 11 ? "x,scale" : "x,,scale", "y");
    ref_node_text(&model, "mode", "nearest");
    return model;
}

START_TEST(elements_are_repeated)
{
    struct ref_model model = start_upsample("Upsample", 9, 2.0);
    ref_reading_gives(&model, "1 1 2 2 3 3 4 4 5 5 6 6 :");
    model = start_upsample("Resize", 13, 2.0);
    ref_node_text(&model, "coordinate_transformation_mode", "asymmetric");
    ref_node_text(&model, "nearest_mode", "floor");
    ref_reading_gives(&model, "1 1 2 2 3 3 4 4 5 5 6 6 :");
}
END_TEST

START_TEST(a_scale_that_is_no_whole_number_is_refused)
{
    struct ref_model model = start_upsample("Upsample", 9, 1.5);
    ref_reading_refuses(&model);
}
END_TEST

START_TEST(a_constant_beyond_its_type_is_refused)
{
    static const double wide = 0x1p31;
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_floats(&model, "c", line, 0, &wide);
    cast(&model, "c", 6, 1);
    ref_reading_refuses(&model);
}
END_TEST

START_TEST(a_condition_of_numbers_is_malformed)
{
    struct ref_model model = ref_reading_start(13, line, 1);
    ref_model_node(&model, "Where", "shift,x,s", "y");
    ref_reading_refuses(&model);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_choice");
    tcase_add_test(cases, comparisons_are_bits);
    tcase_add_test(cases, types_change);
    tcase_add_test(cases, conditions_choose);
    tcase_add_test(cases, places_of_maxima_are_numbers);
    tcase_add_test(cases, negative_places_count_from_the_end);
    tcase_add_test(cases, axes_are_reduced);
    tcase_add_test(cases, shapes_are_computed);
    tcase_add_test(cases, convolutions_are_transposed);
    tcase_add_test(cases, elements_are_repeated);
    tcase_add_exit_test(cases, a_scale_that_is_no_whole_number_is_refused, 4);
    tcase_add_exit_test(cases, a_constant_beyond_its_type_is_refused, 4);
    tcase_add_exit_test(cases, a_condition_of_numbers_is_malformed, 3);
    return cases;
}
