/* A network of two inputs. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_TINY_H
#define ASTROLABE_BENCHMARKS_MODELS_TINY_H

#include "benchmarks/models/instances.h"

/* Trains the two-input network (is the point inside a diamond?) and adds it
 * with its properties. */
enum status tiny_add(struct instances *instances, struct error *error);

#endif
