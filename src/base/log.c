#include "src/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int current_level = LOG_NOTE;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&current_level);
}

static const char *level_prefix(enum log_level level)
{
    const char *prefix = "";
    switch (level) {
    case LOG_ERROR:
        prefix = "error: ";
        break;
    case LOG_WARNING:
        prefix = "warning: ";
        break;
    case LOG_NOTE:
    case LOG_DETAIL:
        break;
    }
    return prefix;
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > log_get_level()) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    flockfile(stderr);
    (void)fputs(level_prefix(level), stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
}

int log_is_interactive(void)
{
    return log_get_level() >= LOG_NOTE && isatty(STDERR_FILENO) != 0;
}
