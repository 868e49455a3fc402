/* The dual bounds of children of a row, by what changes from the row. */
#include "solver/dual.h"
#include "src/base/require.h"

#include <math.h>
#include <string.h>

/*
 * Row 0 keeps its coefficients; row r + 1 of the matrices of coefficients holds
 * the difference of child r from them. It begins at one neuron and stays zero
 * outside what that neuron depends on, a small window of most layers of a
 * convolutional network. Children come by descending ReLU layer, so that those
 * that have begun are the first n_rows.
 *   met  [n_met] the columns of a layer where any difference is not zero
 */
struct differences {
    struct dual *dual;
    size_t n;
    size_t n_rows;
    size_t n_met;
    const uint32_t *met;
    uint32_t id[2 * DUAL_CHILDREN];
    uint8_t phase[2 * DUAL_CHILDREN];
    double constant[2 * DUAL_CHILDREN];
};

static float *row_of(const struct dual *d, size_t k, size_t row)
{
    return d->coefficient[k] + row * d->stride[k];
}

/* Sets n_rows and met of layer k. The row behind the differences holds sums of
 * their magnitudes. */
static void find_met(struct differences *s, size_t k)
{
    struct dual *d = s->dual;
    const size_t width = d->layers->layer[k].width;
    float *size = row_of(d, k, s->n + 1);
    while (s->n_rows < s->n && d->neuron[s->id[s->n_rows]].relu > k) {
        s->n_rows++;
    }
    memset(size, 0, width * sizeof *size);
    for (size_t r = 0; r < s->n_rows; r++) {
        const float *change = row_of(d, k, r + 1);
        for (size_t i = 0; i < width; i++) {
            size[i] += fabsf(change[i]);
        }
    }
    s->n_met = 0;
    for (size_t i = 0; i < width; i++) {
        d->met[s->n_met] = (uint32_t)i;
        s->n_met += !(size[i] <= 0.0F);
    }
    s->met = d->met;
}

/* What a coefficient q of a neuron of a ReLU layer adds to that of its input;
 * adds its constant with a factor. */
static float pass_neuron(const struct dual *d, const struct dual_layer *lines,
                         uint32_t i, float q, double factor, double *constant)
{
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
    if (q >= 0.0F) {
        return q * d->choice[id];
    }
    *constant += factor * (double)q * (double)lines->upper_intercept[i];
    return q * lines->upper_slope[i];
}

static void pass_relu(struct differences *s, size_t k)
{
    struct dual *d = s->dual;
    const struct dual_layer *lines = &d->layer[k];
    const float *q = row_of(d, k, 0);
    for (size_t t = 0; t < s->n_met; t++) {
        const uint32_t i = s->met[t];
        double constant = 0.0;
        const float before = pass_neuron(d, lines, i, q[i], 1.0, &constant);
        for (size_t r = 0; r < s->n_rows; r++) {
            const float after =
                pass_neuron(d, lines, i, q[i] + row_of(d, k, r + 1)[i], 1.0,
                            &s->constant[r]);
            s->constant[r] -= constant;
            row_of(d, d->layers->layer[k].source, r + 1)[i] += after - before;
        }
    }
}

static void add_sparse(float *c, const float *a, const struct matrix *matrix,
                       const uint32_t *met, size_t n)
{
    for (size_t t = 0; t < n; t++) {
        const size_t i = met[t];
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            c[matrix->column[p]] += a[i] * single_round(matrix->value[p]);
        }
    }
}

static void pass_term(const struct differences *s, size_t k, size_t t)
{
    struct dual *d = s->dual;
    const struct layer_term *term = &d->layers->layer[k].terms[t];
    const struct weights_term *stored = &d->weights->layer[k].terms[t];
    const float *weight = d->weight[k][t];
    const size_t from_stride = d->stride[k];
    const size_t to_stride = d->stride[term->source];
    const float *change = row_of(d, k, 1);
    float *to = row_of(d, term->source, 1);
    if (stored->tiling != NULL) {
        const struct tiling_single_pass pass = {
            .tiling = stored->tiling,
            .kernels = d->kernels,
            .work = &d->work,
            .to = to,
            .from = change,
            .to_stride = to_stride,
            .from_stride = from_stride,
            .n_rows = s->n_rows,
            .n_copies =
                tiling_find_copies(stored->tiling, &d->work, s->met, s->n_met),
            .copies = d->work.copies,
        };
        d->madds += tiling_single_add_backward(&pass);
        return;
    }
    for (size_t r = 0; r < s->n_rows && weight == NULL; r++) {
        add_sparse(to + r * to_stride, change + r * from_stride, &term->matrix,
                   s->met, s->n_met);
    }
    if (weight == NULL) {
        return;
    }
    const struct single_product product = {
        .c = to,
        .a = change,
        .w = weight,
        .live = s->met,
        .c_stride = to_stride,
        .a_stride = from_stride,
        .w_stride = to_stride,
        .n_live = s->n_met,
        .n_rows = s->n_rows,
        .n_cols = to_stride,
    };
    d->kernels->add_product(&product);
    d->madds += s->n_rows * s->n_met * to_stride;
}

static void pass_affine(struct differences *s, size_t k)
{
    const struct dual *d = s->dual;
    const float *bias = d->bias[k];
    for (size_t r = 0; r < s->n_rows; r++) {
        const float *change = row_of(d, k, r + 1);
        for (size_t t = 0; t < s->n_met; t++) {
            s->constant[r] +=
                (double)change[s->met[t]] * (double)bias[s->met[t]];
        }
    }
    for (size_t t = 0; s->n_met > 0 && t < d->layers->layer[k].n_terms; t++) {
        pass_term(s, k, t);
    }
}

/* The differences of the children at the inputs of their neurons. */
static void begin(struct differences *s)
{
    struct dual *d = s->dual;
    for (size_t r = 0; r < s->n; r++) {
        const struct dual_neuron *neuron = &d->neuron[s->id[r]];
        const float q = row_of(d, neuron->relu, 0)[neuron->index];
        for (size_t k = 0; k < neuron->relu; k++) {
            memset(row_of(d, k, r + 1), 0,
                   d->stride[k] * sizeof *d->coefficient[k]);
        }
        row_of(d, neuron->source, r + 1)[neuron->index] =
            (s->phase[r] == PHASE_ACTIVE ? q : 0.0F) -
            pass_neuron(d, &d->layer[neuron->relu], neuron->index, q, -1.0,
                        &s->constant[r]);
    }
}

/* The bound of child r, with the differences of all inputs met. */
static double finish(const struct differences *s, size_t r)
{
    const struct dual *d = s->dual;
    const float *a = row_of(d, 0, 0);
    const float *change = row_of(d, 0, r + 1);
    double bound = d->bound[0] + s->constant[r];
    for (size_t t = 0; t < s->n_met; t++) {
        const size_t j = s->met[t];
        const double before = (double)a[j];
        const double after = before + (double)change[j];
        bound += after * (after > 0.0 ? d->lower[j] : d->upper[j]) -
                 before * (before > 0.0 ? d->lower[j] : d->upper[j]);
    }
    return bound;
}

void dual_bound_children(struct dual *d, const uint32_t *ids, size_t n,
                         double (*bound)[2])
{
    struct differences s = {.dual = d, .n = 2 * n};
    size_t place[DUAL_CHILDREN] = {0};
    REQUIRE(n > 0 && n <= DUAL_CHILDREN);
    for (size_t c = 0; c < n; c++) {
        size_t at = c;
        for (; at > 0 && ids[place[at - 1]] < ids[c]; at--) {
            place[at] = place[at - 1];
        }
        place[at] = c;
    }
    for (size_t r = 0; r < s.n; r++) {
        s.id[r] = ids[place[r / 2]];
        s.phase[r] = r % 2 == 0 ? PHASE_INACTIVE : PHASE_ACTIVE;
    }
    begin(&s);
    for (size_t k = d->neuron[s.id[0]].relu; k-- > 1;) {
        find_met(&s, k);
        if (d->layers->layer[k].kind == LAYER_AFFINE) {
            pass_affine(&s, k);
        } else {
            pass_relu(&s, k);
        }
    }
    find_met(&s, 0);
    for (size_t r = 0; r < s.n; r++) {
        bound[place[r / 2]][r % 2] = finish(&s, r);
    }
}
