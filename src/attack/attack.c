/* Search for a witness by gradients; every find is confirmed exactly. */
#include "src/attack/attack.h"

#include "src/attack/confirm.h"
#include "src/attack/logits.h"
#include "src/attack/loss.h"
#include "src/attack/pgd.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <assert.h>
#include <math.h>

/*
 *   layers      what the descents see: the query's, or those in front of a
 *               last softmax
 *   case_index  the case of `loss` and `confirm`
 */
struct attack {
    const struct query *query;
    struct layers layers;
    size_t case_index;
    struct loss loss;
    struct confirm confirm;
    struct pgd pgd;
};

struct attack *attack_create(const struct query *query, uint64_t seed)
{
    struct attack *attack = NULL;
    REQUIRE(net_n_indices(query->net) == 0);
    NEW(attack);
    attack->query = query;
    attack->case_index = SIZE_MAX;
    confirm_init(&attack->confirm, query);
    (void)logits_take(&attack->layers, query);
    pgd_init(&attack->pgd, &attack->layers, seed);
    return attack;
}

void attack_destroy(struct attack *attack)
{
    if (attack == NULL) {
        return;
    }
    loss_clear(&attack->loss);
    confirm_clear(&attack->confirm);
    pgd_clear(&attack->pgd);
    alloc_free(attack);
}

static void select_case(struct attack *attack, size_t case_index)
{
    assert(case_index < attack->query->n_cases);
    if (attack->case_index == case_index) {
        return;
    }
    loss_clear(&attack->loss);
    loss_init(&attack->loss, &attack->query->cases[case_index],
              attack->query->layers->n_inputs);
    confirm_select(&attack->confirm, case_index);
    attack->case_index = case_index;
}

/* NOLINTNEXTLINE(readability-function-size): the header fixes the seven. */
bool attack_run(struct attack *attack, struct witness *witness,
                size_t case_index, const double *lower, const double *upper,
                struct attack_effort effort, const struct budget *budget)
{
    select_case(attack, case_index);
    const struct pgd_goal goal = {lower, upper, effort, budget};
    return pgd_search(&attack->pgd, witness, &attack->loss, &attack->confirm,
                      &goal);
}

bool attack_try_point(struct attack *attack, struct witness *witness,
                      size_t case_index, const double *x)
{
    for (size_t i = 0; i < attack->query->layers->n_inputs; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    select_case(attack, case_index);
    return confirm_point(&attack->confirm, witness, x) == CONFIRM_WITNESS;
}

uint64_t attack_points(const struct attack *attack)
{
    return attack->pgd.n_points;
}

uint64_t attack_near_misses(const struct attack *attack)
{
    return attack->confirm.n_near;
}

static size_t matrix_entries(const struct matrix *matrix)
{
    return matrix->dense != NULL ? matrix->n_rows * matrix->n_cols
                                 : matrix->start[matrix->n_rows];
}

static double layer_entries(const struct layer *layer)
{
    double n = 0.0;
    for (size_t t = 0; t < layer->n_terms; t++) {
        n += (double)matrix_entries(&layer->terms[t].matrix);
    }
    return n;
}

double attack_point_work(const struct query *query)
{
    double madds = 0.0;
    for (size_t k = 0; k < query->layers->n_layers; k++) {
        const struct layer *layer = &query->layers->layer[k];
        madds += (double)layer->width + 2.0 * layer_entries(layer);
    }
    return madds;
}

void witness_clear(struct witness *witness)
{
    alloc_free(witness->x);
    alloc_free(witness->y);
    *witness = (struct witness){.x = NULL};
}
