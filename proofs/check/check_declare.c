/* Networks and tensors that a property of version 2 declares.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_declare.h"

#include "proofs/check/check_fail.h"

#include <stdlib.h>
#include <string.h>

/* Version 2, a new name: letter (letter | digit | _)*, not a keyword. */
static const char *read_name(struct check_reader *reader, size_t *n)
{
    const char *name = reader->text;
    const size_t length = strspn(reader->word, CHECK_LETTERS CHECK_DIGITS "_");
    if (reader->word[length] != '\0' ||
        check_is_one_of(*name, CHECK_DIGITS "_") ||
        check_token_is(reader, "and") || check_token_is(reader, "or") ||
        check_token_is(reader, "assert") ||
        check_token_variable(reader) != NULL ||
        check_token_network(reader) < reader->property->n_networks) {
        check_token_fail(reader, CHECK_MALFORMED,
                         "a new name (letters, digits, '_')");
    }
    *n = length;
    check_token_next(reader);
    return name;
}

/* [] or [n, n, ...]. */
static void read_shape(struct check_reader *reader,
                       struct check_variable *variable)
{
    check_token_take(reader, "[");
    variable->n = 1;
    while (!check_token_accept(reader, "]")) {
        size_t dim = 0;
        if (variable->n_dims > 0) {
            check_token_take(reader, ",");
        }
        if (!check_scan_natural(&dim, reader->word) || dim == 0) {
            check_token_fail(reader, CHECK_MALFORMED,
                             "a dimension of at least 1");
        }
        if (dim > UINT32_MAX / variable->n ||
            variable->n_dims == CHECK_MOST_DIMS) {
            check_token_fail(reader, CHECK_REFUSED,
                             "2^32 elements or 9 dimensions");
        }
        variable->dims[variable->n_dims++] = dim;
        variable->n *= dim;
        check_token_next(reader);
    }
}

/* `declare-input NAME TYPE shape`, -hidden or -output. */
static void read_tensor(struct check_reader *reader)
{
    struct check_property *property = reader->property;
    struct check_variable variable = {.network = property->n_networks - 1};
    const bool is_hidden = check_token_is(reader, "declare-hidden");
    variable.is_output = is_hidden || check_token_is(reader, "declare-output");
    if (!variable.is_output && !check_token_is(reader, "declare-input")) {
        check_token_fail(reader, CHECK_MALFORMED, "inputs, then outputs");
    }
    check_token_next(reader);
    variable.name = read_name(reader, &variable.n_name);
    variable.sort = check_token_accept(reader, "float32")   ? CHECK_FLOAT32_SORT
                    : check_token_accept(reader, "float64") ? CHECK_FLOAT64_SORT
                                                            : CHECK_REAL_SORT;
    if (variable.sort == CHECK_REAL_SORT &&
        !check_token_accept(reader, "real") &&
        !check_token_accept(reader, "Real")) {
        check_token_fail(reader, CHECK_REFUSED,
                         "types other than real, float32, float64");
    }
    read_shape(reader, &variable);
    if (is_hidden) {
        const size_t n = strlen(reader->word);
        if (n < 2 || *reader->word != '"') {
            check_token_fail(reader, CHECK_MALFORMED,
                             "the name of a tensor in quotes");
        }
        variable.hidden = reader->text + 1;
        variable.n_hidden = n - 2;
        check_token_next(reader);
    }
    property->variables = check_grow(property->variables, property->n_variables,
                                     sizeof *property->variables);
    property->variables[property->n_variables++] = variable;
}

/* 0: input, 1: hidden, 2: output, in the order of a declaration. */
static int role_of(const struct check_variable *variable)
{
    return !variable->is_output ? 0 : variable->hidden != NULL ? 1 : 2;
}

/* Numbers the elements of the network's tensors, those from `first` on. */
static void number_elements(struct check_reader *reader, size_t first)
{
    static const int order[] = {0, 2, 1};
    struct check_property *property = reader->property;
    for (size_t i = first + 1; i < property->n_variables; i++) {
        if (role_of(&property->variables[i]) <
            role_of(&property->variables[i - 1])) {
            check_token_fail(reader, CHECK_MALFORMED, "inputs, then outputs");
        }
    }
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = first; i < property->n_variables; i++) {
            struct check_variable *variable = &property->variables[i];
            size_t *n = &property->n_elements[variable->is_output ? 1 : 0];
            if (role_of(variable) == order[k]) {
                variable->first = *n;
                *n += variable->n;
            }
        }
    }
    if (property->n_elements[0] > UINT32_MAX ||
        property->n_elements[1] > UINT32_MAX) {
        check_token_fail(reader, CHECK_REFUSED, "2^32 elements");
    }
}

/* `equal-to NAME` or `isomorphic-to NAME`: an earlier network, which is not
 * itself declared like another. */
static void read_congruence(struct check_reader *reader,
                            struct check_named *network)
{
    network->is_equal = check_token_is(reader, "equal-to");
    check_token_next(reader);
    const size_t base = check_token_network(reader);
    if (base + 1 >= reader->property->n_networks ||
        reader->property->networks[base].same != base) {
        check_token_fail(reader, CHECK_MALFORMED, "a network declared before");
    }
    network->same = base;
    check_token_next(reader);
    check_token_take(reader, ")");
}

/* The tensors of a network that is declared like another are like its. */
static void compare_tensors(const struct check_reader *reader, size_t first)
{
    const struct check_property *property = reader->property;
    const size_t own = property->n_networks - 1;
    size_t at = first;
    for (size_t i = 0; i < first; i++) {
        const struct check_variable *base = &property->variables[i];
        const struct check_variable *variable = &property->variables[at];
        if (base->network != property->networks[own].same ||
            base->hidden != NULL) {
            continue;
        }
        while (at < property->n_variables && variable->hidden != NULL) {
            variable = &property->variables[++at];
        }
        if (at == property->n_variables ||
            base->is_output != variable->is_output ||
            base->n_dims != variable->n_dims ||
            memcmp(base->dims, variable->dims, sizeof base->dims) != 0 ||
            (property->networks[own].is_equal &&
             base->sort != variable->sort)) {
            check_token_fail(reader, CHECK_MALFORMED,
                             "tensors like those of the other network");
        }
        at++;
    }
    while (at < property->n_variables &&
           property->variables[at].hidden != NULL) {
        at++;
    }
    if (at < property->n_variables) {
        check_token_fail(reader, CHECK_MALFORMED,
                         "no more tensors than the other network");
    }
}

/* One network, behind the parenthesis. */
static void read_network(struct check_reader *reader)
{
    struct check_property *property = reader->property;
    const size_t first = property->n_variables;
    const size_t n_outputs = property->n_elements[1];
    const size_t own = property->n_networks;
    struct check_named network = {.same = own};
    check_token_take(reader, "declare-network");
    network.name = read_name(reader, &network.n_name);
    property->networks =
        check_grow(property->networks, own, sizeof *property->networks);
    property->networks[property->n_networks++] = network;
    check_token_take(reader, "(");
    if (check_token_is(reader, "equal-to") ||
        check_token_is(reader, "isomorphic-to")) {
        read_congruence(reader, &property->networks[own]);
        check_token_take(reader, "(");
    }
    for (read_tensor(reader);
         check_token_accept(reader, ")") && check_token_accept(reader, "(");) {
        read_tensor(reader);
    }
    number_elements(reader, first);
    if (property->n_elements[1] == n_outputs ||
        property->variables[property->n_variables - 1].hidden != NULL) {
        check_token_fail(reader, CHECK_MALFORMED, "an output");
    }
    if (property->networks[own].same != own) {
        compare_tensors(reader, first);
    }
    check_token_take(reader, ")");
    check_token_take(reader, "(");
}

void check_prepare_ties(struct check_reader *reader)
{
    struct check_property *property = reader->property;
    if (property->n_elements[0] > CHECK_MOST_TIED) {
        check_token_fail(reader, CHECK_REFUSED,
                         "so many inputs with products or several networks");
    }
    if (property->ties.n == 0) {
        check_ties_init(&property->ties, property->n_elements[0]);
    }
}

/* Version 2, from `vnnlib-version` to the end of the last network. */
void check_read_networks(struct check_reader *reader)
{
    check_token_next(reader);
    if (!check_token_accept(reader, "<2.0>") &&
        !check_token_accept(reader, "<2.1>")) {
        check_token_fail(reader, CHECK_MALFORMED, "version <2.0> or <2.1>");
    }
    check_token_take(reader, ")");
    check_token_take(reader, "(");
    do {
        read_network(reader);
    } while (check_token_is(reader, "declare-network"));
    if (reader->property->n_networks > 1) {
        check_prepare_ties(reader);
    }
}
