/* A collision avoidance controller. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_CONTROLLER_H
#define ASTROLABE_BENCHMARKS_MODELS_CONTROLLER_H

#include "benchmarks/models/instances.h"

/* Trains the controller (five inputs, five scores) and adds it with its
 * properties. */
enum status controller_add(struct instances *instances, struct error *error);

#endif
