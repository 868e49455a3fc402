/* |x0| + |x1| <= 0.8? Two inputs, two scores, MatMul and Add. */
#include "benchmarks/models/tiny.h"

#include "benchmarks/models/train.h"
#include "src/base/log.h"

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
                                     struct error *error)
{
    static const double centre[N_INPUTS] = {0.0, 0.0};
    static const double corner[N_INPUTS] = {0.75, 0.75};
    enum status status = STATUS_OK;
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

enum status tiny_add(struct instances *instances, struct error *error)
{
    enum status status = STATUS_OK;
    struct samples samples;
    struct samples tests;
    struct toy toy;
    struct rng rng;
    rng_init(&rng, SEED);
    tiny_make(&samples, N_TRAIN, &rng);
    tiny_make(&tests, N_TEST, &rng);

    toy_init(&toy, "tiny", (struct toy_plane){N_INPUTS, 1, 1});
    toy_add_matmul(&toy, 8);
    toy_add_relu(&toy);
    toy_add_matmul(&toy, 8);
    toy_add_relu(&toy);
    toy_add_matmul(&toy, N_SCORES);
    toy_draw(&toy, &rng);
    train(&toy, &samples, EPOCHS, 0.01, &rng);
    log_line(LOG_NOTE, "tiny: %zu neurons, %.1f %% of the tests right",
             toy_n_relus(&toy), 100.0 * train_accuracy(&toy, &tests));

    STATUS_TRY(instances_add_network(instances, &toy, error));
    STATUS_TRY(tiny_add_families(instances, error));
cleanup:
    samples_clear(&samples);
    samples_clear(&tests);
    toy_clear(&toy);
    return status;
}
