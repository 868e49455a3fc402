/* d(i, j) = min(d(i-1, j) + 1, d(i, j-1) + 1, d(i-1, j-1) + [a_i != b_j]). */
#include "src/app/suggest.h"

#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
    const size_t n = smaller(strlen(b), SUGGEST_NAME_BYTES - 1);
    size_t row[SUGGEST_NAME_BYTES];
    for (size_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < SUGGEST_NAME_BYTES - 1 && a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = smaller(replaced, 1 + smaller(row[j], row[j + 1]));
        }
    }
    return row[n];
}

void suggest_init(struct suggestion *suggestion, const char *typed, size_t n)
{
    *suggestion = (struct suggestion){.distance = SIZE_MAX};
    memcpy(suggestion->typed, typed, smaller(n, SUGGEST_NAME_BYTES - 1));
}

void suggest_consider(struct suggestion *suggestion, const char *name)
{
    const size_t distance = suggest_distance(suggestion->typed, name);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->nearest = name;
    }
}

const char *suggest_best(const struct suggestion *suggestion)
{
    const size_t third = strlen(suggestion->typed) / 3;
    return suggestion->distance <= (third < 2 ? 2 : third) ? suggestion->nearest
                                                           : NULL;
}
