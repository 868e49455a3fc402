/* The checker's reader of properties, run in a process of its own. */
#ifndef ASTROLABE_TESTS_CHECKER_H
#define ASTROLABE_TESTS_CHECKER_H

#include <stddef.h>

enum { CHECKER_BYTES = 8192 };

/*
 *   status  exit status; 256 + signal if one ended the process
 *   output  the canonical text of the query, cut to the buffer
 *   errors  standard error without `astrolabe-check: PATH:`, cut likewise
 */
struct checker_run {
    int status;
    char output[CHECKER_BYTES];
    char errors[CHECKER_BYTES];
};

/* Reads text[n] as a property and binds it to the ONNX file, unless that is
 * NULL. */
void checker_run(struct checker_run *run, const char *text, size_t n,
                 const char *network);

#endif
