/* The files of the folder: networks, properties and the two lists. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_INSTANCES_H
#define ASTROLABE_BENCHMARKS_MODELS_INSTANCES_H

#include "benchmarks/models/rule.h"
#include "benchmarks/models/toy.h"
#include "src/base/writer.h"

#include <stdbool.h>

struct instances;

/* Opens instances.csv and expected.csv in `folder`; nothing is written
 * before instances_close. */
enum status instances_open(struct instances **instances, const char *folder,
                           struct error *error);

/* Writes <name>.onnx; the families that follow belong to this network,
 * which must outlive them. */
enum status instances_add_network(struct instances *instances,
                                  const struct toy *toy, struct error *error);

/*
 * Tries the sizes of the family in ascending order and writes up to three
 * properties of the current network:
 *   <name>_holds_<n>  the largest size that linear bounds prove
 *   <name>_holds_<n>  a larger size that is true but harder to prove
 *   <name>_fails_<n>  the smallest size that is clearly violated
 */
enum status instances_add_family(struct instances *instances,
                                 const struct family *family,
                                 struct error *error);

/* Writes one property of the current network, the family's rule at size 0,
 * which is known to hold or to be violated. */
enum status instances_add_rule(struct instances *instances,
                               const struct family *family, bool holds,
                               struct error *error);

/* Commits both lists and releases; on error they are what they were. */
enum status instances_close(struct instances *instances, struct error *error);

/* Releases without writing; NULL is harmless. */
void instances_abandon(struct instances *instances);

#endif
