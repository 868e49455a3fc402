/* Multipliers of few bits: for minimize*.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_NUMBERS_H
#define ASTROLABE_PROOFS_MINIMIZE_NUMBERS_H

#include "proofs/cert.h"

/* The nearest number of at most `bits` bits (1 to 53) to value > 0, finite;
 * index 0. */
struct cert_multiplier minimize_number(double value, unsigned bits);

#endif
