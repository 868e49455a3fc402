/*
 * Values of a network at random inputs, for another runtime to compare.
 * Usage: runtime_values MODEL.onnx N SEED
 * prints `input NAME TYPE DIMS...` and `output NAME` for each tensor, then N
 * times a line `X ...`, uniform in [0, 1], and `Y ...`, evaluated in the
 * network's own types, tensors one after the other.
 */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/rng.h"
#include "src/net/net.h"

#include <stdio.h>
#include <stdlib.h>

static void print_tensors(const struct net *net)
{
    for (size_t i = 0; i < net_n_input_tensors(net); i++) {
        const struct net_tensor_info input = net_input_tensor(net, i);
        printf("input %s %s", input.name, input.type);
        for (size_t d = 0; d < input.n_dims; d++) {
            printf(" %zu", input.dims[d]);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < net_n_output_tensors(net); i++) {
        printf("output %s\n", net_output_tensor(net, i).name);
    }
}

static void print_values(char letter, const double *values, size_t n)
{
    putchar(letter);
    for (size_t i = 0; i < n; i++) {
        printf(" %.17g", values[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct net *net = NULL;
    struct error error = {0};
    struct rng rng;
    double *x = NULL;
    double *y = NULL;
    log_set_level(LOG_ERROR);
    if (argc != 4 || net_load(&net, argv[1], &error) != STATUS_OK) {
        (void)fprintf(stderr, "runtime_values: %s\n", error.message);
        return EXIT_FAILURE;
    }
    const unsigned long n_points = strtoul(argv[2], NULL, 10);
    rng_init(&rng, strtoul(argv[3], NULL, 10));
    NEW_ARRAY(x, net_n_inputs(net));
    NEW_ARRAY(y, net_n_outputs(net));
    print_tensors(net);
    for (unsigned long t = 0; t < n_points; t++) {
        for (size_t i = 0; i < net_n_inputs(net); i++) {
            x[i] = (double)(float)rng_unit(&rng);
        }
        if (net_eval_f32(y, net, x, &error) != STATUS_OK) {
            (void)fprintf(stderr, "runtime_values: %s\n", error.message);
            return EXIT_FAILURE;
        }
        print_values('X', x, net_n_inputs(net));
        print_values('Y', y, net_n_outputs(net));
    }
    alloc_free(x);
    alloc_free(y);
    net_destroy(net);
    return EXIT_SUCCESS;
}
