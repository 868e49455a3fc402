/* Properties for tests: parsed from text, evaluated straight on the tree. */
#include "tests/ref/ref_property.h"

#include "src/base/alloc.h"
#include "vnnlib/diagnostics.h"

#include <check.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vnnlib *ref_property_parse(const char *text, bool is_strict,
                                  struct error *error)
{
    struct vnnlib *lib = NULL;
    struct diagnostics diagnostics = {0};
    const size_t n = strlen(text);
    const struct bytes bytes = {alloc_string(text, n), n};
    *error = (struct error){0};
    (void)vnnlib_parse(&lib, &diagnostics, "test", bytes, is_strict, error);
    diagnostics_clear(&diagnostics);
    return lib;
}

char *ref_property_print(const struct vnnlib *lib)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    vnnlib_print(file, lib);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

struct point {
    const struct vnnlib *lib;
    const size_t *base;
    const mpq_t *values;
};

/* NOLINTBEGIN(misc-no-recursion): as deep as the tree, or as drawn. */

static void evaluate(mpq_t sum, const struct point *point, uint32_t node)
{
    const struct vnnlib *lib = point->lib;
    const struct vnnlib_node *self = &lib->nodes.data[node];
    struct error error = {0};
    if (self->kind == VNNLIB_NUMBER) {
        ck_assert_int_eq(vnnlib_number(sum, lib, node, &error), STATUS_OK);
        return;
    }
    if (self->kind == VNNLIB_ELEMENT) {
        mpq_set(sum, point->values[point->base[self->extent] + self->element]);
        return;
    }
    const uint32_t end = vnnlib_next(lib, node);
    uint32_t i = node + 1;
    mpq_t operand;
    mpq_init(operand);
    evaluate(sum, point, i);
    i = vnnlib_next(lib, i);
    if (self->kind == VNNLIB_SUB && i == end) {
        mpq_neg(sum, sum);
    }
    for (; i < end; i = vnnlib_next(lib, i)) {
        evaluate(operand, point, i);
        if (self->kind == VNNLIB_ADD) {
            mpq_add(sum, sum, operand);
        } else if (self->kind == VNNLIB_SUB) {
            mpq_sub(sum, sum, operand);
        } else {
            mpq_mul(sum, sum, operand);
        }
    }
    mpq_clear(operand);
}

static bool compare(const struct point *point, uint32_t node)
{
    mpq_t left;
    mpq_t right;
    mpq_inits(left, right, NULL);
    evaluate(left, point, node + 1);
    evaluate(right, point, vnnlib_next(point->lib, node + 1));
    const int order = mpq_cmp(left, right);
    mpq_clears(left, right, NULL);
    const enum vnnlib_kind kind = point->lib->nodes.data[node].kind;
    return (kind == VNNLIB_LE && order <= 0) ||
           (kind == VNNLIB_GE && order >= 0) ||
           (kind == VNNLIB_LT && order < 0) ||
           (kind == VNNLIB_GT && order > 0) ||
           (kind == VNNLIB_EQ && order == 0) ||
           (kind == VNNLIB_NE && order != 0);
}

static bool holds(const struct point *point, uint32_t node)
{
    const struct vnnlib *lib = point->lib;
    const enum vnnlib_kind kind = lib->nodes.data[node].kind;
    const uint32_t end = vnnlib_next(lib, node);
    if (kind == VNNLIB_NOT) {
        return !holds(point, node + 1);
    }
    if (kind == VNNLIB_IMPLIES) {
        return !holds(point, node + 1) ||
               holds(point, vnnlib_next(lib, node + 1));
    }
    if (kind != VNNLIB_AND && kind != VNNLIB_OR) {
        return kind == VNNLIB_TRUE ||
               (kind != VNNLIB_FALSE && compare(point, node));
    }
    for (uint32_t i = node + 1; i < end; i = vnnlib_next(lib, i)) {
        if (holds(point, i) != (kind == VNNLIB_AND)) {
            return kind == VNNLIB_OR;
        }
    }
    return kind == VNNLIB_AND;
}

bool ref_property_holds(const struct vnnlib *lib, const size_t *base,
                        const mpq_t *values)
{
    const struct point point = {lib, base, values};
    for (size_t i = 0; i < lib->assertions.n; i++) {
        if (!holds(&point, lib->assertions.data[i])) {
            return false;
        }
    }
    return true;
}

/* What random text is made with. */
struct writer_state {
    FILE *file;
    struct rng *rng;
    size_t n_inputs;
    size_t n_outputs;
};

static void write_variable(const struct writer_state *state)
{
    const size_t i = rng_below(state->rng, state->n_inputs + state->n_outputs);
    const bool is_input = i < state->n_inputs;
    (void)fprintf(state->file, "%c_%zu", is_input ? 'X' : 'Y',
                  is_input ? i : i - state->n_inputs);
}

static void write_number(const struct writer_state *state)
{
    static const char *const numbers[] = {"0",    "1",   "-1",  "2",   "0.5",
                                          "-0.5", ".25", "1e0", "#b10"};
    (void)fputs(
        numbers[rng_below(state->rng, sizeof numbers / sizeof numbers[0])],
        state->file);
}

static void write_term(const struct writer_state *state, size_t depth)
{
    FILE *file = state->file;
    const size_t choice = rng_below(state->rng, depth == 0 ? 2 : 6);
    if (choice == 0) {
        write_number(state);
    } else if (choice == 1) {
        write_variable(state);
    } else if (choice == 2) {
        (void)fputs("(* ", file);
        write_number(state);
        (void)fputs(" ", file);
        write_term(state, depth - 1);
        (void)fputs(")", file);
    } else {
        const size_t n = 1 + rng_below(state->rng, 3);
        (void)fputs(choice == 3 ? "(+" : "(-", file);
        for (size_t i = 0; i < n; i++) {
            (void)fputs(" ", file);
            write_term(state, depth - 1);
        }
        (void)fputs(")", file);
    }
}

static void write_comparison(const struct writer_state *state)
{
    static const char *const relations[] = {"<=", ">=", "<",
                                            ">",  "=",  "distinct"};
    (void)fprintf(state->file, "(%s ", relations[rng_below(state->rng, 6)]);
    if (rng_below(state->rng, 3) != 0) {
        write_variable(state);
        (void)fputs(" ", state->file);
        write_number(state);
    } else {
        write_term(state, 2);
        (void)fputs(" ", state->file);
        write_term(state, 2);
    }
    (void)fputs(")", state->file);
}

static void write_formula(const struct writer_state *state, size_t depth)
{
    FILE *file = state->file;
    const size_t choice = rng_below(state->rng, depth == 0 ? 1 : 10);
    if (choice < 3) {
        write_comparison(state);
    } else if (choice == 3) {
        (void)fputs(rng_below(state->rng, 2) == 0 ? "true" : "false", file);
    } else if (choice == 4) {
        (void)fputs("(not ", file);
        write_formula(state, depth - 1);
        (void)fputs(")", file);
    } else if (choice == 5) {
        (void)fputs("(=> ", file);
        write_formula(state, depth - 1);
        (void)fputs(" ", file);
        write_formula(state, depth - 1);
        (void)fputs(")", file);
    } else {
        const size_t n =
            rng_below(state->rng, 10) == 0 ? 0 : 1 + rng_below(state->rng, 3);
        (void)fputs(choice % 2 == 0 ? "(and" : "(or", file);
        for (size_t i = 0; i < n; i++) {
            (void)fputs(" ", file);
            write_formula(state, depth - 1);
        }
        (void)fputs(")", file);
    }
}

/* NOLINTEND(misc-no-recursion) */

void ref_property_random(char *text, size_t size, struct rng *rng,
                         size_t n_inputs, size_t n_outputs)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n_inputs + n_outputs; i++) {
        const bool is_input = i < n_inputs;
        n += (size_t)snprintf(
            text + n, size - n, "(declare-const %c_%zu Real)\n",
            is_input ? 'X' : 'Y', is_input ? i : i - n_inputs);
    }
    ck_assert_uint_lt(n, size);
    const size_t n_assertions = 1 + rng_below(rng, 4);
    for (size_t i = 0; i < n_assertions; i++) {
        char *part = NULL;
        size_t n_part = 0;
        FILE *file = open_memstream(&part, &n_part);
        const struct writer_state state = {file, rng, n_inputs, n_outputs};
        (void)fputs("(assert ", file);
        write_formula(&state, 3);
        (void)fputs(")\n", file);
        ck_assert_int_eq(fclose(file), 0);
        if (n + n_part < size) {
            memcpy(text + n, part, n_part + 1);
            n += n_part;
        }
        free(part);
    }
}
