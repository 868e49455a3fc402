/* A batch of points in a box that moves against given slopes. */
#include "src/attack/descent.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <math.h>

void descent_init(struct descent *descent, const struct layers *layers,
                  uint64_t seed)
{
    const size_t n = layers->n_inputs;
    const size_t capacity = gradient_default_batch(layers);
    *descent = (struct descent){.n_varying = 0};
    gradient_init(&descent->gradient, layers, capacity);
    rng_init(&descent->rng, seed);
    NEW_ARRAY(descent->lower, n);
    NEW_ARRAY(descent->upper, n);
    NEW_ARRAY(descent->half, n);
    NEW_ALIGNED(descent->mean, n * capacity);
    NEW_ALIGNED(descent->square, n * capacity);
}

void descent_clear(struct descent *descent)
{
    gradient_clear(&descent->gradient);
    alloc_free(descent->lower);
    alloc_free(descent->upper);
    alloc_free(descent->half);
    alloc_free(descent->mean);
    alloc_free(descent->square);
    *descent = (struct descent){.n_varying = 0};
}

void descent_set_bounds(struct descent *descent, size_t i, double lower,
                        double upper)
{
    assert(lower <= upper && isfinite(lower) && isfinite(upper));
    descent->n_varying -= descent->half[i] > 0.0 ? 1 : 0;
    descent->lower[i] = lower;
    descent->upper[i] = upper;
    descent->half[i] = 0.5 * upper - 0.5 * lower;
    descent->n_varying += descent->half[i] > 0.0 ? 1 : 0;
}

/* Coordinate i of point j in an array of the batch. */
static size_t place_of(const struct descent *descent, size_t i, size_t j)
{
    return i * descent->gradient.batch + j;
}

static void put(struct descent *descent, size_t i, size_t j, double x)
{
    const size_t place = place_of(descent, i, j);
    descent->gradient.value[0][place] =
        fmin(fmax(x, descent->lower[i]), descent->upper[i]);
    descent->mean[place] = 0.0;
    descent->square[place] = 0.0;
}

static double draw(struct descent *descent, size_t i, double corner_share)
{
    if (rng_unit(&descent->rng) < corner_share) {
        return rng_below(&descent->rng, 2) == 0 ? descent->lower[i]
                                                : descent->upper[i];
    }
    return rng_range(&descent->rng, descent->lower[i], descent->upper[i]);
}

void descent_place_random(struct descent *descent, size_t j)
{
    static const double shares[4] = {0.0, 0.0, 0.5, 1.0};
    const double share = shares[rng_below(&descent->rng, 4)];
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        put(descent, i, j, draw(descent, i, share));
    }
}

void descent_place_diagonal(struct descent *descent, size_t j, double share)
{
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        put(descent, i, j,
            (1.0 - share) * descent->lower[i] + share * descent->upper[i]);
    }
}

void descent_place_near(struct descent *descent, size_t j, const double *place,
                        double radius)
{
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        const double share = rng_range(&descent->rng, -radius, radius);
        put(descent, i, j, place[i] + share * descent->half[i]);
    }
}

void descent_read(double *x, const struct descent *descent, size_t j)
{
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        x[i] = descent->gradient.value[0][place_of(descent, i, j)];
    }
}

/* Slope of the loss for coordinate i in half-widths. */
static double scaled_slope(const struct descent *descent, size_t i, size_t j)
{
    return descent->half[i] *
           descent->gradient.slope[0][place_of(descent, i, j)];
}

static double signum(double x)
{
    if (x > 0.0) {
        return 1.0;
    }
    return x < 0.0 ? -1.0 : 0.0;
}

/* What the moments are divided by, since they start at zero. */
struct adam_weight {
    double mean;
    double square;
};

static const double KEEP_MEAN = 0.8;
static const double KEEP_SQUARE = 0.95;

static double adam_move(struct descent *descent, size_t place, double slope,
                        struct adam_weight weight)
{
    double *mean = &descent->mean[place];
    double *square = &descent->square[place];
    *mean = KEEP_MEAN * *mean + (1.0 - KEEP_MEAN) * slope;
    *square = KEEP_SQUARE * *square + (1.0 - KEEP_SQUARE) * slope * slope;
    const double root = sqrt(*square / weight.square);
    return root > 0.0 ? *mean / weight.mean / root : 0.0;
}

/* Factor of the scaled slopes whose Euclidean norm is `norm`. */
static double step_factor(const struct descent *descent,
                          const struct descent_plan *plan, double norm)
{
    const double longest = plan->rate * sqrt((double)descent->n_varying) / norm;
    switch (plan->kind) {
    case DESCENT_SIGN:
    case DESCENT_ADAM:
        return plan->rate;
    case DESCENT_NORMAL:
        return longest;
    case DESCENT_POLYAK:
        return fmin(longest, fmax(plan->excess, 0.0) / (norm * norm));
    case DESCENT_CORNER:
        return 2.0;
    case DESCENT_FAR_CORNER:
        return -2.0;
    }
    return 0.0;
}

static void move_point(struct descent *descent, size_t j,
                       const struct descent_plan *plan, double factor)
{
    const double age = (double)(plan->age + 1);
    const bool is_adam = plan->kind == DESCENT_ADAM;
    const bool is_along =
        plan->kind == DESCENT_NORMAL || plan->kind == DESCENT_POLYAK;
    const struct adam_weight weight = {
        is_adam ? 1.0 - pow(KEEP_MEAN, age) : 1.0,
        is_adam ? 1.0 - pow(KEEP_SQUARE, age) : 1.0};
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        const size_t place = place_of(descent, i, j);
        double move = scaled_slope(descent, i, j);
        if (is_adam) {
            move = adam_move(descent, place, move, weight);
        } else if (!is_along) {
            move = signum(move);
        }
        double *x = &descent->gradient.value[0][place];
        *x =
            fmin(fmax(*x - factor * move * descent->half[i], descent->lower[i]),
                 descent->upper[i]);
    }
}

bool descent_step(struct descent *descent, size_t j, struct descent_plan *plan)
{
    double square = 0.0;
    for (size_t i = 0; i < descent->gradient.layers->n_inputs; i++) {
        const double slope = scaled_slope(descent, i, j);
        square += slope * slope;
    }
    if (!(square > 0.0) || !isfinite(square)) {
        return false;
    }
    move_point(descent, j, plan, step_factor(descent, plan, sqrt(square)));
    if (plan->kind == DESCENT_CORNER || plan->kind == DESCENT_FAR_CORNER) {
        plan->kind = DESCENT_SIGN;
    } else {
        plan->rate *= plan->decay;
    }
    plan->age++;
    return true;
}
