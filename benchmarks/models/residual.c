/* Which of three anchors is nearest? One residual block. */
#include "benchmarks/models/residual.h"

#include "benchmarks/models/train.h"
#include "src/base/log.h"

enum { N_INPUTS = 4, N_ANCHORS = 3 };
enum { N_TRAIN = 3000, N_TEST = 1000, EPOCHS = 15, SEED = 13 };

static const double ANCHORS[N_ANCHORS][N_INPUTS] = {
    {-0.5, 0.5, -0.5, 0.0}, {0.5, 0.5, 0.25, -0.5}, {0.0, -0.75, 0.25, 0.5}};

/* The label of x: the anchor at the least distance in the maximum norm. */
static size_t residual_label(const double *x)
{
    size_t nearest = 0;
    double least = 1e300;
    for (size_t a = 0; a < N_ANCHORS; a++) {
        double distance = 0.0;
        for (size_t i = 0; i < N_INPUTS; i++) {
            const double step = x[i] - ANCHORS[a][i];
            const double size = step < 0.0 ? -step : step;
            distance = size > distance ? size : distance;
        }
        nearest = distance < least ? a : nearest;
        least = distance < least ? distance : least;
    }
    return nearest;
}

static void residual_make(struct samples *samples, size_t n, struct rng *rng)
{
    *samples =
        (struct samples){.n = n, .n_inputs = N_INPUTS, .n_outputs = N_ANCHORS};
    NEW_ARRAY(samples->x, n * N_INPUTS);
    NEW_ARRAY(samples->label, n);
    for (size_t i = 0; i < n; i++) {
        double *const x = samples->x + i * N_INPUTS;
        for (size_t k = 0; k < N_INPUTS; k++) {
            x[k] = rng_range(rng, -1.0, 1.0);
        }
        samples->label[i] = residual_label(x);
    }
}

static enum status residual_add_families(struct instances *instances,
                                         struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t a = 0; a < N_ANCHORS; a++) {
        struct family family;
        family_init(&family, "points around an anchor belong to it", N_INPUTS,
                    N_ANCHORS, -1.0, 1.0);
        family_set_ball(&family, ANCHORS[a], 0.01);
        rule_keep_highest(&family.rule, a);
        family.n_sizes = 80;
        family.margin = 0.05;
        family.hard_percent = 75;
        family.version = a == 2 ? 2 : 1;
        STATUS_TRY(instances_add_family(instances, &family, error));
    }
cleanup:
    return status;
}

enum status residual_add(struct instances *instances, struct error *error)
{
    enum status status = STATUS_OK;
    struct samples samples;
    struct samples tests;
    struct toy toy;
    struct rng rng;
    rng_init(&rng, SEED);
    residual_make(&samples, N_TRAIN, &rng);
    residual_make(&tests, N_TEST, &rng);

    toy_init(&toy, "residual", (struct toy_plane){N_INPUTS, 1, 1});
    toy_add_gemm(&toy, 16);
    toy_add_relu(&toy);
    const size_t skip = toy_last(&toy);
    toy_add_gemm(&toy, 16);
    toy_add_relu(&toy);
    toy_add_gemm(&toy, 16);
    toy_add_sum(&toy, skip);
    toy_add_relu(&toy);
    toy_add_gemm(&toy, N_ANCHORS);
    toy_draw(&toy, &rng);
    train(&toy, &samples, EPOCHS, 0.004, &rng);
    log_line(LOG_NOTE, "residual: %zu neurons, %.1f %% of the tests right",
             toy_n_relus(&toy), 100.0 * train_accuracy(&toy, &tests));

    STATUS_TRY(instances_add_network(instances, &toy, error));
    STATUS_TRY(residual_add_families(instances, error));
cleanup:
    samples_clear(&samples);
    samples_clear(&tests);
    toy_clear(&toy);
    return status;
}
