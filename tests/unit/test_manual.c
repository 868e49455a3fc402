/* The manual page's options section is the one the tables make. */
#include "src/app/commands.h"
#include "src/base/options.h"
#include "src/base/reader.h"
#include "tests/suite.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes text with the hyphens that a reader may want to copy. */
static void put_hyphens(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        (void)fputs(*text == '-' ? "\\-" : "", stream);
        if (*text != '-') {
            (void)fputc(*text, stream);
        }
    }
}

static void put_option(FILE *stream, enum option option)
{
    const struct option_row *row = options_row(option);
    char usage[128];
    options_usage(usage, sizeof usage, option);
    (void)fputs(".TP\n.B ", stream);
    put_hyphens(stream, usage);
    (void)fputc('\n', stream);
    for (const char *at = row->description; *at != '\0'; at++) {
        if (strncmp(at, "--", 2) == 0) {
            (void)fputs("\\-\\-", stream);
            at++;
        } else {
            (void)fputc(*at, stream);
        }
    }
    if (row->fallback != NULL) {
        (void)fprintf(stream, " (default %s)", row->fallback);
    }
    (void)fputc('\n', stream);
}

/* Options whose commands are exactly the word, or contain it. */
static void put_options(FILE *stream, const char *command)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        const bool is_everywhere =
            strcmp(options_row((enum option)i)->commands, "*") == 0;
        if (is_everywhere == (strcmp(command, "*") == 0) &&
            options_applies((enum option)i, command)) {
            put_option(stream, (enum option)i);
        }
    }
}

static char *expected_section(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    (void)fputs(".SH COMMANDS AND OPTIONS\n.SS Every command\n", stream);
    put_options(stream, "*");
    (void)fputs(".SS Without a command\n", stream);
    put_options(stream, "-");
    for (size_t i = 0; i < commands_count(); i++) {
        const struct command *command = commands_at(i);
        (void)fputs(".SS astrolabe ", stream);
        put_hyphens(stream, command->name);
        (void)fputc(' ', stream);
        put_hyphens(stream, command->operands);
        (void)fprintf(stream, "\n%c%s.\n", toupper(command->summary[0]),
                      command->summary + 1);
        put_options(stream, command->name);
    }
    (void)fputs(".SH ", stream);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(the_options_section_follows_the_tables)
{
    struct bytes page = {0};
    struct error error = {0};
    ck_assert_int_eq(
        reader_load(&page, "src/app/astrolabe.1", 1U << 20, &error), STATUS_OK);
    char *expected = expected_section();
    const bool is_same = strstr(page.data, expected) != NULL;
    if (!is_same) { /* too long for a message */
        printf("src/app/astrolabe.1 should contain:\n%s", expected);
        (void)fflush(stdout);
    }
    ck_assert_msg(is_same, "the options section differs from the tables");
    free(expected);
    bytes_clear(&page);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("manual");
    tcase_add_test(cases, the_options_section_follows_the_tables);
    return cases;
}
