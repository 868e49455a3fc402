/* Networks of any neurons at points. */
#include "tests/ref/ref_claim.h"

#include "src/base/alloc.h"

#include <math.h>

static double apply(enum check_curve curve, double z)
{
    switch (curve) {
    case CHECK_SIGMOID:
        return 1.0 / (1.0 + exp(-z));
    case CHECK_TANH:
        return tanh(z);
    case CHECK_SOFTPLUS:
        return log1p(exp(z));
    case CHECK_ERF:
        return erf(z);
    case CHECK_EXP:
        return exp(z);
    case CHECK_LOG:
        return log(z);
    case CHECK_SQRT:
        return sqrt(z);
    case CHECK_RECIPROCAL:
        return 1.0 / z;
    case CHECK_SQUARE:
        return z * z;
    case CHECK_SIN:
        return sin(z);
    case CHECK_COS:
        return cos(z);
    case CHECK_SIGN:
        return z > 0.0 ? 1.0 : z < 0.0 ? -1.0 : z;
    case CHECK_FLOOR:
        return floor(z);
    }
    return (double)NAN;
}

static double evaluate_element(const struct check_layer *layer, size_t i,
                               const double *v)
{
    if (layer->kind == CHECK_AFFINE) {
        double sum = layer->bias[i];
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            sum += layer->weight[k] * v[layer->column[k]];
        }
        return sum;
    }
    const double z = v[layer->source[i]];
    if (layer->kind == CHECK_CURVED) {
        return apply(layer->curve, z);
    }
    if (layer->kind == CHECK_PRODUCT) {
        return z * v[layer->source[layer->width + i]];
    }
    if (layer->kind == CHECK_SCALE) {
        return z * mpq_get_d(layer->factor[i].lower);
    }
    return z > 0.0 ? z : 0.0;
}

/* rhs less the sum. */
static double get_slack(const struct check_atom *atom, const double *v,
                        const struct check_network *network)
{
    double slack = mpq_get_d(atom->rhs);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        const size_t z =
            term->is_output ? network->output[term->index] : term->index;
        slack -= mpz_get_d(term->coefficient) * v[z];
    }
    return slack;
}

/* Point p of the box; false if it has an end that is not finite. */
static bool set_point(double *v, const struct check_case *of, size_t n,
                      size_t p)
{
    for (size_t i = 0; i < n; i++) {
        if (of->box[2 * i] == NULL || of->box[2 * i + 1] == NULL) {
            return false;
        }
        const double lower = -mpq_get_d(of->box[2 * i]->rhs);
        const double upper = mpq_get_d(of->box[2 * i + 1]->rhs);
        const size_t part = (p * (2 * i + 1) * 37 + p / 16) % 65;
        const bool is_corner = p < 16;
        const double share =
            is_corner ? (double)(p >> (i % 4) & 1U) : (double)part / 64.0;
        v[i] = lower + share * (upper - lower);
    }
    return true;
}

static bool is_satisfied(const struct check_disjunct *disjunct, const double *v,
                         const struct check_network *network)
{
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        if (!(get_slack(disjunct->atoms[a], v, network) > 1e-6)) {
            return false;
        }
    }
    return true;
}

static bool is_refuted_at(double *v, const struct check_case *of,
                          const struct check_network *network)
{
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width; i++) {
            v[layer->first + i] = evaluate_element(layer, i, v);
        }
    }
    for (size_t d = 0; d < of->n_disjuncts; d++) {
        if (is_satisfied(&of->disjuncts[d], v, network)) {
            return true;
        }
    }
    return false;
}

bool ref_claim_is_refuted(const struct check_network *network,
                          const struct check_query *query)
{
    bool is_refuted = false;
    double *v = NULL;
    NEW_ARRAY(v, network->n_coordinates);
    for (size_t c = 0; c < query->n_cases && !is_refuted; c++) {
        for (size_t p = 0; p < REF_CLAIM_POINTS && !is_refuted; p++) {
            is_refuted = set_point(v, &query->cases[c], network->n_inputs, p) &&
                         is_refuted_at(v, &query->cases[c], network);
        }
    }
    alloc_free(v);
    return is_refuted;
}
