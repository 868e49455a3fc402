/* Layers are copied; those of the second network twice. */
#include "src/net/pairs.h"

#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/net/graph.h"
#include "src/net/matrix_builder.h"

#include <math.h>
#include <string.h>

/*
 *   number   of the copy of layer k
 *   again    of the layer with the same values by way of differences, or number
 *   partner  of a ReLU layer of the second network: that of the first one; else
 *            0
 */
struct pairing {
    const struct layers *from;
    struct layers *to;
    size_t *number;
    size_t *again;
    size_t *partner;
};

/* The layers of neurons of the nodes first .. end - 1, numbers in list[]. */
static size_t list_neurons(size_t *list, const struct layers *layers,
                           size_t first, size_t end)
{
    size_t n = 0;
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer_has_neurons(layer) && layer->node >= first &&
            layer->node < end) {
            list[n++] = k;
        }
    }
    return n;
}

/* Fills partner[n_layers]; false if the networks do not correspond. */
static bool find_partners(size_t *partner, const struct net *net,
                          const struct layers *layers)
{
    size_t *first;
    size_t *second;
    NEW_ARRAY(first, layers->n_layers);
    NEW_ARRAY(second, layers->n_layers);
    const size_t n = list_neurons(first, layers, 0, net->second);
    bool is_fitting = list_neurons(second, layers, net->second, net->end) == n;
    bool has_any = false;
    for (size_t r = 0; r < n && is_fitting; r++) {
        const struct layer *one = &layers->layer[first[r]];
        const struct layer *other = &layers->layer[second[r]];
        is_fitting = one->kind == other->kind &&
                     (one->kind != LAYER_ACTIVATION ||
                      one->activation == other->activation) &&
                     one->width == other->width &&
                     (one->kind != LAYER_RELU || one->source != other->source);
        if (one->kind == LAYER_RELU) {
            partner[second[r]] = first[r];
            has_any = true;
        }
    }
    alloc_free(first);
    alloc_free(second);
    return is_fitting && has_any;
}

static struct matrix copy_matrix(const struct matrix *matrix)
{
    struct matrix_builder builder = {0};
    for (size_t i = 0; i < matrix->n_rows; i++) {
        if (matrix->dense != NULL) {
            for (size_t c = 0; c < matrix->n_cols; c++) {
                matrix_builder_add(&builder, c,
                                   matrix->dense[i * matrix->n_cols + c]);
            }
        } else {
            for (size_t e = matrix->start[i]; e < matrix->start[i + 1]; e++) {
                matrix_builder_add(&builder, matrix->column[e],
                                   matrix->value[e]);
            }
        }
        matrix_builder_end_row(&builder);
    }
    return matrix_builder_finish(&builder, matrix->n_cols);
}

static struct matrix diagonal(double value, size_t n)
{
    struct matrix_builder builder = {0};
    for (size_t i = 0; i < n; i++) {
        matrix_builder_add(&builder, i, value);
        matrix_builder_end_row(&builder);
    }
    return matrix_builder_finish(&builder, n);
}

static double *copy_numbers(const double *numbers, size_t n)
{
    double *copy = NULL;
    if (numbers != NULL) {
        NEW_ALIGNED(copy, n);
        memcpy(copy, numbers, n * sizeof *copy);
    }
    return copy;
}

static size_t append(struct pairing *p, const struct layer *layer)
{
    p->to->layer[p->to->n_layers] = *layer;
    return p->to->n_layers++;
}

/* A copy of layer k that reads layers number[]. */
static size_t append_copy(struct pairing *p, size_t k, const size_t *number)
{
    const struct layer *from = &p->from->layer[k];
    struct layer layer = *from;
    layer.source = number[from->source];
    layer.other = number[from->other];
    layer.bias = copy_numbers(from->bias, from->width);
    layer.factor_lower = copy_numbers(from->factor_lower, from->width);
    layer.factor_upper = copy_numbers(from->factor_upper, from->width);
    NEW_ARRAY(layer.terms, from->n_terms);
    for (size_t t = 0; t < from->n_terms; t++) {
        layer.terms[t].source = number[from->terms[t].source];
        layer.terms[t].matrix = copy_matrix(&from->terms[t].matrix);
    }
    return append(p, &layer);
}

/* v[source] + factor v[other] for layers of one width. */
static size_t append_sum(struct pairing *p, size_t source, size_t other,
                         double factor, const struct layer *like)
{
    struct layer layer = {.kind = LAYER_AFFINE,
                          .width = like->width,
                          .node = like->node,
                          .n_terms = 2};
    NEW_ALIGNED(layer.bias, layer.width);
    NEW_ARRAY(layer.terms, 2);
    layer.terms[0] = (struct layer_term){source, diagonal(1.0, layer.width)};
    layer.terms[1] = (struct layer_term){other, diagonal(factor, layer.width)};
    return append(p, &layer);
}

/* The values of ReLU layer k of the second network again. */
static void append_difference(struct pairing *p, size_t k)
{
    const struct layer *from = &p->from->layer[k];
    const size_t first = p->partner[k];
    struct layer layer = {
        .kind = LAYER_DIFFERENCE,
        .width = from->width,
        .node = from->node,
        .other = p->number[from->source],
        .base = p->number[p->from->layer[first].source],
    };
    layer.source =
        append_sum(p, p->again[from->source], layer.base, -1.0, from);
    const size_t difference = append(p, &layer);
    p->again[k] = append_sum(p, p->number[first], difference, 1.0, from);
    p->to->n_curved += layer.width;
    p->to->n_pairs += layer.width;
}

/* Whether an affine layer reads values that are there again. */
static bool reads_again(const struct pairing *p, const struct layer *layer)
{
    for (size_t t = 0; t < layer->n_terms; t++) {
        const size_t source = layer->terms[t].source;
        if (p->again[source] != p->number[source]) {
            return true;
        }
    }
    return false;
}

static void append_all(struct pairing *p)
{
    const size_t last = p->from->n_layers - 1;
    for (size_t k = 0; k < last; k++) {
        p->number[k] = append_copy(p, k, p->number);
        p->again[k] = p->number[k];
    }
    for (size_t k = 0; k < last; k++) {
        if (p->partner[k] != 0) {
            append_difference(p, k);
        } else if (reads_again(p, &p->from->layer[k])) {
            p->again[k] = append_copy(p, k, p->again);
        }
    }
    (void)append_copy(p, last, p->again);
}

struct layers *pairs_create(const struct net *net, const struct layers *layers)
{
    struct pairing p = {.from = layers};
    NEW_ARRAY(p.partner, layers->n_layers);
    if (net == NULL || net->end == 0 ||
        !find_partners(p.partner, net, layers)) {
        alloc_free(p.partner);
        return NULL;
    }
    NEW(p.to);
    *p.to = *layers;
    p.to->n_layers = 0;
    p.to->layer = NULL;
    NEW_ARRAY(p.to->layer, 4 * layers->n_layers);
    NEW_ARRAY(p.number, layers->n_layers);
    NEW_ARRAY(p.again, layers->n_layers);
    append_all(&p);
    alloc_free(p.number);
    alloc_free(p.again);
    alloc_free(p.partner);
    return p.to;
}

/* What one value is at the points so far. */
struct spread {
    double low;
    double high;
    double farthest; /* of b from a */
};

/* Widens the spreads of all differences by the values at one point. */
static void note_values(struct spread *spread, const struct layers *paired,
                        double *const *v, bool is_first)
{
    size_t n = 0;
    for (size_t k = 0; k < paired->n_layers; k++) {
        const struct layer *layer = &paired->layer[k];
        if (layer->kind != LAYER_DIFFERENCE) {
            continue;
        }
        for (size_t i = 0; i < layer->width; i++) {
            struct spread *one = &spread[n++];
            const double a = v[layer->base][i];
            one->low = is_first ? a : fmin(one->low, a);
            one->high = is_first ? a : fmax(one->high, a);
            one->farthest = fmax(one->farthest, fabs(v[layer->source][i]));
        }
    }
}

bool pairs_are_near(const struct layers *paired, const double *lower,
                    const double *upper)
{
    enum { N_POINTS = 16 };
    struct rng rng;
    struct spread *spread;
    double **values;
    double *x;
    double farthest = 0.0;
    double widest = 0.0;
    rng_init(&rng, 1);
    NEW_ARRAY(spread, paired->n_curved);
    NEW_ARRAY(values, paired->n_layers);
    NEW_ARRAY(x, paired->n_inputs);
    for (size_t k = 0; k < paired->n_layers; k++) {
        NEW_ARRAY(values[k], paired->layer[k].width);
    }
    for (size_t point = 0; point < N_POINTS; point++) {
        for (size_t i = 0; i < paired->n_inputs; i++) {
            const double share = rng_unit(&rng);
            x[i] = (1.0 - share) * lower[i] + share * upper[i];
        }
        layers_eval_all(values, paired, x);
        note_values(spread, paired, values, point == 0);
    }
    for (size_t i = 0; i < paired->n_curved; i++) {
        farthest += spread[i].farthest;
        widest += spread[i].high - spread[i].low;
    }
    for (size_t k = 0; k < paired->n_layers; k++) {
        alloc_free(values[k]);
    }
    alloc_free(values);
    alloc_free(spread);
    alloc_free(x);
    return farthest <= 0.5 * widest;
}
