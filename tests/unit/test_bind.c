/* Variables to positions: names, order, shapes, types, what is refused. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/query/bind.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <string.h>

/* Inputs a [1,2] and b [3], outputs c [2] and d [1]: 5 and 3 elements. */
static const size_t dims_a[] = {1, 2};
static const size_t dims_b[] = {3};
static const size_t dims_c[] = {2};
static const size_t dims_d[] = {1};
static const struct net_tensor_info inputs[] = {{"a", "float32", 2, dims_a, 2},
                                                {"b", "float32", 1, dims_b, 3}};
static const struct net_tensor_info outputs[] = {
    {"c", "float32", 1, dims_c, 2}, {"d", "float64", 1, dims_d, 1}};
static const struct bind_tensors tensors = {2, inputs, 2, outputs, 0};

static void clear_variables(struct query *query)
{
    for (size_t i = 0; i < query->n_variables; i++) {
        alloc_free(query->variables[i].name);
        alloc_free(query->variables[i].type);
        alloc_free(query->variables[i].dims);
    }
    alloc_free(query->variables);
}

/* base: NULL, or [up to 16] out. */
static enum status bind(size_t *base, struct query *query, const char *text,
                        bool is_strict, struct error *error)
{
    size_t positions[16] = {0};
    struct vnnlib *lib = ref_property_parse(text, false, error);
    ck_assert_msg(lib != NULL, "%s: %s", text, error->message);
    ck_assert_uint_le(lib->variables.n, 16);
    *query = (struct query){0};
    const enum status status =
        bind_variables(positions, query, lib, &tensors, is_strict, error);
    if (base != NULL) {
        memcpy(base, positions, sizeof positions);
    }
    vnnlib_destroy(lib);
    return status;
}

static void check_refusal(const char *text, bool is_strict,
                          enum status expected, size_t line, const char *part)
{
    struct query query;
    struct error error = {0};
    const enum status status = bind(NULL, &query, text, is_strict, &error);
    ck_assert_msg(status == expected, "%s: %d", text, (int)status);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s: %s", text,
                  error.message);
    ck_assert_str_eq(error.path, "test");
    ck_assert_uint_eq(error.line, line);
    clear_variables(&query);
}

/* Declarations of the names, then an assertion. */
static const char *declare(const char *names)
{
    static char text[1024];
    char copy[512];
    size_t n = 0;
    (void)snprintf(copy, sizeof copy, "%s", names);
    char *rest = NULL;
    for (const char *name = strtok_r(copy, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "(declare-const %s Real)\n", name);
    }
    (void)snprintf(text + n, sizeof text - n, "(assert true)");
    return text;
}

START_TEST(version_1_names_are_positions)
{
    size_t base[16];
    struct query query;
    struct error error;
    ck_assert_int_eq(bind(base, &query,
                          declare("Y_2 X_4 X_0 |X_1| X_3 X_2 Y_0 Y_1"), false,
                          &error),
                     STATUS_OK);
    static const size_t expected[] = {7, 4, 0, 1, 3, 2, 5, 6};
    ck_assert_mem_eq(base, expected, sizeof expected);
    ck_assert_uint_eq(query.n_variables, 2);
    ck_assert_str_eq(query.variables[0].name, "X");
    ck_assert_uint_eq(query.variables[0].n_elements, 5);
    ck_assert(query.variables[0].is_input);
    ck_assert_str_eq(query.variables[1].name, "Y");
    ck_assert_uint_eq(query.variables[1].dims[0], 3);
    ck_assert_str_eq(query.variables[1].type, "float32");
    clear_variables(&query);
}
END_TEST

START_TEST(version_1_names_must_fit_the_model)
{
    static const char all[] = "X_0 X_1 X_2 X_3 X_4 Y_0 Y_1 Y_2";
    char text[256];
    static const char *const wrong[] = {
        "eps", "X",   "X_",   "X_01",         "X_5",
        "Y_3", "x_0", "X_1a", "X_4294967296", "X_18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(text, sizeof text, "%s %s", all, wrong[i]);
        check_refusal(declare(text), false, STATUS_BAD_INPUT, 9,
                      "is not a model variable");
    }
    check_refusal(declare("X_0 X_1 X_2 X_4 Y_0 Y_1 Y_2"), false,
                  STATUS_BAD_INPUT, 0, "X_3 is not declared");
    check_refusal(declare("X_0 X_1 X_2 X_3 X_4 Y_0 Y_1"), false,
                  STATUS_BAD_INPUT, 0, "Y_2 is not declared");
}
END_TEST

#define QUERY(a, b, c, d)                                             \
    "(vnnlib-version <2.0>)\n(declare-network f\n(declare-input A " a \
    ")\n(declare-input B " b ")\n(declare-output C " c                \
    ")\n(declare-output D " d "))\n(assert (<= B[0] 1.0))"

START_TEST(version_2_binds_by_order)
{
    size_t base[16];
    struct query query;
    struct error error;
    ck_assert_int_eq(
        bind(base, &query,
             QUERY("real [1,2]", "real [3]", "real [2]", "real [1]"), true,
             &error),
        STATUS_OK);
    static const size_t expected[] = {0, 2, 5, 7};
    ck_assert_mem_eq(base, expected, sizeof expected);
    ck_assert_uint_eq(query.n_variables, 4);
    ck_assert_str_eq(query.variables[1].name, "B");
    ck_assert_str_eq(query.variables[3].type, "float64");
    ck_assert(query.variables[1].is_input && !query.variables[2].is_input);
    ck_assert_uint_eq(query.variables[0].n_dims, 2);
    clear_variables(&query);
    ck_assert_int_eq(bind(base, &query,
                          QUERY("float32 [1,2]", "float32 [3]", "float32 [2]",
                                "float64 [1]"),
                          true, &error),
                     STATUS_OK);
    clear_variables(&query);
}
END_TEST

START_TEST(equal_element_counts_are_lenient)
{
    struct query query;
    struct error error;
    const char *text = QUERY("real [2]", "real [3]", "real [2]", "real [1]");
    ck_assert_int_eq(bind(NULL, &query, text, false, &error), STATUS_OK);
    ck_assert_uint_eq(query.variables[0].n_dims, 1);
    clear_variables(&query);
    check_refusal(text, true, STATUS_BAD_INPUT, 3, "another shape");
    check_refusal(QUERY("real [1,2]", "real [4]", "real [2]", "real [1]"),
                  false, STATUS_BAD_INPUT, 4,
                  "(4 elements) than 'b' of the "
                  "model (3 elements)");
}
END_TEST

START_TEST(types_must_agree_unless_all_real)
{
    check_refusal(
        QUERY("float32 [1,2]", "float32 [3]", "float32 [2]", "float32 [1]"),
        false, STATUS_BAD_INPUT, 6,
        "declared float32, but 'd' of the model is float64");
    check_refusal(
        QUERY("real [1,2]", "float32 [3]", "float32 [2]", "float64 [1]"), false,
        STATUS_BAD_INPUT, 3, "declared real");
}
END_TEST

START_TEST(counts_and_roles_are_checked)
{
    check_refusal("(vnnlib-version <2.0>)(declare-network f"
                  "(declare-input B real [5])(declare-output C real [2])"
                  "(declare-output D real [1]))(assert (<= B[0] 1))",
                  false, STATUS_BAD_INPUT, 0,
                  "declares 1 inputs, the model has 2");
    check_refusal("(vnnlib-version <2.0>)(declare-network f"
                  "(declare-input A real [2])(declare-input B real [3])"
                  "(declare-output C real [3]))(assert (<= B[0] 1))",
                  false, STATUS_BAD_INPUT, 0,
                  "declares 1 outputs, the model has 2");
    check_refusal("(vnnlib-version <2.1>)(declare-network f"
                  "(declare-input A real [2] initialized)"
                  "(declare-output C real [3]))(assert (<= A[0] 1))",
                  false, STATUS_UNSUPPORTED, 1, "initialised input tensors");
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("bind");
    tcase_add_test(cases, version_1_names_are_positions);
    tcase_add_test(cases, version_1_names_must_fit_the_model);
    tcase_add_test(cases, version_2_binds_by_order);
    tcase_add_test(cases, equal_element_counts_are_lenient);
    tcase_add_test(cases, types_must_agree_unless_all_real);
    tcase_add_test(cases, counts_and_roles_are_checked);
    return cases;
}
