/* Projected gradient descent on the loss from many points at once. */
#include "src/attack/pgd.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <float.h>
#include <math.h>

enum {
    MOST_TRIES = 6,   /* confirmations of one trajectory */
    EXTRA_STEPS = 20, /* for a wider margin once a witness is known */
    FOCUS = 16,       /* disjuncts aimed at besides the closest */
    CORNER_AIMS = 8   /* disjuncts tried from the centre by corners */
};

/* Rounding errors between a witness and the edge of its region, wanted. */
static const double ENOUGH_SLACK = 8.0;

/* Half-width that stands for an unbounded side. */
static const double OPEN_WIDTH = 100.0;

void pgd_init(struct pgd *pgd, const struct layers *layers, uint64_t seed)
{
    const size_t n = layers->n_inputs;
    const size_t batch = gradient_default_batch(layers);
    *pgd = (struct pgd){.n_points = 0};
    gradient_init(&pgd->gradient, layers, batch);
    rng_init(&pgd->rng, seed);
    NEW_ARRAY(pgd->lower, n);
    NEW_ARRAY(pgd->upper, n);
    NEW_ARRAY(pgd->half, n);
    NEW_ARRAY(pgd->point, n);
    NEW_ALIGNED(pgd->mean, n * batch);
    NEW_ALIGNED(pgd->square, n * batch);
    NEW_ARRAY(pgd->columns, batch);
}

void pgd_clear(struct pgd *pgd)
{
    gradient_clear(&pgd->gradient);
    alloc_free(pgd->lower);
    alloc_free(pgd->upper);
    alloc_free(pgd->half);
    alloc_free(pgd->point);
    alloc_free(pgd->mean);
    alloc_free(pgd->square);
    alloc_free(pgd->columns);
    alloc_free(pgd->best);
    *pgd = (struct pgd){.n_points = 0};
}

/* A side without an end gets one near the other side, or near zero. */
static void close_interval(double *lower, double *upper)
{
    const bool is_lower_open = *lower <= -(double)FLT_MAX;
    const bool is_upper_open = *upper >= (double)FLT_MAX;
    if (is_lower_open && is_upper_open) {
        *lower = -OPEN_WIDTH;
        *upper = OPEN_WIDTH;
    } else if (is_lower_open) {
        *lower = *upper - OPEN_WIDTH * fmax(1.0, fabs(*upper));
    } else if (is_upper_open) {
        *upper = *lower + OPEN_WIDTH * fmax(1.0, fabs(*lower));
    }
}

static void set_box(struct pgd *pgd, const struct pgd_goal *goal)
{
    const struct confirm *confirm = pgd->confirm;
    pgd->n_varying = 0;
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        double lower = fmax(goal->lower[i], confirm->lower[i]);
        double upper = fmin(goal->upper[i], confirm->upper[i]);
        close_interval(&lower, &upper);
        if (lower > upper) {
            const double middle = 0.5 * lower + 0.5 * upper;
            lower = fmin(fmax(middle, confirm->lower[i]), confirm->upper[i]);
            upper = lower;
        }
        pgd->lower[i] = lower;
        pgd->upper[i] = upper;
        pgd->half[i] = 0.5 * upper - 0.5 * lower;
        pgd->n_varying += lower < upper ? 1 : 0;
    }
}

static double draw_uniform(struct pgd *pgd, size_t i)
{
    return rng_range(&pgd->rng, pgd->lower[i], pgd->upper[i]);
}

static double draw_mixed(struct pgd *pgd, size_t i, double corner_share)
{
    if (rng_unit(&pgd->rng) < corner_share) {
        return rng_below(&pgd->rng, 2) == 0 ? pgd->lower[i] : pgd->upper[i];
    }
    return draw_uniform(pgd, i);
}

static void place_random(struct pgd *pgd, size_t j)
{
    const size_t batch = pgd->gradient.batch;
    const double shares[4] = {0.0, 0.0, 0.5, 1.0};
    const double share = shares[rng_below(&pgd->rng, 4)];
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        pgd->gradient.value[0][i * batch + j] = draw_mixed(pgd, i, share);
    }
}

/* Places the point at a share of the way from lower to upper. */
static void place_diagonal(struct pgd *pgd, size_t j, double share)
{
    const size_t batch = pgd->gradient.batch;
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        pgd->gradient.value[0][i * batch + j] =
            (1.0 - share) * pgd->lower[i] + share * pgd->upper[i];
    }
}

static void plan_random(struct pgd *pgd, struct pgd_column *column)
{
    static const enum pgd_step steps[4] = {PGD_SIGN, PGD_ADAM, PGD_NORMAL,
                                           PGD_POLYAK};
    static const double rates[3] = {0.1, 0.25, 1.0};
    static const double margins[3] = {0.001, 0.03, 0.3};
    column->step = steps[rng_below(&pgd->rng, 4)];
    column->rate = rates[rng_below(&pgd->rng, 3)];
    column->aim.margin = margins[rng_below(&pgd->rng, 3)];
    column->aim.kind = rng_below(&pgd->rng, 4) == 0 ? LOSS_WORST : LOSS_SUM;
}

/* Starts the next trajectory in column j: first the fixed starts, then
 * random ones. */
static void start_column(struct pgd *pgd, size_t j)
{
    const size_t n_disjuncts = pgd->loss->query_case->n_disjuncts;
    const size_t n_aims = n_disjuncts < CORNER_AIMS ? n_disjuncts : CORNER_AIMS;
    struct pgd_column *column = &pgd->columns[j];
    *column = (struct pgd_column){.tried = HUGE_VAL};
    const size_t number = pgd->n_started++;
    const size_t batch = pgd->gradient.batch;
    plan_random(pgd, column);
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        pgd->mean[i * batch + j] = 0.0;
        pgd->square[i * batch + j] = 0.0;
    }
    if (number < 2 * n_aims) {
        column->step = number % 2 == 0 ? PGD_CORNER : PGD_FAR_CORNER;
        column->aim.disjunct = number / 2;
        column->has_aim = true;
        place_diagonal(pgd, j, 0.5);
    } else if (number < 2 * n_aims + 2) {
        place_diagonal(pgd, j, number % 2 == 0 ? 0.0 : 1.0);
    } else {
        place_random(pgd, j);
    }
}

/* What the search has found so far. */
struct find {
    struct witness *witness;
    bool is_found;
    double slack;
    size_t steps_left;
};

/* Confirms the present point of column j; keeps the witness with the widest
 * margin. */
static void try_column(struct pgd *pgd, size_t j, struct find *find)
{
    const size_t batch = pgd->gradient.batch;
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        pgd->point[i] = pgd->gradient.value[0][i * batch + j];
    }
    struct witness witness = {NULL, NULL};
    if (confirm_point(pgd->confirm, &witness, pgd->point) != CONFIRM_WITNESS) {
        return;
    }
    if (!find->is_found) {
        find->is_found = true;
        find->steps_left = EXTRA_STEPS;
    } else if (pgd->confirm->slack <= find->slack) {
        witness_clear(&witness);
        return;
    } else {
        witness_clear(find->witness);
    }
    *find->witness = witness;
    find->slack = pgd->confirm->slack;
    if (find->slack >= ENOUGH_SLACK) {
        find->steps_left = 1;
    }
}

/* The disjunct that column j descends to: the closest, or by turns one of
 * those that came closest so far. */
static void choose_aim(struct pgd *pgd, size_t j)
{
    struct pgd_column *column = &pgd->columns[j];
    const size_t n_disjuncts = pgd->loss->query_case->n_disjuncts;
    size_t closest = 0;
    double least = HUGE_VAL;
    struct loss_aim aim = column->aim;
    for (aim.disjunct = 0; aim.disjunct < n_disjuncts; aim.disjunct++) {
        const struct loss_value value =
            loss_measure(pgd->loss, &pgd->gradient, j, aim);
        pgd->best[aim.disjunct] = fmin(pgd->best[aim.disjunct], value.worst);
        if (value.worst < least) {
            least = value.worst;
            closest = aim.disjunct;
        }
    }
    column->has_aim = true;
    column->aim.disjunct = closest;
    if (rng_below(&pgd->rng, 2) == 0) {
        return;
    }
    size_t other = rng_below(&pgd->rng, n_disjuncts);
    for (size_t k = 0; n_disjuncts > FOCUS && k < n_disjuncts / FOCUS; k++) {
        const size_t rival = rng_below(&pgd->rng, n_disjuncts);
        other = pgd->best[rival] < pgd->best[other] ? rival : other;
    }
    column->aim.disjunct = other;
}

/* True if some disjunct other than the aim may be met as well. */
static bool is_any_met(const struct pgd *pgd, size_t j)
{
    struct loss_aim aim = pgd->columns[j].aim;
    for (size_t d = 0; d < pgd->loss->query_case->n_disjuncts; d++) {
        aim.disjunct = d;
        if (loss_measure(pgd->loss, &pgd->gradient, j, aim).is_met) {
            return true;
        }
    }
    return false;
}

static void observe_column(struct pgd *pgd, size_t j, struct find *find)
{
    struct pgd_column *column = &pgd->columns[j];
    if (column->age == 0 && is_any_met(pgd, j)) {
        try_column(pgd, j, find);
    }
    if (!column->has_aim) {
        choose_aim(pgd, j);
    }
    column->value = loss_measure(pgd->loss, &pgd->gradient, j, column->aim);
    double *best = &pgd->best[column->aim.disjunct];
    *best = fmin(*best, column->value.worst);
    if (column->value.is_met && column->age > 0 &&
        column->value.worst < column->tried && column->n_tries < MOST_TRIES) {
        column->tried = column->value.worst;
        column->n_tries++;
        column->aim.kind = LOSS_WORST;
        try_column(pgd, j, find);
    }
}

/* Moves one coordinate of column j by `move` half-widths and back into the
 * box. */
static void move_coordinate(struct pgd *pgd, size_t i, size_t j, double move)
{
    double *x = &pgd->gradient.value[0][i * pgd->gradient.batch + j];
    *x = fmin(fmax(*x - move * pgd->half[i], pgd->lower[i]), pgd->upper[i]);
}

/* Slope of the loss for coordinate i in half-widths. */
static double scaled_slope(const struct pgd *pgd, size_t i, size_t j)
{
    return pgd->half[i] * pgd->gradient.slope[0][i * pgd->gradient.batch + j];
}

static double signum(double x)
{
    return x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : 0.0);
}

static double adam_move(struct pgd *pgd, size_t i, size_t j, double slope)
{
    const double keep_mean = 0.8;
    const double keep_square = 0.95;
    const size_t age = pgd->columns[j].age + 1;
    double *mean = &pgd->mean[i * pgd->gradient.batch + j];
    double *square = &pgd->square[i * pgd->gradient.batch + j];
    *mean = keep_mean * *mean + (1.0 - keep_mean) * slope;
    *square = keep_square * *square + (1.0 - keep_square) * slope * slope;
    const double full_mean = *mean / (1.0 - pow(keep_mean, (double)age));
    const double full_square = *square / (1.0 - pow(keep_square, (double)age));
    return full_square > 0.0 ? full_mean / sqrt(full_square) : 0.0;
}

/* Length of a step along the gradient of Euclidean norm `norm`. */
static double step_length(const struct pgd *pgd, size_t j, double norm)
{
    const struct pgd_column *column = &pgd->columns[j];
    const double longest = column->rate * sqrt((double)pgd->n_varying);
    if (column->step != PGD_POLYAK) {
        return longest / norm;
    }
    const struct query_disjunct *disjunct =
        &pgd->loss->query_case->disjuncts[column->aim.disjunct];
    const double excess =
        column->aim.kind == LOSS_WORST
            ? column->value.worst + column->aim.margin
            : column->value.sum +
                  column->aim.margin * (double)disjunct->n_atoms;
    return fmin(longest / norm, fmax(excess, 0.0) / (norm * norm));
}

static void move_column(struct pgd *pgd, size_t j, double norm)
{
    struct pgd_column *column = &pgd->columns[j];
    const double length = step_length(pgd, j, norm);
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        if (pgd->half[i] <= 0.0) {
            continue;
        }
        const double slope = scaled_slope(pgd, i, j);
        switch (column->step) {
        case PGD_SIGN:
            move_coordinate(pgd, i, j, column->rate * signum(slope));
            break;
        case PGD_ADAM:
            move_coordinate(pgd, i, j,
                            column->rate * adam_move(pgd, i, j, slope));
            break;
        case PGD_NORMAL:
        case PGD_POLYAK:
            move_coordinate(pgd, i, j, length * slope);
            break;
        case PGD_CORNER:
            move_coordinate(pgd, i, j, 2.0 * signum(slope));
            break;
        case PGD_FAR_CORNER:
            move_coordinate(pgd, i, j, -2.0 * signum(slope));
            break;
        }
    }
}

/* One step of column j; false if the loss has no slope there. */
static bool step_column(struct pgd *pgd, size_t j)
{
    struct pgd_column *column = &pgd->columns[j];
    double square = 0.0;
    for (size_t i = 0; i < pgd->gradient.layers->n_inputs; i++) {
        const double slope = scaled_slope(pgd, i, j);
        square += slope * slope;
    }
    if (!(square > 0.0) || !isfinite(square)) {
        return false;
    }
    move_column(pgd, j, sqrt(square));
    if (column->step == PGD_CORNER || column->step == PGD_FAR_CORNER) {
        column->step = PGD_SIGN;
    } else {
        column->rate *= pgd->decay;
    }
    column->age++;
    return true;
}

/* Evaluates all columns, confirms what is met, and moves or restarts. */
static void advance(struct pgd *pgd, struct find *find)
{
    struct gradient *gradient = &pgd->gradient;
    gradient_zero_slopes(gradient);
    for (size_t j = 0; j < gradient->batch; j++) {
        struct pgd_column *column = &pgd->columns[j];
        observe_column(pgd, j, find);
        loss_seed(pgd->loss, gradient, j, column->aim);
    }
    gradient_backward(gradient);
    for (size_t j = 0; j < gradient->batch; j++) {
        if (pgd->columns[j].age >= pgd->n_steps || !step_column(pgd, j)) {
            start_column(pgd, j);
        }
    }
    pgd->n_points += gradient->batch;
}

bool pgd_search(struct pgd *pgd, struct witness *witness, struct loss *loss,
                struct confirm *confirm, const struct pgd_goal *goal)
{
    const size_t n_disjuncts = loss->query_case->n_disjuncts;
    struct find find = {witness, false, 0.0, SIZE_MAX};
    if (n_disjuncts == 0) {
        return false;
    }
    pgd->loss = loss;
    pgd->confirm = confirm;
    pgd->n_steps = goal->effort.n_steps;
    pgd->decay = pow(0.02, 1.0 / (double)(pgd->n_steps + 1));
    pgd->n_started = 0;
    RESIZE_ARRAY(pgd->best, n_disjuncts);
    for (size_t d = 0; d < n_disjuncts; d++) {
        pgd->best[d] = HUGE_VAL;
    }
    set_box(pgd, goal);
    gradient_resize(&pgd->gradient, goal->effort.n_restarts);
    for (size_t j = 0; j < pgd->gradient.batch; j++) {
        start_column(pgd, j);
    }
    /* By points, not by restarts: a start on a plateau costs one step. */
    const size_t batch = pgd->gradient.batch;
    const size_t n_rounds =
        (goal->effort.n_restarts + batch - 1) / batch * (pgd->n_steps + 1);
    for (size_t round = 0; round < n_rounds && find.steps_left > 0; round++) {
        gradient_forward(&pgd->gradient);
        if (round == 0) {
            loss_calibrate(loss, &pgd->gradient);
        }
        advance(pgd, &find);
        find.steps_left--;
        if (budget_check(goal->budget) != STATUS_OK) {
            break;
        }
    }
    return find.is_found;
}
