/* Scores of inputs and neurons. */
#include "solver/branch.h"

#include "domains/bounds.h"
#include "src/base/require.h"

#include <math.h>

const char *branch_name(enum branch_rule rule)
{
    static const char *const NAMES[] = {
#define BRANCH(id, name, description) name,
#include "solver/branch.def"
#undef BRANCH
    };
    REQUIRE((size_t)rule < sizeof NAMES / sizeof *NAMES);
    return NAMES[rule];
}

bool branch_choose(struct split *split, enum branch_rule rule,
                   const struct prover *prover)
{
    switch (rule) {
    case BRANCH_INPUT:
        return branch_by_input(split, prover);
    case BRANCH_NEURON:
        return branch_by_neuron(split, prover);
    }
    return false;
}

/* sum_i loss_i * s_ij w_j / (sum_k s_ik w_k) of one ReLU layer, added to
 * the scores. */
static void add_layer(double *score, const struct prover *p, size_t relu)
{
    const size_t n = p->layers->n_inputs;
    for (size_t i = 0; i < p->layers->layer[relu].width; i++) {
        const double loss = p->loss[relu][i];
        const double *share = p->share[relu] + i * n;
        double sum = 0.0;
        if (loss <= 0.0) {
            continue;
        }
        for (size_t j = 0; j < n; j++) {
            sum += share[j] * (p->upper[j] - p->lower[j]);
        }
        for (size_t j = 0; sum > 0.0 && j < n; j++) {
            score[j] += loss * share[j] * (p->upper[j] - p->lower[j]) / sum;
        }
    }
}

/* (1) into score[n_inputs]. */
static void score_inputs(double *score, const struct prover *p)
{
    const size_t n = p->layers->n_inputs;
    for (size_t j = 0; j < n; j++) {
        const double width = p->upper[j] - p->lower[j];
        score[j] = 0x1p-60 * width;
        for (size_t o = 0; o < p->n_open; o++) {
            const size_t d = p->open[o];
            size_t r = spec_has_sum(&p->spec, d) ? spec_sum(&p->spec, d)
                                                 : p->spec.first[d];
            for (; r < p->spec.first[d + 1]; r++) {
                score[j] += fabs(p->row[r * n + j]) * width;
            }
        }
    }
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        if (p->layers->layer[k].kind == LAYER_RELU && p->share[k] != NULL) {
            add_layer(score, p, k);
        }
    }
}

/* The middle of input j, on the grid for a recorded tree; false if it does
 * not lie strictly between both ends. */
static bool midpoint(double *middle, const struct prover *p, size_t j)
{
    *middle = 0.5 * p->lower[j] + 0.5 * p->upper[j];
    if (p->record.is_on) {
        *middle = record_grid_down(*middle);
    }
    return p->lower[j] < *middle && *middle < p->upper[j];
}

bool branch_by_input(struct split *split, const struct prover *p)
{
    bool is_found = false;
    double best = -1.0;
    score_inputs(p->score, p);
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        double middle;
        if (p->score[j] > best && midpoint(&middle, p, j)) {
            best = p->score[j];
            *split = (struct split){
                .kind = SPLIT_INPUT,
                .index = (uint32_t)j,
                .threshold = middle,
            };
            is_found = true;
        }
    }
    return is_found;
}

bool branch_by_neuron(struct split *split, const struct prover *p)
{
    double best = 0.0;
    for (size_t k = 1; k < p->layers->n_layers && best <= 0.0; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (layer->kind != LAYER_RELU) {
            continue;
        }
        for (size_t i = 0; i < layer->width; i++) {
            if (p->loss[k][i] > best) {
                best = p->loss[k][i];
                *split = (struct split){
                    .kind = SPLIT_NEURON,
                    .layer = (uint32_t)layer->source,
                    .index = (uint32_t)i,
                    .threshold = 0.0,
                };
            }
        }
    }
    return best > 0.0;
}
