/* list ::= `[` [pair {`,` pair} [`,`]] `]`; pair ::= `(` text `,` text `)`. */
#include "src/app/network_args.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of `NAME` in `NAME=FILE`, 0 if the text is a bare path. */
static size_t name_length(const char *text)
{
    size_t n = 0;
    if (!is_letter(text[0])) {
        return 0;
    }
    while (is_letter(text[n]) || text[n] == '_' ||
           (text[n] >= '0' && text[n] <= '9')) {
        n++;
    }
    return text[n] == '=' && access(text, F_OK) != 0 ? n : 0;
}

static const char *keep(struct network_args *args, const char *text, size_t n)
{
    char *copy = alloc_string(text, n);
    VEC_PUSH(&args->texts, copy);
    return copy;
}

static void add_argument(struct network_args *args, const char *text)
{
    struct astrolabe_network network = {.path = text};
    const size_t n = name_length(text);
    if (n > 0) {
        network.name = keep(args, text, n);
        network.path = text + n + 1;
    }
    VEC_PUSH(&args->networks, network);
}

/* A position in the list literal; start is for messages. */
struct literal {
    const char *start;
    const char *at;
};

static void skip_blanks(struct literal *literal)
{
    literal->at += strspn(literal->at, " \t\r\n");
}

static bool take(struct literal *literal, char c)
{
    skip_blanks(literal);
    if (*literal->at != c) {
        return false;
    }
    literal->at++;
    return true;
}

static enum status refuse(const struct literal *literal, const char *expected,
                          struct error *error)
{
    error_set(error, "--network-list: expected %s at character %zu, found '%s'",
              expected, (size_t)(literal->at - literal->start) + 1,
              literal->at);
    return STATUS_USAGE;
}

static enum status read_quoted(struct network_args *args, const char **text,
                               struct literal *literal, struct error *error)
{
    VEC(char) bytes = {0};
    skip_blanks(literal);
    const char quote = *literal->at;
    if (quote != '\'' && quote != '"') {
        return refuse(literal, "a quoted text", error);
    }
    literal->at++;
    while (*literal->at != quote && *literal->at != '\0') {
        if (literal->at[0] == '\\' && literal->at[1] != '\0') {
            literal->at++;
        }
        VEC_PUSH(&bytes, *literal->at);
        literal->at++;
    }
    *text = keep(args, bytes.data == NULL ? "" : bytes.data, bytes.n);
    VEC_CLEAR(&bytes);
    return take(literal, quote) ? STATUS_OK
                                : refuse(literal, "a closing quote", error);
}

static enum status read_pair(struct network_args *args, struct literal *literal,
                             struct error *error)
{
    enum status status = STATUS_OK;
    struct astrolabe_network network = {0};
    if (!take(literal, '(')) {
        return refuse(literal, "`(`", error);
    }
    STATUS_TRY(read_quoted(args, &network.name, literal, error));
    if (!take(literal, ',')) {
        return refuse(literal, "`,`", error);
    }
    STATUS_TRY(read_quoted(args, &network.path, literal, error));
    if (!take(literal, ')')) {
        return refuse(literal, "`)`", error);
    }
    VEC_PUSH(&args->networks, network);
cleanup:
    return status;
}

enum status network_args_read_list(struct network_args *args, const char *text,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    struct literal literal = {.start = text, .at = text};
    if (!take(&literal, '[')) {
        return refuse(&literal, "`[`", error);
    }
    while (!take(&literal, ']')) {
        STATUS_TRY(read_pair(args, &literal, error));
        if (!take(&literal, ',') && *literal.at != ']') {
            return refuse(&literal, "`,` or `]`", error);
        }
    }
    skip_blanks(&literal);
    if (*literal.at != '\0') {
        return refuse(&literal, "the end", error);
    }
cleanup:
    return status;
}

enum status network_args_read(struct network_args *args, const struct cli *cli,
                              struct error *error)
{
    *args = (struct network_args){0};
    const struct option_value *given = &cli->options.value[OPTION_NETWORK];
    for (size_t i = 0; i < given->list.n; i++) {
        add_argument(args, given->list.data[i]);
    }
    const char *list = cli_text(cli, OPTION_NETWORK_LIST);
    return list == NULL ? STATUS_OK : network_args_read_list(args, list, error);
}

/* Appends the text in quotes, for which `to` has twice its room and three. */
static size_t put_quoted(char *to, const char *text)
{
    size_t n = 0;
    to[n++] = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            to[n++] = '\\';
        }
        to[n++] = *text;
    }
    to[n++] = '\'';
    return n;
}

const char *network_args_text(struct network_args *args)
{
    const size_t n_networks = args->networks.n;
    if (n_networks <= 1) {
        return n_networks == 0 ? NULL : args->networks.data[0].path;
    }
    size_t size = 3;
    for (size_t i = 0; i < n_networks; i++) {
        const struct astrolabe_network *one = &args->networks.data[i];
        size += 2 * strlen(one->path) + 16 +
                (one->name == NULL ? 0 : 2 * strlen(one->name));
    }
    char *text = NULL;
    size_t n = 0;
    NEW_ARRAY(text, size);
    text[n++] = '[';
    for (size_t i = 0; i < n_networks; i++) {
        const struct astrolabe_network *one = &args->networks.data[i];
        text[n++] = '(';
        n += put_quoted(text + n, one->name == NULL ? "" : one->name);
        text[n++] = ',';
        n += put_quoted(text + n, one->path);
        text[n++] = ')';
        text[n++] = ',';
    }
    text[n - 1] = ']';
    VEC_PUSH(&args->texts, text);
    return text;
}

void network_args_clear(struct network_args *args)
{
    for (size_t i = 0; i < args->texts.n; i++) {
        alloc_free(args->texts.data[i]);
    }
    VEC_CLEAR(&args->texts);
    VEC_CLEAR(&args->networks);
}
