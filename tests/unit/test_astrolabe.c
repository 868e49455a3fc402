/* The public interface, used as a stranger would. */
#include "src/astrolabe.h"
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char NETWORK[] = "benchmarks/models/tiny.onnx";

static astrolabe_query *load(const char *path)
{
    const struct astrolabe_network network = {.path = NETWORK};
    astrolabe_query *query = NULL;
    char message[256] = "";
    ck_assert_msg(astrolabe_load(&query, path, 1, &network, false, message,
                                 sizeof message) == ASTROLABE_OK,
                  "%s", message);
    return query;
}

START_TEST(a_query_is_loaded_decided_and_read)
{
    struct astrolabe_options options;
    char *text = NULL;
    size_t n = 0;
    astrolabe_options_init(&options);
    options.timeout_s = 60.0;
    astrolabe_query *query = load("benchmarks/models/tiny_fails_1.vnnlib");
    ck_assert_int_eq(astrolabe_query_version(query), 1);
    astrolabe_result *result = astrolabe_verify(query, &options);
    ck_assert_int_eq(astrolabe_result_verdict(result), ASTROLABE_SAT);
    ck_assert_str_eq(astrolabe_result_reason(result), "");
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    ck_assert(astrolabe_result_witness(stream, result));
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_ptr_eq(strstr(text, "((X_0 "), text);
    free(text);
    astrolabe_result_free(result);
    astrolabe_query_free(query);
}
END_TEST

START_TEST(counters_have_names_in_order)
{
    struct astrolabe_options options;
    astrolabe_options_init(&options);
    astrolabe_query *query = load("benchmarks/models/tiny_holds_1.vnnlib");
    astrolabe_result *result = astrolabe_verify(query, &options);
    ck_assert_int_eq(astrolabe_result_verdict(result), ASTROLABE_UNSAT);
    ck_assert(!astrolabe_result_witness(stdout, result));
    double n_boxes = 0.0;
    for (size_t i = 0; i < astrolabe_result_n_counters(result); i++) {
        double value = -1.0;
        const char *name = astrolabe_result_counter(result, i, &value);
        ck_assert(value >= 0.0);
        n_boxes = strcmp(name, "boxes") == 0 ? value : n_boxes;
    }
    ck_assert(n_boxes >= 1.0);
    astrolabe_result_free(result);
    astrolabe_query_free(query);
}
END_TEST

START_TEST(refusals_carry_a_message_that_fits)
{
    const struct astrolabe_network network = {.path = "absent.onnx"};
    astrolabe_query *query = NULL;
    char message[16];
    memset(message, 'x', sizeof message);
    ck_assert_int_eq(astrolabe_load(&query,
                                    "benchmarks/models/tiny_holds_1.vnnlib", 1,
                                    &network, false, message, sizeof message),
                     ASTROLABE_ERROR);
    ck_assert_ptr_null(query);
    ck_assert_str_eq(message, "absent.onnx: ca");
    ck_assert_int_eq(astrolabe_check_model("absent.onnx", message, 0),
                     ASTROLABE_ERROR);
    ck_assert_int_eq(astrolabe_check_model(NETWORK, message, sizeof message),
                     ASTROLABE_OK);
    ck_assert_int_eq(
        astrolabe_check_property("absent", false, message, sizeof message),
        ASTROLABE_ERROR);
}
END_TEST

START_TEST(freeing_nothing_is_harmless)
{
    astrolabe_query_free(NULL);
    astrolabe_result_free(NULL);
}
END_TEST

START_TEST(operators_and_version_are_named)
{
    bool has_relu = false;
    for (size_t i = 0; i < astrolabe_n_operators(); i++) {
        has_relu = has_relu || strcmp(astrolabe_operator(i), "Relu") == 0;
        ck_assert_int_ne(astrolabe_operator_types(i)[0], '\0');
    }
    ck_assert(has_relu);
    ck_assert_ptr_nonnull(strchr(astrolabe_version(), '.'));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("astrolabe");
    tcase_add_test(cases, a_query_is_loaded_decided_and_read);
    tcase_add_test(cases, counters_have_names_in_order);
    tcase_add_test(cases, refusals_carry_a_message_that_fits);
    tcase_add_test(cases, freeing_nothing_is_harmless);
    tcase_add_test(cases, operators_and_version_are_named);
    return cases;
}
