/* The results file of bench: one row per finished instance. */
#ifndef ASTROLABE_APP_BENCH_ROWS_H
#define ASTROLABE_APP_BENCH_ROWS_H

#include "src/app/bench_list.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The open file; rows go to its end. */
struct bench_rows {
    char *path;
    int descriptor;
};

/*
 * Opens or creates the file. The rows of this benchmark that are in it fill
 * the outcomes of their instances, each row one; a last line cut short by a
 * kill is removed. is_fresh drops the rows of this benchmark instead; those
 * of others stay.
 *   returns  STATUS_OK; STATUS_IO; STATUS_BAD_INPUT if it is another kind of
 *            file. bench_rows_close is due in all cases.
 */
enum status bench_rows_open(struct bench_rows *rows, const char *path,
                            struct bench_list *list, bool is_fresh,
                            struct error *error);

/* Appends the instance's row, through to the disk. */
enum status bench_rows_add(const struct bench_rows *rows, const char *benchmark,
                           const struct bench_instance *instance,
                           struct error *error);
void bench_rows_close(struct bench_rows *rows);

#endif
