/* A table of monomials; a forest of inputs.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_compose.h"

#include "proofs/check/check_fail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_square(const struct check_monomial *m)
{
    return m->degree == 2 && m->factor[0] == m->factor[1];
}

/* By degree, squares first, then by the factors. */
static int compare(const void *left, const void *right)
{
    const struct check_monomial *a = left;
    const struct check_monomial *b = right;
    int order = (a->degree > b->degree) - (a->degree < b->degree);
    if (order == 0) {
        order = (int)is_square(b) - (int)is_square(a);
    }
    for (size_t i = 0; i < a->degree && order == 0; i++) {
        order = (a->factor[i] > b->factor[i]) - (a->factor[i] < b->factor[i]);
    }
    return order;
}

size_t check_monomials_find(const struct check_monomials *monomials,
                            const struct check_monomial *wanted)
{
    size_t i = 0;
    while (i < monomials->n && compare(&monomials->data[i], wanted) != 0) {
        i++;
    }
    return i;
}

/* The monomial's number, which may be new. */
static size_t intern(struct check_monomials *monomials,
                     const struct check_monomial *monomial)
{
    const size_t i = check_monomials_find(monomials, monomial);
    if (i == monomials->n) {
        monomials->data =
            check_grow(monomials->data, monomials->n, sizeof *monomials->data);
        monomials->data[monomials->n++] = *monomial;
    }
    return i;
}

/* What a summand multiplies: nothing, a variable or a monomial. */
static struct check_monomial expand(const struct check_monomials *monomials,
                                    uint64_t variable)
{
    struct check_monomial monomial = {.degree = 1, .factor = {variable}};
    if (variable == CHECK_CONSTANT) {
        monomial.degree = 0;
    } else if (variable >= CHECK_MONOMIAL) {
        monomial = monomials->data[variable - CHECK_MONOMIAL];
    }
    monomial.is_used = false;
    return monomial;
}

/* The variable that stands for the product; 0 and false if none can. */
static bool multiply(uint64_t *variable, struct check_monomials *monomials,
                     uint64_t left, uint64_t right)
{
    const struct check_monomial a = expand(monomials, left);
    const struct check_monomial b = expand(monomials, right);
    struct check_monomial product = {.degree = a.degree + b.degree};
    size_t i = 0;
    size_t k = 0;
    if (product.degree > CHECK_MOST_DEGREE ||
        monomials->n >= CHECK_MOST_MONOMIALS) {
        return false;
    }
    while (i + k < product.degree) {
        const bool is_left =
            k == b.degree || (i < a.degree && a.factor[i] <= b.factor[k]);
        product.factor[i + k] = is_left ? a.factor[i] : b.factor[k];
        i += is_left ? 1 : 0;
        k += is_left ? 0 : 1;
    }
    *variable = product.degree == 0 ? CHECK_CONSTANT
                : product.degree == 1
                    ? product.factor[0]
                    : CHECK_MONOMIAL + intern(monomials, &product);
    return true;
}

bool check_monomials_multiply(struct check_monomials *monomials,
                              struct check_sum *sum, size_t start, size_t mid)
{
    const size_t end = sum->n;
    if ((mid - start) * (end - mid) > CHECK_MOST_MONOMIALS) {
        return false;
    }
    for (size_t i = start; i < mid; i++) {
        for (size_t k = mid; k < end; k++) {
            uint64_t variable = 0;
            if (!multiply(&variable, monomials, sum->data[i].variable,
                          sum->data[k].variable)) {
                return false;
            }
            mpq_t *value = check_sum_append(sum, variable);
            mpq_mul(*value, sum->data[i].value, sum->data[k].value);
        }
    }
    const size_t n = sum->n - end;
    for (size_t i = 0; i < n; i++) {
        sum->data[start + i].variable = sum->data[end + i].variable;
        mpq_set(sum->data[start + i].value, sum->data[end + i].value);
    }
    sum->n = start + n;
    return true;
}

void check_monomials_use(struct check_monomials *monomials,
                         const struct check_sum *sum)
{
    for (size_t i = 0; i < sum->n; i++) {
        const uint64_t variable = sum->data[i].variable;
        if (variable >= CHECK_MONOMIAL && variable < CHECK_CONSTANT) {
            monomials->data[variable - CHECK_MONOMIAL].is_used = true;
        }
    }
}

void check_monomials_finish(struct check_monomials *monomials)
{
    size_t n = 0;
    for (size_t i = monomials->n; i-- > 0;) {
        struct check_monomial shorter = monomials->data[i];
        while (shorter.is_used && shorter.degree > 2) {
            shorter.degree--;
            monomials->data[intern(monomials, &shorter)].is_used = true;
        }
    }
    for (size_t i = 0; i < monomials->n; i++) {
        if (monomials->data[i].is_used) {
            monomials->data[n++] = monomials->data[i];
        }
    }
    monomials->n = n;
    monomials->is_finished = true;
    if (n > 0) {
        qsort(monomials->data, n, sizeof *monomials->data, compare);
    }
}

void check_ties_init(struct check_ties *ties, size_t n)
{
    *ties = (struct check_ties){.n = n, .n_kept = n};
    ties->source = check_alloc(n, sizeof *ties->source);
    ties->kept = check_alloc(n, sizeof *ties->kept);
    ties->offset = check_alloc(n, sizeof *ties->offset);
    for (size_t i = 0; i < n; i++) {
        ties->source[i] = ties->kept[i] = i;
        mpq_init(ties->offset[i]);
    }
}

/* Makes input i refer to an input that is its own source. */
static void settle(struct check_ties *ties, size_t i)
{
    while (ties->source[ties->source[i]] != ties->source[i]) {
        const size_t up = ties->source[i];
        mpq_add(ties->offset[i], ties->offset[i], ties->offset[up]);
        ties->source[i] = ties->source[up];
    }
}

void check_ties_add(struct check_ties *ties, const struct check_sum *sum)
{
    mpq_t above;
    if (sum->n != 3 || sum->data[1].variable >= CHECK_OUTPUT) {
        return;
    }
    const size_t i = sum->data[0].variable;
    const size_t k = sum->data[1].variable;
    mpq_init(above);
    mpq_add(above, sum->data[0].value, sum->data[1].value);
    if (mpq_sgn(above) == 0) {
        settle(ties, i);
        settle(ties, k);
        const size_t a = ties->source[i];
        const size_t b = ties->source[k];
        /* x_i + c = x_k, so x_b is x_a plus offset_i + c - offset_k */
        mpq_div(above, sum->data[2].value, sum->data[0].value);
        mpq_add(above, above, ties->offset[i]);
        mpq_sub(above, above, ties->offset[k]);
        if (a < b) {
            ties->source[b] = a;
            mpq_set(ties->offset[b], above);
            ties->n_kept--;
        } else if (b < a) {
            ties->source[a] = b;
            mpq_neg(ties->offset[a], above);
            ties->n_kept--;
        }
    }
    mpq_clear(above);
}

static bool is_double(const mpq_t value)
{
    mpq_t read;
    mpq_init(read);
    const double nearby = mpq_get_d(value);
    const bool is_finite = isfinite(nearby);
    if (is_finite) {
        mpq_set_d(read, nearby);
    }
    const bool is_same = is_finite && mpq_equal(read, value) != 0;
    mpq_clear(read);
    return is_same;
}

void check_ties_finish(struct check_ties *ties)
{
    size_t n_kept = 0;
    bool is_exact = true;
    for (size_t i = 0; i < ties->n; i++) {
        settle(ties, i);
        is_exact = is_exact && is_double(ties->offset[i]);
    }
    for (size_t i = 0; i < ties->n; i++) {
        if (!is_exact) {
            ties->source[i] = i;
            mpq_set_ui(ties->offset[i], 0, 1);
        }
        ties->kept[i] =
            ties->source[i] == i ? n_kept++ : ties->kept[ties->source[i]];
    }
    ties->n_kept = n_kept;
}

void check_ties_substitute(const struct check_ties *ties, struct check_sum *sum)
{
    const size_t n = sum->n;
    for (size_t t = 0; t < n; t++) {
        const uint64_t i = sum->data[t].variable;
        if (i < ties->n) {
            mpq_t *constant = check_sum_append(sum, CHECK_CONSTANT);
            mpq_mul(*constant, ties->offset[i], sum->data[t].value);
            sum->data[t].variable = ties->kept[i];
        }
    }
}

void check_ties_clear(struct check_ties *ties)
{
    for (size_t i = 0; i < ties->n; i++) {
        mpq_clear(ties->offset[i]);
    }
    check_free(ties->offset);
    check_free(ties->kept);
    check_free(ties->source);
    *ties = (struct check_ties){0};
}
