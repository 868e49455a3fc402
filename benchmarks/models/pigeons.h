/* A propositional formula as a network: pigeons and holes. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_PIGEONS_H
#define ASTROLABE_BENCHMARKS_MODELS_PIGEONS_H

#include "benchmarks/models/instances.h"

/* Builds the network and adds it with its properties. */
enum status pigeons_add(struct instances *instances, struct error *error);

#endif
