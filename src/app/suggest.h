/* The known name nearest to a mistyped one, by edit distance. */
#ifndef ASTROLABE_APP_SUGGEST_H
#define ASTROLABE_APP_SUGGEST_H

#include <stddef.h>

enum { SUGGEST_NAME_BYTES = 64 };

/* What was typed and the nearest name so far; no clean-up needed. */
struct suggestion {
    char typed[SUGGEST_NAME_BYTES];
    size_t distance;
    const char *nearest;
};

/* typed: n bytes, cut at SUGGEST_NAME_BYTES - 1. */
void suggest_init(struct suggestion *suggestion, const char *typed, size_t n);

/* Offers a known name; it is kept by pointer. The first of equals wins. */
void suggest_consider(struct suggestion *suggestion, const char *name);

/* The nearest name if at most a third of the typed letters (at least two)
 * differ, else NULL. */
const char *suggest_best(const struct suggestion *suggestion);

/* Insertions, deletions and replacements that make a into b; both are cut
 * at SUGGEST_NAME_BYTES - 1. Source: Wagner and Fischer, "The
 * String-to-String Correction Problem", J. ACM 1974. */
size_t suggest_distance(const char *a, const char *b);

#endif
