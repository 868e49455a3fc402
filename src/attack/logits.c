/* Recognition of a softmax by its layers. */
#include "src/attack/logits.h"

#include "src/base/alloc.h"

/* Layers of a softmax after that of x. */
enum { DIFFERENCE = 1, POWER, SUM, QUOTIENT, N_LAYERS };

static bool is_number(double x, double number)
{
    return x <= number && x >= number;
}

static bool compares_outputs(const struct query_atom *atom, size_t n_inputs)
{
    return atom->n_terms == 2 && mpq_sgn(atom->rhs) == 0 &&
           atom->terms[0].variable >= n_inputs &&
           is_number(atom->terms[0].coefficient, -atom->terms[1].coefficient);
}

static bool case_compares_outputs(const struct query_case *one, size_t n_inputs)
{
    for (size_t d = 0; d < one->n_disjuncts; d++) {
        for (size_t q = 0; q < one->disjuncts[d].n_atoms; q++) {
            if (!compares_outputs(&one->disjuncts[d].atoms[q], n_inputs)) {
                return false;
            }
        }
    }
    return true;
}

static bool all_compare_outputs(const struct query *query)
{
    bool is_so = true;
    for (size_t c = 0; c < query->n_cases && is_so; c++) {
        is_so =
            case_compares_outputs(&query->cases[c], query->layers->n_inputs);
    }
    return is_so;
}

/* Adds row i of the layer to row [n]; false if it has a bias other than the
 * given one or reads another layer than `source`, of width n. */
static bool add_row(double *row, const struct layer *layer, size_t i,
                    size_t source, double bias)
{
    bool is_plain = is_number(layer->bias[i], bias);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct matrix *matrix = &layer->terms[t].matrix;
        is_plain = is_plain && layer->terms[t].source == source;
        for (size_t k = 0; matrix->dense != NULL && k < matrix->n_cols; k++) {
            row[k] += matrix->dense[i * matrix->n_cols + k];
        }
        for (size_t e = matrix->dense == NULL ? matrix->start[i] : 0;
             matrix->dense == NULL && e < matrix->start[i + 1]; e++) {
            row[matrix->column[e]] += matrix->value[e];
        }
    }
    return is_plain;
}

/* True if row r of the differences is x_j - x_i for a j that is not yet seen;
 * marks it. */
static bool is_new_difference(bool *is_seen, const struct layer *layer,
                              size_t r, size_t i, size_t source, size_t n)
{
    double *row = NULL;
    size_t other = n;
    NEW_ARRAY(row, n);
    bool is_plain = add_row(row, layer, r, source, 0.0);
    for (size_t j = 0; j < n && is_plain; j++) {
        if (j == i || is_number(row[j], 0.0)) {
            is_plain = is_number(row[j], j == i ? -1.0 : 0.0);
        } else {
            is_plain = other == n && is_number(row[j], 1.0) && !is_seen[j];
            other = j;
        }
    }
    if (is_plain && other < n) {
        is_seen[other] = true;
    }
    alloc_free(row);
    return is_plain && other < n;
}

/* True if output i is (1) of layer x. */
static bool is_softmax_of(const struct layer *layer, size_t x, size_t i)
{
    const struct layer *difference = &layer[x + DIFFERENCE];
    const size_t n = layer[x].width;
    const size_t n_pairs = difference->width;
    double *row = NULL;
    bool *is_seen = NULL;
    size_t n_found = 0;
    NEW_ARRAY(row, n_pairs);
    NEW_ARRAY(is_seen, n);
    bool is_plain = add_row(row, &layer[x + SUM], i, x + POWER, 1.0);
    for (size_t r = 0; r < n_pairs && is_plain; r++) {
        if (!is_number(row[r], 0.0)) {
            n_found++;
            is_plain = is_number(row[r], 1.0) &&
                       is_new_difference(is_seen, difference, r, i, x, n);
        }
    }
    alloc_free(row);
    alloc_free(is_seen);
    return is_plain && n_found == n - 1;
}

static bool is_activation(const struct layer *layer, size_t source,
                          enum activation activation)
{
    return layer->kind == LAYER_ACTIVATION && layer->source == source &&
           layer->activation == activation;
}

static bool ends_in_softmax(const struct layers *layers)
{
    if (layers->n_layers <= N_LAYERS) {
        return false;
    }
    const struct layer *layer = layers->layer;
    const size_t x = layers->n_layers - N_LAYERS;
    bool is_softmax =
        layer[x].width == layers->n_outputs &&
        layer[x + DIFFERENCE].kind == LAYER_AFFINE &&
        layer[x + SUM].kind == LAYER_AFFINE &&
        is_activation(&layer[x + POWER], x + DIFFERENCE, ACTIVATION_EXP) &&
        is_activation(&layer[x + QUOTIENT], x + SUM, ACTIVATION_RECIPROCAL);
    for (size_t i = 0; i < layers->n_outputs && is_softmax; i++) {
        is_softmax = is_softmax_of(layer, x, i);
    }
    return is_softmax;
}

bool logits_take(struct layers *layers, const struct query *query)
{
    *layers = *query->layers;
    if (!all_compare_outputs(query) || !ends_in_softmax(layers)) {
        return false;
    }
    layers->n_layers -= N_LAYERS - 1;
    return true;
}
