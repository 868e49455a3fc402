/* Values that do not vary leave the rows as numbers. */
#include "domains/backward.h"
#include "domains/backward_state.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <math.h>

/* Values of a layer for one that varies from which on the others leave. */
enum { STILL_SHARE = 3 };

void backward_clear_still(struct still *still)
{
    alloc_free(still->is_still);
    alloc_free(still->list);
    alloc_free(still->moving);
    alloc_free(still->centre);
    alloc_free(still->charge);
    *still = (struct still){0};
}

void backward_forget_still(struct backward *b)
{
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        b->still[k].is_on = false;
    }
}

static void reserve(struct still *still, size_t width)
{
    if (still->is_still == NULL) {
        NEW_ARRAY(still->is_still, width);
        NEW_ARRAY(still->list, width);
        NEW_ARRAY(still->moving, width);
        NEW_ARRAY(still->centre, width);
        NEW_ARRAY(still->charge, width);
    }
}

/* As the header says, for value i in [l, u]: the centre is rounded, so is the
 * product with it, and so are sums of as many terms as there are values. */
static void set_value(struct still *still, size_t i, double l, double u,
                      double gamma)
{
    const double c = 0.5 * l + 0.5 * u;
    const double r = interval_up(fmax(u - c, c - l));
    still->centre[i] = c;
    still->charge[i] =
        r * (1.0 + 0x1p-50) + 2.0 * gamma * (fabs(c) + r) + 0x1p-1070;
}

static void set_layer(struct backward *b, size_t k, const struct bounds *bounds)
{
    const struct layer *layer = &b->layers->layer[k];
    const double *lower = bounds->lower[k];
    const double *upper = bounds->upper[k];
    struct still *still = &b->still[k];
    size_t n_still = 0;
    for (size_t i = 0; i < layer->width; i++) {
        n_still += bounds_is_still(lower[i], upper[i]) ? 1 : 0;
    }
    still->is_on = k > 0 && layer->shares.n == 0 &&
                   (layer->width - n_still) * STILL_SHARE <= layer->width;
    if (!still->is_on) {
        return;
    }
    reserve(still, layer->width);
    still->n = 0;
    still->n_moving = 0;
    for (size_t i = 0; i < layer->width; i++) {
        still->is_still[i] = bounds_is_still(lower[i], upper[i]);
        if (!still->is_still[i]) {
            still->moving[still->n_moving++] = (uint32_t)i;
            continue;
        }
        still->list[still->n++] = (uint32_t)i;
        set_value(still, i, lower[i], upper[i], b->gamma);
        if (layer_is_curved(layer)) {
            backward_set_constant(b, k, i, lower[i], upper[i]);
        }
    }
}

void backward_set_still(struct backward *b, const struct bounds *bounds)
{
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        set_layer(b, k, bounds);
    }
}

/* Takes value i out of all rows. */
static void drop(struct backward *b, size_t k, uint32_t i)
{
    const struct still *still = &b->still[k];
    const size_t stride = b->weights->layer[k].stride;
    double *q = b->coefficient[k] + i;
    for (size_t r = 0; r < b->n_rows; r++) {
        b->constant[r] += q[r * stride] * still->centre[i];
        b->charge[r] += fabs(q[r * stride]) * still->charge[i];
        q[r * stride] = 0.0;
    }
}

/* The same of all values, row by row. */
static void drop_all(struct backward *b, size_t k)
{
    const struct still *still = &b->still[k];
    const size_t stride = b->weights->layer[k].stride;
    for (size_t r = 0; r < b->n_rows; r++) {
        double *q = b->coefficient[k] + r * stride;
        double constant = 0.0;
        double charge = 0.0;
        for (size_t t = 0; t < still->n; t++) {
            const uint32_t i = still->list[t];
            constant += q[i] * still->centre[i];
            charge += fabs(q[i]) * still->charge[i];
            q[i] = 0.0;
        }
        b->constant[r] += constant;
        b->charge[r] += charge;
    }
}

/* Lists what varies of a layer that had all its columns. */
static void list_moving(struct backward *b, size_t k)
{
    const struct still *still = &b->still[k];
    struct columns *columns = &b->columns[k];
    for (size_t t = 0; t < columns->n; t++) {
        columns->is_listed[columns->list[t]] = false;
    }
    columns->is_full = false;
    columns->n = 0;
    for (size_t t = 0; t < still->n_moving; t++) {
        columns->is_listed[still->moving[t]] = true;
        columns->list[columns->n++] = still->moving[t];
    }
}

bool backward_drop_still(struct backward *b, size_t k)
{
    const struct still *still = &b->still[k];
    struct columns *columns = &b->columns[k];
    if (!still->is_on) {
        return true;
    }
    if (columns->is_full) {
        drop_all(b, k);
        list_moving(b, k);
        return columns->n > 0;
    }
    const size_t n = columns->n;
    columns->n = 0;
    for (size_t t = 0; t < n; t++) {
        const uint32_t i = columns->list[t];
        if (still->is_still[i]) {
            drop(b, k, i);
            columns->is_listed[i] = false;
        } else {
            columns->list[columns->n++] = i;
        }
    }
    return columns->n > 0;
}
