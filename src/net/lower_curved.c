/* Functions of one variable, products, choices: layers beyond ReLU. */
#include "src/base/alloc.h"
#include "src/net/lowering.h"
#include "src/num/rational.h"

#include <math.h>

void lower_function(struct lowering *lowering, const struct node *node)
{
    const size_t source = lowering_whole(lowering, node->args[0]);
    const struct layer layer = {.kind = LAYER_ACTIVATION,
                                .width = lowering->widths.data[source],
                                .source = source,
                                .activation = node->activation,
                                .shares = node->shares};
    lowering_set_output(lowering, node, lowering_add(lowering, layer));
}

/* Element i of the result is element index[i] of the view, as a layer. */
static size_t gather(struct lowering *lowering, const struct view *view,
                     const uint32_t *index, size_t n)
{
    struct view part = view_gather(view, index, n);
    const size_t layer = lowering_whole_view(lowering, &part);
    view_clear(&part);
    return layer;
}

/* Whether a[i] and b[i] are the same element of a layer for all i. */
static bool are_same(const struct view *view, const uint32_t *a,
                     const uint32_t *b, size_t n)
{
    bool are_same = true;
    for (size_t i = 0; i < n && are_same; i++) {
        are_same = view_layer(view, a[i]) == view_layer(view, b[i]) &&
                   view_layer(view, a[i]) != VIEW_CONSTANT &&
                   view_index(view, a[i]) == view_index(view, b[i]);
    }
    return are_same;
}

void lower_product(struct lowering *lowering, const struct node *node)
{
    const size_t n = lowering->net->tensors[node->output].n;
    struct view all = lowering_join(lowering, node);
    const bool is_square = are_same(&all, node->index[0], node->index[1], n);
    const size_t first = gather(lowering, &all, node->index[0], n);
    const size_t result =
        is_square
            ? lowering_add_activation(lowering, first, ACTIVATION_SQUARE)
            : lowering_add_product(lowering, first,
                                   gather(lowering, &all, node->index[1], n));
    lowering_set_output(lowering, node, result);
    view_clear(&all);
}

/* y = b + sign(c)^2 * (a - b): the square is 1 unless c is 0. */
void lower_choose(struct lowering *lowering, const struct node *node)
{
    const size_t n = lowering->net->tensors[node->output].n;
    struct view all = lowering_join(lowering, node);
    const struct lowering_part parts[2] = {{&all, node->index[1], NULL, 1.0},
                                           {&all, node->index[2], NULL, -1.0}};
    size_t layer = gather(lowering, &all, node->index[0], n);
    layer = lowering_add_activation(lowering, layer, ACTIVATION_SIGN);
    const size_t choice =
        lowering_add_activation(lowering, layer, ACTIVATION_SQUARE);
    const size_t difference = lowering_combine(lowering, n, parts, 2, NULL);
    const size_t product = lowering_add_product(lowering, choice, difference);
    const struct view taken = view_whole(product, n);
    const struct lowering_part sum[2] = {{&all, node->index[2], NULL, 1.0},
                                         {&taken, NULL, NULL, 1.0}};
    lowering_set_output(lowering, node,
                        lowering_combine(lowering, n, sum, 2, NULL));
    view_clear(&all);
}

/* The sign of x^2 * t - s^2. */
static int compare(double x, double s, const mpq_t t)
{
    mpq_t left;
    mpq_t right;
    mpq_init(left);
    mpq_init(right);
    rational_set_double(left, x);
    mpq_mul(left, left, left);
    mpq_mul(left, left, t);
    rational_set_double(right, s);
    mpq_mul(right, right, right);
    const int sign = mpq_cmp(left, right);
    mpq_clear(left);
    mpq_clear(right);
    return sign;
}

/* lower <= s / sqrt(t) <= upper, neighbours or equal; false if the numbers
 * are so large or small that the first guess may be far off. */
static bool enclose_factor(double *lower, double *upper, double s,
                           const mpq_t t)
{
    const double root = sqrt(rational_near(t));
    const double size = fabs(s);
    if (!(root > 0x1p-400 && root < 0x1p+400) || size >= 0x1p+400 ||
        (size > 0.0 && size < 0x1p-400)) {
        return false;
    }
    double below = size / root;
    while (compare(below, s, t) > 0) {
        below = nextafter(below, 0.0);
    }
    double above = below;
    while (compare(above, s, t) < 0) {
        below = above;
        above = nextafter(above, HUGE_VAL);
    }
    *lower = s < 0.0 ? -above : below;
    *upper = s < 0.0 ? -below : above;
    return true;
}

/* The factors scale / sqrt(variance + epsilon) of a node. */
static bool enclose_factors(struct layer *layer, const struct scaling *scaling)
{
    bool is_known = true;
    mpq_t t;
    mpq_t epsilon;
    mpq_init(t);
    mpq_init(epsilon);
    rational_set_double(epsilon, scaling->epsilon);
    for (size_t i = 0; i < layer->width && is_known; i++) {
        rational_set_double(t, scaling->variance[i]);
        mpq_add(t, t, epsilon);
        is_known = mpq_sgn(t) > 0 && enclose_factor(&layer->factor_lower[i],
                                                    &layer->factor_upper[i],
                                                    scaling->scale[i], t);
    }
    mpq_clear(t);
    mpq_clear(epsilon);
    return is_known;
}

enum status lower_scale(struct lowering *lowering, const struct node *node)
{
    const size_t source = lowering_whole(lowering, node->args[0]);
    struct layer layer = {.kind = LAYER_SCALE,
                          .width = lowering->widths.data[source],
                          .source = source};
    NEW_ARRAY(layer.factor_lower, layer.width);
    NEW_ARRAY(layer.factor_upper, layer.width);
    if (!enclose_factors(&layer, &node->scaling)) {
        alloc_free(layer.factor_lower);
        alloc_free(layer.factor_upper);
        return lowering_refuse(lowering, node, "factor of extreme size");
    }
    lowering_set_output(lowering, node, lowering_add(lowering, layer));
    return STATUS_OK;
}
