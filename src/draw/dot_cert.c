/* One node, one line; edges after their parent. */
#include "src/draw/dot_cert.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"
#include "src/draw/dot_shape.h"
#include "src/draw/dot_text.h"

#include <math.h>
#include <stdbool.h>

/*
 * The case in work.
 *   tree   whose shape is drawn
 *   now    the tree of the certificate
 *   match  nodes of the drawn tree in the certificate's; NULL: it is that one
 *   total  leaves of all cases
 */
struct draw {
    FILE *file;
    const struct dot_cert *drawing;
    size_t case_index;
    const struct cert_tree *tree;
    const struct dot_shape *shape;
    const struct dot_shape *now;
    const uint32_t *match;
    size_t total;
};

static uint32_t counterpart(const struct draw *draw, uint32_t at)
{
    return draw->match == NULL ? at : draw->match[at];
}

/* The note about a node of the certificate that the replay has seen. */
static const struct cert_note *find_note(const struct draw *draw, uint32_t now)
{
    const struct cert_notes *notes = draw->drawing->notes;
    if (notes == NULL || now == CERT_NONE) {
        return NULL;
    }
    const struct cert_note *note = &notes->trees[draw->case_index][now];
    return note->outcome == CERT_UNSEEN ? NULL : note;
}

/* True if the checker refuses the node, or one that is drawn as part of it. */
static bool is_refused(const struct draw *draw, uint32_t at)
{
    const struct cert_stop *stop = draw->drawing->stop;
    const struct dot_shape *shape = draw->shape;
    const size_t n_shown = shape->is_open[at] ? 1 : 2 * shape->leaves[at] - 1;
    return stop != NULL && draw->match == NULL &&
           stop->case_index == draw->case_index &&
           stop->node >= shape->order[at] &&
           stop->node - shape->order[at] < n_shown;
}

static void print_split(const struct draw *draw, const struct cert_node *node)
{
    const struct cert_names *names = draw->drawing->names;
    FILE *file = draw->file;
    const char *name = NULL;
    if (node->kind == CERT_NEURON) {
        (void)fprintf(file, "n%u.%u at 0", (unsigned)node->index,
                      (unsigned)node->element);
    } else if (node->threshold_kind == CERT_MIDPOINT) {
        (void)fprintf(file, "x%u at its midpoint", (unsigned)node->index);
    } else if (node->threshold_kind == CERT_FRACTION) {
        (void)fprintf(file, "x%u at %lld/%d", (unsigned)node->index,
                      (long long)node->threshold, CERT_FRACTIONS);
    } else {
        (void)fprintf(file, "x%u at %.6g", (unsigned)node->index,
                      ldexp((double)node->threshold,
                            -(int)draw->drawing->cert->box_bits));
    }
    if (names != NULL) {
        name = node->kind == CERT_NEURON
                   ? names->relu(names->context, node->index)
                   : names->input(names->context, node->index);
    }
    if (name != NULL) {
        (void)fputs("\\n", file);
        dot_text_name(file, name, DOT_NAME_BYTES);
    }
}

/* Numbers of slopes, lemmas and disjuncts closed by a split. */
static void print_records(const struct draw *draw, const struct cert_node *node)
{
    const struct cert_tree *tree =
        &draw->drawing->cert->trees[draw->case_index];
    const struct cert_details own = cert_node_details(tree, node);
    if (own.n_slopes > 0) {
        (void)fprintf(draw->file, "\\nslopes: %u", (unsigned)own.n_slopes);
    }
    if (own.n_lemmas > 0) {
        (void)fprintf(draw->file, "\\nlemmas: %u", (unsigned)own.n_lemmas);
    }
    if (own.n_closings > 0 && node->kind != CERT_LEAF) {
        (void)fprintf(draw->file, "\\nclosed here: %u",
                      (unsigned)own.n_closings);
    }
}

static void print_note(const struct draw *draw, const struct cert_note *note)
{
    if (note != NULL && note->outcome == CERT_SEEN && note->margin < HUGE_VAL) {
        (void)fprintf(draw->file,
                      "\\ndisjunct %u: margin %.6g\\nfacts used: %zu",
                      (unsigned)note->disjunct, note->margin, note->n_facts);
    }
}

/* The colour of a leaf says how it is closed. */
static void print_leaf(const struct draw *draw, uint32_t at, uint32_t now)
{
    const struct cert_tree *tree =
        &draw->drawing->cert->trees[draw->case_index];
    const struct cert_node *node = &tree->nodes.data[now];
    const struct cert_details own = cert_node_details(tree, node);
    const struct cert_note *note = find_note(draw, now);
    const bool is_empty = note != NULL && note->outcome == CERT_EMPTY;
    const char *how = is_empty             ? "empty"
                      : own.n_closings > 0 ? "combination"
                                           : "default";
    const char *colour = is_empty             ? "#e0e8ff"
                         : own.n_closings > 0 ? "#ffe8c0"
                                              : "#e0ffe0";
    if (draw->match != NULL && draw->shape->leaves[at] > 1) {
        (void)fprintf(draw->file, "leaf %zu instead of %zu: %s",
                      draw->now->first_leaf[now], draw->shape->leaves[at], how);
    } else {
        (void)fprintf(draw->file, "leaf %zu: %s", draw->now->first_leaf[now],
                      how);
    }
    print_records(draw, node);
    print_note(draw, note);
    (void)fprintf(draw->file, "\", style=filled, fillcolor=\"%s\"];\n", colour);
}

/* A subtree that is not drawn. */
static void print_closed(const struct draw *draw, uint32_t at, bool is_gone)
{
    (void)fprintf(draw->file,
                  "%zu leaves\\ndepth %zu\", style=%s, shape=folder];\n",
                  draw->shape->leaves[at], draw->shape->height[at],
                  is_gone ? "dashed, color=grey, fontcolor=grey" : "dashed");
}

static void print_node(const struct draw *draw, uint32_t at)
{
    const uint32_t now = counterpart(draw, at);
    const struct cert_tree *tree =
        &draw->drawing->cert->trees[draw->case_index];
    const struct cert_node *node = &draw->tree->nodes.data[at];
    (void)fprintf(draw->file, "    c%zun%u [%slabel=\"", draw->case_index,
                  (unsigned)at,
                  is_refused(draw, at) ? "color=red, fontcolor=red, " : "");
    if (now != CERT_NONE && tree->nodes.data[now].kind == CERT_LEAF) {
        print_leaf(draw, at, now);
    } else if (node->kind != CERT_LEAF && !draw->shape->is_open[at]) {
        print_closed(draw, at, now == CERT_NONE);
    } else if (now == CERT_NONE) {
        if (node->kind == CERT_LEAF) {
            (void)fputs("gone leaf", draw->file);
        } else {
            print_split(draw, node);
        }
        (void)fputs("\", color=grey, fontcolor=grey];\n", draw->file);
    } else {
        print_split(draw, node);
        print_records(draw, &tree->nodes.data[now]);
        print_note(draw, find_note(draw, now));
        (void)fputs("\"];\n", draw->file);
    }
}

/* From a node to its child `side`; wider with more leaves below. */
static void print_edge(const struct draw *draw, uint32_t at, uint32_t side)
{
    const uint32_t child = draw->tree->nodes.data[at].child + side;
    const double share =
        log1p((double)draw->shape->leaves[child]) / log1p((double)draw->total);
    const bool is_gone = counterpart(draw, child) == CERT_NONE;
    (void)fprintf(
        draw->file, "    c%zun%u -> c%zun%u [label=\"%s\", penwidth=%.2f%s];\n",
        draw->case_index, (unsigned)at, draw->case_index, (unsigned)child,
        side == 0 ? "&lt;=" : "&gt;=", 0.5 + 6.0 * share,
        is_gone ? ", color=grey" : "");
}

static void print_case(const struct draw *draw)
{
    VEC(uint32_t) open = {0};
    (void)fprintf(draw->file,
                  "  subgraph cluster_%zu {\n    label=\"case %zu, disjuncts: "
                  "%zu, leaves: %zu\";\n",
                  draw->case_index, draw->case_index, draw->tree->n_disjuncts,
                  draw->shape->leaves[0]);
    VEC_PUSH(&open, 0);
    while (open.n > 0) {
        const uint32_t at = open.data[--open.n];
        print_node(draw, at);
        if (draw->shape->is_open[at]) {
            const uint32_t child = draw->tree->nodes.data[at].child;
            VEC_PUSH(&open, child + 1);
            VEC_PUSH(&open, child);
            print_edge(draw, at, 0);
            print_edge(draw, at, 1);
        }
    }
    (void)fputs("  }\n", draw->file);
    VEC_CLEAR(&open);
}

/* The case of an earlier certificate. */
static void print_both(const struct draw *draw)
{
    const struct cert_tree *now = &draw->drawing->cert->trees[draw->case_index];
    uint32_t *match = dot_cert_match(draw->tree, now);
    struct dot_shape shape;
    struct draw both = *draw;
    dot_shape_init(&shape, now);
    both.match = match;
    both.now = &shape;
    print_case(&both);
    dot_shape_clear(&shape);
    alloc_free(match);
}

void dot_cert_print(FILE *file, const struct dot_cert *drawing)
{
    const struct cert *shown =
        drawing->before == NULL ? drawing->cert : drawing->before;
    const size_t n = shown->n_cases < drawing->most_nodes
                         ? shown->n_cases
                         : drawing->most_nodes - 1;
    struct dot_shape *shapes;
    struct draw draw = {.file = file, .drawing = drawing};
    NEW_ARRAY(shapes, n);
    for (size_t c = 0; c < n; c++) {
        dot_shape_init(&shapes[c], &shown->trees[c]);
        draw.total += shapes[c].leaves[0];
    }
    dot_shapes_open(shapes, n, drawing->most_nodes);
    (void)fputs("digraph proof {\n  node [shape=box, fontname=\"Helvetica\", "
                "fontsize=10];\n  edge [fontname=\"Helvetica\", fontsize=9];\n"
                "  labelloc=t;\n  label=\"",
                file);
    dot_text_name(file, drawing->remark, DOT_REMARK_BYTES);
    (void)fputs("\";\n", file);
    for (size_t c = 0; c < n; c++) {
        draw.case_index = c;
        draw.tree = &shown->trees[c];
        draw.shape = &shapes[c];
        draw.now = &shapes[c];
        if (drawing->before == NULL) {
            print_case(&draw);
        } else {
            print_both(&draw);
        }
        dot_shape_clear(&shapes[c]);
    }
    if (n < shown->n_cases) {
        (void)fprintf(file, "  more [label=\"%zu more cases\"];\n",
                      shown->n_cases - n);
    }
    (void)fputs("}\n", file);
    alloc_free(shapes);
}
