/* A convolutional classifier of drawn 8 x 8 digits. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_DIGITS_H
#define ASTROLABE_BENCHMARKS_MODELS_DIGITS_H

#include "benchmarks/models/instances.h"

/* Trains the digit classifier and adds it with its properties. */
enum status digits_add(struct instances *instances, struct error *error);

#endif
