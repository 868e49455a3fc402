/* The dual bound of a batch of rows and its gradient, in nearest arithmetic. */
#include "solver/dual.h"

#include <math.h>
#include <string.h>

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
    const uint32_t end = d->disjunct[row];
    const size_t last = d->layers->n_layers - 1;
    const size_t n_inputs = d->layers->n_inputs;
    float *output = d->coefficient[last] + row * d->stride[last];
    float *input = d->coefficient[0] + row * d->stride[0];
    d->constant[row] = 0.0;
    if (d->target > 0) {
        d->coefficient[d->target][row * d->stride[d->target] + end / 2] =
            end % 2 == 0 ? 1.0F : -1.0F;
    }
    const size_t n_atoms = dual_n_atoms(d, row);
    for (size_t q = 0; q < n_atoms; q++) {
        const struct query_atom *atom =
            spec->atom[spec->first[dual_atoms(d, row)] + q];
        const double eta = d->eta[row * d->most_atoms + q];
        d->constant[row] -= eta * atom->rhs_up;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            float *place = v < n_inputs ? &input[v] : &output[v - n_inputs];
            *place += single_round(eta * atom->terms[t].coefficient);
        }
    }
}

static void begin(struct dual *d)
{
    const size_t top = dual_top(d);
    for (size_t k = 0; k <= top; k++) {
        memset(d->coefficient[k], 0,
               d->n_rows * d->stride[k] * sizeof *d->coefficient[k]);
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        seed(d, r);
    }
}

/* c += sum_i a[i] M[i] over the live rows i of a CSR matrix. */
static void add_sparse(float *c, const float *a, const struct matrix *matrix,
                       const struct live *live)
{
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        const float factor = a[i];
        const bool is_met = factor < 0.0F || factor > 0.0F;
        const size_t end = is_met ? matrix->start[i + 1] : 0;
        for (size_t p = matrix->start[i]; p < end; p++) {
            c[matrix->column[p]] += factor * single_round(matrix->value[p]);
        }
    }
}

/* A product of all rows with the tiling of a term of layer k, without its
 * operands. */
static struct tiling_single_pass tiled(struct dual *d, size_t k, size_t t)
{
    const struct tiling *tiling = d->weights->layer[k].terms[t].tiling;
    return (struct tiling_single_pass){
        .tiling = tiling,
        .kernels = d->kernels,
        .work = &d->work,
        .n_rows = d->n_rows,
        .n_copies = tiling->n_copies,
    };
}

/* The product of all rows of `from`, of layer a, with a packed matrix, added to
 * `to`, of layer c. Counted as with all that the root leaves alive, so that
 * what is weighed by such counts does not depend on what is packed. */
static void add_packed(struct dual *d, float *to, size_t c, const float *from,
                       size_t a, const float *matrix)
{
    const struct dual_kept *kept = &d->pack->kept[a];
    const struct dual_kept *columns = &d->pack->kept[c];
    const bool is_whole = columns->words == NULL;
    const size_t n_cols = single_stride(columns->n);
    const struct single_product product = {
        .c = is_whole ? to : d->packed,
        .a = from,
        .w = matrix,
        .live = kept->words == NULL ? d->every : kept->list,
        .c_stride = is_whole ? d->stride[c] : n_cols,
        .a_stride = d->stride[a],
        .w_stride = n_cols,
        .n_live = kept->n,
        .n_rows = d->n_rows,
        .n_cols = n_cols,
        .is_new = !is_whole,
        .is_packed = true,
    };
    d->kernels->add_product(&product);
    d->madds += d->n_rows * d->packs[0].kept[a].n * d->stride[c];
    for (size_t r = 0; r < d->n_rows && !is_whole; r++) {
        d->kernels->spread(to + r * d->stride[c], d->packed + r * n_cols,
                           columns->words, d->stride[c]);
    }
}

static void pass_affine(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct live live = live_of(d, k);
    for (size_t r = 0; r < d->n_rows; r++) {
        d->constant[r] += d->kernels->dot(d->coefficient[k] + r * d->stride[k],
                                          d->bias[k], d->stride[k]);
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const size_t source = layer->terms[t].source;
        const size_t stride = d->stride[source];
        if (d->weight[k][t] != NULL) {
            add_packed(d, d->coefficient[source], source, d->coefficient[k], k,
                       d->pack->weight[k][t]);
            continue;
        }
        if (d->weights->layer[k].terms[t].tiling != NULL) {
            struct tiling_single_pass pass = tiled(d, k, t);
            pass.to = d->coefficient[source];
            pass.from = d->coefficient[k];
            pass.to_stride = stride;
            pass.from_stride = d->stride[k];
            d->madds += tiling_single_add_backward(&pass);
            continue;
        }
        d->madds += d->n_rows * layer->terms[t].matrix.start[layer->width];
        for (size_t r = 0; r < d->n_rows; r++) {
            add_sparse(d->coefficient[source] + r * stride,
                       d->coefficient[k] + r * d->stride[k],
                       &layer->terms[t].matrix, &live);
        }
    }
}

/* ReLU layer k for the kernels, and what a row chooses there. */
static struct single_relu relu_of(const struct dual *d, size_t k)
{
    const struct dual_layer *lines = &d->layer[k];
    return (struct single_relu){
        .n = d->stride[k],
        .passed = lines->passed,
        .own = lines->own,
        .slope = lines->upper_slope,
        .intercept = lines->upper_intercept,
    };
}

static struct single_row row_of(const struct dual *d, size_t k, size_t row)
{
    const size_t first = row * d->n_unstable + d->layer[k].first;
    return (struct single_row){
        .choice = d->choice + first,
        .phase = d->phase + first,
        .gradient = d->gradient + first,
    };
}

/* All rows through ReLU layer k, with the literals of its neurons. */
static void pass_relu(struct dual *d, size_t k)
{
    const size_t source = d->layers->layer[k].source;
    const struct single_relu relu = relu_of(d, k);
    for (size_t r = 0; r < d->n_rows; r++) {
        const struct single_row row = row_of(d, k, r);
        d->constant[r] += d->kernels->relax(
            d->coefficient[source] + r * d->stride[source],
            d->coefficient[k] + r * d->stride[k], &relu, &row);
    }
}

void dual_bound(struct dual *d)
{
    begin(d);
    for (size_t k = dual_top(d) + 1; k-- > 1;) {
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(d, k);
        } else {
            pass_relu(d, k);
        }
    }
    const size_t stride = d->stride[0];
    for (size_t r = 0; r < d->n_rows; r++) {
        d->bound[r] = d->constant[r] +
                      d->kernels->minimise(d->value[0] + r * stride,
                                           d->coefficient[0] + r * stride,
                                           d->low, d->high, stride);
    }
}

void dual_corner(const struct dual *d, size_t row, double *x)
{
    const float *a = d->coefficient[0] + row * d->stride[0];
    for (size_t j = 0; j < d->layers->n_inputs; j++) {
        x[j] = a[j] > 0.0F ? d->lower[j] : d->upper[j];
    }
}

/* z[i] += M[i].y over the live rows of a CSR matrix. */
static void add_forward(float *z, const struct matrix *matrix, const float *y,
                        const struct live *live)
{
    for (size_t t = 0; t < live->n; t++) {
        const size_t i = live->list[t];
        double sum = 0.0;
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            sum += matrix->value[p] * (double)y[matrix->column[p]];
        }
        z[i] += single_round(sum);
    }
}

/* Values of affine layer k of all rows. */
static void forward_affine(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct live live = live_of(d, k);
    float *value = d->value[k];
    for (size_t r = 0; r < d->n_rows; r++) {
        memcpy(value + r * d->stride[k], d->bias[k],
               d->stride[k] * sizeof *value);
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const size_t source = layer->terms[t].source;
        const size_t stride = d->stride[source];
        if (d->weight[k][t] != NULL) {
            add_packed(d, value, k, d->value[source], source,
                       d->pack->transposed[k][t]);
            continue;
        }
        if (d->weights->layer[k].terms[t].tiling != NULL) {
            struct tiling_single_pass pass = tiled(d, k, t);
            pass.to = value;
            pass.from = d->value[source];
            pass.to_stride = d->stride[k];
            pass.from_stride = stride;
            d->madds += tiling_single_add_forward(&pass);
            continue;
        }
        d->madds += d->n_rows * layer->terms[t].matrix.start[layer->width];
        for (size_t r = 0; r < d->n_rows; r++) {
            add_forward(value + r * d->stride[k], &layer->terms[t].matrix,
                        d->value[source] + r * stride, &live);
        }
    }
}

/* Values of ReLU layer k of all rows, and (2) for its neurons. */
static void forward_relu(struct dual *d, size_t k)
{
    const size_t source = d->layers->layer[k].source;
    const struct single_relu relu = relu_of(d, k);
    for (size_t r = 0; r < d->n_rows; r++) {
        const struct single_row row = row_of(d, k, r);
        d->kernels->follow(d->value[k] + r * d->stride[k],
                           d->value[source] + r * d->stride[source],
                           d->coefficient[k] + r * d->stride[k], &relu, &row);
    }
}

/* The atoms of a row at its output values. */
static void differentiate_atoms(struct dual *d, size_t row)
{
    const struct spec *spec = d->spec;
    const size_t last = d->layers->n_layers - 1;
    const size_t n_inputs = d->layers->n_inputs;
    const float *x = d->value[0] + row * d->stride[0];
    const float *y = d->value[last] + row * d->stride[last];
    const size_t n_atoms = dual_n_atoms(d, row);
    for (size_t q = 0; q < n_atoms; q++) {
        const struct query_atom *atom =
            spec->atom[spec->first[dual_atoms(d, row)] + q];
        double sum = -atom->rhs_up;
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            sum += atom->terms[t].coefficient *
                   (double)(v < n_inputs ? x[v] : y[v - n_inputs]);
        }
        d->eta_gradient[row * d->most_atoms + q] = sum;
    }
}

void dual_differentiate(struct dual *d)
{
    for (size_t k = 1; k <= dual_top(d); k++) {
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            forward_affine(d, k);
        } else {
            forward_relu(d, k);
        }
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        differentiate_atoms(d, r);
    }
}

/* Values of affine layer k at one point, in doubles. */
static void eval_affine(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    const struct weights_layer *padded = &d->weights->layer[k];
    const struct live live = live_of(d, k);
    double *z = d->point[k];
    memcpy(z, padded->bias, padded->stride * sizeof *z);
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct weights_term *term = &padded->terms[t];
        const double *y = d->point[layer->terms[t].source];
        for (size_t i = 0; term->data != NULL && i < live.n; i++) {
            const size_t row = live.list[i];
            double sums[2];
            d->doubles->dot_row(sums, term->data + row * term->stride, y, y,
                                term->stride);
            z[row] += sums[0];
        }
        if (term->tiling != NULL) {
            const struct tiling_pass pass = {
                .tiling = term->tiling,
                .kernels = d->doubles,
                .work = &d->work,
                .to = z,
                .from = y,
                .n_rows = 1,
                .n_copies = term->tiling->n_copies,
            };
            (void)tiling_add_forward(&pass);
        } else if (term->data == NULL) {
            matrix_add_product(z, &layer->terms[t].matrix, y);
        }
    }
}

void dual_eval(struct dual *d, double *y, const double *x)
{
    const size_t last = d->layers->n_layers - 1;
    memcpy(d->point[0], x, d->layers->n_inputs * sizeof *x);
    for (size_t k = 1; k <= last; k++) {
        const struct layer *layer = &d->layers->layer[k];
        if (layer->kind == LAYER_AFFINE) {
            eval_affine(d, k);
            continue;
        }
        const struct dual_layer *lines = &d->layer[k];
        memset(d->point[k], 0, layer->width * sizeof *d->point[k]);
        for (size_t t = 0; t < lines->n_live; t++) {
            const uint32_t i = lines->live[t];
            d->point[k][i] = fmax(d->point[layer->source][i], 0.0);
        }
    }
    memcpy(y, d->point[last], d->layers->n_outputs * sizeof *y);
}
