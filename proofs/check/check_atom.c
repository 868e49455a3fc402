/* Sums as lists of summands; atoms from sums whose summands are sorted.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_atom.h"

#include "proofs/check/check_fail.h"

#include <stdlib.h>

mpq_t *check_sum_append(struct check_sum *sum, uint64_t variable)
{
    if (sum->n == sum->n_made) {
        sum->data = check_grow(sum->data, sum->n_made, sizeof *sum->data);
        mpq_init(sum->data[sum->n_made++].value);
    }
    struct check_summand *summand = &sum->data[sum->n++];
    summand->variable = variable;
    mpq_set_ui(summand->value, 1, 1);
    return &summand->value;
}

void check_sum_multiply(struct check_sum *sum, size_t start, const mpq_t factor)
{
    for (size_t i = start; i < sum->n; i++) {
        mpq_mul(sum->data[i].value, sum->data[i].value, factor);
    }
}

void check_sum_negate(struct check_sum *sum, size_t start)
{
    for (size_t i = start; i < sum->n; i++) {
        mpq_neg(sum->data[i].value, sum->data[i].value);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t left = ((const struct check_summand *)a)->variable;
    const uint64_t right = ((const struct check_summand *)b)->variable;
    return (left > right) - (left < right);
}

void check_sum_finish(struct check_sum *sum)
{
    size_t n = 0;
    mpq_t scale;
    mpq_set_ui(*check_sum_append(sum, CHECK_CONSTANT), 0, 1);
    struct check_summand *data = sum->data;
    qsort(data, sum->n, sizeof *data, compare);
    for (size_t i = 1; i < sum->n; i++) {
        if (data[n].variable == data[i].variable) {
            mpq_add(data[n].value, data[n].value, data[i].value);
        } else {
            n += mpq_sgn(data[n].value) == 0 ? 0 : 1;
            data[n].variable = data[i].variable;
            mpq_set(data[n].value, data[i].value);
        }
    }
    sum->n = n + 1;
    mpq_init(scale);
    mpq_set_ui(scale, 1, 1);
    for (size_t i = 0; i < n; i++) {
        mpz_lcm(mpq_numref(scale), mpq_numref(scale),
                mpq_denref(data[i].value));
    }
    if (n == 1 && data->variable < CHECK_OUTPUT) {
        mpq_abs(scale, data->value);
        mpq_inv(scale, scale);
    }
    check_sum_multiply(sum, 0, scale);
    mpq_clear(scale);
}

void check_sum_clear(struct check_sum *sum)
{
    while (sum->n_made > 0) {
        mpq_clear(sum->data[--sum->n_made].value);
    }
    check_free(sum->data);
}

void check_atom_init(struct check_atom *atom, const struct check_sum *sum,
                     bool is_strict)
{
    atom->is_strict = is_strict;
    atom->n_terms = sum->n - 1;
    atom->terms = check_alloc(atom->n_terms, sizeof *atom->terms);
    for (size_t i = 0; i < atom->n_terms; i++) {
        atom->terms[i].is_output = sum->data[i].variable >= CHECK_OUTPUT;
        atom->terms[i].index = sum->data[i].variable % CHECK_OUTPUT;
        mpz_init_set(atom->terms[i].coefficient,
                     mpq_numref(sum->data[i].value));
    }
    mpq_init(atom->rhs);
    mpq_neg(atom->rhs, sum->data[atom->n_terms].value);
}

void check_atom_clear(struct check_atom *atom)
{
    for (size_t i = 0; i < atom->n_terms; i++) {
        mpz_clear(atom->terms[i].coefficient);
    }
    check_free(atom->terms);
    mpq_clear(atom->rhs);
}
