/* Comparisons with exact decimals, in the spelling of either version. */
#include "benchmarks/models/vnnlib_out.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* Enough for a variable with its indices. */
enum { NAME_BYTES = 48 };

/* How a version writes the variables. */
struct spelling {
    bool is_indexed;
    struct toy_plane plane; /* of the input; used if is_indexed */
};

static void vnnlib_out_input(char *name, const struct spelling *spelling,
                             size_t i)
{
    const struct toy_plane plane = spelling->plane;
    if (!spelling->is_indexed) {
        (void)snprintf(name, NAME_BYTES, "X_%zu", i);
    } else if (plane.height * plane.width == 1) {
        (void)snprintf(name, NAME_BYTES, "X[0,%zu]", i);
    } else {
        const size_t area = plane.height * plane.width;
        (void)snprintf(name, NAME_BYTES, "X[0,%zu,%zu,%zu]", i / area,
                       i % area / plane.width, i % plane.width);
    }
}

static void vnnlib_out_output(char *name, const struct spelling *spelling,
                              size_t j)
{
    (void)snprintf(name, NAME_BYTES,
                   spelling->is_indexed ? "Y[0,%zu]" : "Y_%zu", j);
}

/* units / RULE_UNIT with six digits after the point. */
static void vnnlib_out_number(struct writer *writer, int64_t units)
{
    const int64_t size = units < 0 ? -units : units;
    writer_print(writer, "%s%" PRId64 ".%06" PRId64, units < 0 ? "-" : "",
                 size / RULE_UNIT, size % RULE_UNIT);
}

static void vnnlib_out_atom(struct writer *writer,
                            const struct spelling *spelling,
                            struct rule_atom atom)
{
    char plus[NAME_BYTES];
    char minus[NAME_BYTES];
    vnnlib_out_output(plus, spelling, atom.plus);
    vnnlib_out_output(minus, spelling, atom.minus);
    if (atom.minus == RULE_NO_OUTPUT) {
        writer_print(writer, "(<= %s ", plus);
        vnnlib_out_number(writer, atom.bound);
    } else if (atom.plus == RULE_NO_OUTPUT) {
        writer_print(writer, "(>= %s ", minus);
        vnnlib_out_number(writer, -atom.bound);
    } else {
        writer_print(writer, "(<= %s %s", plus, minus);
    }
    writer_print(writer, ")");
}

static void vnnlib_out_box(struct writer *writer,
                           const struct spelling *spelling,
                           const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_inputs; i++) {
        char name[NAME_BYTES];
        vnnlib_out_input(name, spelling, i);
        writer_print(writer, "(assert (>= %s ", name);
        vnnlib_out_number(writer, rule->lower[i]);
        writer_print(writer, "))\n(assert (<= %s ", name);
        vnnlib_out_number(writer, rule->upper[i]);
        writer_print(writer, "))\n");
    }
}

/* One conjunction: an assertion per atom. Several: one `or` of `and`s. */
static void vnnlib_out_violation(struct writer *writer,
                                 const struct spelling *spelling,
                                 const struct rule *rule)
{
    const bool is_single = rule->n_conjunctions == 1;
    writer_print(writer, is_single ? "" : "(assert (or\n");
    for (size_t d = 0; d < rule->n_conjunctions; d++) {
        const struct rule_conjunction *const conjunction =
            &rule->conjunction[d];
        writer_print(writer, is_single ? "" : "    (and");
        for (size_t a = 0; a < conjunction->n_atoms; a++) {
            writer_print(writer, is_single ? "(assert " : " ");
            vnnlib_out_atom(writer, spelling, conjunction->atom[a]);
            writer_print(writer, is_single ? ")\n" : "");
        }
        writer_print(writer, is_single ? "" : ")\n");
    }
    writer_print(writer, is_single ? "" : "))\n");
}

void vnnlib_out_v1(struct writer *writer, const struct rule *rule)
{
    const struct spelling spelling = {.is_indexed = false};
    writer_print(writer, "; Violation of: %s\n", rule->comment);
    for (size_t i = 0; i < rule->n_inputs; i++) {
        writer_print(writer, "(declare-const X_%zu Real)\n", i);
    }
    for (size_t j = 0; j < rule->n_outputs; j++) {
        writer_print(writer, "(declare-const Y_%zu Real)\n", j);
    }
    vnnlib_out_box(writer, &spelling, rule);
    vnnlib_out_violation(writer, &spelling, rule);
}

void vnnlib_out_v2(struct writer *writer, const struct rule *rule,
                   const struct toy *toy)
{
    const struct toy_plane plane = toy->nodes.data[0].plane;
    const struct spelling spelling = {.is_indexed = true, .plane = plane};
    writer_print(writer, "; Violation of: %s\n", rule->comment);
    writer_print(writer, "(vnnlib-version <2.0>)\n(declare-network N\n");
    if (plane.height * plane.width == 1) {
        writer_print(writer, "    (declare-input X real [1,%zu])\n",
                     plane.channels);
    } else {
        writer_print(writer, "    (declare-input X real [1,%zu,%zu,%zu])\n",
                     plane.channels, plane.height, plane.width);
    }
    writer_print(writer, "    (declare-output Y real [1,%zu]))\n",
                 rule->n_outputs);
    vnnlib_out_box(writer, &spelling, rule);
    vnnlib_out_violation(writer, &spelling, rule);
}
