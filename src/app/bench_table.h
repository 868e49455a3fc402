/* The summary of a bench run. */
#ifndef ASTROLABE_APP_BENCH_TABLE_H
#define ASTROLABE_APP_BENCH_TABLE_H

#include "src/app/bench_list.h"

#include <stddef.h>
#include <stdio.h>

/* Counts and times over the instances that were run. Seconds are wall time;
 * solved excludes wrong ones. The last seven are about certificates. */
struct bench_summary {
    size_t n_instances;
    size_t n_run;
    size_t n_solved;
    size_t n_sat;
    size_t n_unsat;
    size_t n_unknown;
    size_t n_timed_out;
    size_t n_error;
    size_t n_wrong;
    double total_s;
    double median_s;
    double slowest_s;
    uint64_t peak_rss_kb;
    size_t n_certified;
    size_t n_rejected;
    uint64_t proof_bytes;
    uint64_t proof_leaves;
    uint64_t raw_bytes;
    double minimize_s;
    double check_s;
};

void bench_summarise(struct bench_summary *summary,
                     const struct bench_list *list);

/* The table, one of the certificates if there are any, then by name the wrong
 * and the undecided instances and those without an accepted certificate. */
void bench_table_print(FILE *file, const struct bench_list *list,
                       const struct bench_summary *summary);

#endif
