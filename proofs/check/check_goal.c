/* Linear forms to be bounded.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"

void check_goal_reset(struct check_goal *goal)
{
    goal->n = 0;
}

void check_goal_add(struct check_goal *goal, size_t coordinate,
                    const mpz_t factor, long exponent)
{
    size_t t = 0;
    while (t < goal->n && goal->terms[t].coordinate != coordinate) {
        t++;
    }
    if (t == goal->size) {
        goal->size = 2 * goal->size + 4;
        goal->terms =
            check_resize(goal->terms, goal->size, sizeof *goal->terms);
        for (size_t i = t; i < goal->size; i++) {
            mpz_init(goal->terms[i].factor.value);
        }
    }
    struct check_goal_term *term = &goal->terms[t];
    if (t == goal->n) {
        goal->n++;
        term->coordinate = coordinate;
        mpz_set_ui(term->factor.value, 0);
    }
    struct check_dyadic added = {.exponent = exponent};
    mpz_init_set(added.value, factor);
    check_dyadic_add_product(&term->factor, &added, 1, 0);
    mpz_clear(added.value);
}

void check_goal_clear(struct check_goal *goal)
{
    for (size_t t = 0; t < goal->size; t++) {
        mpz_clear(goal->terms[t].factor.value);
    }
    check_free(goal->terms);
    *goal = (struct check_goal){0};
}
