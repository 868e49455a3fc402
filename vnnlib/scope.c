/* Names of version 2: networks, tensors and the elements of tensors. */
#include "vnnlib/scope.h"

#include "vnnlib/diagnostics.h"

#include <assert.h>
#include <stdio.h>

/* In the table of names networks have odd numbers, variables even ones. */
static uint32_t number_of_network(size_t i)
{
    return (uint32_t)(2 * i + 1);
}

static uint32_t number_of_variable(size_t i)
{
    return (uint32_t)(2 * i);
}

/* The text from offset to end without white space, cut to the buffer. */
static void copy_symbol(char symbol[DIAGNOSTIC_SYMBOL_BYTES],
                        const struct source *source, size_t offset, size_t end)
{
    size_t n = 0;
    for (size_t i = offset; i < end && n + 1 < DIAGNOSTIC_SYMBOL_BYTES; i++) {
        const char c = source->lib->text.data[i];
        if (c > ' ') {
            symbol[n++] = c;
        }
    }
    symbol[n] = '\0';
}

static void copy_name(char symbol[DIAGNOSTIC_SYMBOL_BYTES],
                      const struct source *source, struct token name)
{
    copy_symbol(symbol, source, name.offset, (size_t)name.offset + name.length);
}

static uint32_t find(const struct source *source, struct token name)
{
    return names_find(&source->names, source->lib->text.data + name.offset,
                      name.length);
}

/* Adds the name unless it is in use, which is a diagnostic. */
static void add_name(struct source *source, struct token name, uint32_t number)
{
    if (find(source, name) == NAMES_NONE) {
        names_add(&source->names, name.offset, name.length, number);
        return;
    }
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    copy_name(symbol, source, name);
    diagnostics_add(source->diagnostics, DIAGNOSTIC_MULTIPLE_DECLARATION,
                    name.offset, symbol,
                    "every name is declared once in a query");
}

void scope_add_network(struct source *source, struct token name)
{
    struct vnnlib *lib = source->lib;
    const struct vnnlib_network network = {name.offset, name.length, 0,
                                           VNNLIB_DISTINCT};
    add_name(source, name, number_of_network(lib->networks.n));
    VEC_PUSH(&lib->networks, network);
}

void scope_add_variable(struct source *source, struct token name,
                        const struct vnnlib_variable *variable)
{
    struct vnnlib *lib = source->lib;
    add_name(source, name, number_of_variable(lib->variables.n));
    VEC_PUSH(&lib->variables, *variable);
}

uint32_t scope_find_network(struct source *source, struct token name)
{
    const uint32_t number = find(source, name);
    const uint32_t last = number_of_network(source->lib->networks.n - 1);
    if (number != NAMES_NONE && number % 2 == 1 && number != last) {
        return number / 2;
    }
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    copy_name(symbol, source, name);
    diagnostics_add(source->diagnostics, DIAGNOSTIC_MISSING_NETWORK,
                    name.offset, symbol,
                    "no network of this name is declared "
                    "before this place");
    return VNNLIB_UNKNOWN;
}

struct scope_element scope_begin(const struct source *source, struct token name)
{
    const uint32_t number = find(source, name);
    struct scope_element element = {.name = name,
                                    .variable = VNNLIB_UNKNOWN,
                                    .end = (size_t)name.offset + name.length};
    if (number != NAMES_NONE && number % 2 == 0) {
        element.variable = number / 2;
    }
    return element;
}

bool scope_read_index(uint32_t *value, const struct source *source,
                      struct token token)
{
    const char *text = source->lib->text.data + token.offset;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < token.length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        sum = 10 * sum + (uint64_t)(text[i] - '0');
        if (sum > UINT32_MAX) {
            return false;
        }
    }
    *value = (uint32_t)sum;
    return true;
}

void scope_add_index(const struct source *source, struct scope_element *element,
                     struct token index)
{
    const struct vnnlib *lib = source->lib;
    const uint32_t k = element->n_indices++;
    uint32_t value = 0;
    if (element->variable == VNNLIB_UNKNOWN) {
        return;
    }
    const struct vnnlib_variable *variable =
        &lib->variables.data[element->variable];
    if (k >= variable->n_dims) {
        return;
    }
    const uint32_t dim = lib->dims.data[variable->first_dim + k];
    if (!scope_read_index(&value, source, index) || value >= dim) {
        element->is_outside = true;
        return;
    }
    element->element = element->element * dim + value;
}

/* Compares the number of indices with the shape; false if they agree. */
static bool has_wrong_count(const struct vnnlib_variable *variable,
                            const struct scope_element *element,
                            enum diagnostic_code *code)
{
    const bool has_brackets = element->n_indices > 0;
    if (variable->n_dims == 0 && has_brackets) {
        *code = DIAGNOSTIC_INVALID_SCALAR_ACCESS;
    } else if (element->n_indices > variable->n_dims) {
        *code = DIAGNOSTIC_TOO_MANY_INDICES;
    } else if (element->n_indices < variable->n_dims) {
        *code = DIAGNOSTIC_NOT_ENOUGH_INDICES;
    } else {
        return false;
    }
    return true;
}

void scope_end(struct source *source, struct scope_element *element)
{
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    const size_t offset = element->name.offset;
    if (element->variable == VNNLIB_UNKNOWN) {
        copy_name(symbol, source, element->name);
        diagnostics_add(source->diagnostics, DIAGNOSTIC_UNDECLARED_VARIABLE,
                        offset, symbol, "no variable of this name is declared");
        return;
    }
    const struct vnnlib_variable *variable =
        &source->lib->variables.data[element->variable];
    enum diagnostic_code code = DIAGNOSTIC_INDEX_OUT_OF_BOUNDS;
    copy_symbol(symbol, source, offset, element->end);
    if (has_wrong_count(variable, element, &code)) {
        diagnostics_add(source->diagnostics, code, offset, symbol,
                        "expected %u indices, found %u", variable->n_dims,
                        element->n_indices);
        element->variable = VNNLIB_UNKNOWN;
    } else if (element->is_outside) {
        diagnostics_add(source->diagnostics, code, offset, symbol,
                        "every index is a whole number below its dimension");
        element->variable = VNNLIB_UNKNOWN;
    }
}
