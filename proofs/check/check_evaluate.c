/* Exact values of a network at a point, and its canonical text.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_network.h"

/* Values of coordinates: v[z] * 2^exponent[z]. */
struct pass {
    mpz_t *v;
    long *exponent;
    mpz_t product;
};

/* v_z += x * 2^exponent * w; w is finite. */
static void add_product(struct pass *pass, size_t z, const mpz_t x,
                        long exponent, double w)
{
    int64_t mantissa = 0;
    long shift = 0;
    check_split_double(&mantissa, &shift, w);
    mpz_mul_si(pass->product, x, mantissa);
    shift += exponent - pass->exponent[z];
    if (shift < 0) {
        mpz_mul_2exp(pass->v[z], pass->v[z], (mp_bitcnt_t)-shift);
        pass->exponent[z] += shift;
    } else {
        mpz_mul_2exp(pass->product, pass->product, (mp_bitcnt_t)shift);
    }
    mpz_add(pass->v[z], pass->v[z], pass->product);
}

static void evaluate_layer(struct pass *pass, const struct check_layer *layer,
                           const mpz_t one)
{
    for (size_t i = 0; i < layer->width; i++) {
        const size_t z = layer->first + i;
        if (layer->kind == CHECK_RELU) {
            const uint32_t from = layer->source[i];
            pass->exponent[z] = pass->exponent[from];
            mpz_set(pass->v[z], pass->v[from]);
            if (mpz_sgn(pass->v[z]) < 0) {
                mpz_set_ui(pass->v[z], 0);
            }
            continue;
        }
        add_product(pass, z, one, 0, layer->bias[i]);
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const uint32_t column = layer->column[k];
            add_product(pass, z, pass->v[column], pass->exponent[column],
                        layer->weight[k]);
        }
    }
}

void check_network_eval(mpq_t *v, const struct check_network *network,
                        const double *x)
{
    const size_t n = network->n_coordinates;
    struct pass pass = {.v = check_alloc(n, sizeof *pass.v),
                        .exponent = check_alloc(n, sizeof *pass.exponent)};
    mpz_t one;
    mpz_init(pass.product);
    mpz_init_set_ui(one, 1);
    for (size_t z = 0; z < n; z++) {
        mpz_init(pass.v[z]);
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        add_product(&pass, i, one, 0, x[i]);
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        evaluate_layer(&pass, &network->layers[l], one);
    }
    for (size_t z = 0; z < n; z++) {
        const long exponent = pass.exponent[z];
        mpq_set_z(v[z], pass.v[z]);
        if (exponent < 0) {
            mpq_div_2exp(v[z], v[z], (mp_bitcnt_t)-exponent);
        } else {
            mpq_mul_2exp(v[z], v[z], (mp_bitcnt_t)exponent);
        }
        mpz_clear(pass.v[z]);
    }
    mpz_clears(pass.product, one, NULL);
    check_free(pass.v);
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
