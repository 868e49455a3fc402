/* The weighted median of coefficients.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_share.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct check_weighted *left = a;
    const struct check_weighted *right = b;
    return (left->q > right->q) - (left->q < right->q);
}

size_t check_share_median(struct check_weighted *of, size_t n)
{
    double total = 0.0;
    double below = 0.0;
    size_t t = 0;
    qsort(of, n, sizeof *of, compare);
    for (size_t k = 0; k < n; k++) {
        total += of[k].gap;
    }
    while (t + 1 < n && below + of[t].gap < 0.5 * total) {
        below += of[t].gap;
        t++;
    }
    return of[t].place;
}

size_t check_share_most(const struct check_network *network)
{
    size_t most = 0;
    for (size_t l = 0; l < network->n_layers; l++) {
        const size_t n = network->layers[l].n_shares;
        most = n > most ? n : most;
    }
    return most;
}
