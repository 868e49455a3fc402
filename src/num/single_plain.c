/* The plain C twin of the vector kernels in floats. */
#include "src/num/single_plain.h"

#include <float.h>
#include <math.h>

#define REAL        float
#define PRODUCT     single_product
#define PRODUCT_ROW single_product_row
#include "src/num/product_plain.def"

static bool has_bit(const uint16_t *words, size_t i)
{
    return (words[i / SINGLE_LANES] >> (i % SINGLE_LANES) & 1U) != 0;
}

double single_plain_relax(float *z, const float *q,
                          const struct single_relu *relu,
                          const struct single_row *row)
{
    double sum = 0.0;
    size_t id = 0;
    for (size_t i = 0; i < relu->n; i++) {
        if (has_bit(relu->passed, i)) {
            z[i] += q[i];
            continue;
        }
        if (!has_bit(relu->own, i)) {
            continue;
        }
        const unsigned phase = row->phase[id] & SINGLE_PHASE;
        const float choice = row->choice[id++];
        if (phase == SINGLE_PASSED) {
            z[i] += q[i] - choice;
        } else if (phase == SINGLE_CUT) {
            z[i] += choice;
        } else if (q[i] >= 0.0F) {
            z[i] += q[i] * choice;
        } else {
            z[i] += q[i] * relu->slope[i];
            sum += (double)q[i] * (double)relu->intercept[i];
        }
    }
    return sum;
}

void single_plain_follow(float *y, const float *z, const float *q,
                         const struct single_relu *relu,
                         const struct single_row *row)
{
    size_t id = 0;
    for (size_t i = 0; i < relu->n; i++) {
        y[i] = has_bit(relu->passed, i) ? z[i] : 0.0F;
        if (!has_bit(relu->own, i)) {
            continue;
        }
        const unsigned phase = row->phase[id] & SINGLE_PHASE;
        float gradient = 0.0F;
        if (phase == SINGLE_PASSED) {
            y[i] = z[i];
            gradient = -z[i];
        } else if (phase == SINGLE_CUT) {
            gradient = z[i];
        } else if (q[i] >= 0.0F) {
            y[i] = row->choice[id] * z[i];
            gradient = q[i] * z[i];
        } else {
            y[i] = relu->slope[i] * z[i] + relu->intercept[i];
        }
        row->gradient[id++] = gradient;
    }
}

void single_plain_spread(float *c, const float *packed, const uint16_t *words,
                         size_t n)
{
    size_t t = 0;
    for (size_t i = 0; i < n; i++) {
        if (has_bit(words, i)) {
            c[i] += packed[t++];
        }
    }
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

static double minimise(float *x, const float *a, const float *lower,
                       const float *upper, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        x[i] = a[i] > 0.0F ? lower[i] : upper[i];
        sum += (double)a[i] * (double)x[i];
    }
    return sum;
}

void single_plain_step(const struct single_step *step)
{
    static const float tiny = 1e-12F;
    for (size_t i = 0; i < step->n; i++) {
        const float g = step->gradient[i];
        float *m = &step->moment[i];
        float *s = &step->square[i];
        *m += step->first * (g - *m);
        *s += step->second * (g * g - *s);
        const float size = sqrtf(*s / step->s_share) + tiny;
        const float move = *m / step->m_share / size;
        const bool is_free = step->phase[i] == SINGLE_FREE;
        const float rate = is_free ? step->slope_rate : step->literal_rate;
        const float end = is_free ? 1.0F : FLT_MAX;
        const float moved = step->choice[i] + rate * move;
        if (step->phase[i] < SINGLE_FIXED) {
            step->choice[i] = moved > 0.0F ? (moved < end ? moved : end) : 0.0F;
        }
    }
}

const struct single_kernels single_kernels_plain = {"plain",
                                                    add_product,
                                                    single_plain_relax,
                                                    single_plain_follow,
                                                    single_plain_spread,
                                                    dot,
                                                    minimise,
                                                    single_plain_step};
