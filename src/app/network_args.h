/* The networks named on the command line. */
#ifndef ASTROLABE_APP_NETWORK_ARGS_H
#define ASTROLABE_APP_NETWORK_ARGS_H

#include "src/app/cli.h"
#include "src/astrolabe.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/* In the order given; texts holds what names and paths point into. */
struct network_args {
    VEC(struct astrolabe_network) networks;
    VEC(char *) texts;
};

/*
 * Collects --network (`FILE` or `NAME=FILE`, NAME a letter followed by
 * letters, digits and `_`; a file of the whole name wins) and --network-list
 * (`[('NAME', 'FILE'), ...]`, quotes single or double, backslash escapes the
 * next character).
 *   returns  STATUS_OK; STATUS_USAGE with the place in the list.
 *            network_args_clear is due in both cases.
 */
enum status network_args_read(struct network_args *args, const struct cli *cli,
                              struct error *error);
/* Adds those of such a list alone; args zeroed or read before. */
enum status network_args_read_list(struct network_args *args, const char *text,
                                   struct error *error);
/* The only path, or all of them with their names as such a list: for
 * bench_check_files_init. NULL without networks. Owned by the arguments. */
const char *network_args_text(struct network_args *args);
void network_args_clear(struct network_args *args);

#endif
