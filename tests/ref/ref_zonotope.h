/* Interval images and zonotopes of layers in rationals: the slow twins. */
#ifndef ASTROLABE_TESTS_REF_REF_ZONOTOPE_H
#define ASTROLABE_TESTS_REF_REF_ZONOTOPE_H

#include "domains/bounds.h"
#include "src/net/layers.h"

#include <gmp.h>

#include <stddef.h>

/*
 * Exact numbers of one affine row:
 *   lower, upper  its ends
 *   size          the sum of the absolute terms
 */
struct ref_range {
    mpq_t lower;
    mpq_t upper;
    mpq_t size;
};

void ref_range_init(struct ref_range *range);
void ref_range_clear(struct ref_range *range);

/* Row i of affine layer k over the finite bounds of its sources. */
void ref_box_row(struct ref_range *range, const struct layers *layers,
                 const struct bounds *bounds, size_t k, size_t i);

/*
 * Exact forms over one symbol per input and one per ReLU neuron (all of
 * them; most columns stay zero).
 *   n_symbols  inputs and ReLU neurons
 *   form       [n_layers][width * (1 + n_symbols)], the centre first
 */
struct ref_zonotope {
    size_t n_layers;
    size_t n_symbols;
    struct ref_form_block {
        size_t n;
        mpq_t *value;
    } * block;
};

/*
 * The forms that follow from `bounds`, finite: inputs from their box, every
 * unstable ReLU with the band of slope act_relu_upper(l, u).slope and exact
 * intercept.
 */
void ref_zonotope_init(struct ref_zonotope *zonotope,
                       const struct layers *layers,
                       const struct bounds *bounds);
void ref_zonotope_clear(struct ref_zonotope *zonotope);

/* Range of neuron i of layer k; size is |centre| + radius. */
void ref_zonotope_range(struct ref_range *range,
                        const struct ref_zonotope *zonotope, size_t k,
                        size_t i);

#endif
