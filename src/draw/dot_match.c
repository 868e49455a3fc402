/* The nodes of one tree found again in another, from the roots down. */
#include "src/base/alloc.h"
#include "src/base/vec.h"
#include "src/draw/dot_cert.h"

#include <stdbool.h>

struct pair {
    uint32_t before;
    uint32_t now;
};

static bool is_same_split(const struct cert_node *a, const struct cert_node *b)
{
    return a->kind != CERT_LEAF && a->kind == b->kind && a->index == b->index &&
           a->element == b->element && a->threshold_kind == b->threshold_kind &&
           a->threshold == b->threshold;
}

/* The child of a node whose split is that of `now`; CERT_NONE if none. */
static uint32_t find_child(const struct cert_tree *before,
                           const struct cert_node *from,
                           const struct cert_node *now)
{
    for (uint32_t side = 0; side < 2 && from->kind != CERT_LEAF; side++) {
        const uint32_t child = from->child + side;
        if (is_same_split(&before->nodes.data[child], now)) {
            return child;
        }
    }
    return CERT_NONE;
}

uint32_t *dot_cert_match(const struct cert_tree *before,
                         const struct cert_tree *now)
{
    VEC(struct pair) open = {0};
    const struct pair roots = {0, 0};
    uint32_t *match;
    NEW_ARRAY(match, before->nodes.n);
    for (size_t i = 0; i < before->nodes.n; i++) {
        match[i] = CERT_NONE;
    }
    VEC_PUSH(&open, roots);
    while (open.n > 0) {
        const struct pair pair = open.data[--open.n];
        const struct cert_node *a = &before->nodes.data[pair.before];
        const struct cert_node *b = &now->nodes.data[pair.now];
        if (is_same_split(a, b)) {
            match[pair.before] = pair.now;
            for (uint32_t side = 0; side < 2; side++) {
                const struct pair child = {a->child + side, b->child + side};
                VEC_PUSH(&open, child);
            }
        } else if (b->kind == CERT_LEAF) {
            match[pair.before] = pair.now;
        } else {
            const struct pair child = {find_child(before, a, b), pair.now};
            if (child.before != CERT_NONE) {
                VEC_PUSH(&open, child);
            }
        }
    }
    VEC_CLEAR(&open);
    return match;
}
