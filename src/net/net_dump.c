/* Canonical text of a network: what it computes, not how it is written. */
#include "src/base/alloc.h"
#include "src/net/enclose.h"
#include "src/net/graph.h"
#include "src/num/rational.h"
#include "src/onnx/model_tensor.h"

/* Points, printed outputs per point, and products up to which the values at
 * the points are printed: as in the checker, whose text is compared. */
enum { N_POINTS = 3, N_PRINTED = 64, N_PRODUCTS = 100000000 };

static void print_tensor(FILE *file, const char *role,
                         const struct tensor *tensor)
{
    char text[128];
    shape_print(text, sizeof text, &tensor->shape);
    (void)fprintf(file, "%s %s %s\n", role, model_type_name(tensor->type),
                  text);
}

/* Products in all sums of a node: 0 unless the sums may be long. */
static size_t count_products(const struct node *node, size_t n)
{
    const struct window *window = &node->window;
    if (node->form != NODE_LINEAR || node->linear.form == LINEAR_ELEMENT) {
        return 0;
    }
    return n * (node->linear.form == LINEAR_PRODUCT
                    ? node->linear.product.matrix.n_cols
                    : window->n_in * window->kernel[0] * window->kernel[1]);
}

static void print_rational(FILE *file, const mpq_t value)
{
    char *text = rational_text(value);
    (void)fprintf(file, " %s", text);
    alloc_free(text);
}

/* x_i = ((7 i + 3 p (i + 1)) mod 11 - 5) / 4 */
static void set_point(mpq_t *x, size_t n, size_t p)
{
    for (size_t i = 0; i < n; i++) {
        const size_t rest = (7 * i + 3 * p * (i + 1)) % 11;
        mpq_set_si(x[i], (long)rest - 5, 4);
        mpq_canonicalize(x[i]);
    }
}

/* Layers of neurons, which the dump counts as ReLUs. */
static bool has_neurons(const struct layer *layer)
{
    return layer->kind == LAYER_RELU || layer->kind == LAYER_ACTIVATION ||
           layer->kind == LAYER_PRODUCT;
}

static void print_sums(FILE *file, const struct layers *layers,
                       const mpq_t *sums)
{
    size_t n_relus = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        if (has_neurons(&layers->layer[k])) {
            (void)fprintf(file, "sum %zu:", n_relus++);
            print_rational(file, sums[k]);
            (void)fputc('\n', file);
        }
    }
}

static void print_at(FILE *file, const mpq_t *y, size_t n, size_t p)
{
    (void)fprintf(file, "at %zu:", p);
    for (size_t i = 0; i < n && i < N_PRINTED; i++) {
        print_rational(file, y[i]);
    }
    (void)fputc('\n', file);
}

static void print_points(FILE *file, const struct layers *layers)
{
    mpq_t *x = rational_create(layers->n_inputs);
    mpq_t *y = rational_create(layers->n_outputs);
    mpq_t *sums = rational_create(layers->n_layers);
    for (size_t p = 0; p < N_POINTS; p++) {
        set_point(x, layers->n_inputs, p);
        if (!layers_eval_exact(y, sums, layers, (const mpq_t *)x)) {
            (void)fputs("at skipped\n", file);
            break;
        }
        print_at(file, (const mpq_t *)y, layers->n_outputs, p);
        if (p == 0) {
            print_sums(file, layers, (const mpq_t *)sums);
        }
    }
    rational_destroy(x, layers->n_inputs);
    rational_destroy(y, layers->n_outputs);
    rational_destroy(sums, layers->n_layers);
}

static void print_layers(FILE *file, const struct layers *layers)
{
    size_t n_relus = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        if (has_neurons(&layers->layer[k])) {
            (void)fprintf(file, "relu %zu width %zu\n", n_relus++,
                          layers->layer[k].width);
        }
    }
}

void net_dump(FILE *file, const struct net *net, const struct layers *layers)
{
    size_t n_relus = 0;
    size_t n_products = 0;
    bool *is_live = NULL;
    NEW_ARRAY(is_live, net->n_tensors);
    graph_mark_live(is_live, net);
    for (size_t i = 0; i < net->nodes.n; i++) {
        const struct node *node = &net->nodes.data[i];
        if (is_live[node->output]) {
            n_products += count_products(node, net->tensors[node->output].n);
        }
    }
    for (size_t k = 0; k < layers->n_layers; k++) {
        n_relus += has_neurons(&layers->layer[k]) ? 1 : 0;
    }
    (void)fprintf(file, "network inputs %zu outputs %zu relus %zu\n",
                  net_n_inputs(net), net_n_outputs(net), n_relus);
    for (size_t i = 0; i < net->inputs.n; i++) {
        print_tensor(file, "input", &net->tensors[net->inputs.data[i]]);
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        print_tensor(file, "output", &net->tensors[net->outputs.data[i]]);
    }
    for (size_t k = 0; k < net_n_indices(net); k++) {
        (void)fprintf(file, "index x%zu, below at 0\n", net_index(net, k));
    }
    print_layers(file, layers);
    if (n_products > N_PRODUCTS) {
        (void)fputs("at skipped\n", file);
    } else {
        print_points(file, layers);
    }
    alloc_free(is_live);
}
