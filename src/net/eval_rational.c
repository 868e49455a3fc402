/* One routine per form over rationals of all elements. */
#include "src/net/eval_rational.h"

#include "src/num/rational.h"

#include <math.h>

static const char *const no_value = "has no exact rational values";

/* Place in element[] of the extreme of set i. */
static size_t find_extreme(const struct node *node, const mpq_t *z, size_t i)
{
    const struct sets *sets = &node->sets;
    size_t best = sets->start[i];
    for (size_t k = best + 1; k < sets->start[i + 1]; k++) {
        const int order = mpq_cmp(z[sets->element[k]], z[sets->element[best]]);
        const int gain = sets->is_least ? -order : order;
        best = gain > 0 || (sets->is_last && gain == 0) ? k : best;
    }
    return best;
}

static void clip(mpq_t y, const struct node *node, const mpq_t x)
{
    mpq_t end;
    mpq_init(end);
    mpq_set(y, x);
    if (isfinite(node->lowest)) {
        rational_set_double(end, node->lowest);
        mpq_set(y, mpq_cmp(y, end) < 0 ? end : y);
    }
    if (isfinite(node->highest)) {
        rational_set_double(end, node->highest);
        mpq_set(y, mpq_cmp(y, end) > 0 ? end : y);
    }
    mpq_clear(end);
}

/* y = sqrt(x) if that is rational. */
static const char *set_root(mpq_t y, const mpq_t x)
{
    if (mpq_sgn(x) < 0) {
        return "root of a negative number";
    }
    if (mpz_perfect_square_p(mpq_numref(x)) == 0 ||
        mpz_perfect_square_p(mpq_denref(x)) == 0) {
        return no_value;
    }
    mpz_sqrt(mpq_numref(y), mpq_numref(x));
    mpz_sqrt(mpq_denref(y), mpq_denref(x));
    return NULL;
}

/* The value at 0 of the functions that are rational there only. */
static const char *set_at_zero(mpq_t y, enum activation activation,
                               const mpq_t x)
{
    if (mpq_sgn(x) != 0) {
        return no_value;
    }
    if (activation == ACTIVATION_TANH || activation == ACTIVATION_ERF ||
        activation == ACTIVATION_SIN) {
        mpq_set_ui(y, 0, 1);
        return NULL;
    }
    if (activation == ACTIVATION_EXP || activation == ACTIVATION_COS) {
        mpq_set_ui(y, 1, 1);
        return NULL;
    }
    if (activation == ACTIVATION_SIGMOID) {
        mpq_set_ui(y, 1, 2);
        return NULL;
    }
    return no_value;
}

static const char *apply(mpq_t y, enum activation activation, const mpq_t x)
{
    switch (activation) {
    case ACTIVATION_RECIPROCAL:
        if (mpq_sgn(x) == 0) {
            return "division by zero";
        }
        mpq_inv(y, x);
        return NULL;
    case ACTIVATION_SQUARE:
        mpq_mul(y, x, x);
        return NULL;
    case ACTIVATION_SIGN:
        mpq_set_si(y, mpq_sgn(x), 1);
        return NULL;
    case ACTIVATION_FLOOR:
        mpz_fdiv_q(mpq_numref(y), mpq_numref(x), mpq_denref(x));
        mpz_set_ui(mpq_denref(y), 1);
        return NULL;
    case ACTIVATION_SQRT:
        return set_root(y, x);
    case ACTIVATION_SIGMOID:
    case ACTIVATION_TANH:
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_ERF:
    case ACTIVATION_EXP:
    case ACTIVATION_LOG:
    case ACTIVATION_SIN:
    case ACTIVATION_COS:
    case ACTIVATION_COUNT:
        break;
    }
    return set_at_zero(y, activation, x);
}

/* y = x * scale / sqrt(variance + epsilon). */
static const char *apply_scale(mpq_t y, const struct scaling *scaling,
                               const mpq_t x, size_t i)
{
    mpq_t part;
    mpq_init(part);
    rational_set_double(y, scaling->variance[i]);
    rational_set_double(part, scaling->epsilon);
    mpq_add(part, part, y);
    const char *cause = set_root(y, part);
    if (cause == NULL && mpq_sgn(y) == 0) {
        cause = "division by zero";
    }
    if (cause == NULL) {
        rational_set_double(part, scaling->scale[i]);
        mpq_div(y, part, y);
        mpq_mul(y, y, x);
    }
    mpq_clear(part);
    return cause;
}

const char *eval_rational(mpq_t *y, const struct node *node, const mpq_t *z,
                          size_t n)
{
    const char *cause = NULL;
    for (size_t i = 0; i < n && cause == NULL; i++) {
        switch (node->form) {
        case NODE_CLIP:
            clip(y[i], node, z[i]);
            break;
        case NODE_FUNCTION:
            cause = apply(y[i], node->activation, z[i]);
            break;
        case NODE_PRODUCT:
            mpq_mul(y[i], z[node->index[0][i]], z[node->index[1][i]]);
            break;
        case NODE_SCALE:
            cause = apply_scale(y[i], &node->scaling, z[i], i);
            break;
        case NODE_EXTREME:
            mpq_set(y[i], z[node->sets.element[find_extreme(node, z, i)]]);
            break;
        case NODE_CHOOSE:
            mpq_set(y[i], mpq_sgn(z[node->index[0][i]]) != 0
                              ? z[node->index[1][i]]
                              : z[node->index[2][i]]);
            break;
        case NODE_ARG_MAX:
            mpq_set_ui(y[i], find_extreme(node, z, i) - node->sets.start[i], 1);
            break;
        case NODE_MAP:
        case NODE_LINEAR:
        case NODE_RELU:
            cause = no_value;
            break;
        }
    }
    return cause;
}
