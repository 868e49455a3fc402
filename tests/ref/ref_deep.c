/* Random networks in which bounds of hidden neurons matter. */
#include "tests/ref/ref_deep.h"

#include <stdio.h>

enum { WIDTH = 10, N_STAGES = 3 };

/* A bias below all sums of REF_DEEP_VARYING inputs of sizes up to 1. */
static const double NEVER = -8.0;

static void add_affine(struct ref_model *model, struct rng *rng,
                       const char *const names[2], size_t n, size_t m)
{
    double weights[WIDTH * REF_DEEP_INPUTS];
    double biases[WIDTH];
    for (size_t i = 0; i < n * m; i++) {
        weights[i] = rng_range(rng, -1.0, 1.0);
    }
    for (size_t i = 0; i < m; i++) {
        biases[i] = rng_range(rng, -0.5, 0.5);
    }
    if (n == REF_DEEP_INPUTS) {
        biases[0] = NEVER;
    }
    const int64_t shape[] = {(int64_t)n, (int64_t)m};
    ref_model_gemm(model, names, shape, false, weights, biases);
}

struct ref_bytes ref_deep_model(struct rng *rng)
{
    static const int64_t first[] = {1, REF_DEEP_INPUTS};
    static const int64_t last[] = {1, 1};
    struct ref_model model = {.opset = 13};
    char names[3][32] = {"X", "", ""};
    ref_model_input(&model, "X", 1, first, 2);
    for (size_t k = 0; k < N_STAGES; k++) {
        (void)snprintf(names[1], sizeof names[1], "z%zu", k);
        (void)snprintf(names[2], sizeof names[2], "y%zu", k);
        add_affine(&model, rng, (const char *const[2]){names[0], names[1]},
                   k == 0 ? REF_DEEP_INPUTS : WIDTH, WIDTH);
        ref_model_node(&model, "Relu", names[1], names[2]);
        (void)snprintf(names[0], sizeof names[0], "%s", names[2]);
    }
    add_affine(&model, rng, (const char *const[2]){names[0], "Y"}, WIDTH, 1);
    ref_model_output(&model, "Y", 1, last, 2);
    return ref_model_finish(&model);
}
