/* |x0| + |x1| <= 0.8? Two inputs, two scores, MatMul and Add. */
#include "benchmarks/models/tiny.h"

#include "benchmarks/models/course.h"

#include <math.h>

enum { N_INPUTS = 2, INSIDE = 0, OUTSIDE = 1, N_SCORES = 2 };
enum { N_TRAIN = 1000, N_TEST = 1000, EPOCHS = 30, SEED = 5 };

static void tiny_make(struct samples *samples, size_t n, struct rng *rng)
{
    *samples =
        (struct samples){.n = n, .n_inputs = N_INPUTS, .n_outputs = N_SCORES};
    NEW_ARRAY(samples->x, n * N_INPUTS);
    NEW_ARRAY(samples->label, n);
    for (size_t i = 0; i < n; i++) {
        double *const x = samples->x + i * N_INPUTS;
        x[0] = rng_range(rng, -1.0, 1.0);
        x[1] = rng_range(rng, -1.0, 1.0);
        samples->label[i] = fabs(x[0]) + fabs(x[1]) <= 0.8 ? INSIDE : OUTSIDE;
    }
}

static enum status tiny_add_families(struct instances *instances,
                                     const struct samples *tests,
                                     struct error *error)
{
    static const double centre[N_INPUTS] = {0.0, 0.0};
    static const double corner[N_INPUTS] = {0.75, 0.75};
    enum status status = STATUS_OK;
    (void)tests;
    for (size_t i = 0; i < 2; i++) {
        struct family family;
        family_init(&family,
                    i == 0 ? "points around the centre are inside"
                           : "points around the corner are outside",
                    N_INPUTS, N_SCORES, -1.0, 1.0);
        family_set_ball(&family, i == 0 ? centre : corner, 0.01);
        rule_keep_highest(&family.rule, i == 0 ? INSIDE : OUTSIDE);
        family.n_sizes = 99;
        family.margin = 0.05;
        family.hard_percent = 60;
        STATUS_TRY(instances_add_family(instances, &family, error));
    }
cleanup:
    return status;
}

static void tiny_build(struct toy *toy)
{
    toy_add_matmul(toy, 8);
    toy_add_relu(toy);
    toy_add_matmul(toy, 8);
    toy_add_relu(toy);
    toy_add_matmul(toy, N_SCORES);
}

enum status tiny_add(struct instances *instances, struct error *error)
{
    static const struct course course = {.name = "tiny",
                                         .seed = SEED,
                                         .input = {N_INPUTS, 1, 1},
                                         .n_train = N_TRAIN,
                                         .n_tests = N_TEST,
                                         .n_epochs = EPOCHS,
                                         .rate = 0.01,
                                         .draw = tiny_make,
                                         .build = tiny_build,
                                         .add_families = tiny_add_families};
    return course_add(instances, &course, error);
}
