/* Rows lose nothing of values that add up to 1 but what these differ by. */
#include "domains/backward.h"
#include "domains/backward_state.h"

#include <math.h>

/* The values of one sum: first + t * step for t < n. */
struct sum {
    size_t first;
    size_t step;
    size_t n;
};

/* The values in the order of their coefficients, into b->order. */
static void sort(struct backward *b, const struct sum *sum, const double *q)
{
    uint32_t *order = b->order;
    for (size_t t = 0; t < sum->n; t++) {
        const uint32_t at = (uint32_t)(sum->first + t * sum->step);
        size_t place = t;
        for (; place > 0 && q[order[place - 1]] > q[at]; place--) {
            order[place] = order[place - 1];
        }
        order[place] = at;
    }
}

/*
 * The median m of the coefficients, each as often as the lines of its value are
 * apart: sum |q - m| gap, about what the lines cost, is least there.
 */
static double median(struct backward *b, const struct sum *sum, const double *q,
                     const double *gap)
{
    double total = 0.0;
    double below = 0.0;
    sort(b, sum, q);
    for (size_t t = 0; t < sum->n; t++) {
        total += gap[b->order[t]];
    }
    size_t t = 0;
    while (t + 1 < sum->n && below + gap[b->order[t]] < 0.5 * total) {
        below += gap[b->order[t]];
        t++;
    }
    return q[b->order[t]];
}

/*
 * sum q v = sum (q - m) v + m. The differences are rounded, by no more than
 * 2^-53 of them each, times at most the magnitude of v; m is a term of the sum
 * of constants, which gamma is for.
 */
static void share_one(struct backward *b, size_t k, size_t r,
                      const struct sum *sum)
{
    double *q = b->coefficient[k] + r * b->weights->layer[k].stride;
    const double m = median(b, sum, q, b->curves[k].gap);
    if (!isfinite(m) || !(fabs(m) > 0.0)) {
        return;
    }
    for (size_t t = 0; t < sum->n; t++) {
        const size_t i = sum->first + t * sum->step;
        q[i] -= m;
        b->charge[r] += 0x1p-52 * fabs(q[i]) * b->magnitude[k][i] + 0x1p-1070;
    }
    b->constant[r] += m;
    b->charge[r] += 2.0 * b->gamma * fabs(m);
}

/* Lists all columns of the sums in which some are listed. */
static void list_sums(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct columns *columns = &b->columns[k];
    const size_t size = layer->shares.n * layer->shares.step;
    const size_t n = columns->n;
    for (size_t t = 0; t < n && !columns->is_full; t++) {
        const size_t i = columns->list[t];
        const size_t first = i - i % size + i % layer->shares.step;
        for (size_t j = 0; j < layer->shares.n; j++) {
            backward_list_column(b, k,
                                 (uint32_t)(first + j * layer->shares.step));
        }
    }
}

void backward_share(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct columns *columns = &b->columns[k];
    const size_t step = layer->shares.step;
    const size_t size = layer->shares.n * step;
    list_sums(b, k);
    for (size_t i = 0; i < layer->width; i++) {
        const struct sum sum = {i, step, layer->shares.n};
        if (i % size >= step || (!columns->is_full && !columns->is_listed[i])) {
            continue;
        }
        for (size_t r = 0; r < b->n_rows; r++) {
            share_one(b, k, r, &sum);
        }
    }
}
