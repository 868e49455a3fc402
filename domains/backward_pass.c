/* Passing a block of rows through affine layers and ReLUs. */
#include "domains/backward.h"
#include "domains/backward_state.h"

#include <math.h>

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
        (void)backward_all_columns(b, term->source);
        return;
    }
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            backward_list_column(b, term->source, matrix->column[p]);
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

/* Lists the columns of the copies that are treated. */
static void list_copies(struct backward *b, size_t source,
                        const struct tiling *tiling, size_t n_copies)
{
    for (size_t c = 0; c < n_copies; c++) {
        const struct tiling_copy *copy = &tiling->copy[b->work.copies[c]];
        const struct tile *tile = &tiling->tile[copy->tile];
        for (size_t s = 0; s < tile->n_runs; s++) {
            const uint32_t first = copy->column + tile->run[s].column;
            for (uint32_t j = 0; j < tile->run[s].n; j++) {
                backward_list_column(b, source, first + j);
            }
        }
    }
}

/* The same through the tiling of a term of layer k. */
static void add_tiled_product(struct backward *b, size_t k, size_t t,
                              const struct live *live)
{
    const size_t source = b->layers->layer[k].terms[t].source;
    const struct tiling *tiling = b->weights->layer[k].terms[t].tiling;
    const size_t n_copies =
        tiling_find_copies(tiling, &b->work, live->list, live->n);
    const struct tiling_pass pass = {
        .tiling = tiling,
        .kernels = b->kernels,
        .work = &b->work,
        .to = b->coefficient[source],
        .from = b->coefficient[k],
        .to_stride = b->weights->layer[source].stride,
        .from_stride = b->weights->layer[k].stride,
        .n_rows = b->n_rows,
        .n_copies = n_copies,
        .copies = b->work.copies,
    };
    if (b->columns[k].is_full) {
        (void)backward_all_columns(b, source);
    } else {
        list_copies(b, source, tiling, n_copies);
    }
    b->madds += tiling_add_backward(&pass);
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
            b->kernels->dot_row(sums, q, padded->bias, b->charged[k],
                                padded->stride);
        }
        for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
            const size_t i = columns->list[t];
            sums[0] += q[i] * padded->bias[i];
            sums[1] += fabs(q[i]) * b->charged[k][i];
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
        if (padded->terms[t].tiling != NULL) {
            add_tiled_product(b, k, t, &live);
        } else if (product.w == NULL) {
            list_sparse(b, term, b->columns[k].is_full, &live);
            add_sparse_product(b, &term->matrix, &product);
        } else {
            (void)backward_all_columns(b, term->source);
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
    const double *lower_slope = backward_lower_slopes(b, k, r);
    const struct columns *columns = &b->columns[k];
    const double *q = b->coefficient[k] + r * stride;
    double *z = b->coefficient[source] + r * stride;
    for (size_t t = 0; t < columns->n; t++) {
        const uint32_t i = columns->list[t];
        if (q[i] >= 0.0) {
            z[i] += q[i] * lower_slope[i];
        } else {
            z[i] += q[i] * lines->upper_slope[i];
            b->constant[r] += q[i] * lines->upper_intercept[i];
        }
        if (is_shared) {
            b->charge[r] += fabs(q[i]) * b->charged[source][i];
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
    struct dense_lines lines = {
        .upper_slope = relu->upper_slope,
        .upper_intercept = relu->upper_intercept,
        .n = stride,
    };
    const bool is_shared =
        b->weights->layer[source].relu != k || b->columns[source].is_seeded;
    if (columns->is_full) {
        (void)backward_all_columns(b, source);
    }
    for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
        if (relu->upper_slope[columns->list[t]] > 0.0) {
            backward_list_column(b, source, columns->list[t]);
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
        lines.lower_slope = backward_lower_slopes(b, k, r);
        b->constant[r] += b->kernels->relax_row(z, q, &lines);
        if (is_shared) {
            b->kernels->dot_row(sums, q, q, b->charged[source], stride);
            b->charge[r] += sums[1];
        }
    }
}

/* What all underflows below layer k cost at most: fewer than 2^40 operations,
 * each off by at most 2^-1074 times a magnitude. */
static double underflow_below(const struct backward *b, size_t k)
{
    return b->total[k] < 0x1p+500 ? b->total[k] * 0x1p-1030 : HUGE_VAL;
}

void backward_run(struct backward *b)
{
    size_t top = 0;
    for (size_t k = 1; k < b->layers->n_layers; k++) {
        top = b->columns[k].is_present ? k : top;
    }
    const double underflow = underflow_below(b, top);
    for (size_t k = b->layers->n_layers; k-- > 1;) {
        if (!b->columns[k].is_present || !backward_drop_still(b, k)) {
            continue;
        }
        if (b->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(b, k);
        } else if (b->layers->layer[k].kind == LAYER_RELU) {
            pass_relu(b, k);
        } else {
            backward_pass_curve(b, k);
        }
    }
    const size_t stride = b->weights->layer[0].stride;
    const struct columns *columns = &b->columns[0];
    for (size_t r = 0; r < b->n_rows; r++) {
        const double *row = b->coefficient[0] + r * stride;
        double sums[2] = {0.0, b->charge[r]};
        if (columns->is_full) {
            b->kernels->dot_row(sums, row, row, b->charged[0], stride);
            sums[1] += b->charge[r];
        }
        for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
            const size_t j = columns->list[t];
            sums[1] += fabs(row[j]) * b->charged[0][j];
        }
        b->constant[r] -= sums[1] * (1.0 + 0x1p-10) + underflow;
    }
}
