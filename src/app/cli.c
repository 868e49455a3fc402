/* Splits the arguments; names are looked up in the two tables. */
#include "src/app/cli.h"

#include "src/app/suggest.h"

#include <string.h>

/* The arguments still to be read. */
struct stream {
    int n;
    char **at;
};

static const char *command_name(const struct cli *cli)
{
    return cli->command == NULL ? "-" : cli->command->name;
}

static void suggest_option(struct suggestion *suggestion, const struct cli *cli)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (options_applies((enum option)i, command_name(cli))) {
            suggest_consider(suggestion, options_row((enum option)i)->name);
        }
    }
}

static enum status refuse_option(const struct cli *cli, const char *name,
                                 size_t n, struct error *error)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, name, n);
    suggest_option(&suggestion, cli);
    const char *nearest = suggest_best(&suggestion);
    error_set(error, "unknown option '--%.*s'%s%s%s%s%s", (int)n, name,
              cli->command == NULL ? "" : " of ",
              cli->command == NULL ? "" : cli->command->name,
              nearest == NULL ? "" : "; did you mean '--",
              nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
    return STATUS_USAGE;
}

/* Sets the option with the value after `=`, or with the next argument. */
static enum status take_value(struct cli *cli, enum option option,
                              const char *value, struct stream *stream,
                              struct error *error)
{
    const bool is_flag = options_row(option)->kind == OPTION_KIND_FLAG;
    if (value == NULL && !is_flag && stream->n > 0) {
        value = *stream->at++;
        stream->n--;
    }
    return options_set(&cli->options, option, value, error);
}

static enum status take_long(struct cli *cli, const char *text,
                             struct stream *stream, struct error *error)
{
    const char *equals = strchr(text, '=');
    const size_t n = equals == NULL ? strlen(text) : (size_t)(equals - text);
    const enum option option = options_find(text, n, command_name(cli));
    if (option == OPTION_COUNT) {
        return refuse_option(cli, text, n, error);
    }
    return take_value(cli, option, equals == NULL ? NULL : equals + 1, stream,
                      error);
}

/* One or more letters; the last may take a value. */
static enum status take_letters(struct cli *cli, const char *letters,
                                struct stream *stream, struct error *error)
{
    for (; *letters != '\0'; letters++) {
        const enum option option =
            options_find_letter(*letters, command_name(cli));
        if (option == OPTION_COUNT) {
            error_set(error, "unknown option '-%c'", *letters);
            return STATUS_USAGE;
        }
        const enum status status = take_value(cli, option, NULL, stream, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status take_command(struct cli *cli, const char *name,
                                struct error *error)
{
    cli->command = commands_find(name);
    if (cli->command != NULL) {
        return STATUS_OK;
    }
    struct suggestion suggestion;
    suggest_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < commands_count(); i++) {
        suggest_consider(&suggestion, commands_at(i)->name);
    }
    const char *nearest = suggest_best(&suggestion);
    error_set(error, "unknown command '%s'%s%s%s", name,
              nearest == NULL ? "" : "; did you mean '",
              nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
    return STATUS_USAGE;
}

static enum status take_argument(struct cli *cli, struct stream *stream,
                                 struct error *error)
{
    const char *text = *stream->at++;
    stream->n--;
    if (strcmp(text, "--") == 0) {
        cli->n_rest = (size_t)stream->n;
        cli->rest = stream->at;
        stream->n = 0;
        return STATUS_OK;
    }
    if (strncmp(text, "--", 2) == 0) {
        return take_long(cli, text + 2, stream, error);
    }
    if (text[0] == '-' && text[1] != '\0') {
        return take_letters(cli, text + 1, stream, error);
    }
    if (cli->command == NULL) {
        return take_command(cli, text, error);
    }
    VEC_PUSH(&cli->operands, text);
    return STATUS_OK;
}

/* `--` passes the rest to bench; for others the rest are operands. */
static void place_rest(struct cli *cli)
{
    if (cli->command != NULL && strcmp(cli->command->name, "bench") == 0) {
        return;
    }
    for (size_t i = 0; i < cli->n_rest; i++) {
        VEC_PUSH(&cli->operands, cli->rest[i]);
    }
    cli->n_rest = 0;
}

static enum status check_operands(const struct cli *cli, struct error *error)
{
    if (cli_is_set(cli, OPTION_HELP)) {
        return STATUS_OK;
    }
    if (cli->command == NULL) {
        if (cli->operands.n == 0 &&
            (cli_is_set(cli, OPTION_VERSION) || cli_is_set(cli, OPTION_NAME))) {
            return STATUS_OK;
        }
        error_set(error, "expected a command");
        return STATUS_USAGE;
    }
    const struct command *command = cli->command;
    if (cli->operands.n < command->n_operands_min) {
        error_set(error, "%s: expected %s", command->name, command->operands);
        return STATUS_USAGE;
    }
    if (cli->operands.n > command->n_operands_max) {
        error_set(error, "%s: unexpected argument '%s'", command->name,
                  cli->operands.data[command->n_operands_max]);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

enum status cli_parse(struct cli *cli, int argc, char **argv,
                      struct error *error)
{
    *cli = (struct cli){0};
    options_init(&cli->options);
    struct stream stream = {.n = argc > 0 ? argc - 1 : 0,
                            .at = argc > 0 ? argv + 1 : argv};
    while (stream.n > 0) {
        const enum status status = take_argument(cli, &stream, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    place_rest(cli);
    return check_operands(cli, error);
}

void cli_clear(struct cli *cli)
{
    options_clear(&cli->options);
    VEC_CLEAR(&cli->operands);
}

bool cli_is_set(const struct cli *cli, enum option option)
{
    return cli->options.value[option].is_given;
}

const char *cli_text(const struct cli *cli, enum option option)
{
    return cli->options.value[option].text;
}
