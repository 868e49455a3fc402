#include "tests/ref/ref_combination.h"

#include "src/base/alloc.h"

enum { MOST_EXPONENT = 10000, MANTISSA_BITS = 62 };

size_t ref_list_context(uint64_t before)
{
    return before < 15 ? (size_t)before : 15;
}

void ref_combination_init(struct ref_combination *combination,
                          const struct check_network *network)
{
    *combination = (struct ref_combination){.network = network};
    combination->q =
        alloc_bytes(network->n_coordinates, sizeof *combination->q);
    for (size_t i = 0; i < network->n_coordinates; i++) {
        mpq_init(combination->q[i]);
    }
    mpq_init(combination->sum);
}

void ref_combination_clear(struct ref_combination *combination)
{
    for (size_t i = 0; i < combination->network->n_coordinates; i++) {
        mpq_clear(combination->q[i]);
    }
    alloc_free(combination->q);
    mpq_clear(combination->sum);
}

void ref_combination_reset(struct ref_combination *combination)
{
    for (size_t i = 0; i < combination->network->n_coordinates; i++) {
        mpq_set_ui(combination->q[i], 0, 1);
    }
    mpq_set_ui(combination->sum, 0, 1);
    combination->is_strict = false;
    combination->is_invalid = false;
}

void ref_combination_add_atom(struct ref_combination *combination,
                              const struct check_atom *atom, const mpq_t factor)
{
    mpq_t x;
    mpq_init(x);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct check_term *term = &atom->terms[t];
        const size_t z = term->is_output
                             ? combination->network->output[term->index]
                             : term->index;
        mpq_set_z(x, term->coefficient);
        mpq_mul(x, x, factor);
        mpq_add(combination->q[z], combination->q[z], x);
    }
    mpq_mul(x, factor, atom->rhs);
    mpq_sub(combination->sum, combination->sum, x);
    mpq_clear(x);
    combination->is_strict = combination->is_strict || atom->is_strict;
}

static void read_multiplier(mpq_t x, struct ref_coder *coder,
                            struct ref_combination_bits *bits)
{
    const uint64_t half = ref_coder_number(coder, &bits->mantissa);
    size_t length = 1; /* of the mantissa in bits */
    while (length < 16 && (2 * half + 1) >> length != 0) {
        length++;
    }
    const int64_t exponent =
        ref_coder_signed(coder, &bits->exponent[length - 1]);
    if (half >= (uint64_t)1 << (MANTISSA_BITS - 1) ||
        exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT) {
        coder->is_malformed = true;
        return;
    }
    mpq_set_ui(x, 2 * half + 1, 1);
    ref_scale(x, exponent);
}

void ref_combination_read(struct ref_combination *combination,
                          struct ref_coder *coder,
                          struct ref_combination_bits *bits,
                          const struct check_disjunct *disjunct,
                          const struct ref_literal *literals, size_t n_literals)
{
    mpq_t factor;
    size_t list = REF_LIST_START;
    mpq_init(factor);
    for (uint64_t n = ref_coder_number(coder, &bits->n_atoms);
         n > 0 && !coder->is_malformed; n--) {
        const uint64_t a = ref_coder_number(coder, &bits->atom[list]);
        list = ref_list_context(a);
        read_multiplier(factor, coder, bits);
        if (disjunct == NULL || a >= disjunct->n_atoms) {
            combination->is_invalid = true;
        } else if (!coder->is_malformed) {
            ref_combination_add_atom(combination, disjunct->atoms[a], factor);
        }
    }
    list = REF_LIST_START;
    for (uint64_t n = ref_coder_number(coder, &bits->n_literals);
         n > 0 && !coder->is_malformed; n--) {
        const uint64_t above = ref_coder_number(coder, &bits->literal[list]);
        list = ref_list_context(above);
        read_multiplier(factor, coder, bits);
        if (above >= n_literals) {
            combination->is_invalid = true;
        } else if (!coder->is_malformed) {
            const struct ref_literal *literal =
                &literals[n_literals - 1 - (size_t)above];
            if (literal->side == 1) {
                mpq_neg(factor, factor); /* -z <= 0 */
            }
            mpq_add(combination->q[literal->z], combination->q[literal->z],
                    factor);
        }
    }
    mpq_clear(factor);
}

bool ref_combination_refutes(struct ref_combination *combination,
                             const struct ref_context *region)
{
    return ref_context_bound(combination->sum, combination->q, region, true) &&
           mpq_sgn(combination->sum) >= (combination->is_strict ? 0 : 1);
}
