/* Networks of the command line: bare, named, and as a list literal. */
#include "src/app/network_args.h"
#include "tests/suite.h"

#include <string.h>

static enum status read_list(struct network_args *args, const char *list,
                             struct error *error)
{
    struct cli cli = {0};
    options_init(&cli.options);
    *error = (struct error){0};
    ck_assert_int_eq(
        options_set(&cli.options, OPTION_NETWORK_LIST, list, error), STATUS_OK);
    const enum status status = network_args_read(args, &cli, error);
    cli_clear(&cli);
    return status;
}

static void read_one(struct network_args *args, const char *text)
{
    struct cli cli = {0};
    struct error error = {0};
    options_init(&cli.options);
    ck_assert_int_eq(options_set(&cli.options, OPTION_NETWORK, text, &error),
                     STATUS_OK);
    ck_assert_int_eq(network_args_read(args, &cli, &error), STATUS_OK);
    cli_clear(&cli);
}

START_TEST(a_name_ends_at_the_first_equal_sign)
{
    struct network_args args;
    read_one(&args, "f_2=dir/a=b.onnx");
    ck_assert_uint_eq(args.networks.n, 1);
    ck_assert_str_eq(args.networks.data[0].name, "f_2");
    ck_assert_str_eq(args.networks.data[0].path, "dir/a=b.onnx");
    network_args_clear(&args);
}
END_TEST

START_TEST(what_is_no_name_is_part_of_the_path)
{
    static const char *const paths[] = {
        "net.onnx", "onnx/n=2.onnx", "2=x", "_f=x", "a-b=x", "=x", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct network_args args;
        read_one(&args, paths[i]);
        ck_assert_ptr_null(args.networks.data[0].name);
        ck_assert_str_eq(args.networks.data[0].path, paths[i]);
        network_args_clear(&args);
    }
}
END_TEST

START_TEST(lists_are_read_in_all_their_spellings)
{
    static const char *const lists[] = {
        "[('f', './b/a.onnx'), ('g', './b/c.onnx')]",
        "[(\"f\",\"./b/a.onnx\"),(\"g\",\"./b/c.onnx\")]",
        " [ ( 'f' , './b/a.onnx' ) ,\t('g', './b/c.onnx'), ] ",
        "[('f', './b/\\a.onnx'), ('g', './b/c.onnx')]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct network_args args;
        struct error error;
        ck_assert_msg(read_list(&args, lists[i], &error) == STATUS_OK, "%s",
                      error.message);
        ck_assert_uint_eq(args.networks.n, 2);
        ck_assert_str_eq(args.networks.data[0].name, "f");
        ck_assert_str_eq(args.networks.data[0].path, "./b/a.onnx");
        ck_assert_str_eq(args.networks.data[1].name, "g");
        ck_assert_str_eq(args.networks.data[1].path, "./b/c.onnx");
        network_args_clear(&args);
    }
}
END_TEST

START_TEST(odd_file_names_survive_a_list)
{
    struct network_args args;
    struct error error;
    ck_assert_int_eq(
        read_list(&args, "[('f', 'a b=\"(c),\\'d\\\\.onnx')]", &error),
        STATUS_OK);
    ck_assert_str_eq(args.networks.data[0].path, "a b=\"(c),'d\\.onnx");
    network_args_clear(&args);
}
END_TEST

START_TEST(a_list_can_be_written_again)
{
    struct network_args args;
    struct network_args again = {0};
    struct error error;
    ck_assert_int_eq(
        read_list(&args, "[('f', 'a\\'b\\\\.onnx'), ('g', '')]", &error),
        STATUS_OK);
    ck_assert_str_eq(args.networks.data[0].path, "a'b\\.onnx");
    const char *text = network_args_text(&args);
    ck_assert_int_eq(network_args_read_list(&again, text, &error), STATUS_OK);
    ck_assert_uint_eq(again.networks.n, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(again.networks.data[i].name,
                         args.networks.data[i].name);
        ck_assert_str_eq(again.networks.data[i].path,
                         args.networks.data[i].path);
    }
    network_args_clear(&args);
    network_args_clear(&again);
    read_one(&args, "f=one.onnx");
    ck_assert_str_eq(network_args_text(&args), "one.onnx");
    network_args_clear(&args);
    ck_assert_ptr_null(network_args_text(&args));
}
END_TEST

START_TEST(malformed_lists_are_refused_with_the_place)
{
    static const char *const lists[] = {"",
                                        "(",
                                        "['f', 'a']",
                                        "[('f')]",
                                        "[('f', a)]",
                                        "[('f','a'",
                                        "[('f','a') 'b']",
                                        "[('f','a')] x",
                                        "[('f','a)]",
                                        "[('f','a']",
                                        "[,]",
                                        "[('f','a\\"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct network_args args;
        struct error error;
        ck_assert_msg(read_list(&args, lists[i], &error) == STATUS_USAGE,
                      "accepted: %s", lists[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "at character "));
        network_args_clear(&args);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("network_args");
    tcase_add_test(cases, a_name_ends_at_the_first_equal_sign);
    tcase_add_test(cases, what_is_no_name_is_part_of_the_path);
    tcase_add_test(cases, lists_are_read_in_all_their_spellings);
    tcase_add_test(cases, odd_file_names_survive_a_list);
    tcase_add_test(cases, a_list_can_be_written_again);
    tcase_add_test(cases, malformed_lists_are_refused_with_the_place);
    return cases;
}
