/* Linear forms to be bounded.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_old_back.h"
#include "proofs/check/check_fail.h"

/* The term of v or z of a coordinate, made with coefficient 0 if needed. */
static struct check_goal_term *find_term(struct check_goal *goal,
                                         size_t coordinate, bool is_before,
                                         long exponent)
{
    for (size_t t = 0; t < goal->n; t++) {
        struct check_goal_term *term = &goal->terms[t];
        if (term->coordinate == coordinate && term->is_before == is_before) {
            return term;
        }
    }
    if (goal->n == goal->size) {
        goal->size = 2 * goal->size + 4;
        goal->terms =
            check_resize(goal->terms, goal->size, sizeof *goal->terms);
        for (size_t t = goal->n; t < goal->size; t++) {
            mpz_init(goal->terms[t].coefficient);
        }
    }
    struct check_goal_term *term = &goal->terms[goal->n++];
    term->coordinate = coordinate;
    term->is_before = is_before;
    term->exponent = exponent;
    mpz_set_ui(term->coefficient, 0);
    return term;
}

void check_goal_add(struct check_goal *goal, size_t coordinate, bool is_before,
                    const mpz_t coefficient, long exponent)
{
    struct check_goal_term *term =
        find_term(goal, coordinate, is_before, exponent);
    mpz_t scaled;
    if (exponent < term->exponent) {
        mpz_mul_2exp(term->coefficient, term->coefficient,
                     (mp_bitcnt_t)(term->exponent - exponent));
        term->exponent = exponent;
    }
    mpz_init(scaled);
    mpz_mul_2exp(scaled, coefficient, (mp_bitcnt_t)(exponent - term->exponent));
    mpz_add(term->coefficient, term->coefficient, scaled);
    mpz_clear(scaled);
}

void check_goal_clear(struct check_goal *goal)
{
    for (size_t t = 0; t < goal->size; t++) {
        mpz_clear(goal->terms[t].coefficient);
    }
    check_free(goal->terms);
    *goal = (struct check_goal){0};
}
