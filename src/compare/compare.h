/* The question whether two networks are nearly the same, as a property. */
#ifndef ASTROLABE_COMPARE_COMPARE_H
#define ASTROLABE_COMPARE_COMPARE_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/net.h"

#include <stdio.h>

/*
 *   epsilon  how far outputs may be apart: a decimal number, not negative
 *   box      LOWER:HIGHER for all inputs, or one such pair for each of them, in
 *            their order, with commas between; decimal numbers
 */
struct compare_question {
    const char *epsilon;
    const char *box;
};

/*
 * Writes a VNN-LIB 2 property about networks `f` and `g`, which read the same
 * input: it holds where some output of f is by more than epsilon above or below
 * the one of g. unsat then says that the networks agree up to epsilon in all
 * of the box. Numbers are written as they are given.
 *   nets     f and g, for the names and shapes of their inputs and outputs
 *   returns  STATUS_OK; STATUS_USAGE for a wrong question; STATUS_BAD_INPUT if
 *            shapes differ. Nothing is written then.
 */
enum status compare_write(FILE *file, const struct net *const nets[2],
                          const struct compare_question *question,
                          struct error *error);

#endif
