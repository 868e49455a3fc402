/* Exact values of a network at a point, and its canonical text.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_network.h"

#include <stdbool.h>

/*
 * Value z is num(v[z]) * 2^exponent[z] / denominator, den(v[z]) = 1: affine
 * rows and ReLUs keep the one denominator.                               (1)
 */
struct pass {
    mpq_t *v;
    long *exponent;
    mpz_t denominator;
    mpz_t sum;
    mpz_t part;
};

/* sum += mantissa * x * 2^shift. */
static void add_product(struct pass *pass, int64_t mantissa, const mpz_t x,
                        long shift)
{
    mpz_mul_si(pass->part, x, mantissa);
    mpz_mul_2exp(pass->part, pass->part, (mp_bitcnt_t)shift);
    mpz_add(pass->sum, pass->sum, pass->part);
}

static void evaluate_row(struct pass *pass, const struct check_layer *layer,
                         size_t i)
{
    int64_t mantissa = 0;
    int64_t bias = 0;
    long exponent = 0;
    long lowest = 0;
    check_split_double(&bias, &exponent, layer->bias[i]);
    lowest = exponent;
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        check_split_double(&mantissa, &exponent, layer->weight[k]);
        exponent += pass->exponent[layer->column[k]];
        lowest = exponent < lowest ? exponent : lowest;
    }
    check_split_double(&bias, &exponent, layer->bias[i]);
    mpz_set_ui(pass->sum, 0);
    add_product(pass, bias, pass->denominator, exponent - lowest);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        const uint32_t column = layer->column[k];
        check_split_double(&mantissa, &exponent, layer->weight[k]);
        exponent += pass->exponent[column];
        add_product(pass, mantissa, mpq_numref(pass->v[column]),
                    exponent - lowest);
    }
    mpz_swap(mpq_numref(pass->v[layer->first + i]), pass->sum);
    pass->exponent[layer->first + i] = lowest;
}

static void evaluate_layer(struct pass *pass, const struct check_layer *layer)
{
    for (size_t i = 0; i < layer->width; i++) {
        const size_t z = layer->first + i;
        if (layer->kind == CHECK_AFFINE) {
            evaluate_row(pass, layer, i);
        } else if (layer->kind == CHECK_RELU) {
            const uint32_t from = layer->source[i];
            pass->exponent[z] = pass->exponent[from];
            mpz_set(mpq_numref(pass->v[z]), mpq_numref(pass->v[from]));
            if (mpq_sgn(pass->v[z]) < 0) {
                mpq_set_ui(pass->v[z], 0, 1);
            }
        }
    }
}

void check_network_eval(mpq_t *v, const struct check_network *network,
                        const double *x)
{
    struct pass pass = {.v = v};
    pass.exponent = check_alloc(network->n_coordinates, sizeof *pass.exponent);
    mpz_inits(pass.sum, pass.part, NULL);
    mpz_init_set_ui(pass.denominator, 1);
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpq_set_d(v[i], x[i]);
        mpz_lcm(pass.denominator, pass.denominator, mpq_denref(v[i]));
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpz_divexact(pass.part, pass.denominator, mpq_denref(v[i]));
        mpz_mul(mpq_numref(v[i]), mpq_numref(v[i]), pass.part);
    }
    for (size_t k = 0; k < network->n_layers; k++) {
        evaluate_layer(&pass, &network->layers[k]);
    }
    for (size_t z = 0; z < network->n_coordinates; z++) {
        const long exponent = pass.exponent[z];
        mpz_set(mpq_denref(v[z]), pass.denominator);
        mpq_canonicalize(v[z]);
        if (exponent < 0) {
            mpq_div_2exp(v[z], v[z], (mp_bitcnt_t)-exponent);
        } else {
            mpq_mul_2exp(v[z], v[z], (mp_bitcnt_t)exponent);
        }
    }
    mpz_clears(pass.sum, pass.part, pass.denominator, NULL);
    check_free(pass.exponent);
}

static void print_rational(FILE *file, const mpq_t q)
{
    char *text = check_alloc(mpz_sizeinbase(mpq_numref(q), 10) +
                                 mpz_sizeinbase(mpq_denref(q), 10) + 3,
                             1);
    (void)fprintf(file, " %s", mpq_get_str(text, 10, q));
    check_free(text);
}

/* The input for `at` number P: x_i = ((i * 7 + 3 * P * (i + 1)) mod 11 - 5)
 * / 4. */
static void set_point(double *x, size_t n, size_t point)
{
    for (size_t i = 0; i < n; i++) {
        const size_t rest = (i * 7 + 3 * point * (i + 1)) % 11;
        x[i] = ((double)rest - 5.0) / 4.0;
    }
}

static void print_sums(FILE *file, const struct check_network *network,
                       mpq_t *v)
{
    mpq_t sum;
    mpq_init(sum);
    for (size_t r = 0; r < network->n_relus; r++) {
        const struct check_layer *layer = &network->layers[network->relu[r]];
        mpq_set_ui(sum, 0, 1);
        for (size_t i = 0; i < layer->width; i++) {
            mpq_add(sum, sum, v[layer->source[i]]);
        }
        (void)fprintf(file, "sum %zu:", r);
        print_rational(file, sum);
        (void)fputc('\n', file);
    }
    mpq_clear(sum);
}

static void print_points(FILE *file, const struct check_network *network)
{
    enum { N_POINTS = 3, N_PRINTED = 64, N_PRODUCTS = 100000000 };
    const size_t n = network->n_coordinates;
    if (network->n_products > N_PRODUCTS) {
        (void)fputs("at skipped\n", file);
        return;
    }
    mpq_t *v = check_alloc(n, sizeof *v);
    double *x = check_alloc(network->n_inputs, sizeof *x);
    for (size_t z = 0; z < n; z++) {
        mpq_init(v[z]);
    }
    for (size_t point = 0; point < N_POINTS; point++) {
        set_point(x, network->n_inputs, point);
        check_network_eval(v, network, x);
        (void)fprintf(file, "at %zu:", point);
        for (size_t j = 0; j < network->n_outputs && j < N_PRINTED; j++) {
            print_rational(file, v[network->output[j]]);
        }
        (void)fputc('\n', file);
        if (point == 0) {
            print_sums(file, network, v);
        }
    }
    for (size_t z = 0; z < n; z++) {
        mpq_clear(v[z]);
    }
    check_free(v);
    check_free(x);
}

static void print_tensor(FILE *file, const char *role,
                         const struct check_tensor *tensor)
{
    (void)fprintf(file, "%s %s [", role,
                  tensor->type == CHECK_FLOAT64 ? "float64" : "float32");
    for (size_t d = 0; d < tensor->n_dims; d++) {
        (void)fprintf(file, d == 0 ? "%zu" : ",%zu", tensor->dims[d]);
    }
    (void)fputs("]\n", file);
}

void check_network_dump(FILE *file, const struct check_network *network)
{
    (void)fprintf(file, "network inputs %zu outputs %zu relus %zu\n",
                  network->n_inputs, network->n_outputs, network->n_relus);
    for (size_t i = 0; i < network->n_input_tensors; i++) {
        print_tensor(file, "input", &network->input_tensors[i]);
    }
    for (size_t i = 0; i < network->n_output_tensors; i++) {
        print_tensor(file, "output", &network->output_tensors[i]);
    }
    for (size_t r = 0; r < network->n_relus; r++) {
        (void)fprintf(file, "relu %zu width %zu\n", r,
                      network->layers[network->relu[r]].width);
    }
    print_points(file, network);
}
