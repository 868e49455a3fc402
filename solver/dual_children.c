/* The dual bounds of children of a row, by what changes from the row. */
#include "solver/dual.h"

#include <math.h>
#include <string.h>

/*
 * Row 0 keeps its coefficients; row 1 of the matrices of coefficients holds the
 * difference of a child from them. It begins at one neuron and stays zero
 * outside what that neuron depends on, a small window of most layers of a
 * convolutional network.
 */
struct difference {
    struct dual *dual;
    uint32_t id;
    enum phase phase;
    double constant;
};

static double *row_of(const struct dual *d, size_t k, size_t row)
{
    return d->coefficient[k] + row * d->weights->layer[k].stride;
}

/* The columns where the difference is not zero, into d->met. */
static size_t find_met(struct dual *d, size_t k)
{
    const double *change = row_of(d, k, 1);
    const size_t width = d->layers->layer[k].width;
    size_t n = 0;
    for (size_t i = 0; i < width; i++) {
        d->met[n] = (uint32_t)i;
        n += !(fabs(change[i]) <= 0.0);
    }
    return n;
}

/* What a coefficient q of a neuron of a ReLU layer adds to that of its input;
 * adds its constant with a factor. */
static double pass_neuron(struct difference *difference,
                          const struct dual_layer *lines, uint32_t i, double q,
                          double factor)
{
    const struct dual *d = difference->dual;
    const uint32_t id = lines->id[i];
    if (id == DUAL_STABLE) {
        return q * lines->upper_slope[i];
    }
    const uint8_t phase = d->phase[id] & (DUAL_IMPLIED - 1);
    if (phase == PHASE_ACTIVE) {
        return q - d->choice[id];
    }
    if (phase == PHASE_INACTIVE) {
        return d->choice[id];
    }
    if (q >= 0.0) {
        return q * d->choice[id];
    }
    difference->constant += factor * q * lines->upper_intercept[i];
    return q * lines->upper_slope[i];
}

static void pass_relu(struct difference *difference, size_t k)
{
    struct dual *d = difference->dual;
    const struct dual_layer *lines = &d->layer[k];
    const double *q = row_of(d, k, 0);
    const double *change = row_of(d, k, 1);
    double *z = row_of(d, d->layers->layer[k].source, 1);
    const size_t n = find_met(d, k);
    for (size_t t = 0; t < n; t++) {
        const uint32_t i = d->met[t];
        const double after =
            pass_neuron(difference, lines, i, q[i] + change[i], 1.0);
        z[i] += after - pass_neuron(difference, lines, i, q[i], -1.0);
    }
}

static void add_sparse(double *c, const double *a, const struct matrix *matrix,
                       const uint32_t *met, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const size_t i = met[t];
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            c[matrix->column[p]] += a[i] * matrix->value[p];
        }
    }
}

static void pass_term(struct dual *d, size_t k, size_t t, size_t n)
{
    const struct layer_term *term = &d->layers->layer[k].terms[t];
    const struct weights_term *stored = &d->weights->layer[k].terms[t];
    const double *change = row_of(d, k, 1);
    double *to = row_of(d, term->source, 1);
    if (stored->tiling != NULL) {
        const struct tiling_pass pass = {
            .tiling = stored->tiling,
            .kernels = d->kernels,
            .work = &d->work,
            .to = to,
            .from = change,
            .n_rows = 1,
            .n_copies = tiling_find_copies(stored->tiling, &d->work, d->met, n),
            .copies = d->work.copies,
        };
        d->madds += tiling_add_backward(&pass);
        return;
    }
    if (stored->data == NULL) {
        add_sparse(to, change, &term->matrix, d->met, n);
        return;
    }
    const struct dense_product product = {
        .c = to,
        .a = change,
        .w = stored->data,
        .live = d->met,
        .w_stride = stored->stride,
        .n_live = n,
        .n_rows = 1,
        .n_cols = stored->stride,
    };
    d->kernels->add_product(&product);
    d->madds += n * stored->stride;
}

static void pass_affine(struct difference *difference, size_t k)
{
    struct dual *d = difference->dual;
    const double *bias = d->weights->layer[k].bias;
    const double *change = row_of(d, k, 1);
    const size_t n = find_met(d, k);
    for (size_t t = 0; t < n; t++) {
        difference->constant += change[d->met[t]] * bias[d->met[t]];
    }
    for (size_t t = 0; n > 0 && t < d->layers->layer[k].n_terms; t++) {
        pass_term(d, k, t, n);
    }
}

/* The difference of the child at the input of its neuron. */
static void begin(struct difference *difference)
{
    struct dual *d = difference->dual;
    const struct dual_neuron *neuron = &d->neuron[difference->id];
    const double q = row_of(d, neuron->relu, 0)[neuron->index];
    for (size_t k = 0; k < neuron->relu; k++) {
        memset(row_of(d, k, 1), 0,
               d->weights->layer[k].stride * sizeof(double));
    }
    row_of(d, neuron->source, 1)[neuron->index] =
        (difference->phase == PHASE_ACTIVE ? q : 0.0) -
        pass_neuron(difference, &d->layer[neuron->relu], neuron->index, q,
                    -1.0);
}

static double child_bound(struct dual *d, uint32_t id, enum phase phase)
{
    struct difference difference = {d, id, phase, 0.0};
    const double *a = row_of(d, 0, 0);
    const double *change = row_of(d, 0, 1);
    begin(&difference);
    for (size_t k = d->neuron[id].relu; k-- > 1;) {
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(&difference, k);
        } else {
            pass_relu(&difference, k);
        }
    }
    double bound = d->bound[0] + difference.constant;
    const size_t n = find_met(d, 0);
    for (size_t t = 0; t < n; t++) {
        const size_t j = d->met[t];
        const double after = a[j] + change[j];
        bound += after * (after > 0.0 ? d->lower[j] : d->upper[j]) -
                 a[j] * (a[j] > 0.0 ? d->lower[j] : d->upper[j]);
    }
    return bound;
}

void dual_bound_children(struct dual *d, uint32_t id, double bound[2])
{
    bound[0] = child_bound(d, id, PHASE_INACTIVE);
    bound[1] = child_bound(d, id, PHASE_ACTIVE);
}
