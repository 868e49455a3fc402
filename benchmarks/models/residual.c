/* Which of three anchors is nearest? One residual block. */
#include "benchmarks/models/residual.h"

#include "benchmarks/models/course.h"

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
                                         const struct samples *tests,
                                         struct error *error)
{
    enum status status = STATUS_OK;
    (void)tests;
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

static void residual_build(struct toy *toy)
{
    toy_add_gemm(toy, 16);
    toy_add_relu(toy);
    const size_t skip = toy_last(toy);
    toy_add_gemm(toy, 16);
    toy_add_relu(toy);
    toy_add_gemm(toy, 16);
    toy_add_sum(toy, skip);
    toy_add_relu(toy);
    toy_add_gemm(toy, N_ANCHORS);
}

enum status residual_add(struct instances *instances, struct error *error)
{
    static const struct course course = {.name = "residual",
                                         .seed = SEED,
                                         .input = {N_INPUTS, 1, 1},
                                         .n_train = N_TRAIN,
                                         .n_tests = N_TEST,
                                         .n_epochs = EPOCHS,
                                         .rate = 0.004,
                                         .draw = residual_make,
                                         .build = residual_build,
                                         .add_families = residual_add_families};
    return course_add(instances, &course, error);
}
