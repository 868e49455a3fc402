/* Which way to turn: a network fitted to five hand-written costs. */
#include "benchmarks/models/controller.h"

#include "benchmarks/models/course.h"

#include <math.h>

/*
 * Inputs, each in [-1, 1]:
 *   distance   -1 beside us, 1 out of reach
 *   bearing    -1 behind us on the right, 0 dead ahead, 1 behind on the left
 *   heading    0 the intruder flies as we do, -1 and 1 towards us
 *   own_speed, intruder_speed   -1 slow, 1 fast
 * Outputs: costs of the five advices; the lowest is given.
 */
enum { DISTANCE, BEARING, HEADING, OWN_SPEED, INTRUDER_SPEED, N_INPUTS };
enum { CLEAR, WEAK_LEFT, WEAK_RIGHT, STRONG_LEFT, STRONG_RIGHT, N_ADVICES };
enum { N_TRAIN = 8000, N_TEST = 1000, EPOCHS = 16, SEED = 11 };

/*
 * threat in [0, 1.3]: near, ahead and closing; side in [-1, 1]: how far the
 * intruder will be on our left. A turn costs something by itself and keeps
 * the more of the threat the more it leads towards the intruder.
 */
static void controller_costs(double *cost, const double *x)
{
    const double near = (1.0 - x[DISTANCE]) / 2.0;
    const double ahead = 1.0 - fabs(x[BEARING]);
    const double oncoming = 2.0 * fabs(x[HEADING]) - 1.0;
    const double closing =
        0.5 + 0.2 * x[OWN_SPEED] + 0.2 * x[INTRUDER_SPEED] * oncoming;
    const double threat =
        near * near * (0.5 + 0.5 * ahead) * (0.6 + 0.8 * closing);
    const double drift = x[BEARING] + 0.4 * x[HEADING];
    const double side = drift < -1.0 ? -1.0 : drift > 1.0 ? 1.0 : drift;

    cost[CLEAR] = threat;
    cost[WEAK_LEFT] = 0.15 + threat * (0.45 + 0.35 * side);
    cost[WEAK_RIGHT] = 0.15 + threat * (0.45 - 0.35 * side);
    cost[STRONG_LEFT] = 0.35 + threat * (0.1 + 0.35 * side);
    cost[STRONG_RIGHT] = 0.35 + threat * (0.1 - 0.35 * side);
}

static void controller_make(struct samples *samples, size_t n, struct rng *rng)
{
    *samples =
        (struct samples){.n = n, .n_inputs = N_INPUTS, .n_outputs = N_ADVICES};
    NEW_ARRAY(samples->x, n * N_INPUTS);
    NEW_ARRAY(samples->y, n * N_ADVICES);
    for (size_t i = 0; i < n; i++) {
        double *const x = samples->x + i * N_INPUTS;
        for (size_t k = 0; k < N_INPUTS; k++) {
            x[k] = rng_range(rng, -1.0, 1.0);
        }
        controller_costs(samples->y + i * N_ADVICES, x);
    }
}

static void controller_family(struct family *family, const char *comment)
{
    family_init(family, comment, N_INPUTS, N_ADVICES, -1.0, 1.0);
    family->n_sizes = 40;
    family->margin = 0.01;
    family->hard_percent = 75;
}

/* The five families, in the order of their files. */
static void controller_families(struct family family[5])
{
    controller_family(&family[0],
                      "the advice is `clear` while the intruder is far away");
    family_set_side(&family[0], DISTANCE, 0.95, 1.0, 0.05, 0.0);
    rule_keep_lowest(&family[0].rule, CLEAR);

    controller_family(&family[1],
                      "no strong left turn towards a near intruder there");
    family_set_side(&family[1], DISTANCE, -0.9, -0.88, 0.01, 0.01);
    family_set_side(&family[1], BEARING, 0.5, 0.52, 0.01, 0.01);
    rule_forbid_lowest(&family[1].rule, STRONG_LEFT);

    controller_family(&family[2], "the cost of `clear` stays below 1");
    family_set_side(&family[2], DISTANCE, 0.9, 1.0, 0.05, 0.0);
    rule_keep_below(&family[2].rule, CLEAR, 1.0);

    controller_family(&family[3],
                      "the advice stays `strong right` around a point");
    static const double left[N_INPUTS] = {-0.9, 0.4, 0.6, 0.3, 0.5};
    family_set_ball(&family[3], left, 0.005);
    rule_keep_lowest(&family[3].rule, STRONG_RIGHT);

    controller_family(&family[4],
                      "no weak right turn when the intruder is on the right");
    family_set_side(&family[4], DISTANCE, -0.4, -0.38, 0.02, 0.02);
    family_set_side(&family[4], BEARING, -0.8, -0.78, 0.02, 0.02);
    family_set_side(&family[4], HEADING, -0.5, 0.0, 0.02, 0.02);
    rule_forbid_lowest(&family[4].rule, WEAK_RIGHT);
    family[4].version = 2;
}

static enum status controller_add_families(struct instances *instances,
                                           const struct samples *tests,
                                           struct error *error)
{
    enum status status = STATUS_OK;
    struct family family[5];
    (void)tests;
    controller_families(family);
    for (size_t i = 0; i < sizeof family / sizeof *family; i++) {
        STATUS_TRY(instances_add_family(instances, &family[i], error));
    }
cleanup:
    return status;
}

static void controller_build(struct toy *toy)
{
    for (size_t layer = 0; layer < 3; layer++) {
        toy_add_gemm(toy, 28);
        toy_add_relu(toy);
    }
    toy_add_gemm(toy, N_ADVICES);
}

enum status controller_add(struct instances *instances, struct error *error)
{
    static const struct course course = {.name = "controller",
                                         .seed = SEED,
                                         .input = {N_INPUTS, 1, 1},
                                         .n_train = N_TRAIN,
                                         .n_tests = N_TEST,
                                         .n_epochs = EPOCHS,
                                         .rate = 0.004,
                                         .draw = controller_make,
                                         .build = controller_build,
                                         .add_families =
                                             controller_add_families,
                                         .rounded = "controller_8bit"};
    return course_add(instances, &course, error);
}
