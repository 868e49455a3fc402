/* Path, facts, lines, constants of one leaf as text. */
#include "src/explain/leaf_print.h"

#include <math.h>

static bool is_zero(double x)
{
    return !(x < 0.0) && !(x > 0.0);
}

/* ` (name)` with control characters left out. */
static void print_name(FILE *file, const char *name)
{
    if (name == NULL || name[0] == '\0') {
        return;
    }
    (void)fputs(" (", file);
    for (; *name != '\0'; name++) {
        const unsigned char byte = (unsigned char)*name;
        (void)fputc(byte < 0x20 || byte == 0x7f ? '?' : byte, file);
    }
    (void)fputc(')', file);
}

/* Root, or the sides taken from there: 0 and 1. */
static void print_node(const struct leaf_view *view, size_t depth)
{
    const struct minimize_walk *walk = &view->walk;
    (void)fputs(depth == 0 ? "root" : "node ", view->file);
    for (size_t d = 0; d < depth; d++) {
        const struct cert_node *node =
            &walk->tree->nodes.data[walk->path.data[d].node];
        (void)fputc(walk->path.data[d + 1].node == node->child ? '0' : '1',
                    view->file);
    }
}

void leaf_print_path(const struct leaf_view *view)
{
    const struct minimize_walk *walk = &view->walk;
    const struct cert_names *names = view->question->names;
    (void)fputs("\npath\n", view->file);
    for (size_t d = 0; d + 1 < walk->path.n; d++) {
        const struct cert_node *node =
            &walk->tree->nodes.data[walk->path.data[d].node];
        const bool is_upper = walk->path.data[d + 1].node != node->child;
        if (node->kind == CERT_NEURON) {
            (void)fprintf(view->file, "  n%u.%u %s %.6g", (unsigned)node->index,
                          (unsigned)node->element, is_upper ? ">=" : "<=",
                          chain_threshold(&view->chain, node));
            print_name(view->file, names->relu(names->context, node->index));
        } else {
            (void)fprintf(view->file, "  x%u %s its ", (unsigned)node->index,
                          is_upper ? ">=" : "<=");
            if (node->threshold_kind == CERT_MIDPOINT) {
                (void)fputs("midpoint", view->file);
            } else if (node->threshold_kind == CERT_FRACTION) {
                (void)fprintf(view->file, "lower end + %lld/%d of its width",
                              (long long)node->threshold, CERT_FRACTIONS);
            } else {
                (void)fprintf(view->file, "value %.6g",
                              ldexp((double)node->threshold,
                                    -(int)view->question->cert->box_bits));
            }
            print_name(view->file, names->input(names->context, node->index));
        }
        (void)fputc('\n', view->file);
    }
    if (walk->path.n == 1) {
        (void)fputs("  none: the root is a leaf\n", view->file);
    }
}

void leaf_print_box(const struct leaf_view *view)
{
    const struct bounds *bounds = replay_bounds(view->replay);
    const struct cert_names *names = view->question->names;
    (void)fputs("\nbox\n", view->file);
    for (size_t i = 0; i < view->question->query->layers->n_inputs; i++) {
        (void)fprintf(view->file, "  x%zu in [%.6g, %.6g]", i,
                      bounds->lower[0][i], bounds->upper[0][i]);
        print_name(view->file, names->input(names->context, i));
        (void)fputc('\n', view->file);
    }
}

/* `by refresh at node 01`. */
static void print_origin(const struct leaf_view *view, struct origin origin)
{
    static const char *const how[] = {
        [ORIGIN_BOX] = "by intervals from the box",
        [ORIGIN_SPLIT] = "by the split above",
        [ORIGIN_LEMMA] = "by a lemma at",
        [ORIGIN_REFRESH] = "by refresh at",
    };
    (void)fputs(how[origin.kind], view->file);
    if (origin.kind != ORIGIN_BOX) {
        (void)fputc(' ', view->file);
        print_node(view, origin.depth);
    }
}

/* Pre-activations of layer k of neurons. */
static size_t n_read(const struct layers *layers, size_t k)
{
    const struct layer *layer = &layers->layer[k];
    return layer->kind == LAYER_PRODUCT ? 2 * layer->width : layer->width;
}

static void print_fact(const struct leaf_view *view, size_t relu, size_t i)
{
    const struct bounds *bounds = replay_bounds(view->replay);
    const struct chain_place z =
        chain_place(view->chain.layers, replay_layer(view->replay, relu), i);
    (void)fprintf(view->file, "  n%zu.%zu: z >= %.6g ", relu, i,
                  bounds->lower[z.layer][z.element]);
    print_origin(view, origins_find(&view->origins, z.layer, z.element, false));
    (void)fprintf(view->file, ", z <= %.6g ",
                  bounds->upper[z.layer][z.element]);
    print_origin(view, origins_find(&view->origins, z.layer, z.element, true));
    (void)fputc('\n', view->file);
}

void leaf_print_empty(const struct leaf_view *view)
{
    const struct bounds *bounds = replay_bounds(view->replay);
    const struct layers *layers = view->question->query->layers;
    (void)fputs("\nthe region is empty: a lower end is above its upper end\n",
                view->file);
    for (size_t i = 0; i < layers->n_inputs; i++) {
        if (bounds->lower[0][i] > bounds->upper[0][i]) {
            (void)fprintf(view->file, "  x%zu\n", i);
        }
    }
    for (size_t r = 0; r < view->origins.inner.n_relus; r++) {
        const size_t k = replay_layer(view->replay, r);
        for (size_t i = 0; i < n_read(layers, k); i++) {
            const struct chain_place z = chain_place(layers, k, i);
            if (z.layer > 0 && bounds->lower[z.layer][z.element] >
                                   bounds->upper[z.layer][z.element]) {
                print_fact(view, r, i);
            }
        }
    }
}

static void print_variable(const struct leaf_view *view, size_t variable)
{
    const size_t n = view->question->query->layers->n_inputs;
    (void)fprintf(view->file, "%c%zu", variable < n ? 'x' : 'y',
                  variable < n ? variable : variable - n);
}

static void print_atom(const struct leaf_view *view,
                       const struct query_atom *atom)
{
    for (size_t t = 0; t < atom->n_terms; t++) {
        const double c = atom->terms[t].coefficient;
        const char *sign = c < 0.0 ? "- " : "+ ";
        (void)fprintf(view->file, "%s%s", t > 0 ? " " : "",
                      t == 0 && c > 0.0 ? "" : sign);
        if (fabs(c) > 1.0 || fabs(c) < 1.0) {
            (void)fprintf(view->file, "%.6g*", fabs(c));
        }
        print_variable(view, atom->terms[t].variable);
    }
    (void)fprintf(view->file, " %s %.6g\n",
                  atom->is_strict ? "<" : "<=", atom->rhs_up);
}

/* The neuron split `distance` above. */
static void print_literal(const struct leaf_view *view, uint32_t distance)
{
    const struct minimize_walk *walk = &view->walk;
    size_t n_left = (size_t)distance + 1;
    for (size_t d = walk->path.n - 1; d-- > 0 && n_left > 0;) {
        const struct cert_node *node =
            &walk->tree->nodes.data[walk->path.data[d].node];
        n_left -= node->kind == CERT_NEURON ? 1 : 0;
        if (n_left == 0) {
            const bool is_upper = walk->path.data[d + 1].node != node->child;
            (void)fprintf(
                view->file, "z of n%u.%u %s %.6g\n", (unsigned)node->index,
                (unsigned)node->element,
                is_upper ? ">=" : "<=", chain_threshold(&view->chain, node));
        }
    }
}

void leaf_print_goal(const struct leaf_view *view)
{
    const struct query_disjunct *atoms =
        &view->query_case->disjuncts[view->disjunct];
    (void)fprintf(view->file,
                  "\ngoal: refute disjunct %u, all of whose atoms would hold\n",
                  (unsigned)view->disjunct);
    if (view->by == NULL) {
        if (view->atom < atoms->n_atoms) {
            (void)fprintf(view->file, "  1 times atom %zu of %zu: ", view->atom,
                          atoms->n_atoms);
            print_atom(view, &atoms->atoms[view->atom]);
        }
        return;
    }
    for (size_t i = 0; i < (size_t)view->by->n_atoms + view->by->n_literals;
         i++) {
        const struct cert_multiplier *one =
            &view->walk.tree->multipliers.data[view->by->first + i];
        (void)fprintf(view->file, "  %.6g times ",
                      ldexp((double)one->mantissa, one->exponent));
        if (i >= view->by->n_atoms) {
            (void)fputs("literal ", view->file);
            print_literal(view, one->index);
        } else if (one->index < atoms->n_atoms) {
            (void)fprintf(view->file, "atom %u of %zu: ", (unsigned)one->index,
                          atoms->n_atoms);
            print_atom(view, &atoms->atoms[one->index]);
        }
    }
}

void leaf_print_facts(const struct leaf_view *view)
{
    const struct bounds *bounds = replay_bounds(view->replay);
    const struct layers *layers = view->question->query->layers;
    size_t n = 0;
    (void)fputs("\nfacts: unstable neurons, and who proved their ends\n",
                view->file);
    for (size_t r = 0; r < view->origins.inner.n_relus; r++) {
        const size_t k = replay_layer(view->replay, r);
        const bool is_curved = layer_is_curved(&layers->layer[k]);
        for (size_t i = 0; i < n_read(layers, k); i++) {
            const struct chain_place z = chain_place(layers, k, i);
            const double l = bounds->lower[z.layer][z.element];
            const double u = bounds->upper[z.layer][z.element];
            if (is_curved ? l < u : bounds_phase(l, u) == PHASE_UNSTABLE) {
                print_fact(view, r, i);
                n++;
            }
        }
    }
    if (n == 0) {
        (void)fputs("  none is unstable\n", view->file);
    }
}

/* `v >= 0.5*z + 0.25*w - 0.125` of a neuron of another kind than ReLU. */
static void print_curved(const struct leaf_view *view,
                         const struct chain_line *line, bool is_product)
{
    const bool is_lower = line->side == CHAIN_LOWER;
    (void)fprintf(view->file, "%s, v %s %.6g*z", is_lower ? "lower" : "upper",
                  is_lower ? ">=" : "<=", line->slope);
    if (is_product) {
        (void)fprintf(view->file, " + %.6g*w", line->second);
    }
    (void)fprintf(view->file, " + %.6g\n", line->intercept);
}

static void print_line(const struct leaf_view *view, size_t k, size_t i)
{
    const struct chain *chain = &view->chain;
    const struct layer *layer = &chain->layers->layer[k];
    const struct chain_line line = chain_line(chain, k, i);
    if (layer_has_neurons(layer)) {
        (void)fprintf(view->file, "    n%zu.%zu, coefficient %.6g: ",
                      chain_relu_of(chain->layers, k), i, chain->q[k][i]);
    } else {
        (void)fprintf(view->file, "    element %zu, coefficient %.6g: ", i,
                      chain->q[k][i]);
    }
    if (layer_is_curved(layer)) {
        print_curved(view, &line, layer->kind == LAYER_PRODUCT);
        return;
    }
    switch (line.side) {
    case CHAIN_ZERO:
        (void)fputs("y = 0, inactive\n", view->file);
        break;
    case CHAIN_EQUAL:
        (void)fputs("y = z, active\n", view->file);
        break;
    case CHAIN_LOWER:
        (void)fprintf(view->file, "lower, y >= %.6g*z\n", line.slope);
        break;
    case CHAIN_UPPER:
        (void)fprintf(view->file, "upper, y <= %.6g*z + %.6g\n", line.slope,
                      line.intercept);
        break;
    }
}

/* `  tanh layer 3 (name)` */
static void print_layer_name(const struct leaf_view *view, size_t k)
{
    const struct cert_names *names = view->question->names;
    const struct layer *layer = &view->chain.layers->layer[k];
    if (!layer_has_neurons(layer)) {
        (void)fputs("  scales", view->file);
        return;
    }
    const size_t number = chain_relu_of(view->chain.layers, k);
    const char *kind = layer->kind == LAYER_RELU ? "ReLU"
                       : layer->kind == LAYER_PRODUCT
                           ? "product"
                           : activation_name(layer->activation);
    (void)fprintf(view->file, "  %s layer %zu", kind, number);
    print_name(view->file, names->relu(names->context, number));
}

static void print_neurons(const struct leaf_view *view, size_t k)
{
    const struct chain *chain = &view->chain;
    print_layer_name(view, k);
    (void)fprintf(view->file, ", constant before it %.6g\n",
                  chain->constant[k]);
    for (size_t i = 0; i < chain->layers->layer[k].width; i++) {
        if (!is_zero(chain->q[k][i])) {
            print_line(view, k, i);
        }
    }
}

void leaf_print_chain(const struct leaf_view *view)
{
    const struct chain *chain = &view->chain;
    (void)fputs("\nchain: the left sides minus the right sides of the goal, "
                "bounded from below\n",
                view->file);
    for (size_t k = chain->layers->n_layers; k-- > 1;) {
        size_t n_met = 0;
        for (size_t i = 0; i < chain->layers->layer[k].width; i++) {
            n_met += is_zero(chain->q[k][i]) ? 0 : 1;
        }
        if (n_met == 0) {
            continue;
        }
        if (chain->layers->layer[k].kind != LAYER_AFFINE) {
            print_neurons(view, k);
        } else {
            (void)fprintf(view->file,
                          "  affine layer, %zu of %zu rows used, constant "
                          "before it %.6g\n",
                          n_met, chain->layers->layer[k].width,
                          chain->constant[k]);
        }
    }
    (void)fprintf(view->file, "  inputs, constant %.6g\n", chain->constant[0]);
}

void leaf_print_end(const struct leaf_view *view)
{
    const struct chain *chain = &view->chain;
    const struct bounds *bounds = replay_bounds(view->replay);
    const struct query_disjunct *atoms =
        &view->query_case->disjuncts[view->disjunct];
    bool is_strict = view->by == NULL && view->atom < atoms->n_atoms &&
                     atoms->atoms[view->atom].is_strict;
    for (size_t i = 0; view->by != NULL && i < view->by->n_atoms; i++) {
        const uint32_t index =
            view->walk.tree->multipliers.data[view->by->first + i].index;
        is_strict = is_strict ||
                    (index < atoms->n_atoms && atoms->atoms[index].is_strict);
    }
    for (size_t i = 0; i < chain->layers->n_inputs; i++) {
        const double q = chain->q[0][i];
        const bool is_lower = q > 0.0;
        if (!is_zero(q)) {
            (void)fprintf(view->file,
                          "    x%zu, coefficient %.6g: %s end %.6g\n", i, q,
                          is_lower ? "lower" : "upper",
                          is_lower ? bounds->lower[0][i] : bounds->upper[0][i]);
        }
    }
    const bool is_refuted =
        is_strict ? chain->bound >= 0.0 : chain->bound > 0.0;
    (void)fprintf(view->file,
                  "\nend: in all at least %.6g, which must be %s 0 (%s): %s\n"
                  "margin, rounding counted against it: %.6g\n",
                  chain->bound, is_strict ? ">=" : ">",
                  is_strict ? "an atom is strict" : "no atom is strict",
                  is_refuted ? "refuted" : "not refuted", view->margin);
}
