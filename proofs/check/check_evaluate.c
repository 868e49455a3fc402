/* Exact values of a network at a point, and its canonical text.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_bytes.h" /* for FILE, which gmp.h looks for */
#include "proofs/check/check_dyadic.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_transcendental.h"

/* Values and constants are multiplied by `one` > 0. */
static void evaluate_layer(struct check_dyadic *v,
                           const struct check_layer *layer,
                           const struct check_dyadic *one)
{
    for (size_t i = 0; i < layer->width; i++) {
        struct check_dyadic *z = &v[layer->first + i];
        if (layer->kind == CHECK_AFFINE) {
            check_dyadic_add_double(z, one, layer->bias[i]);
            for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
                check_dyadic_add_double(z, &v[layer->column[k]],
                                        layer->weight[k]);
            }
        } else if (mpz_sgn(v[layer->source[i]].value) > 0) {
            check_dyadic_add_product(z, &v[layer->source[i]], 1, 0);
        }
    }
}

/* Affine layers and max(z, 0) keep the common denominator of the inputs. */
void check_network_eval(mpq_t *v, const struct check_network *network)
{
    const size_t n = network->n_coordinates;
    struct check_dyadic one = {.exponent = 0};
    struct check_dyadic *values = check_alloc(n, sizeof *values);
    mpz_init_set_ui(one.value, 1);
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpz_lcm(one.value, one.value, mpq_denref(v[i]));
    }
    for (size_t z = 0; z < n; z++) {
        mpz_init(values[z].value);
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpz_divexact(values[i].value, one.value, mpq_denref(v[i]));
        mpz_mul(values[i].value, values[i].value, mpq_numref(v[i]));
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        evaluate_layer(values, &network->layers[l], &one);
    }
    for (size_t z = 0; z < n; z++) {
        const long exponent = values[z].exponent;
        mpz_set(mpq_numref(v[z]), values[z].value);
        mpz_set(mpq_denref(v[z]), one.value);
        mpq_canonicalize(v[z]);
        if (exponent < 0) {
            mpq_div_2exp(v[z], v[z], (mp_bitcnt_t)-exponent);
        } else {
            mpq_mul_2exp(v[z], v[z], (mp_bitcnt_t)exponent);
        }
        mpz_clear(values[z].value);
    }
    mpz_clear(one.value);
    check_free(values);
}

static bool is_dyadic(const mpq_t x)
{
    return mpz_popcount(mpq_denref(x)) == 1;
}

/* The odd part of the denominator of x, and the power of two in it. */
static long split_denominator(mpz_t odd, const mpq_t x)
{
    const mp_bitcnt_t twos = mpz_scan1(mpq_denref(x), 0);
    mpz_tdiv_q_2exp(odd, mpq_denref(x), twos);
    return (long)twos;
}

/* The odd part of the common denominator of end e of the row's columns; `odd`
 * is scratch. */
static void find_common(mpz_t common, mpz_t odd, mpq_t *const ends[2],
                        const struct check_layer *layer, size_t i, size_t e)
{
    mpz_set_ui(common, 1);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        const size_t from = layer->weight[k] < 0.0 ? 1 - e : e;
        (void)split_denominator(odd, ends[from][layer->column[k]]);
        if (mpz_cmp(odd, common) != 0) {
            mpz_lcm(common, common, odd);
        }
    }
}

/* End e of a row: the sum over the common denominator. */
static void add_row(mpq_t y, mpq_t *const ends[2],
                    const struct check_layer *layer, size_t i, size_t e)
{
    struct check_dyadic part = {.exponent = 0};
    struct check_dyadic sum = {.exponent = 0};
    mpz_t common;
    mpz_t odd;
    mpz_inits(part.value, sum.value, common, odd, NULL);
    find_common(common, odd, ends, layer, i, e);
    mpz_set(part.value, common);
    check_dyadic_add_double(&sum, &part, layer->bias[i]);
    for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
        const size_t from = layer->weight[k] < 0.0 ? 1 - e : e;
        const mpq_srcptr of = ends[from][layer->column[k]];
        part.exponent = -split_denominator(odd, of);
        if (mpz_cmp(odd, common) == 0) {
            mpz_set(part.value, mpq_numref(of));
        } else {
            mpz_divexact(odd, common, odd);
            mpz_mul(part.value, mpq_numref(of), odd);
        }
        check_dyadic_add_double(&sum, &part, layer->weight[k]);
    }
    check_dyadic_get(y, &sum);
    if (mpz_cmp_ui(common, 1) != 0) {
        mpz_mul(mpq_denref(y), mpq_denref(y), common);
        mpq_canonicalize(y);
    }
    mpz_clears(part.value, sum.value, common, odd, NULL);
}

/* Ends of a row from those of its columns. */
static void enclose_row(mpq_t y[2], mpq_t *const ends[2],
                        const struct check_layer *layer, size_t i)
{
    bool is_point = true;
    for (size_t k = layer->start[i]; k < layer->start[i + 1] && is_point; k++) {
        const uint32_t column = layer->column[k];
        is_point = mpq_equal(ends[0][column], ends[1][column]) != 0;
    }
    add_row(y[0], ends, layer, i, 0);
    if (is_point) {
        mpq_set(y[1], y[0]);
    } else {
        add_row(y[1], ends, layer, i, 1);
    }
}

/* Ends of x * z; y may be x. */
static void enclose_product(mpq_t y[2], mpq_t x[2], mpq_t z[2])
{
    mpq_t product[4];
    for (size_t k = 0; k < 4; k++) {
        mpq_init(product[k]);
        mpq_mul(product[k], x[k / 2], z[k % 2]);
    }
    mpq_set(y[0], product[0]);
    mpq_set(y[1], product[0]);
    for (size_t k = 0; k < 4; k++) {
        mpq_set(y[0], mpq_cmp(product[k], y[0]) < 0 ? product[k] : y[0]);
        mpq_set(y[1], mpq_cmp(product[k], y[1]) > 0 ? product[k] : y[1]);
    }
    for (size_t k = 0; k < 4; k++) {
        mpq_clear(product[k]);
    }
}

/* Ends of a neuron or scale from those of its sources; false without. */
static bool enclose_element(mpq_t y[2], mpq_t *const ends[2],
                            const struct check_layer *layer, size_t i,
                            long bits)
{
    mpq_t z[2];
    bool has_value = true;
    mpq_inits(z[0], z[1], NULL);
    for (size_t e = 0; e < 2; e++) {
        mpq_set(y[e], ends[e][layer->source[i]]);
        if (layer->kind == CHECK_RELU && mpq_sgn(y[e]) < 0) {
            mpq_set_ui(y[e], 0, 1);
        }
        if (layer->kind == CHECK_PRODUCT) {
            mpq_set(z[e], ends[e][layer->source[layer->width + i]]);
        } else if (layer->kind == CHECK_SCALE) {
            mpq_set(z[e],
                    e == 0 ? layer->factor[i].lower : layer->factor[i].upper);
        }
    }
    if (layer->kind == CHECK_CURVED) {
        has_value = check_enclose(y, layer->curve, y, bits);
    } else if (layer->kind != CHECK_RELU) {
        enclose_product(y, y, z);
    }
    mpq_clears(z[0], z[1], NULL);
    return has_value;
}

/* Rounds ends that are not equal, or long, outward to multiples of 2^-bits. */
static void shorten(mpq_t y[2], long bits)
{
    enum { MOST_EXACT = 1 << 16 };
    if (mpq_equal(y[0], y[1]) != 0 &&
        mpz_sizeinbase(mpq_numref(y[0]), 2) < MOST_EXACT &&
        mpz_sizeinbase(mpq_denref(y[0]), 2) < MOST_EXACT) {
        return;
    }
    for (size_t e = 0; e < 2; e++) {
        mpq_mul_2exp(y[e], y[e], (mp_bitcnt_t)bits);
        (e == 0 ? mpz_fdiv_q : mpz_cdiv_q)(mpq_numref(y[e]), mpq_numref(y[e]),
                                           mpq_denref(y[e]));
        mpz_set_ui(mpq_denref(y[e]), 1);
        mpq_div_2exp(y[e], y[e], (mp_bitcnt_t)bits);
    }
}

bool check_network_enclose(mpq_t *lower, mpq_t *upper,
                           const struct check_network *network, long bits)
{
    mpq_t *const ends[2] = {lower, upper};
    mpq_t y[2];
    bool has_values = true;
    mpq_inits(y[0], y[1], NULL);
    for (size_t l = 0; l < network->n_layers && has_values; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width && has_values; i++) {
            if (layer->kind == CHECK_AFFINE) {
                enclose_row(y, ends, layer, i);
            } else {
                has_values = enclose_element(y, ends, layer, i, bits);
            }
            if (has_values) {
                shorten(y, bits);
                mpq_set(lower[layer->first + i], y[0]);
                mpq_set(upper[layer->first + i], y[1]);
            }
        }
    }
    mpq_clears(y[0], y[1], NULL);
    check_transcendental_clear();
    return has_values;
}

/* Exact values in v; false if some are not dyadic, or multiples of a factor
 * that is not, or there are none. */
static bool evaluate(mpq_t *v, mpq_t *other,
                     const struct check_network *network)
{
    enum { BITS = 128 };
    if (!network->is_curved) {
        check_network_eval(v, network);
        return true;
    }
    for (size_t i = 0; i < network->n_inputs; i++) {
        mpq_set(other[i], v[i]);
    }
    bool is_exact = check_network_enclose(v, other, network, BITS);
    for (size_t z = 0; z < network->n_coordinates && is_exact; z++) {
        is_exact = mpq_equal(v[z], other[z]) != 0 && is_dyadic(v[z]);
    }
    for (size_t l = 0; l < network->n_layers && is_exact; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; layer->kind == CHECK_SCALE && i < layer->width;
             i++) {
            is_exact = is_exact && (is_dyadic(layer->factor[i].lower) ||
                                    mpq_sgn(v[layer->first + i]) == 0);
        }
    }
    return is_exact;
}

/* The input for `at` number P: x_i = ((i * 7 + 3 * P * (i + 1)) mod 11 - 5)
 * / 4. */
static void set_point(mpq_t *x, size_t n, size_t point)
{
    for (size_t i = 0; i < n; i++) {
        const size_t rest = (i * 7 + 3 * point * (i + 1)) % 11;
        mpq_set_d(x[i], ((double)rest - 5.0) / 4.0);
    }
}

static void print_rational(FILE *file, const mpq_t q)
{
    char *text = check_alloc(mpz_sizeinbase(mpq_numref(q), 10) +
                                 mpz_sizeinbase(mpq_denref(q), 10) + 3,
                             1);
    (void)fprintf(file, " %s", mpq_get_str(text, 10, q));
    check_free(text);
}

static void print_sums(FILE *file, const struct check_network *network,
                       mpq_t *v)
{
    mpq_t sum;
    mpq_init(sum);
    for (size_t r = 0; r < network->n_relus; r++) {
        const struct check_layer *layer = &network->layers[network->relu[r]];
        mpq_set_ui(sum, 0, 1);
        for (size_t i = 0; i < check_n_sources(layer); i++) {
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
    mpq_t *v = check_alloc(2 * n, sizeof *v);
    for (size_t z = 0; z < 2 * n; z++) {
        mpq_init(v[z]);
    }
    for (size_t point = 0; point < N_POINTS; point++) {
        set_point(v, network->n_inputs, point);
        if (!evaluate(v, v + n, network)) {
            (void)fputs("at skipped\n", file);
            break;
        }
        (void)fprintf(file, "at %zu:", point);
        for (size_t j = 0; j < network->n_outputs && j < N_PRINTED; j++) {
            print_rational(file, v[network->output[j]]);
        }
        (void)fputc('\n', file);
        if (point == 0) {
            print_sums(file, network, v);
        }
    }
    for (size_t z = 0; z < 2 * n; z++) {
        mpq_clear(v[z]);
    }
    check_free(v);
}

static void print_tensor(FILE *file, const char *role,
                         const struct check_tensor *tensor)
{
    (void)fprintf(file, "%s %s [", role,
                  tensor->type == CHECK_FLOAT64   ? "float64"
                  : tensor->type == CHECK_FLOAT32 ? "float32"
                  : tensor->type == CHECK_INT32   ? "int32"
                  : tensor->type == CHECK_INT64   ? "int64"
                                                  : "bool");
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
