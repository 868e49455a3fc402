/* c.v >= A.x + b by eliminating layers backwards, with charged rounding. */
#include "domains/backward.h"

#include "domains/act_relu.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/dense.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Lines of one ReLU layer, padded; live: neurons that are not inactive. */
struct relu_lines {
    double *lower_slope;
    double *upper_slope;
    double *upper_intercept;
    uint32_t *live;
    size_t n_live;
};

/*
 * The columns of a layer that the rows of a block may be non-zero in: all, or
 * those listed. Everything outside is zero, at all times. Seeded by the
 * caller, inactive neurons may have coefficients too.
 */
struct columns {
    bool is_present;
    bool is_full;
    bool is_seeded;
    size_t n;
    uint32_t *list; /* [width] */
    bool *is_listed;
};

/*
 * coefficient  [BACKWARD_ROWS x stride] of each layer
 * error        e[k] of (2), padded
 * magnitude    m[k]
 * lines        [n_layers], filled for ReLU layers
 * every        0, 1, 2, ...: the live list of a layer without lines
 */
struct backward {
    const struct weights *weights;
    const struct layers *layers;
    const struct dense_kernels *kernels;
    double **coefficient;
    struct columns *columns;
    double **error;
    double **magnitude;
    struct relu_lines *lines;
    uint32_t *every;
    double gamma;
    double underflow;
    size_t n_rows;
    uint64_t madds;
    double constant[BACKWARD_ROWS];
    double charge[BACKWARD_ROWS];
};

static void create_layer(struct backward *b, size_t k)
{
    const size_t stride = b->weights->layer[k].stride;
    NEW_ALIGNED(b->coefficient[k], BACKWARD_ROWS * stride);
    NEW_ALIGNED(b->error[k], stride);
    NEW_ARRAY(b->magnitude[k], stride);
    NEW_ARRAY(b->columns[k].list, stride);
    NEW_ARRAY(b->columns[k].is_listed, stride);
    if (b->layers->layer[k].kind == LAYER_RELU) {
        struct relu_lines *lines = &b->lines[k];
        NEW_ALIGNED(lines->lower_slope, stride);
        NEW_ALIGNED(lines->upper_slope, stride);
        NEW_ALIGNED(lines->upper_intercept, stride);
        NEW_ARRAY(lines->live, stride);
    }
}

struct backward *backward_create(const struct weights *weights)
{
    struct backward *b;
    NEW(b);
    const struct layers *layers = weights->layers;
    b->weights = weights;
    b->layers = layers;
    b->kernels = dense_kernels_best();
    NEW_ARRAY(b->coefficient, layers->n_layers);
    NEW_ARRAY(b->columns, layers->n_layers);
    NEW_ARRAY(b->error, layers->n_layers);
    NEW_ARRAY(b->magnitude, layers->n_layers);
    NEW_ARRAY(b->lines, layers->n_layers);
    size_t n_total = 64;
    size_t widest = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        create_layer(b, k);
        const size_t width = layers->layer[k].width;
        const size_t n_terms = layers->layer[k].n_terms;
        n_total += n_terms > 1 ? n_terms * width : width;
        widest = width > widest ? width : widest;
    }
    b->gamma = interval_gamma(n_total);
    NEW_ARRAY(b->every, widest);
    for (size_t i = 0; i < widest; i++) {
        b->every[i] = (uint32_t)i;
    }
    return b;
}

void backward_destroy(struct backward *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        alloc_free(b->coefficient[k]);
        alloc_free(b->error[k]);
        alloc_free(b->magnitude[k]);
        alloc_free(b->columns[k].list);
        alloc_free(b->columns[k].is_listed);
        alloc_free(b->lines[k].lower_slope);
        alloc_free(b->lines[k].upper_slope);
        alloc_free(b->lines[k].upper_intercept);
        alloc_free(b->lines[k].live);
    }
    alloc_free(b->coefficient);
    alloc_free(b->columns);
    alloc_free(b->error);
    alloc_free(b->magnitude);
    alloc_free(b->lines);
    alloc_free(b->every);
    alloc_free(b);
}

/* sum_j |M_ij| m[j] of one matrix row, in nearest arithmetic. */
static double absolute_row(const struct matrix *matrix, size_t i,
                           const double *m)
{
    double sum = 0.0;
    if (matrix->dense != NULL) {
        const double *row = matrix->dense + i * matrix->n_cols;
        for (size_t j = 0; j < matrix->n_cols; j++) {
            sum += fabs(row[j]) * m[j];
        }
        return sum;
    }
    for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
        sum += fabs(matrix->value[p]) * m[matrix->column[p]];
    }
    return sum;
}

void backward_set_scale(struct backward *b, const struct bounds *bounds)
{
    double total = 1.0;
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        const struct layer *layer = &b->layers->layer[k];
        for (size_t i = 0; i < layer->width; i++) {
            const double m =
                fmax(fabs(bounds->lower[k][i]), fabs(bounds->upper[k][i]));
            double sum = m;
            for (size_t t = 0; t < layer->n_terms; t++) {
                sum += absolute_row(&layer->terms[t].matrix, i,
                                    b->magnitude[layer->terms[t].source]);
            }
            if (layer->kind == LAYER_AFFINE) {
                sum += fabs(layer->bias[i]);
            }
            b->magnitude[k][i] = m;
            b->error[k][i] = 2.0 * b->gamma * sum + 0x1p-1070;
            total += m;
        }
    }
    /* Fewer than 2^40 operations, each off by at most 2^-1074 times m. */
    b->underflow = total < 0x1p+500 ? total * 0x1p-1030 : HUGE_VAL;
}

void backward_set_lines(struct backward *b, size_t relu, const double *lower,
                        const double *upper)
{
    struct relu_lines *lines = &b->lines[relu];
    const size_t width = b->layers->layer[relu].width;
    lines->n_live = 0;
    for (size_t i = 0; i < width; i++) {
        const double l = lower[i];
        const double u = upper[i];
        const bool is_finite = isfinite(l) && isfinite(u);
        const struct act_line none = {0.0, HUGE_VAL};
        const struct act_line lower_line = act_relu_lower(l, u);
        const struct act_line upper_line =
            is_finite ? act_relu_upper_short(l, u) : none;
        lines->lower_slope[i] = lower_line.slope;
        lines->upper_slope[i] = upper_line.slope;
        lines->upper_intercept[i] = upper_line.intercept;
        if (l >= 0.0 || u > 0.0) {
            lines->live[lines->n_live++] = (uint32_t)i;
        }
    }
}

/* Makes the layer's coefficients zero again after a block. */
static void clean_layer(struct backward *b, size_t k)
{
    struct columns *columns = &b->columns[k];
    const size_t stride = b->weights->layer[k].stride;
    if (columns->is_full) {
        memset(b->coefficient[k], 0, b->n_rows * stride * sizeof(double));
    }
    for (size_t t = 0; t < columns->n; t++) {
        const size_t j = columns->list[t];
        columns->is_listed[j] = false;
        for (size_t r = 0; r < b->n_rows; r++) {
            b->coefficient[k][r * stride + j] = 0.0;
        }
    }
    columns->is_present = false;
    columns->is_full = false;
    columns->is_seeded = false;
    columns->n = 0;
}

void backward_begin(struct backward *b, size_t n_rows)
{
    REQUIRE(n_rows <= BACKWARD_ROWS);
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        if (b->columns[k].is_present) {
            clean_layer(b, k);
        }
    }
    b->n_rows = n_rows;
    memset(b->constant, 0, sizeof b->constant);
    memset(b->charge, 0, sizeof b->charge);
}

/* The coefficients of a layer, any column of which may be written. */
static double *all_columns(struct backward *b, size_t k)
{
    b->columns[k].is_present = true;
    b->columns[k].is_full = true;
    return b->coefficient[k];
}

/* Lists one column of a layer as possibly non-zero. */
static void list_column(struct backward *b, size_t k, uint32_t j)
{
    struct columns *columns = &b->columns[k];
    columns->is_present = true;
    if (!columns->is_full && !columns->is_listed[j]) {
        columns->is_listed[j] = true;
        columns->list[columns->n++] = j;
    }
}

double *backward_seed(struct backward *b, size_t layer, size_t row)
{
    REQUIRE(row < b->n_rows);
    b->columns[layer].is_seeded = true;
    return all_columns(b, layer) + row * b->weights->layer[layer].stride;
}

void backward_add_constant(struct backward *b, size_t row, double constant)
{
    b->constant[row] += constant;
    b->charge[row] += 2.0 * b->gamma * fabs(constant);
}

/* plus += M[i], minus -= M[i] for row i of the matrix. */
static void seed_row(struct backward *b, size_t source,
                     const struct matrix *matrix, size_t i, size_t t)
{
    const size_t stride = b->weights->layer[source].stride;
    double *plus = b->coefficient[source] + 2 * t * stride;
    double *minus = plus + stride;
    if (matrix->dense != NULL) {
        const double *row = matrix->dense + i * matrix->n_cols;
        (void)all_columns(b, source);
        for (size_t j = 0; j < matrix->n_cols; j++) {
            plus[j] += row[j];
            minus[j] -= row[j];
        }
        return;
    }
    for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
        list_column(b, source, matrix->column[p]);
        plus[matrix->column[p]] += matrix->value[p];
        minus[matrix->column[p]] -= matrix->value[p];
    }
}

void backward_seed_neurons(struct backward *b, size_t layer,
                           const uint32_t *neuron, size_t n)
{
    const struct layer *affine = &b->layers->layer[layer];
    REQUIRE(affine->kind == LAYER_AFFINE && 2 * n <= b->n_rows);
    for (size_t t = 0; t < n; t++) {
        const size_t i = neuron[t];
        b->constant[2 * t] += affine->bias[i];
        b->constant[2 * t + 1] -= affine->bias[i];
        b->charge[2 * t] += b->error[layer][i];
        b->charge[2 * t + 1] += b->error[layer][i];
        for (size_t s = 0; s < affine->n_terms; s++) {
            seed_row(b, affine->terms[s].source, &affine->terms[s].matrix, i,
                     t);
        }
    }
}

/* Rows of a layer to pass on: those listed, or those of its only ReLU that
 * are not inactive, or all. */
struct live {
    const uint32_t *list;
    size_t n;
};

static struct live live_of(const struct backward *b, size_t k)
{
    const struct columns *columns = &b->columns[k];
    const size_t relu = b->weights->layer[k].relu;
    if (!columns->is_full) {
        return (struct live){columns->list, columns->n};
    }
    if (relu != SIZE_MAX && !columns->is_seeded) {
        return (struct live){b->lines[relu].live, b->lines[relu].n_live};
    }
    return (struct live){b->every, b->layers->layer[k].width};
}

/* The columns of the source that a CSR term reaches. */
static void list_sparse(struct backward *b, const struct layer_term *term,
                        bool is_full, const struct live *live)
{
    const struct matrix *matrix = &term->matrix;
    if (is_full) {
        (void)all_columns(b, term->source);
        return;
    }
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            list_column(b, term->source, matrix->column[p]);
        }
    }
}

/* c[r] += sum_i a[r][i] M[i] over the live rows of a CSR matrix. */
static void add_sparse_product(struct backward *b, const struct matrix *matrix,
                               const struct dense_product *product)
{
    for (size_t t = 0; t < product->n_live; t++) {
        const size_t i = product->live[t];
        const size_t end = matrix->start[i + 1];
        for (size_t r = 0; r < product->n_rows; r++) {
            const double factor = product->a[r * product->a_stride + i];
            double *c = product->c + r * product->c_stride;
            for (size_t p = matrix->start[i]; p < end; p++) {
                c[matrix->column[p]] += factor * matrix->value[p];
            }
        }
        b->madds += product->n_rows * (end - matrix->start[i]);
    }
}

/* Constants and charges of passing the equation of layer k. */
static void add_bias(struct backward *b, size_t k)
{
    const struct weights_layer *padded = &b->weights->layer[k];
    const struct columns *columns = &b->columns[k];
    for (size_t r = 0; r < b->n_rows; r++) {
        const double *q = b->coefficient[k] + r * padded->stride;
        double sums[2] = {0.0, 0.0};
        if (columns->is_full) {
            b->kernels->dot_row(sums, q, padded->bias, b->error[k],
                                padded->stride);
        }
        for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
            const size_t i = columns->list[t];
            sums[0] += q[i] * padded->bias[i];
            sums[1] += fabs(q[i]) * b->error[k][i];
        }
        b->constant[r] += sums[0];
        b->charge[r] += sums[1];
    }
}

static void pass_affine(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct weights_layer *padded = &b->weights->layer[k];
    const struct live live = live_of(b, k);
    add_bias(b, k);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        const struct dense_product product = {
            .c = b->coefficient[term->source],
            .a = b->coefficient[k],
            .w = padded->terms[t].data,
            .live = live.list,
            .c_stride = b->weights->layer[term->source].stride,
            .a_stride = padded->stride,
            .w_stride = padded->terms[t].stride,
            .n_live = live.n,
            .n_rows = b->n_rows,
            .n_cols = padded->terms[t].stride,
        };
        if (product.w == NULL) {
            list_sparse(b, term, b->columns[k].is_full, &live);
            add_sparse_product(b, &term->matrix, &product);
        } else {
            (void)all_columns(b, term->source);
            b->kernels->add_product(&product);
            b->madds += b->n_rows * live.n * product.n_cols;
        }
    }
}

/* The ReLU step of one row over the listed columns. */
static void relax_listed(struct backward *b, size_t k, size_t r, bool is_shared)
{
    const size_t source = b->layers->layer[k].source;
    const size_t stride = b->weights->layer[k].stride;
    const struct relu_lines *lines = &b->lines[k];
    const struct columns *columns = &b->columns[k];
    const double *q = b->coefficient[k] + r * stride;
    double *z = b->coefficient[source] + r * stride;
    for (size_t t = 0; t < columns->n; t++) {
        const uint32_t i = columns->list[t];
        if (q[i] >= 0.0) {
            z[i] += q[i] * lines->lower_slope[i];
        } else {
            z[i] += q[i] * lines->upper_slope[i];
            b->constant[r] += q[i] * lines->upper_intercept[i];
        }
        if (is_shared) {
            b->charge[r] += fabs(q[i]) * b->error[source][i];
        }
    }
}

static void pass_relu(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    const size_t source = layer->source;
    const size_t stride = b->weights->layer[k].stride;
    const struct relu_lines *relu = &b->lines[k];
    const struct columns *columns = &b->columns[k];
    const struct dense_lines lines = {
        .lower_slope = relu->lower_slope,
        .upper_slope = relu->upper_slope,
        .upper_intercept = relu->upper_intercept,
        .n = stride,
    };
    const bool is_shared =
        b->weights->layer[source].relu != k || b->columns[source].is_seeded;
    if (columns->is_full) {
        (void)all_columns(b, source);
    }
    for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
        if (relu->upper_slope[columns->list[t]] > 0.0) {
            list_column(b, source, columns->list[t]);
        }
    }
    for (size_t r = 0; r < b->n_rows; r++) {
        const double *q = b->coefficient[k] + r * stride;
        double *z = b->coefficient[source] + r * stride;
        double sums[2];
        if (!columns->is_full) {
            relax_listed(b, k, r, is_shared);
            continue;
        }
        b->constant[r] += b->kernels->relax_row(z, q, &lines);
        if (is_shared) {
            b->kernels->dot_row(sums, q, q, b->error[source], stride);
            b->charge[r] += sums[1];
        }
    }
}

void backward_run(struct backward *b)
{
    for (size_t k = b->layers->n_layers; k-- > 1;) {
        if (!b->columns[k].is_present) {
            continue;
        }
        if (b->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(b, k);
        } else {
            pass_relu(b, k);
        }
    }
    const size_t stride = b->weights->layer[0].stride;
    const double *a = b->coefficient[0];
    for (size_t r = 0; r < b->n_rows; r++) {
        double charge = b->charge[r];
        for (size_t j = 0; j < b->layers->n_inputs; j++) {
            charge += fabs(a[r * stride + j]) * b->error[0][j];
        }
        b->constant[r] -= charge * (1.0 + 0x1p-10) + b->underflow;
    }
}

const double *backward_coefficients(const struct backward *b, size_t row)
{
    return b->coefficient[0] + row * b->weights->layer[0].stride;
}

double backward_constant(const struct backward *b, size_t row)
{
    return b->constant[row];
}

double backward_minimum(const struct backward *b, size_t row,
                        const double *lower, const double *upper)
{
    const double *a = backward_coefficients(b, row);
    double minimum = b->constant[row];
    for (size_t j = 0; j < b->layers->n_inputs; j++) {
        minimum += a[j] * (a[j] > 0.0 ? lower[j] : upper[j]);
    }
    return isfinite(minimum) ? minimum : -HUGE_VAL;
}

const double *backward_met(const struct backward *b, size_t k, size_t row)
{
    if (!b->columns[k].is_present) {
        return NULL;
    }
    return b->coefficient[k] + row * b->weights->layer[k].stride;
}

size_t backward_block(const struct backward *b, size_t layer)
{
    const struct layer *affine = &b->layers->layer[layer];
    for (size_t t = 0; t < affine->n_terms; t++) {
        if (affine->terms[t].matrix.dense == NULL) {
            return 1;
        }
    }
    return BACKWARD_ROWS / 2;
}

uint64_t backward_madds(const struct backward *b)
{
    return b->madds;
}
