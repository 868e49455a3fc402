#include "src/base/require.h"

#include <stdio.h>
#include <stdlib.h>

void require_failed(const char *file, int line, const char *text)
{
    (void)fprintf(stderr, "%s:%d: requirement broken: %s\n", file, line, text);
    abort();
}
