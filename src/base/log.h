/* Messages on stderr by level; the only global state besides the signal. */
#ifndef ASTROLABE_BASE_LOG_H
#define ASTROLABE_BASE_LOG_H

enum log_level { LOG_ERROR = 0, LOG_WARNING = 1, LOG_NOTE = 2, LOG_DETAIL = 3 };

/* Messages above the level are dropped; the default is LOG_NOTE. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* One line on stderr, `error: ` or `warning: ` in front by level; a line
 * end is added. Lines of several threads do not mix. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True if stderr is a terminal and the level allows progress. */
int log_is_interactive(void);

#endif
