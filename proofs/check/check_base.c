/* Multiplies out the affine layers between ReLUs, exactly.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_base.h"

#include "proofs/check/check_fail.h"

#include <string.h>

enum { MOST_TERMS = 1 << 28, LIMB_BITS = 64 };

_Static_assert(GMP_NUMB_BITS == LIMB_BITS, "limbs of 64 bits are packed");

/* value * 2^exponent */
struct dyadic {
    mpz_t value;
    long exponent;
};

/* One term of a form over all coordinates of the network. */
struct term {
    size_t coordinate;
    struct dyadic factor;
};

/*
 * The form sum factor_t * v_t + bias that is being multiplied out. place
 * [n_coordinates] is 1 + the number of a coordinate's term, or 0.
 */
struct form {
    const struct check_network *network;
    const struct check_base *base;
    size_t *place;
    size_t n;
    size_t size;
    struct term *terms;
    struct dyadic bias;
    struct dyadic product;
};

/* What the numbers of a block need. */
struct extent {
    size_t n;
    long exponent;
    long top; /* all are below 2^top */
};

void check_numbers_get(mpz_t view, const struct check_numbers *numbers,
                       size_t i)
{
    const mp_size_t n = (mp_size_t)numbers->n_limbs;
    (void)mpz_roinit_n(view, numbers->limbs + i * numbers->n_limbs,
                       numbers->negative[i] != 0 ? -n : n);
}

/* sum += factor * weight, all exact. */
static void add_product(struct dyadic *sum, struct dyadic *product,
                        const struct dyadic *factor, double weight)
{
    int64_t mantissa = 0;
    long exponent = 0;
    check_split_double(&mantissa, &exponent, weight);
    mpz_mul_si(product->value, factor->value, mantissa);
    product->exponent = factor->exponent + exponent;
    if (mpz_sgn(product->value) == 0) {
        return;
    }
    if (mpz_sgn(sum->value) == 0) {
        sum->exponent = product->exponent;
    }
    if (sum->exponent > product->exponent) {
        mpz_mul_2exp(sum->value, sum->value,
                     (mp_bitcnt_t)(sum->exponent - product->exponent));
        sum->exponent = product->exponent;
    } else {
        mpz_mul_2exp(product->value, product->value,
                     (mp_bitcnt_t)(product->exponent - sum->exponent));
    }
    mpz_add(sum->value, sum->value, product->value);
}

/* The term of a coordinate, made with factor 0 if there is none. */
static struct term *find_term(struct form *form, size_t coordinate)
{
    if (form->place[coordinate] == 0) {
        if (form->n == form->size) {
            form->size = 2 * form->size + 16;
            form->terms =
                check_resize(form->terms, form->size, sizeof *form->terms);
            for (size_t i = form->n; i < form->size; i++) {
                mpz_init(form->terms[i].factor.value);
            }
        }
        form->terms[form->n].coordinate = coordinate;
        form->terms[form->n].factor.exponent = 0;
        mpz_set_ui(form->terms[form->n].factor.value, 0);
        form->place[coordinate] = ++form->n;
    }
    return &form->terms[form->place[coordinate] - 1];
}

static void remove_term(struct form *form, size_t i)
{
    struct term removed = form->terms[i];
    form->place[removed.coordinate] = 0;
    form->terms[i] = form->terms[--form->n];
    form->terms[form->n] = removed;
    if (i < form->n) {
        form->place[form->terms[i].coordinate] = i + 1;
    }
}

/* The layer of coordinate z; a ReLU's without coordinates for an input. */
static const struct check_layer inputs = {.kind = CHECK_RELU};

static const struct check_layer *find_layer(const struct check_network *network,
                                            size_t z)
{
    size_t l = network->n_layers;
    while (l > 0 && network->layers[l - 1].first > z) {
        l--;
    }
    return l == 0 ? &inputs : &network->layers[l - 1];
}

/* The last coordinate of an affine layer in the form; its place, or n. */
static size_t find_affine(const struct form *form)
{
    size_t found = form->n;
    for (size_t i = 0; i < form->n; i++) {
        const size_t z = form->terms[i].coordinate;
        const struct check_layer *layer = find_layer(form->network, z);
        if (layer->kind == CHECK_AFFINE &&
            (found == form->n || z > form->terms[found].coordinate)) {
            found = i;
        }
    }
    return found;
}

/* Sets the form to v_z and replaces affine coordinates by their rows. */
static void multiply_out(struct form *form, size_t z)
{
    struct dyadic factor = {.exponent = 0};
    mpz_init(factor.value);
    while (form->n > 0) {
        remove_term(form, form->n - 1);
    }
    mpz_set_ui(form->bias.value, 0);
    form->bias.exponent = 0;
    mpz_set_ui(find_term(form, z)->factor.value, 1);
    for (size_t i = 0; (i = find_affine(form)) < form->n;) {
        const size_t last = form->terms[i].coordinate;
        mpz_set(factor.value, form->terms[i].factor.value);
        factor.exponent = form->terms[i].factor.exponent;
        remove_term(form, i);
        const struct check_layer *layer = find_layer(form->network, last);
        const size_t row = last - layer->first;
        add_product(&form->bias, &form->product, &factor, layer->bias[row]);
        for (size_t k = layer->start[row]; k < layer->start[row + 1]; k++) {
            if (layer->column[k] >= last) {
                check_unsupported("coordinate %zu depends on a later one",
                                  last);
            }
            add_product(&find_term(form, layer->column[k])->factor,
                        &form->product, &factor, layer->weight[k]);
        }
    }
    for (size_t i = form->n; i-- > 0;) {
        if (mpz_sgn(form->terms[i].factor.value) == 0) {
            remove_term(form, i);
        }
    }
    mpz_clear(factor.value);
}

/* The base number of an input or of a ReLU's output. */
static size_t base_number(const struct form *form, size_t coordinate)
{
    const struct check_layer *layer = find_layer(form->network, coordinate);
    return layer->width == 0 ? coordinate
                             : form->base->blocks[layer->relu].first +
                                   coordinate - layer->first;
}

static void measure(struct extent *extent, const struct dyadic *x)
{
    if (mpz_sgn(x->value) == 0) {
        return;
    }
    const long top = x->exponent + (long)mpz_sizeinbase(x->value, 2);
    extent->exponent = extent->n == 0 || x->exponent < extent->exponent
                           ? x->exponent
                           : extent->exponent;
    extent->top = extent->n == 0 || top > extent->top ? top : extent->top;
    extent->n++;
}

static void create_numbers(struct check_numbers *numbers,
                           const struct extent *extent, size_t n)
{
    numbers->exponent = extent->exponent;
    numbers->n_limbs = (size_t)(extent->top - extent->exponent) / LIMB_BITS + 1;
    numbers->limbs = check_alloc(n, numbers->n_limbs * sizeof(mp_limb_t));
    numbers->negative = check_alloc(n, 1);
}

/* Number i becomes x; the block was measured with it. */
static void store(const struct check_numbers *numbers, size_t i,
                  struct dyadic *x)
{
    if (mpz_sgn(x->value) != 0) {
        mpz_mul_2exp(x->value, x->value,
                     (mp_bitcnt_t)(x->exponent - numbers->exponent));
        memcpy(numbers->limbs + i * numbers->n_limbs, mpz_limbs_read(x->value),
               mpz_size(x->value) * sizeof(mp_limb_t));
        numbers->negative[i] = mpz_sgn(x->value) < 0;
    }
}

/* First measures, then stores the rows of the coordinates source[width]. */
static void build_block(struct form *form, struct check_block *block,
                        const uint32_t *source)
{
    struct extent weights = {0};
    struct extent biases = {0};
    for (size_t i = 0; i < block->width; i++) {
        multiply_out(form, source[i]);
        measure(&biases, &form->bias);
        for (size_t k = 0; k < form->n; k++) {
            measure(&weights, &form->terms[k].factor);
        }
        if (weights.n > MOST_TERMS) {
            check_unsupported("more than %d weights in one block", MOST_TERMS);
        }
    }
    block->start = check_alloc(block->width + 1, sizeof *block->start);
    block->column = check_alloc(weights.n, sizeof *block->column);
    create_numbers(&block->weight, &weights, weights.n);
    create_numbers(&block->bias, &biases, block->width);
    size_t at = 0;
    for (size_t i = 0; i < block->width; i++) {
        multiply_out(form, source[i]);
        store(&block->bias, i, &form->bias);
        for (size_t k = 0; k < form->n; k++) {
            const size_t column = base_number(form, form->terms[k].coordinate);
            if (column >= block->first) {
                check_unsupported("the ReLUs of the file are not in order");
            }
            block->column[at] = (uint32_t)column;
            store(&block->weight, at++, &form->terms[k].factor);
        }
        block->start[i + 1] = at;
    }
}

struct check_base *check_base_create(const struct check_network *network)
{
    struct check_base *base = check_alloc(1, sizeof *base);
    struct form form = {.network = network, .base = base};
    base->n_inputs = network->n_inputs;
    base->n_relus = network->n_relus;
    base->n_coordinates = network->n_inputs;
    base->blocks = check_alloc(network->n_relus + 1, sizeof *base->blocks);
    for (size_t r = 0; r <= network->n_relus; r++) {
        struct check_block *block = &base->blocks[r];
        block->first = base->n_coordinates;
        block->width = r < network->n_relus
                           ? network->layers[network->relu[r]].width
                           : network->n_outputs;
        base->n_coordinates += block->width;
    }
    form.place = check_alloc(network->n_coordinates, sizeof *form.place);
    mpz_inits(form.bias.value, form.product.value, NULL);
    for (size_t r = 0; r <= network->n_relus; r++) {
        build_block(&form, &base->blocks[r],
                    r < network->n_relus
                        ? network->layers[network->relu[r]].source
                        : network->output);
    }
    mpz_clears(form.bias.value, form.product.value, NULL);
    for (size_t i = 0; i < form.size; i++) {
        mpz_clear(form.terms[i].factor.value);
    }
    check_free(form.terms);
    check_free(form.place);
    return base;
}

void check_base_free(struct check_base *base)
{
    for (size_t r = 0; base != NULL && r <= base->n_relus; r++) {
        check_free(base->blocks[r].start);
        check_free(base->blocks[r].column);
        check_free(base->blocks[r].weight.limbs);
        check_free(base->blocks[r].weight.negative);
        check_free(base->blocks[r].bias.limbs);
        check_free(base->blocks[r].bias.negative);
    }
    if (base != NULL) {
        check_free(base->blocks);
    }
    check_free(base);
}
