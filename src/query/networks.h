/* The networks that a property declares, each from its file. */
#ifndef ASTROLABE_QUERY_NETWORKS_H
#define ASTROLABE_QUERY_NETWORKS_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/net.h"
#include "src/net/net_join.h"
#include "src/query/bind.h"
#include "src/query/query.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>

/* The --network arguments. */
struct networks_given {
    size_t n;
    const struct query_network *networks;
    bool is_strict;
};

/*
 * One network for each that the property declares, in its order.
 *   nets        [n] owned until they are joined
 *   tensors     [n] theirs, with the declared hidden tensors as outputs
 *   infos       [2 * n] what the tensors point to
 *   first_path  of the first file
 */
struct networks {
    size_t n;
    struct net **nets;
    struct bind_tensors *tensors;
    struct net_tensor_info **infos;
    char *first_path;
};

/*
 * STATUS_OK if every declared network has its file: one --network for each by
 * its name; a network that is equal to another may do without. Otherwise
 * STATUS_USAGE: missing, unknown or doubled ones, and with is_strict a bare
 * path.
 */
enum status networks_check(const struct vnnlib *lib,
                           const struct networks_given *given,
                           struct error *error);

/*
 * Loads the files, checked before. STATUS_BAD_INPUT if files of networks that
 * are declared equal differ, or a hidden tensor does not exist;
 * STATUS_UNSUPPORTED if inputs have several element types.
 */
enum status networks_load(struct networks *networks, const struct vnnlib *lib,
                          const struct networks_given *given,
                          struct error *error);

/* net_join of all of them, which leaves none. */
struct net *networks_join(struct networks *networks,
                          const struct net_extras *extras);
void networks_clear(struct networks *networks);

#endif
