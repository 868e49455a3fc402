/* Arguments are split into command, options, operands and the rest. */
#include "src/app/cli.h"
#include "tests/suite.h"

#include <string.h>

enum { MAX_WORDS = 16, MAX_BYTES = 256 };

/* A command line cut at single blanks. */
struct line {
    char text[MAX_BYTES];
    char *words[MAX_WORDS];
    int n;
};

static enum status parse(struct cli *cli, struct line *line, const char *text,
                         struct error *error)
{
    ck_assert_uint_lt(strlen(text), MAX_BYTES);
    memcpy(line->text, text, strlen(text) + 1);
    line->n = 0;
    for (char *at = line->text; at != NULL && line->n < MAX_WORDS;) {
        line->words[line->n++] = at;
        at = strchr(at, ' ');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    *error = (struct error){0};
    return cli_parse(cli, line->n, line->words, error);
}

START_TEST(both_spellings_of_a_value_are_the_same)
{
    static const char *const lines[] = {
        "astrolabe verify q --timeout 5 --network n",
        "astrolabe verify --timeout=5 --network=n q",
        "astrolabe verify -qv --timeout=5 --network n -- q"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cli cli;
        struct line line;
        struct error error;
        ck_assert_int_eq(parse(&cli, &line, lines[i], &error), STATUS_OK);
        ck_assert_str_eq(cli.command->name, "verify");
        ck_assert_uint_eq(cli.operands.n, 1);
        ck_assert_str_eq(cli.operands.data[0], "q");
        ck_assert_double_eq_tol(cli.options.value[OPTION_TIMEOUT].seconds, 5.0,
                                1e-12);
        ck_assert_str_eq(cli.options.value[OPTION_NETWORK].list.data[0], "n");
        cli_clear(&cli);
    }
}
END_TEST

START_TEST(a_value_may_hold_equal_signs_and_be_empty)
{
    struct cli cli;
    struct line line;
    struct error error;
    ck_assert_int_eq(
        parse(&cli, &line,
              "astrolabe verify - --network=f=a=b --json=", &error),
        STATUS_OK);
    ck_assert_str_eq(cli.operands.data[0], "-");
    ck_assert_str_eq(cli.options.value[OPTION_NETWORK].list.data[0], "f=a=b");
    ck_assert_str_eq(cli_text(&cli, OPTION_JSON), "");
    cli_clear(&cli);
}
END_TEST

START_TEST(the_rest_belongs_to_bench_and_is_operands_elsewhere)
{
    struct cli cli;
    struct line line;
    struct error error;
    ck_assert_int_eq(
        parse(&cli, &line, "astrolabe bench d -- --seed 3", &error), STATUS_OK);
    ck_assert_uint_eq(cli.n_rest, 2);
    ck_assert_str_eq(cli.rest[1], "3");
    cli_clear(&cli);
    ck_assert_int_eq(parse(&cli, &line, "astrolabe verify -- --query", &error),
                     STATUS_OK);
    ck_assert_str_eq(cli.operands.data[0], "--query");
    cli_clear(&cli);
}
END_TEST

struct refusal {
    const char *line;
    const char *message;
};

START_TEST(wrong_lines_are_refused_with_the_reason)
{
    static const struct refusal refusals[] = {
        {"astrolabe", "expected a command"},
        {"astrolabe verfy", "unknown command 'verfy'; did you mean 'verify'?"},
        {"astrolabe xyzzy12", "unknown command 'xyzzy12'"},
        {"astrolabe --verison",
         "unknown option '--verison'; did you mean '--version'?"},
        {"astrolabe --version x", "unknown command 'x'"},
        {"astrolabe verify", "verify: expected QUERY"},
        {"astrolabe verify a b", "verify: unexpected argument 'b'"},
        {"astrolabe verify a --timeout", "--timeout needs a value: SECONDS"},
        {"astrolabe verify a --strict=yes",
         "--strict takes no value, found 'yes'"},
        {"astrolabe verify a --fresh", "unknown option '--fresh' of verify"},
        {"astrolabe verify a --treads=2",
         "unknown option '--treads' of verify; did you mean '--threads'?"},
        {"astrolabe verify a -x", "unknown option '-x'"},
        {"astrolabe supports x y", "supports: unexpected argument 'y'"}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct cli cli;
        struct line line;
        struct error error;
        ck_assert_int_eq(parse(&cli, &line, refusals[i].line, &error),
                         STATUS_USAGE);
        ck_assert_str_eq(error.message, refusals[i].message);
        cli_clear(&cli);
    }
}
END_TEST

START_TEST(help_needs_nothing_else)
{
    struct cli cli;
    struct line line;
    struct error error;
    ck_assert_int_eq(parse(&cli, &line, "astrolabe verify -h", &error),
                     STATUS_OK);
    ck_assert(cli_is_set(&cli, OPTION_HELP));
    cli_clear(&cli);
    ck_assert_int_eq(parse(&cli, &line, "astrolabe --help", &error), STATUS_OK);
    ck_assert_ptr_null(cli.command);
    cli_clear(&cli);
}
END_TEST

START_TEST(every_option_belongs_to_commands_that_exist)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        char words[MAX_BYTES];
        const char *commands = options_row((enum option)i)->commands;
        ck_assert_uint_lt(strlen(commands), sizeof words);
        memcpy(words, commands, strlen(commands) + 1);
        for (char *word = words; word != NULL;) {
            char *end = strchr(word, ' ');
            if (end != NULL) {
                *end++ = '\0';
            }
            ck_assert_msg(strcmp(word, "*") == 0 || strcmp(word, "-") == 0 ||
                              commands_find(word) != NULL,
                          "no command '%s'", word);
            word = end;
        }
    }
}
END_TEST

START_TEST(commands_are_sorted_by_name)
{
    for (size_t i = 1; i < commands_count(); i++) {
        ck_assert_int_lt(strcmp(commands_at(i - 1)->name, commands_at(i)->name),
                         0);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cli");
    tcase_add_test(cases, both_spellings_of_a_value_are_the_same);
    tcase_add_test(cases, a_value_may_hold_equal_signs_and_be_empty);
    tcase_add_test(cases, the_rest_belongs_to_bench_and_is_operands_elsewhere);
    tcase_add_test(cases, wrong_lines_are_refused_with_the_reason);
    tcase_add_test(cases, help_needs_nothing_else);
    tcase_add_test(cases, every_option_belongs_to_commands_that_exist);
    tcase_add_test(cases, commands_are_sorted_by_name);
    return cases;
}
