/* Outcome of a call that can be refused: values pinned in tens. */
#ifndef ASTROLABE_BASE_STATUS_H
#define ASTROLABE_BASE_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_USAGE = 10,       /* wrong command line */
    STATUS_BAD_INPUT = 20,   /* malformed or ill-typed file */
    STATUS_UNSUPPORTED = 30, /* well-formed, but not treated */
    STATUS_IO = 40,          /* file system refused */
    STATUS_TIMED_OUT = 50,   /* deadline of the budget passed */
    STATUS_INTERRUPTED = 60, /* signal */
    STATUS_LIMIT = 70        /* memory or count limit of the budget */
};

/* Name of a status in lower case, for messages; static storage. */
const char *status_name(enum status status);

/* Jumps to `cleanup` unless the call returns STATUS_OK; needs a local
 * variable `status` and a label `cleanup`. */
#define STATUS_TRY(call)                  \
    if ((status = (call)) != STATUS_OK) { \
        goto cleanup;                     \
    }

#endif
