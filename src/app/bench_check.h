/* Certificates of bench: their names, and what the checker says to them. */
#ifndef ASTROLABE_APP_BENCH_CHECK_H
#define ASTROLABE_APP_BENCH_CHECK_H

#include "src/app/bench_list.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <stddef.h>

/*
 * Where certificates go and who checks them; both absolute, owned.
 *   folder   NULL: no certificates
 *   checker  NULL: they are not checked
 */
struct bench_check {
    char *folder;
    char *checker;
};

/*
 * Makes the folder if need be (NULL: no certificates) and, where is_checked,
 * finds astrolabe-check beside this program.
 *   returns  STATUS_OK; STATUS_IO. bench_check_clear is due in both cases.
 */
enum status bench_check_init(struct bench_check *check, const char *folder,
                             bool is_checked, struct error *error);
void bench_check_clear(struct bench_check *check);

/* The path of astrolabe-check beside this program; owned by the caller.
 *   returns  STATUS_OK; STATUS_IO */
enum status bench_check_find(char **checker, struct error *error);

/* folder/<network>__<property>.dbc with the names of the files without
 * folders and endings; if an earlier instance has the same, its number is
 * added. Owned by the caller; NULL without certificates. */
char *bench_check_path(const struct bench_check *check,
                       const struct bench_list *list, size_t instance);

/* Plain files for the checker, owned.
 *   networks   FILE, or NAME=FILE for each of several
 *   property   as given, or the path of an unpacked copy
 *   copies     unpacked copies, to be removed
 *   arguments  of bench_check_arguments */
struct bench_check_files {
    VEC(char *) networks;
    char *property;
    VEC(char *) copies;
    VEC(char *) arguments;
};

/* Unpacks what is packed into temporary files; paths are relative to the
 * working folder.
 *   returns  STATUS_OK; STATUS_IO; STATUS_BAD_INPUT; STATUS_USAGE for a list of
 *            networks that is none. _clear is due in all cases and removes the
 *            copies. */
enum status bench_check_files_init(struct bench_check_files *files,
                                   const struct bench_instance *instance,
                                   struct error *error);
void bench_check_files_clear(struct bench_check_files *files);

/* The arguments of the checker for a certificate, NULL behind the last one;
 * owned by the files, until the next call. */
char **bench_check_arguments(struct bench_check_files *files, char *checker,
                             char *certificate);

#endif
