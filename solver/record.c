/* Grid numbers and short multipliers. */
#include "solver/record.h"

#include "proofs/sink.h"

#include <math.h>

void record_forget_large(double *lower, double *upper, size_t n)
{
    const double most = ldexp(1.0, RECORD_RANGE_BITS);
    for (size_t i = 0; i < n; i++) {
        if (lower[i] < -most) {
            lower[i] = -HUGE_VAL;
        } else if (lower[i] > most) {
            lower[i] = most;
        }
        if (upper[i] > most) {
            upper[i] = HUGE_VAL;
        } else if (upper[i] < -most) {
            upper[i] = -most;
        }
    }
}

double record_grid_down(double x)
{
    return ldexp(floor(ldexp(x, RECORD_BOX_BITS)), -RECORD_BOX_BITS);
}

double record_grid_up(double x)
{
    return ldexp(ceil(ldexp(x, RECORD_BOX_BITS)), -RECORD_BOX_BITS);
}

double record_level_down(double x)
{
    return ldexp(floor(ldexp(x, RECORD_LEVEL_BITS)), -RECORD_LEVEL_BITS);
}

double record_fraction(double lower, double upper, unsigned k)
{
    const int64_t from = (int64_t)ldexp(lower, RECORD_BOX_BITS);
    const int64_t width = (int64_t)ldexp(upper, RECORD_BOX_BITS) - from;
    const int64_t place = from + width * (int64_t)k / SINK_FRACTIONS;
    return ldexp((double)place, -RECORD_BOX_BITS);
}

double record_margin(double missing)
{
    return fmax(RECORD_MARGIN, fmin(0x1p-13, 0x1p-14 * missing));
}

bool record_is_exact(double lower, double upper)
{
    return fabs(lower) < 0x1p12 && fabs(upper) < 0x1p12;
}

bool record_round(double *multipliers, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, multipliers[i]);
    }
    if (!(largest > 0.0) || !isfinite(largest)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        int exponent;
        if (multipliers[i] < 0x1p-20 * largest) {
            multipliers[i] = 0.0;
            continue;
        }
        const double mantissa = frexp(multipliers[i], &exponent);
        multipliers[i] = ldexp(nearbyint(ldexp(mantissa, RECORD_BITS)),
                               exponent - RECORD_BITS);
    }
    return true;
}

void record_add_step(struct record *record, const struct record_step *step)
{
    const struct record_step first = {0};
    if (record->steps.n == 0) {
        VEC_PUSH(&record->steps, first);
    }
    VEC_PUSH(&record->steps, *step);
}

void record_begin(struct record *record)
{
    record->literal.n = 0;
    record->clips.n = 0;
    record->clip_terms.n = 0;
    record->n_early = 0;
    record->refresh = 0;
    record->lemmas.n = 0;
    record->lemma_terms.n = 0;
    record->closed.n = 0;
    record->n_closed = 0;
    record->terms.n = 0;
    record->slopes.n = 0;
    record->steps.n = 0;
    record->ends.n = 0;
    record->branches.n = 0;
    record->end_terms.n = 0;
}

void record_clear(struct record *record)
{
    VEC_CLEAR(&record->literal);
    VEC_CLEAR(&record->clips);
    VEC_CLEAR(&record->clip_terms);
    VEC_CLEAR(&record->closed);
    VEC_CLEAR(&record->lemmas);
    VEC_CLEAR(&record->lemma_terms);
    VEC_CLEAR(&record->terms);
    VEC_CLEAR(&record->slopes);
    VEC_CLEAR(&record->steps);
    VEC_CLEAR(&record->ends);
    VEC_CLEAR(&record->branches);
    VEC_CLEAR(&record->end_terms);
    record->is_on = false;
}
