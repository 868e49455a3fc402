/* Checks on which soundness depends: never compiled out. */
#ifndef ASTROLABE_BASE_REQUIRE_H
#define ASTROLABE_BASE_REQUIRE_H

/* Prints file, line and the broken condition on stderr, then aborts. */
_Noreturn void require_failed(const char *file, int line, const char *text);

#define REQUIRE(condition) \
    ((condition) ? (void)0 : require_failed(__FILE__, __LINE__, #condition))

#endif
