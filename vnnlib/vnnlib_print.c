/* Canonical text of a property file. */
#include "vnnlib/types.h"
#include "vnnlib/vnnlib.h"

static const char *const words_v1[] = {
    [VNNLIB_TRUE] = "true", [VNNLIB_FALSE] = "false", [VNNLIB_AND] = "and",
    [VNNLIB_OR] = "or",     [VNNLIB_NOT] = "not",     [VNNLIB_IMPLIES] = "=>",
    [VNNLIB_LE] = "<=",     [VNNLIB_GE] = ">=",       [VNNLIB_LT] = "<",
    [VNNLIB_GT] = ">",      [VNNLIB_EQ] = "=",        [VNNLIB_NE] = "distinct",
    [VNNLIB_ADD] = "+",     [VNNLIB_SUB] = "-",       [VNNLIB_MUL] = "*",
};

static const char *word_of(const struct vnnlib *lib, enum vnnlib_kind kind)
{
    if (lib->major != 1 && kind == VNNLIB_EQ) {
        return "==";
    }
    return lib->major != 1 && kind == VNNLIB_NE ? "!=" : words_v1[kind];
}

static void print_span(FILE *file, const struct vnnlib *lib, uint32_t offset,
                       uint32_t length)
{
    (void)fwrite(lib->text.data + offset, 1, length, file);
}

/* A name; in version 1 with the bars it was written with. */
static void print_name(FILE *file, const struct vnnlib *lib,
                       const struct vnnlib_variable *variable)
{
    const bool is_quoted = lib->major == 1 && variable->offset > 0 &&
                           lib->text.data[variable->offset - 1] == '|';
    (void)fputs(is_quoted ? "|" : "", file);
    print_span(file, lib, variable->offset, variable->length);
    (void)fputs(is_quoted ? "|" : "", file);
}

/* Indices of a row-major position. */
static void print_indices(FILE *file, const struct vnnlib *lib,
                          const struct vnnlib_variable *variable,
                          uint32_t element)
{
    uint32_t stride = variable->n_elements;
    for (uint32_t k = 0; k < variable->n_dims; k++) {
        stride /= lib->dims.data[variable->first_dim + k];
        (void)fprintf(file, "%s%u", k == 0 ? "[" : ",", element / stride);
        element %= stride;
    }
    (void)fputs(variable->n_dims == 0 ? "" : "]", file);
}

static void print_leaf(FILE *file, const struct vnnlib *lib, uint32_t i)
{
    const struct vnnlib_node *node = &lib->nodes.data[i];
    if (node->kind == VNNLIB_NUMBER) {
        print_span(file, lib, node->offset, node->extent);
        return;
    }
    const struct vnnlib_variable *variable = &lib->variables.data[node->extent];
    print_name(file, lib, variable);
    print_indices(file, lib, variable, node->element);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VNNLIB_MAX_DEPTH deep. */
static void print_node(FILE *file, const struct vnnlib *lib, uint32_t i)
{
    const enum vnnlib_kind kind = lib->nodes.data[i].kind;
    if (kind == VNNLIB_NUMBER || kind == VNNLIB_ELEMENT) {
        print_leaf(file, lib, i);
        return;
    }
    if (kind == VNNLIB_TRUE || kind == VNNLIB_FALSE) {
        (void)fputs(word_of(lib, kind), file);
        return;
    }
    const uint32_t end = vnnlib_next(lib, i);
    (void)fprintf(file, "(%s", word_of(lib, kind));
    for (uint32_t child = i + 1; child < end; child = vnnlib_next(lib, child)) {
        (void)fputs(" ", file);
        print_node(file, lib, child);
    }
    (void)fputs(")", file);
}

static void print_variable(FILE *file, const struct vnnlib *lib,
                           const struct vnnlib_variable *variable)
{
    static const char *const roles[] = {
        [VNNLIB_FREE] = "",
        [VNNLIB_INPUT] = "input",
        [VNNLIB_INITIALIZED] = "input",
        [VNNLIB_HIDDEN] = "hidden",
        [VNNLIB_OUTPUT] = "output",
    };
    (void)fprintf(file, "\n  (declare-%s ", roles[variable->role]);
    print_name(file, lib, variable);
    (void)fprintf(file, " %s [", types_name(variable->type));
    for (uint32_t k = 0; k < variable->n_dims; k++) {
        (void)fprintf(file, "%s%u", k == 0 ? "" : ",",
                      lib->dims.data[variable->first_dim + k]);
    }
    (void)fputs(variable->role == VNNLIB_INITIALIZED ? "] initialized" : "]",
                file);
    if (variable->role == VNNLIB_HIDDEN) {
        (void)fputs(" ", file);
        print_span(file, lib, variable->node_offset, variable->node_length);
    }
    (void)fputs(")", file);
}

static void print_network(FILE *file, const struct vnnlib *lib, uint32_t i)
{
    const struct vnnlib_network *network = &lib->networks.data[i];
    (void)fputs("(declare-network ", file);
    print_span(file, lib, network->offset, network->length);
    if (network->congruence != VNNLIB_DISTINCT) {
        const struct vnnlib_network *base = &lib->networks.data[network->base];
        (void)fprintf(file, "\n  (%s ",
                      network->congruence == VNNLIB_EQUAL_TO ? "equal-to"
                                                             : "isomorphic-to");
        print_span(file, lib, base->offset, base->length);
        (void)fputs(")", file);
    }
    for (size_t k = 0; k < lib->variables.n; k++) {
        if (lib->variables.data[k].network == i) {
            print_variable(file, lib, &lib->variables.data[k]);
        }
    }
    (void)fputs(")\n", file);
}

static void print_declarations(FILE *file, const struct vnnlib *lib)
{
    if (lib->major != 1) {
        (void)fprintf(file, "(vnnlib-version <%d.%d>)\n", lib->major,
                      lib->minor);
        for (uint32_t i = 0; i < lib->networks.n; i++) {
            print_network(file, lib, i);
        }
        return;
    }
    for (size_t i = 0; i < lib->variables.n; i++) {
        (void)fputs("(declare-const ", file);
        print_name(file, lib, &lib->variables.data[i]);
        (void)fputs(" Real)\n", file);
    }
}

void vnnlib_print(FILE *file, const struct vnnlib *lib)
{
    print_declarations(file, lib);
    for (size_t i = 0; i < lib->assertions.n; i++) {
        (void)fputs("(assert ", file);
        print_node(file, lib, lib->assertions.data[i]);
        (void)fputs(")\n", file);
    }
}
