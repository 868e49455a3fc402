/* The option table is in order and its values are read strictly. */
#include "src/base/options.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

START_TEST(rows_are_sorted_by_name_then_commands)
{
    for (unsigned i = 1; i < OPTION_COUNT; i++) {
        const struct option_row *before = options_row((enum option)(i - 1));
        const struct option_row *row = options_row((enum option)i);
        const int order = strcmp(before->name, row->name);
        ck_assert_msg(order < 0 || (order == 0 && strcmp(before->commands,
                                                         row->commands) < 0),
                      "%s comes after %s", before->name, row->name);
    }
}
END_TEST

START_TEST(a_name_means_one_option_in_a_command)
{
    static const char *const commands[] = {"-", "verify", "bench", "dump",
                                           "supports"};
    for (size_t c = 0; c < sizeof commands / sizeof *commands; c++) {
        for (unsigned i = 0; i < OPTION_COUNT; i++) {
            const struct option_row *row = options_row((enum option)i);
            if (options_applies((enum option)i, commands[c])) {
                ck_assert_uint_eq(
                    options_find(row->name, strlen(row->name), commands[c]), i);
            }
        }
    }
}
END_TEST

START_TEST(commands_are_matched_as_whole_words)
{
    ck_assert(options_applies(OPTION_NETWORK, "verify"));
    ck_assert(options_applies(OPTION_HELP, "anything"));
    ck_assert(!options_applies(OPTION_NETWORK, "check"));
    ck_assert(!options_applies(OPTION_NETWORK, "query"));
    ck_assert(!options_applies(OPTION_NETWORK, ""));
    ck_assert_uint_eq(options_find("tim", 3, "verify"), OPTION_COUNT);
    ck_assert_uint_eq(options_find("timeoutx", 7, "verify"), OPTION_TIMEOUT);
    ck_assert_uint_eq(options_find("timeout", 7, "bench"),
                      OPTION_BENCH_TIMEOUT);
}
END_TEST

START_TEST(letters_find_their_option)
{
    ck_assert_uint_eq(options_find_letter('q', "verify"), OPTION_QUIET);
    ck_assert_uint_eq(options_find_letter('q', "supports"), OPTION_COUNT);
    ck_assert_uint_eq(options_find_letter('\0', "verify"), OPTION_COUNT);
}
END_TEST

START_TEST(fallbacks_are_filled_in)
{
    struct options options;
    options_init(&options);
    ck_assert_str_eq(options.value[OPTION_ENGINE].text, "auto");
    ck_assert_uint_eq(options.value[OPTION_SEED].integer, 1);
    ck_assert(options.value[OPTION_TIMEOUT].seconds >= HUGE_VAL);
    ck_assert(!options.value[OPTION_SEED].is_given);
    ck_assert_ptr_null(options.value[OPTION_JSON].text);
    options_clear(&options);
}
END_TEST

struct example {
    const char *text;
    enum option option;
    bool is_valid;
};

START_TEST(values_are_read_strictly)
{
    static const struct example examples[] = {
        {"18446744073709551615", OPTION_SEED, true},
        {"18446744073709551616", OPTION_SEED, false},
        {"-1", OPTION_SEED, false},
        {"+1", OPTION_SEED, false},
        {" 1", OPTION_SEED, false},
        {"1x", OPTION_SEED, false},
        {"", OPTION_SEED, false},
        {"0", OPTION_JOBS, false},
        {"256", OPTION_JOBS, true},
        {"257", OPTION_JOBS, false},
        {"0", OPTION_TIMEOUT, true},
        {"1.5", OPTION_TIMEOUT, true},
        {".5", OPTION_TIMEOUT, true},
        {"5.", OPTION_TIMEOUT, true},
        {".", OPTION_TIMEOUT, false},
        {"1.5.2", OPTION_TIMEOUT, false},
        {"1e3", OPTION_TIMEOUT, false},
        {"1,5", OPTION_TIMEOUT, false},
        {"inf", OPTION_TIMEOUT, false},
        {"nan", OPTION_TIMEOUT, false},
        {"-1", OPTION_TIMEOUT, false},
        {"1000000001", OPTION_TIMEOUT, false},
        {"neuron", OPTION_ENGINE, true},
        {"neu", OPTION_ENGINE, false},
        {"auto|input", OPTION_ENGINE, false},
        {"", OPTION_ENGINE, false},
        {NULL, OPTION_STRICT, true},
        {"1", OPTION_STRICT, false},
        {NULL, OPTION_JSON, false},
        {"", OPTION_JSON, true}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct options options;
        struct error error = {0};
        options_init(&options);
        const enum status status =
            options_set(&options, examples[i].option, examples[i].text, &error);
        ck_assert_msg(status ==
                          (examples[i].is_valid ? STATUS_OK : STATUS_USAGE),
                      "example %zu: '%s'", i,
                      examples[i].text == NULL ? "" : examples[i].text);
        ck_assert_msg((error.message[0] != '\0') == !examples[i].is_valid,
                      "example %zu: '%s'", i, error.message);
        options_clear(&options);
    }
}
END_TEST

START_TEST(seconds_have_the_value_they_spell)
{
    struct options options;
    struct error error = {0};
    options_init(&options);
    ck_assert(options_set(&options, OPTION_TIMEOUT, "116.125", &error) ==
              STATUS_OK);
    ck_assert_double_eq_tol(options.value[OPTION_TIMEOUT].seconds, 116.125,
                            1e-9);
    options_clear(&options);
}
END_TEST

START_TEST(a_list_keeps_every_value_and_a_text_the_last)
{
    struct options options;
    struct error error = {0};
    options_init(&options);
    (void)options_set(&options, OPTION_NETWORK, "a", &error);
    (void)options_set(&options, OPTION_NETWORK, "b", &error);
    (void)options_set(&options, OPTION_JSON, "a", &error);
    (void)options_set(&options, OPTION_JSON, "b", &error);
    ck_assert_uint_eq(options.value[OPTION_NETWORK].list.n, 2);
    ck_assert_str_eq(options.value[OPTION_NETWORK].list.data[0], "a");
    ck_assert_str_eq(options.value[OPTION_NETWORK].list.data[1], "b");
    ck_assert_str_eq(options.value[OPTION_JSON].text, "b");
    options_clear(&options);
}
END_TEST

START_TEST(usage_shows_letter_and_argument)
{
    char text[64];
    options_usage(text, sizeof text, OPTION_QUIET);
    ck_assert_str_eq(text, "-q, --quiet");
    options_usage(text, sizeof text, OPTION_SEED);
    ck_assert_str_eq(text, "--seed N");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("options");
    tcase_add_test(cases, rows_are_sorted_by_name_then_commands);
    tcase_add_test(cases, a_name_means_one_option_in_a_command);
    tcase_add_test(cases, commands_are_matched_as_whole_words);
    tcase_add_test(cases, letters_find_their_option);
    tcase_add_test(cases, fallbacks_are_filled_in);
    tcase_add_test(cases, values_are_read_strictly);
    tcase_add_test(cases, seconds_have_the_value_they_spell);
    tcase_add_test(cases, a_list_keeps_every_value_and_a_text_the_last);
    tcase_add_test(cases, usage_shows_letter_and_argument);
    return cases;
}
