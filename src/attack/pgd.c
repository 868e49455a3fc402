/* Projected gradient descent to the disjuncts of a case, from many points. */
#include "src/attack/pgd.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <float.h>
#include <math.h>

enum {
    MOST_TRIES = 6,   /* confirmations of one descent */
    EXTRA_STEPS = 20, /* for a wider margin once a witness is known */
    EXTRA_TRIES = 8,  /* confirmations in these steps */
    FOCUS = 16,       /* disjuncts aimed at besides the closest */
    CORNER_AIMS = 8   /* disjuncts tried from the centre by corners */
};

/* Rounding errors between a witness and the edge of its region, wanted. */
static const double ENOUGH_SLACK = 8.0;

/* Share of the starts near the ends of earlier descents. */
static const double NEAR_SHARE = 0.4;

/* Half-width that stands for an unbounded side. */
static const double OPEN_WIDTH = 100.0;

/* Rate of the last step of a descent over that of its first. */
static const double LAST_RATE = 0.02;

void pgd_init(struct pgd *pgd, const struct layers *layers, uint64_t seed)
{
    *pgd = (struct pgd){.n_points = 0};
    descent_init(&pgd->descent, layers, seed);
    elite_init(&pgd->elite, layers->n_inputs);
    NEW_ARRAY(pgd->columns, pgd->descent.gradient.capacity);
    NEW_ARRAY(pgd->point, layers->n_inputs);
}

void pgd_clear(struct pgd *pgd)
{
    descent_clear(&pgd->descent);
    elite_clear(&pgd->elite);
    alloc_free(pgd->columns);
    alloc_free(pgd->best);
    alloc_free(pgd->point);
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
    for (size_t i = 0; i < confirm->query->layers->n_inputs; i++) {
        double lower = fmax(goal->lower[i], confirm->lower[i]);
        double upper = fmin(goal->upper[i], confirm->upper[i]);
        close_interval(&lower, &upper);
        if (lower > upper) {
            const double middle = 0.5 * lower + 0.5 * upper;
            lower = fmin(fmax(middle, confirm->lower[i]), confirm->upper[i]);
            upper = lower;
        }
        descent_set_bounds(&pgd->descent, i, lower, upper);
    }
}

static void plan_random(struct pgd *pgd, struct pgd_column *column)
{
    static const enum descent_kind kinds[4] = {DESCENT_SIGN, DESCENT_ADAM,
                                               DESCENT_NORMAL, DESCENT_POLYAK};
    static const double rates[3] = {0.5, 1.0, 2.0};
    static const double margins[3] = {0.001, 0.03, 0.3};
    struct rng *rng = &pgd->descent.rng;
    column->plan = (struct descent_plan){.kind = kinds[rng_below(rng, 4)],
                                         .rate = rates[rng_below(rng, 3)],
                                         .decay = pgd->decay};
    column->aim.margin = margins[rng_below(rng, 3)];
    column->aim.kind = rng_below(rng, 4) == 0 ? LOSS_WORST : LOSS_SUM;
}

/* Starts near the end of an earlier descent, with steps to match. */
static void start_near(struct pgd *pgd, size_t j)
{
    static const double radii[4] = {0.3, 0.1, 0.03, 0.01};
    const double rate_over_radius = 3.0;
    struct rng *rng = &pgd->descent.rng;
    struct pgd_column *column = &pgd->columns[j];
    const size_t k = rng_below(rng, pgd->elite.n);
    const double radius = radii[rng_below(rng, 4)];
    descent_place_near(&pgd->descent, j,
                       pgd->elite.point + k * pgd->elite.n_inputs, radius);
    column->plan.rate *= fmin(1.0, rate_over_radius * radius);
    column->aim.disjunct = pgd->elite.disjunct[k];
    column->has_aim = true;
}

/* Offers the end of the descent in column j as a place to start from. */
static void keep_end(struct pgd *pgd, size_t j)
{
    const struct pgd_column *column = &pgd->columns[j];
    double *place =
        elite_offer(&pgd->elite, column->value.worst, column->aim.disjunct);
    if (place != NULL) {
        descent_read(place, &pgd->descent, j);
    }
}

/* Fixed start `number`: from the centre to the two corners of each of the first
 * disjuncts, then the ends of the diagonal; false if there are no more. */
static bool start_fixed(struct pgd *pgd, size_t j, size_t number)
{
    const size_t n_disjuncts = pgd->loss->query_case->n_disjuncts;
    const size_t n_aims = n_disjuncts < CORNER_AIMS ? n_disjuncts : CORNER_AIMS;
    struct pgd_column *column = &pgd->columns[j];
    if (number < 2 * n_aims) {
        column->plan.kind =
            number < n_aims ? DESCENT_CORNER : DESCENT_FAR_CORNER;
        column->aim.disjunct = number % n_aims;
        column->has_aim = true;
        descent_place_diagonal(&pgd->descent, j, 0.5);
        return true;
    }
    if (number < 2 * n_aims + 2) {
        descent_place_diagonal(&pgd->descent, j, number % 2 == 0 ? 0.0 : 1.0);
        return true;
    }
    return false;
}

/* Starts the next descent in column j: fixed starts and random ones by turns,
 * so that even the first batch has both; then random ones only. */
static void start_column(struct pgd *pgd, size_t j)
{
    struct pgd_column *column = &pgd->columns[j];
    const size_t number = pgd->n_started++;
    *column = (struct pgd_column){.tried = HUGE_VAL};
    plan_random(pgd, column);
    if (number % 2 == 0 && start_fixed(pgd, j, number / 2)) {
        return;
    }
    if (pgd->elite.n > 0 && rng_unit(&pgd->descent.rng) < NEAR_SHARE) {
        start_near(pgd, j);
    } else {
        descent_place_random(&pgd->descent, j);
    }
}

/* What the search has found so far. */
struct find {
    struct witness *witness;
    bool is_found;
    double slack;
    size_t steps_left;
    size_t tries_left;
};

/* Confirms the present point of column j; keeps the witness with the widest
 * margin. */
static void try_column(struct pgd *pgd, size_t j, struct find *find)
{
    if (find->tries_left == 0) {
        return;
    }
    find->tries_left -= find->is_found ? 1 : 0;
    descent_read(pgd->point, &pgd->descent, j);
    struct witness witness = {0};
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
        find->tries_left = 0;
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
            loss_measure(pgd->loss, &pgd->descent.gradient, j, aim);
        pgd->best[aim.disjunct] = fmin(pgd->best[aim.disjunct], value.worst);
        if (value.worst < least) {
            least = value.worst;
            closest = aim.disjunct;
        }
    }
    column->has_aim = true;
    column->aim.disjunct = closest;
    if (rng_below(&pgd->descent.rng, 2) == 0) {
        return;
    }
    size_t other = rng_below(&pgd->descent.rng, n_disjuncts);
    for (size_t k = 0; n_disjuncts > FOCUS && k < n_disjuncts / FOCUS; k++) {
        const size_t rival = rng_below(&pgd->descent.rng, n_disjuncts);
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
        if (loss_measure(pgd->loss, &pgd->descent.gradient, j, aim).is_met) {
            return true;
        }
    }
    return false;
}

static void observe_column(struct pgd *pgd, size_t j, struct find *find)
{
    struct pgd_column *column = &pgd->columns[j];
    if (column->plan.age == 0 && is_any_met(pgd, j)) {
        try_column(pgd, j, find);
    }
    if (!column->has_aim) {
        choose_aim(pgd, j);
    }
    column->value =
        loss_measure(pgd->loss, &pgd->descent.gradient, j, column->aim);
    double *best = &pgd->best[column->aim.disjunct];
    *best = fmin(*best, column->value.worst);
    if (column->value.is_met && column->plan.age > 0 &&
        column->value.worst < column->tried && column->n_tries < MOST_TRIES) {
        column->tried = column->value.worst;
        column->n_tries++;
        column->aim.kind = LOSS_WORST;
        try_column(pgd, j, find);
    }
}

/* What the loss of a column falls by if its aim is just met with its margin. */
static double excess_of(const struct pgd *pgd, const struct pgd_column *column)
{
    const struct query_disjunct *disjunct =
        &pgd->loss->query_case->disjuncts[column->aim.disjunct];
    if (column->aim.kind == LOSS_WORST) {
        return column->value.worst + column->aim.margin;
    }
    return column->value.sum + column->aim.margin * (double)disjunct->n_atoms;
}

static bool step_column(struct pgd *pgd, size_t j)
{
    struct pgd_column *column = &pgd->columns[j];
    column->plan.excess = excess_of(pgd, column);
    return column->plan.age < pgd->n_steps &&
           descent_step(&pgd->descent, j, &column->plan);
}

/* Evaluates all columns, confirms what is met, and moves or restarts. */
static void advance(struct pgd *pgd, struct find *find)
{
    struct gradient *gradient = &pgd->descent.gradient;
    gradient_zero_slopes(gradient);
    for (size_t j = 0; j < gradient->batch; j++) {
        struct pgd_column *column = &pgd->columns[j];
        observe_column(pgd, j, find);
        loss_seed(pgd->loss, gradient, j, column->aim);
    }
    gradient_backward(gradient);
    for (size_t j = 0; j < gradient->batch; j++) {
        if (!step_column(pgd, j)) {
            if (pgd->columns[j].plan.age > 0) {
                keep_end(pgd, j);
            }
            start_column(pgd, j);
        }
    }
    pgd->n_points += gradient->batch;
}

bool pgd_search(struct pgd *pgd, struct witness *witness, struct loss *loss,
                struct confirm *confirm, const struct pgd_goal *goal)
{
    const size_t n_disjuncts = loss->query_case->n_disjuncts;
    struct find find = {witness, false, 0.0, SIZE_MAX, EXTRA_TRIES};
    if (n_disjuncts == 0) {
        return false;
    }
    pgd->loss = loss;
    pgd->confirm = confirm;
    pgd->n_steps = goal->effort.n_steps;
    pgd->decay = pow(LAST_RATE, 1.0 / (double)(pgd->n_steps + 1));
    pgd->n_started = 0;
    elite_empty(&pgd->elite);
    RESIZE_ARRAY(pgd->best, n_disjuncts);
    for (size_t d = 0; d < n_disjuncts; d++) {
        pgd->best[d] = HUGE_VAL;
    }
    set_box(pgd, goal);
    gradient_resize(&pgd->descent.gradient, goal->effort.n_restarts);
    for (size_t j = 0; j < pgd->descent.gradient.batch; j++) {
        start_column(pgd, j);
    }
    /* By points, not by restarts: a start on a plateau costs one step. */
    const size_t batch = pgd->descent.gradient.batch;
    assert(batch > 0);
    const size_t n_rounds =
        (goal->effort.n_restarts + batch - 1) / batch * (pgd->n_steps + 1);
    for (size_t round = 0; round < n_rounds && find.steps_left > 0; round++) {
        gradient_forward(&pgd->descent.gradient);
        if (round == 0) {
            loss_calibrate(loss, &pgd->descent.gradient);
        }
        advance(pgd, &find);
        find.steps_left--;
        if (budget_check(goal->budget) != STATUS_OK) {
            break;
        }
    }
    return find.is_found;
}
