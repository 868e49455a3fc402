/* The margins of a certificate's leaves in figures. */
#ifndef ASTROLABE_EXPLAIN_MARGINS_PRINT_H
#define ASTROLABE_EXPLAIN_MARGINS_PRINT_H

#include "proofs/cert.h"
#include "proofs/cert_notes.h"

#include <stdio.h>

/* One figure a line: the least margin, leaves by power of ten of their margin,
 * and those whose refreshes, lemmas and closings take most multiply-adds. */
void margins_print(FILE *file, const struct cert *cert,
                   const struct cert_notes *notes);

#endif
