/* A network with a skip connection that locates a point in four dimensions. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_RESIDUAL_H
#define ASTROLABE_BENCHMARKS_MODELS_RESIDUAL_H

#include "benchmarks/models/instances.h"

/* Trains the residual network and adds it with its properties. */
enum status residual_add(struct instances *instances, struct error *error);

#endif
