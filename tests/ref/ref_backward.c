/* c.v >= A.x + b in rationals, one coefficient at a time. */
#include "tests/ref/ref_backward.h"

#include "domains/act_relu.h"
#include "src/num/rational.h"

#include <math.h>

void ref_backward_init(struct ref_backward *row, const struct layers *layers)
{
    ref_values_init(&row->c, layers);
    mpq_inits(row->constant, row->size, (mpq_ptr)NULL);
}

void ref_backward_clear(struct ref_backward *row)
{
    ref_values_clear(&row->c);
    mpq_clears(row->constant, row->size, (mpq_ptr)NULL);
}

/* sum += q * x */
static void add_product(mpq_t sum, const mpq_t q, double x)
{
    mpq_t product;
    mpq_init(product);
    rational_set_double(product, x);
    mpq_mul(product, product, q);
    mpq_add(sum, sum, product);
    mpq_clear(product);
}

/* size += |q| * x */
static void add_size(struct ref_backward *row, const mpq_t q, double x)
{
    mpq_t absolute;
    mpq_init(absolute);
    mpq_abs(absolute, q);
    add_product(row->size, absolute, x);
    mpq_clear(absolute);
}

static double magnitude(const struct bounds *scale, size_t k, size_t i)
{
    return fmax(fabs(scale->lower[k][i]), fabs(scale->upper[k][i]));
}

/* What (2) of backward.h charges neuron i of layer k for, in doubles. */
static double reach(const struct layers *layers, const struct bounds *scale,
                    size_t k, size_t i)
{
    const struct layer *layer = &layers->layer[k];
    double sum = magnitude(scale, k, i) + 0x1p-1020;
    if (layer->kind == LAYER_AFFINE) {
        sum += fabs(layer->bias[i]);
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct matrix *matrix = &layer->terms[t].matrix;
        const size_t source = layer->terms[t].source;
        const size_t begin = matrix->dense != NULL ? 0 : matrix->start[i];
        const size_t end =
            matrix->dense != NULL ? matrix->n_cols : matrix->start[i + 1];
        for (size_t p = begin; p < end; p++) {
            sum += matrix->dense != NULL
                       ? fabs(matrix->dense[i * matrix->n_cols + p]) *
                             magnitude(scale, source, p)
                       : fabs(matrix->value[p]) *
                             magnitude(scale, source, matrix->column[p]);
        }
    }
    return sum;
}

/* c[source] += q * (row i of the matrix). */
static void add_row(struct ref_backward *row, const struct layer_term *term,
                    size_t i, const mpq_t q)
{
    const struct matrix *matrix = &term->matrix;
    mpq_t *c = row->c.layer[term->source].value;
    if (matrix->dense != NULL) {
        for (size_t j = 0; j < matrix->n_cols; j++) {
            add_product(c[j], q, matrix->dense[i * matrix->n_cols + j]);
        }
        return;
    }
    for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
        add_product(c[matrix->column[p]], q, matrix->value[p]);
    }
}

static void pass_affine(struct ref_backward *row, const struct layers *layers,
                        size_t k)
{
    const struct layer *layer = &layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        mpq_t *q = &row->c.layer[k].value[i];
        if (mpq_sgn(*q) == 0) {
            continue;
        }
        add_product(row->constant, *q, layer->bias[i]);
        for (size_t t = 0; t < layer->n_terms; t++) {
            add_row(row, &layer->terms[t], i, *q);
        }
    }
}

static void pass_relu(struct ref_backward *row, const struct layers *layers,
                      size_t k, const struct bounds *lines)
{
    const size_t source = layers->layer[k].source;
    for (size_t i = 0; i < layers->layer[k].width; i++) {
        mpq_t *q = &row->c.layer[k].value[i];
        const double l = lines->lower[source][i];
        const double u = lines->upper[source][i];
        const struct act_line line = mpq_sgn(*q) >= 0
                                         ? act_relu_lower(l, u)
                                         : act_relu_upper_short(l, u);
        add_product(row->c.layer[source].value[i], *q, line.slope);
        add_product(row->constant, *q, line.intercept);
    }
}

void ref_backward_run(struct ref_backward *row, const struct layers *layers,
                      const struct bounds *lines, const struct bounds *scale)
{
    mpq_abs(row->size, row->constant);
    for (size_t k = layers->n_layers; k-- > 0;) {
        const struct layer *layer = &layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            add_size(row, row->c.layer[k].value[i],
                     layer->kind == LAYER_RELU
                         ? reach(layers, scale, layer->source, i)
                         : reach(layers, scale, k, i));
        }
        if (layer->kind == LAYER_AFFINE) {
            pass_affine(row, layers, k);
        } else if (layer->kind == LAYER_RELU) {
            pass_relu(row, layers, k, lines);
        }
    }
}

void ref_backward_minimum(mpq_t minimum, const struct ref_backward *row,
                          const double *lower, const double *upper)
{
    mpq_set(minimum, row->constant);
    for (size_t j = 0; j < row->c.layer[0].width; j++) {
        mpq_t *a = &row->c.layer[0].value[j];
        add_product(minimum, *a, mpq_sgn(*a) > 0 ? lower[j] : upper[j]);
    }
}
