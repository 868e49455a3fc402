#include "src/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
}

void error_set_place(struct error *error, const char *path, size_t line,
                     size_t column)
{
    if (path != NULL && path != error->path) {
        (void)snprintf(error->path, sizeof error->path, "%s", path);
    }
    error->line = line;
    error->column = column;
}

void error_format(char *text, size_t size, const struct error *error)
{
    char place[64] = "";
    if (error->line > 0 && error->column > 0) {
        (void)snprintf(place, sizeof place, "%zu:%zu: ", error->line,
                       error->column);
    } else if (error->line > 0) {
        (void)snprintf(place, sizeof place, "%zu: ", error->line);
    }
    const char *end_of_path = "";
    if (error->path[0] != '\0') {
        end_of_path = place[0] == '\0' ? ": " : ":";
    }
    (void)snprintf(text, size, "%s%s%s%s", error->path, end_of_path, place,
                   error->message);
}
