/* Element types, and the typing rules of version 2. */
#include "vnnlib/types.h"

#include "vnnlib/diagnostics.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum type_class class;
} types[] = {
    {"real", TYPE_REAL},
    {"float16", TYPE_FLOAT},
    {"float32", TYPE_FLOAT},
    {"float64", TYPE_FLOAT},
    {"bfloat16", TYPE_FLOAT},
    {"float8e4m3fn", TYPE_FLOAT},
    {"float8e4m3fnuz", TYPE_FLOAT},
    {"float8e5m2", TYPE_FLOAT},
    {"float8e5m2fnuz", TYPE_FLOAT},
    {"float4e2m1", TYPE_FLOAT},
    {"int4", TYPE_SIGNED},
    {"int8", TYPE_SIGNED},
    {"int16", TYPE_SIGNED},
    {"int32", TYPE_SIGNED},
    {"int64", TYPE_SIGNED},
    {"uint4", TYPE_UNSIGNED},
    {"uint8", TYPE_UNSIGNED},
    {"uint16", TYPE_UNSIGNED},
    {"uint32", TYPE_UNSIGNED},
    {"uint64", TYPE_UNSIGNED},
    {"bool", TYPE_OTHER},
    {"string", TYPE_OTHER},
    {"complex64", TYPE_OTHER},
    {"complex128", TYPE_OTHER},
};

enum { N_TYPES = sizeof types / sizeof types[0] };

uint32_t types_real(void)
{
    return 0;
}

static bool is_real_in_any_case(const char *name, size_t n)
{
    return n == 4 && (name[0] == 'r' || name[0] == 'R') &&
           (name[1] == 'e' || name[1] == 'E') &&
           (name[2] == 'a' || name[2] == 'A') &&
           (name[3] == 'l' || name[3] == 'L');
}

uint32_t types_find(const char *name, size_t n)
{
    if (is_real_in_any_case(name, n)) {
        return types_real();
    }
    for (uint32_t i = 0; i < N_TYPES; i++) {
        if (strlen(types[i].name) == n && memcmp(types[i].name, name, n) == 0) {
            return i;
        }
    }
    return TYPES_NONE;
}

const char *types_name(uint32_t type)
{
    assert(type < N_TYPES);
    return types[type].name;
}

static enum type_class class_of(uint32_t type)
{
    assert(type < N_TYPES);
    return types[type].class;
}

bool types_is_all_real(const struct vnnlib *lib)
{
    for (size_t i = 0; i < lib->variables.n; i++) {
        if (lib->variables.data[i].type != types_real()) {
            return false;
        }
    }
    return true;
}

static bool is_integer_literal(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' || text[i] == 'e' || text[i] == 'E') {
            return false;
        }
    }
    return true;
}

/* May the literal stand beside a variable of this class? */
static bool goes_with(const char *text, size_t n, enum type_class class)
{
    switch (class) {
    case TYPE_REAL:
        return true;
    case TYPE_FLOAT:
        return !is_integer_literal(text, n);
    case TYPE_SIGNED:
        return is_integer_literal(text, n);
    case TYPE_UNSIGNED:
        return is_integer_literal(text, n) && text[0] != '-';
    case TYPE_OTHER:
        return false;
    }
    return false;
}

static void add_mismatch(const struct source *source, uint32_t offset, size_t n,
                         const char *expected)
{
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    (void)snprintf(symbol, sizeof symbol, "%.*s",
                   n < sizeof symbol ? (int)n : (int)sizeof symbol,
                   source->lib->text.data + offset);
    diagnostics_add(source->diagnostics, DIAGNOSTIC_TYPE_MISMATCH, offset,
                    symbol, "%s", expected);
}

/* Type of the first variable in nodes [first, end): TYPES_NONE if there is
 * none; is_known false if some name was not resolved. */
static uint32_t first_type(const struct vnnlib *lib, uint32_t first,
                           uint32_t end, bool *is_known)
{
    uint32_t type = TYPES_NONE;
    *is_known = true;
    for (uint32_t i = first; i < end; i++) {
        const struct vnnlib_node *node = &lib->nodes.data[i];
        if (node->kind != VNNLIB_ELEMENT) {
            continue;
        }
        if (node->extent == VNNLIB_UNKNOWN) {
            *is_known = false;
        } else if (type == TYPES_NONE) {
            type = lib->variables.data[node->extent].type;
        }
    }
    return type;
}

/* Literals only: they must all be integers or all not. */
static void check_constants(struct source *source, uint32_t first, uint32_t end)
{
    const struct vnnlib *lib = source->lib;
    if (!source->has_warned_constant) {
        source->has_warned_constant = true;
        source_warn(source, lib->nodes.data[first].offset,
                    "this comparison has no variable");
    }
    bool has_first = false;
    bool is_integer = false;
    for (uint32_t i = first; i < end; i++) {
        const struct vnnlib_node *node = &lib->nodes.data[i];
        if (node->kind != VNNLIB_NUMBER) {
            continue;
        }
        const char *text = lib->text.data + node->offset;
        const bool is_this = is_integer_literal(text, node->extent);
        if (has_first && is_this != is_integer) {
            add_mismatch(source, node->offset, node->extent,
                         "integer and decimal literals are mixed");
            return;
        }
        has_first = true;
        is_integer = is_this;
    }
}

/* The comparison at node `first`; ends at node `end`. */
static void check_comparison(struct source *source, uint32_t first,
                             uint32_t end)
{
    const struct vnnlib *lib = source->lib;
    bool is_known = true;
    const uint32_t type = first_type(lib, first, end, &is_known);
    if (!is_known) {
        return;
    }
    if (type == TYPES_NONE) {
        check_constants(source, first, end);
        return;
    }
    char expected[DIAGNOSTIC_HINT_BYTES];
    (void)snprintf(expected, sizeof expected,
                   "the variables of this comparison are %s", types_name(type));
    for (uint32_t i = first; i < end; i++) {
        const struct vnnlib_node *node = &lib->nodes.data[i];
        if (node->kind == VNNLIB_NUMBER &&
            !goes_with(lib->text.data + node->offset, node->extent,
                       class_of(type))) {
            add_mismatch(source, node->offset, node->extent, expected);
            return;
        }
        if (node->kind != VNNLIB_ELEMENT) {
            continue;
        }
        const struct vnnlib_variable *variable =
            &lib->variables.data[node->extent];
        if (variable->type != type) {
            add_mismatch(source, node->offset, variable->length, expected);
            return;
        }
    }
}

static bool is_comparison(enum vnnlib_kind kind)
{
    return kind >= VNNLIB_LE && kind <= VNNLIB_NE;
}

void types_check_comparisons(struct source *source)
{
    const struct vnnlib *lib = source->lib;
    uint32_t i = 0;
    while (i < lib->nodes.n) {
        if (is_comparison(lib->nodes.data[i].kind)) {
            const uint32_t end = vnnlib_next(lib, i);
            check_comparison(source, i, end);
            i = end;
        } else {
            i++;
        }
    }
}

/* Next variable of this role and network from `i` on; variables.n if none. */
static size_t next_variable(const struct vnnlib *lib, size_t i,
                            uint32_t network, enum vnnlib_role role)
{
    while (i < lib->variables.n && (lib->variables.data[i].network != network ||
                                    lib->variables.data[i].role != role)) {
        i++;
    }
    return i;
}

static bool is_same_shape(const struct vnnlib *lib,
                          const struct vnnlib_variable *a,
                          const struct vnnlib_variable *b)
{
    return a->n_dims == b->n_dims &&
           (a->n_dims == 0 ||
            memcmp(&lib->dims.data[a->first_dim], &lib->dims.data[b->first_dim],
                   a->n_dims * sizeof *lib->dims.data) == 0);
}

/* Compares the variables of one role; false after the first error. */
static bool check_role(const struct source *source, uint32_t network,
                       enum vnnlib_role role, const char *base_name)
{
    const struct vnnlib *lib = source->lib;
    const struct vnnlib_network *self = &lib->networks.data[network];
    size_t i = next_variable(lib, 0, network, role);
    size_t j = next_variable(lib, 0, self->base, role);
    while (i < lib->variables.n && j < lib->variables.n) {
        const struct vnnlib_variable *a = &lib->variables.data[i];
        const struct vnnlib_variable *b = &lib->variables.data[j];
        if (!is_same_shape(lib, a, b)) {
            diagnostics_add(source->diagnostics, DIAGNOSTIC_CONGRUENCE_SHAPE,
                            a->offset, base_name,
                            "congruent networks have equal shapes");
            return false;
        }
        if (self->congruence == VNNLIB_EQUAL_TO && a->type != b->type) {
            diagnostics_add(source->diagnostics, DIAGNOSTIC_TYPE_MISMATCH,
                            a->offset, base_name,
                            "expected %s as in the network this one is "
                            "equal to, found %s",
                            types_name(b->type), types_name(a->type));
            return false;
        }
        i = next_variable(lib, i + 1, network, role);
        j = next_variable(lib, j + 1, self->base, role);
    }
    if (i == lib->variables.n && j == lib->variables.n) {
        return true;
    }
    diagnostics_add(source->diagnostics, DIAGNOSTIC_CONGRUENCE_COUNT,
                    self->offset, base_name,
                    "congruent networks have equally many inputs and outputs");
    return false;
}

void types_check_congruence(const struct source *source)
{
    const struct vnnlib *lib = source->lib;
    const uint32_t network = (uint32_t)lib->networks.n - 1;
    const struct vnnlib_network *self = &lib->networks.data[network];
    if (self->congruence == VNNLIB_DISTINCT) {
        return;
    }
    const struct vnnlib_network *base = &lib->networks.data[self->base];
    char name[DIAGNOSTIC_SYMBOL_BYTES];
    (void)snprintf(name, sizeof name, "%.*s",
                   base->length < sizeof name ? (int)base->length
                                              : (int)sizeof name,
                   lib->text.data + base->offset);
    if (base->congruence != VNNLIB_DISTINCT) {
        diagnostics_add(source->diagnostics, DIAGNOSTIC_CONGRUENCE_CHAIN,
                        self->offset, name,
                        "a congruent network cannot be referred to again");
        return;
    }
    if (check_role(source, network, VNNLIB_INPUT, name)) {
        (void)check_role(source, network, VNNLIB_OUTPUT, name);
    }
}
