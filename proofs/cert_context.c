/* The contexts of FORMAT.md, section "Stream". */
#include "proofs/cert_context.h"

enum {
    N_ABOVE = 3,
    N_SIBLINGS = 3,
    DEPTH_STEP = 4,
    MAX_DEPTH = 7, /* these and larger ones share their contexts */
    MAX_NUMBER = 15,
    N_NUMBERS = MAX_NUMBER + 2 /* with "none" */
};

static size_t limit(size_t number, size_t largest)
{
    return number < largest ? number : largest;
}

size_t cert_context_above(const struct cert_walk *walk)
{
    const struct cert_place *parent = cert_walk_parent(walk);
    if (parent == NULL) {
        return 0;
    }
    const struct cert_node *node = &walk->tree->nodes.data[parent->node];
    if (node->kind == CERT_NEURON) {
        return 2;
    }
    return node->threshold_kind == CERT_FRACTION ? 1 : 0;
}

size_t cert_context_leaf(const struct cert_walk *walk)
{
    const struct cert_place *parent = cert_walk_parent(walk);
    const size_t above = parent == NULL ? 0 : (size_t)parent->sibling;
    size_t context = cert_context_above(walk) * N_SIBLINGS + above;
    context = context * N_SIBLINGS + (size_t)cert_walk_place(walk)->sibling;
    return context * (MAX_DEPTH + 1) +
           limit(cert_walk_depth(walk) / DEPTH_STEP, MAX_DEPTH);
}

size_t cert_context_list(uint32_t before)
{
    return before == CERT_NONE ? MAX_NUMBER + 1 : limit(before, MAX_NUMBER);
}

size_t cert_context_input(const struct cert_walk *walk)
{
    const uint32_t *input = cert_walk_place(walk)->input;
    return cert_context_list(input[0]) * N_NUMBERS +
           cert_context_list(input[1]);
}

size_t cert_context_threshold(const struct cert_walk *walk, size_t bit)
{
    return bit * N_ABOVE + cert_context_above(walk);
}

size_t cert_context_refresh(const struct cert_walk *walk, bool is_leaf,
                            size_t relu, bool before)
{
    const size_t row = (is_leaf ? N_ABOVE : 0) + cert_context_above(walk);
    return (row * (MAX_NUMBER + 1) + limit(relu, MAX_NUMBER)) * 2 +
           (before ? 1 : 0);
}

size_t cert_context_element(uint32_t relu)
{
    return limit(relu, MAX_NUMBER);
}

size_t cert_context_exponent(uint64_t mantissa)
{
    size_t length = 0;
    while (mantissa >> 1U >> length != 0) {
        length++;
    }
    return limit(length, MAX_NUMBER);
}
