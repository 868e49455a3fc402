/* Exact numbers: strict text and doubles to mpq and back with direction. */
#ifndef ASTROLABE_NUM_RATIONAL_H
#define ASTROLABE_NUM_RATIONAL_H

#include "src/base/error.h"
#include "src/base/status.h"

#include <gmp.h>

#include <stddef.h>

/* Makes GMP take its memory from base/alloc: counted, and running out ends
 * the process cleanly. Call once, before the first GMP object exists. */
void rational_use_counted_memory(void);

/* n zeros, owned by the caller; NULL may be destroyed. */
mpq_t *rational_create(size_t n);
void rational_destroy(mpq_t *values, size_t n);

/* Reads all n bytes as [+-]?(digits[.digits?]|.digits)([eE][+-]?digits)?
 * into a canonical rational. Refuses anything else, and numbers whose
 * decimal expansion would pass 4096 digits. */
enum status rational_parse(mpq_t value, const char *text, size_t n,
                           struct error *error);

/* Exact; REQUIREs a finite value. */
void rational_set_double(mpq_t value, double x);

/* Largest double <= value; smallest double >= value (may be infinite). */
double rational_down(const mpq_t value);
double rational_up(const mpq_t value);
/* The same on the float32 grid. */
float rational_down_f32(const mpq_t value);
float rational_up_f32(const mpq_t value);
/* A double near the value (within one unit in the last place). */
double rational_near(const mpq_t value);

/* Shortest decimal that reads back as the same double; never locale
 * dependent; "inf" and "nan" are REQUIREd away. Writes at most 32 bytes. */
void rational_print_double(char text[32], double x);

/* Canonical text `p/q` or `p` in base 10 (for dumps); owned by the caller,
 * freed with alloc_free. */
char *rational_text(const mpq_t value);

#endif
