/* One line about the search on a terminal, rewritten in place. */
#ifndef ASTROLABE_APP_PROGRESS_H
#define ASTROLABE_APP_PROGRESS_H

#include "src/astrolabe.h"

#include <stddef.h>
#include <stdio.h>

/* file      where the line goes
 * n_shown   characters of the line now on screen */
struct progress {
    FILE *file;
    size_t n_shown;
};

enum { PROGRESS_LINE_BYTES = 80 };

/* Text of the line, at most PROGRESS_LINE_BYTES with the terminator. */
void progress_format(char text[PROGRESS_LINE_BYTES],
                     const struct astrolabe_progress *snapshot);

/* Shows a snapshot; context is a struct progress. */
void progress_show(void *context, const struct astrolabe_progress *snapshot);

/* Wipes the line, if one is shown. */
void progress_clear(struct progress *progress);

#endif
