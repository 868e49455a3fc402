/* Text in DOT, the language of Graphviz. */
#ifndef ASTROLABE_DRAW_DOT_TEXT_H
#define ASTROLABE_DRAW_DOT_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Longest piece of a name and of a remark that is printed, in bytes. */
enum { DOT_NAME_BYTES = 60, DOT_REMARK_BYTES = 400 };

/*
 * Prints at most `most` bytes of a name from a file as part of a quoted label:
 * `"` and `\` after a backslash, `&` as the entity that Graphviz turns back,
 * bytes that are control characters or no UTF-8 as `?`, and `...` for what is
 * cut off.
 */
void dot_text_name(FILE *file, const char *name, size_t most);

#endif
