/* The checker's readers, run in a process of their own. */
#ifndef ASTROLABE_TESTS_CHECKER_H
#define ASTROLABE_TESTS_CHECKER_H

#include <stddef.h>

enum { CHECKER_BYTES = 8192 };

/*
 *   status  exit status; 256 + signal if one ended the process
 *   output  standard output, cut to the buffer
 *   errors  standard error, cut likewise
 */
struct checker_run {
    int status;
    char output[CHECKER_BYTES];
    char errors[CHECKER_BYTES];
};

/* Calls read(context) in a process that exits with 0 behind it. */
void checker_call(struct checker_run *run, void (*read)(const void *context),
                  const void *context);

/* Reads text[n] as a property and binds it to the ONNX file, unless that is
 * NULL. The output is the canonical text of the query, errors are without
 * `astrolabe-check: PATH:`. */
void checker_run(struct checker_run *run, const char *text, size_t n,
                 const char *network);

#endif
