/* The dual bound of a batch of rows and its gradient, in nearest arithmetic. */
#include "solver/dual.h"

#include <math.h>
#include <string.h>

/* True if a neuron has the phase, for whatever reason. */
static bool is_phase(uint8_t phase, enum phase which)
{
    return (phase & (DUAL_IMPLIED - 1)) == which;
}

/* Neurons of a layer that a row may have a coefficient for. */
struct live {
    const uint32_t *list;
    size_t n;
};

static struct live live_of(const struct dual *d, size_t k)
{
    const size_t relu =
        d->layers->layer[k].kind == LAYER_RELU ? k : d->weights->layer[k].relu;
    if (relu != SIZE_MAX) {
        return (struct live){d->layer[relu].live, d->layer[relu].n_live};
    }
    return (struct live){d->every, d->layers->layer[k].width};
}

/* sum_q eta_q f_q as coefficients and constant of a row. */
static void seed(struct dual *d, size_t row)
{
    const struct spec *spec = d->spec;
    const uint32_t disjunct = d->disjunct[row];
    const size_t last = d->layers->n_layers - 1;
    const size_t n_inputs = d->layers->n_inputs;
    double *output =
        d->coefficient[last] + row * d->weights->layer[last].stride;
    double *input = d->coefficient[0] + row * d->weights->layer[0].stride;
    d->constant[row] = 0.0;
    if (d->target > 0) {
        d->coefficient[d->target][row * d->weights->layer[d->target].stride +
                                  disjunct / 2] =
            disjunct % 2 == 0 ? 1.0 : -1.0;
        return;
    }
    const size_t first = spec->first[disjunct];
    for (size_t r = first; r < spec->first[disjunct + 1]; r++) {
        const struct query_atom *atom = spec->atom[r];
        const double eta = d->eta[row * d->most_atoms + r - first];
        d->constant[row] -= eta * atom->rhs_up;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            double *place = v < n_inputs ? &input[v] : &output[v - n_inputs];
            *place += eta * atom->terms[t].coefficient;
        }
    }
}

static void begin(struct dual *d)
{
    for (size_t k = 0; k < d->layers->n_layers; k++) {
        memset(d->coefficient[k], 0,
               d->n_rows * d->weights->layer[k].stride * sizeof(double));
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        seed(d, r);
    }
}

/* c += sum_i a[i] M[i] over the live rows i of a CSR matrix. */
static void add_sparse(double *c, const double *a, const struct matrix *matrix,
                       const struct live *live)
{
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        const double factor = a[i];
        const bool is_met = factor < 0.0 || factor > 0.0;
        const size_t end = is_met ? matrix->start[i + 1] : 0;
        for (size_t p = matrix->start[i]; p < end; p++) {
            c[matrix->column[p]] += factor * matrix->value[p];
        }
    }
}

/* A product of all rows with the tiling of a term of layer k, without its
 * operands. */
static struct tiling_pass tiled(struct dual *d, size_t k, size_t t)
{
    const struct tiling *tiling = d->weights->layer[k].terms[t].tiling;
    return (struct tiling_pass){
        .tiling = tiling,
        .kernels = d->kernels,
        .work = &d->work,
        .n_rows = d->n_rows,
        .n_copies = tiling->n_copies,
    };
}

static void pass_affine(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct weights_layer *padded = &d->weights->layer[k];
    const struct live live = live_of(d, k);
    for (size_t r = 0; r < d->n_rows; r++) {
        const double *q = d->coefficient[k] + r * padded->stride;
        for (size_t t = 0; t < live.n; t++) {
            d->constant[r] += q[live.list[t]] * padded->bias[live.list[t]];
        }
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const size_t source = layer->terms[t].source;
        const size_t stride = d->weights->layer[source].stride;
        const struct dense_product product = {
            .c = d->coefficient[source],
            .a = d->coefficient[k],
            .w = padded->terms[t].data,
            .live = live.list,
            .c_stride = stride,
            .a_stride = padded->stride,
            .w_stride = padded->terms[t].stride,
            .n_live = live.n,
            .n_rows = d->n_rows,
            .n_cols = padded->terms[t].stride,
        };
        if (product.w != NULL) {
            d->kernels->add_product(&product);
            d->madds += d->n_rows * live.n * product.n_cols;
            continue;
        }
        if (padded->terms[t].tiling != NULL) {
            struct tiling_pass pass = tiled(d, k, t);
            pass.to = d->coefficient[source];
            pass.from = d->coefficient[k];
            pass.to_stride = stride;
            pass.from_stride = padded->stride;
            d->madds += tiling_add_backward(&pass);
            continue;
        }
        d->madds += d->n_rows * layer->terms[t].matrix.start[layer->width];
        for (size_t r = 0; r < d->n_rows; r++) {
            add_sparse(d->coefficient[source] + r * stride,
                       d->coefficient[k] + r * padded->stride,
                       &layer->terms[t].matrix, &live);
        }
    }
}

/* One row through ReLU layer k, with the literals of its neurons. */
static void pass_relu(struct dual *d, size_t k, size_t row)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct dual_layer *lines = &d->layer[k];
    const double *q = d->coefficient[k] + row * d->weights->layer[k].stride;
    double *z = d->coefficient[layer->source] +
                row * d->weights->layer[layer->source].stride;
    const double *choice = d->choice + row * d->n_unstable;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    double constant = 0.0;
    for (size_t t = 0; t < lines->n_live; t++) {
        const uint32_t i = lines->live[t];
        const uint32_t id = lines->id[i];
        if (id == DUAL_STABLE) {
            z[i] += q[i];
        } else if (is_phase(phase[id], PHASE_ACTIVE)) {
            z[i] += q[i] - choice[id];
        } else if (is_phase(phase[id], PHASE_INACTIVE)) {
            z[i] += choice[id];
        } else if (q[i] >= 0.0) {
            z[i] += q[i] * choice[id];
        } else {
            z[i] += q[i] * lines->upper_slope[i];
            constant += q[i] * lines->upper_intercept[i];
        }
    }
    d->constant[row] += constant;
}

/* The layer that the rows start from. */
static size_t top_of(const struct dual *d)
{
    return d->target > 0 ? d->target : d->layers->n_layers - 1;
}

void dual_bound(struct dual *d)
{
    begin(d);
    for (size_t k = top_of(d) + 1; k-- > 1;) {
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(d, k);
            continue;
        }
        for (size_t r = 0; r < d->n_rows; r++) {
            pass_relu(d, k, r);
        }
    }
    const size_t stride = d->weights->layer[0].stride;
    for (size_t r = 0; r < d->n_rows; r++) {
        const double *a = d->coefficient[0] + r * stride;
        double *x = d->value[0] + r * stride;
        double sum = d->constant[r];
        for (size_t j = 0; j < d->layers->n_inputs; j++) {
            x[j] = a[j] > 0.0 ? d->lower[j] : d->upper[j];
            sum += a[j] * x[j];
        }
        d->bound[r] = sum;
    }
}

/* z[i] += M[i].y over the live rows of a CSR matrix. */
static void add_forward(double *z, const struct matrix *matrix, const double *y,
                        const struct live *live)
{
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        double sum = 0.0;
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            sum += matrix->value[p] * y[matrix->column[p]];
        }
        z[i] += sum;
    }
}

/* Values of affine layer k in rows first .. first + n_rows - 1. */
static void forward_affine(struct dual *d, size_t k, size_t first,
                           size_t n_rows)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct weights_layer *padded = &d->weights->layer[k];
    const struct live live = live_of(d, k);
    double *value = d->value[k] + first * padded->stride;
    for (size_t r = 0; r < n_rows; r++) {
        memcpy(value + r * padded->stride, padded->bias,
               padded->stride * sizeof(double));
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const size_t source = layer->terms[t].source;
        const size_t stride = d->weights->layer[source].stride;
        const double *input = d->value[source] + first * stride;
        const struct live from = live_of(d, source);
        const bool is_relu = d->layers->layer[source].kind == LAYER_RELU;
        const struct dense_product product = {
            .c = value,
            .a = input,
            .w = d->transposed[k][t],
            .live = is_relu ? from.list : d->every,
            .c_stride = padded->stride,
            .a_stride = stride,
            .w_stride = padded->stride,
            .n_live = is_relu ? from.n : d->layers->layer[source].width,
            .n_rows = n_rows,
            .n_cols = padded->stride,
        };
        if (product.w != NULL) {
            d->kernels->add_product(&product);
            d->madds += n_rows * product.n_live * product.n_cols;
            continue;
        }
        if (padded->terms[t].tiling != NULL) {
            struct tiling_pass pass = tiled(d, k, t);
            pass.to = value;
            pass.from = input;
            pass.to_stride = padded->stride;
            pass.from_stride = stride;
            pass.n_rows = n_rows;
            d->madds += tiling_add_forward(&pass);
            continue;
        }
        d->madds += n_rows * layer->terms[t].matrix.start[layer->width];
        for (size_t r = 0; r < n_rows; r++) {
            add_forward(value + r * padded->stride, &layer->terms[t].matrix,
                        input + r * stride, &live);
        }
    }
}

/* Values of ReLU layer k of one row, and (2) for its neurons. */
static void forward_relu(struct dual *d, size_t k, size_t row)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct dual_layer *lines = &d->layer[k];
    const size_t stride = d->weights->layer[k].stride;
    const double *q = d->coefficient[k] + row * stride;
    const double *z =
        d->value[layer->source] + row * d->weights->layer[layer->source].stride;
    double *y = d->value[k] + row * stride;
    const double *choice = d->choice + row * d->n_unstable;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    double *gradient = d->gradient + row * d->n_unstable;
    for (size_t t = 0; t < lines->n_live; t++) {
        const uint32_t i = lines->live[t];
        const uint32_t id = lines->id[i];
        if (id == DUAL_STABLE) {
            y[i] = z[i];
        } else if (is_phase(phase[id], PHASE_ACTIVE)) {
            y[i] = z[i];
            gradient[id] = -z[i];
        } else if (is_phase(phase[id], PHASE_INACTIVE)) {
            y[i] = 0.0;
            gradient[id] = z[i];
        } else if (q[i] >= 0.0) {
            y[i] = choice[id] * z[i];
            gradient[id] = q[i] * z[i];
        } else {
            y[i] = lines->upper_slope[i] * z[i] + lines->upper_intercept[i];
            gradient[id] = 0.0;
        }
    }
}

void dual_differentiate(struct dual *d)
{
    const size_t last = top_of(d);
    for (size_t k = 1; k <= last; k++) {
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            forward_affine(d, k, 0, d->n_rows);
            continue;
        }
        for (size_t r = 0; r < d->n_rows; r++) {
            forward_relu(d, k, r);
        }
    }
    for (size_t r = 0; r < d->n_rows && d->target == 0; r++) {
        const size_t first = d->spec->first[d->disjunct[r]];
        const size_t end = d->spec->first[d->disjunct[r] + 1];
        for (size_t f = first; f < end; f++) {
            d->eta_gradient[r * d->most_atoms + f - first] = spec_value(
                d->spec, f, d->value[0] + r * d->weights->layer[0].stride,
                d->value[last] + r * d->weights->layer[last].stride);
        }
    }
}

void dual_eval(struct dual *d, double *y, const double *x)
{
    enum { ROW = 1 };
    const size_t last = d->layers->n_layers - 1;
    memcpy(d->value[0] + ROW * d->weights->layer[0].stride, x,
           d->layers->n_inputs * sizeof *x);
    for (size_t k = 1; k <= last; k++) {
        const struct layer *layer = &d->layers->layer[k];
        if (layer->kind == LAYER_AFFINE) {
            forward_affine(d, k, ROW, 1);
            continue;
        }
        const struct dual_layer *lines = &d->layer[k];
        const size_t stride = d->weights->layer[k].stride;
        const double *z = d->value[layer->source] + ROW * stride;
        for (size_t t = 0; t < lines->n_live; t++) {
            const uint32_t i = lines->live[t];
            d->value[k][ROW * stride + i] = fmax(z[i], 0.0);
        }
    }
    memcpy(y, d->value[last] + ROW * d->weights->layer[last].stride,
           d->layers->n_outputs * sizeof *y);
}
