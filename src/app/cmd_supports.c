/* supports: what the tool can do, one item per line. */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/app/help.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

#include <stdio.h>

/* Answers that do not depend on other tables, and the older spellings. */
struct capability {
    enum option option;
    const char *answer;
};

static const struct capability CAPABILITIES[] = {
    {OPTION_ARITHMETIC_COMPLEXITY_THEORIES, "BND\nOUTC\nLIN\nPOLY\n"},
    {OPTION_ASSIGNMENTS, "false\n"},
    {OPTION_HIDDEN_NODE_THEORIES, "NH\nH\n"},
    {OPTION_MULTIPLE_INPUT_OUTPUT_THEORIES, "SIO\nMIO\n"},
    {OPTION_MULTIPLE_INPUTS_OUTPUT_THEORIES, "SIO\nMIO\n"},
    {OPTION_MULTIPLE_NETWORK_THEORIES, "SNET\nMENET\nMINET\nMNET\n"},
    {OPTION_MULTIPLE_NODE_COMPARISON_THEORIES, "SNC\nMNC\n"},
    {OPTION_ONNX_ELEMENT_TYPES, "float32\nfloat64\n"},
    {OPTION_ONNX_OPSET_VERSIONS, "7\n21\n"},
    {OPTION_OPTIMISED_DISJUNCTIVE_REASONING, "true\n"},
    {OPTION_SUPPORTS_SERIALISE_ASSIGNMENTS, "false\n"},
    {OPTION_VNNLIB_VERSIONS, "1.0\n2.1\n"}};

/* The table of operators: of all, or of those of a network. */
static int print_operators(const char *path)
{
    char message[2048] = "";
    if (astrolabe_print_operators(stdout, path, message, sizeof message) !=
        ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", message);
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}

static int answer(const struct cli *cli)
{
    int status = EXIT_STATUS_OK;
    if (cli->operands.n > 0 || cli_is_set(cli, OPTION_OPERATOR_TABLE)) {
        status =
            print_operators(cli->operands.n > 0 ? cli->operands.data[0] : NULL);
    }
    if (cli_is_set(cli, OPTION_ONNX_OPERATORS)) {
        for (size_t i = 0; i < astrolabe_n_operators(); i++) {
            printf("%s [%s]\n", astrolabe_operator(i),
                   astrolabe_operator_types(i));
        }
    }
    for (size_t i = 0; i < sizeof CAPABILITIES / sizeof *CAPABILITIES; i++) {
        if (cli_is_set(cli, CAPABILITIES[i].option)) {
            printf("%s", CAPABILITIES[i].answer);
        }
    }
    if (fflush(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    return status;
}

int cmd_supports(const struct cli *cli)
{
    size_t n_given = cli->operands.n;
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        n_given += cli_is_set(cli, (enum option)i) ? 1 : 0;
    }
    if (n_given != 1) {
        log_line(LOG_ERROR,
                 "supports: expected one capability or network, found %zu",
                 n_given);
        help_hint(stderr, cli->command);
        return EXIT_STATUS_USAGE;
    }
    return answer(cli);
}
