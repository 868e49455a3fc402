/* Counts first, then one line per instance that needs a look. */
#include "src/app/bench_table.h"

#include "src/base/alloc.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median_of(double *values, size_t n)
{
    if (n == 0) {
        return 0.0;
    }
    qsort(values, n, sizeof *values, compare);
    return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

static void count_verdict(struct bench_summary *summary,
                          const struct bench_instance *instance)
{
    const char *verdict = instance->outcome.verdict;
    const bool is_wrong = bench_is_wrong(instance);
    summary->n_sat += strcmp(verdict, "sat") == 0 ? 1 : 0;
    summary->n_unsat += strcmp(verdict, "unsat") == 0 ? 1 : 0;
    summary->n_unknown += strcmp(verdict, "unknown") == 0 ? 1 : 0;
    summary->n_timed_out += strcmp(verdict, "timed-out") == 0 ? 1 : 0;
    summary->n_error += strcmp(verdict, "error") == 0 ? 1 : 0;
    summary->n_wrong += is_wrong ? 1 : 0;
    summary->n_solved += bench_is_solved(instance) && !is_wrong ? 1 : 0;
}

void bench_summarise(struct bench_summary *summary,
                     const struct bench_list *list)
{
    double *times = NULL;
    NEW_ARRAY(times, list->instances.n);
    *summary = (struct bench_summary){.n_instances = list->instances.n};
    for (size_t i = 0; i < list->instances.n; i++) {
        const struct bench_instance *instance = &list->instances.data[i];
        const struct bench_outcome *outcome = &instance->outcome;
        if (outcome->verdict == NULL) {
            continue;
        }
        times[summary->n_run++] = outcome->wall_s;
        count_verdict(summary, instance);
        summary->total_s += outcome->wall_s;
        if (outcome->wall_s > summary->slowest_s) {
            summary->slowest_s = outcome->wall_s;
        }
        summary->n_certified += outcome->check == BENCH_CERTIFIED ? 1 : 0;
        summary->n_rejected += outcome->check == BENCH_REJECTED ? 1 : 0;
        summary->proof_bytes += outcome->proof_bytes;
        summary->proof_leaves += outcome->proof_leaves;
        summary->raw_bytes += outcome->raw_bytes;
        summary->minimize_s += outcome->minimize_s;
        summary->check_s += outcome->check_s;
        if (outcome->max_rss_kb > summary->peak_rss_kb) {
            summary->peak_rss_kb = outcome->max_rss_kb;
        }
    }
    summary->median_s = median_of(times, summary->n_run);
    alloc_free(times);
}

static void print_instance(FILE *file, const struct bench_instance *instance)
{
    const struct bench_outcome *outcome = &instance->outcome;
    (void)fprintf(file, "  %s (expected %s) %.2f s  %s  %s%s%s\n",
                  outcome->verdict,
                  instance->expected[0] == '\0' ? "-" : instance->expected,
                  outcome->wall_s, instance->onnx, instance->vnnlib,
                  outcome->reason[0] == '\0' ? "" : "  ", outcome->reason);
}

/* Lists the wrong instances, or the undecided ones. */
static void print_list(FILE *file, const struct bench_list *list,
                       const char *title,
                       bool (*is_listed)(const struct bench_instance *))
{
    bool has_title = false;
    for (size_t i = 0; i < list->instances.n; i++) {
        const struct bench_instance *instance = &list->instances.data[i];
        if (instance->outcome.verdict != NULL && is_listed(instance)) {
            if (!has_title) {
                (void)fprintf(file, "\n%s:\n", title);
                has_title = true;
            }
            print_instance(file, instance);
        }
    }
}

static bool is_undecided(const struct bench_instance *instance)
{
    return !bench_is_solved(instance);
}

static bool is_uncertified(const struct bench_instance *instance)
{
    return strcmp(instance->outcome.verdict, "unsat") == 0 &&
           instance->outcome.reason[0] != '\0';
}

static void print_certificates(FILE *file, const struct bench_summary *summary)
{
    const double n_leaves = (double)summary->proof_leaves;
    (void)fprintf(file, "%-20s %9s %9s %8s %12s %12s %10s %10s %10s %9s\n",
                  "certificates", "unsat", "certified", "rejected", "raw bytes",
                  "bytes", "leaves", "bytes/leaf", "minimize s", "check s");
    (void)fprintf(file,
                  "%-20s %9zu %9zu %8zu %12llu %12llu %10llu %10.2f %10.2f "
                  "%9.2f\n",
                  "", summary->n_unsat, summary->n_certified,
                  summary->n_rejected, (unsigned long long)summary->raw_bytes,
                  (unsigned long long)summary->proof_bytes,
                  (unsigned long long)summary->proof_leaves,
                  n_leaves > 0.0 ? (double)summary->proof_bytes / n_leaves
                                 : 0.0,
                  summary->minimize_s, summary->check_s);
}

void bench_table_print(FILE *file, const struct bench_list *list,
                       const struct bench_summary *summary)
{
    const double kb_per_mib = 1024.0;
    (void)fprintf(file,
                  "%-20s %9s %6s %5s %5s %7s %9s %5s %5s %9s %8s %8s %9s\n",
                  "benchmark", "instances", "solved", "sat", "unsat", "unknown",
                  "timed-out", "error", "wrong", "total s", "median s",
                  "slowest", "peak MiB");
    (void)fprintf(file,
                  "%-20s %9zu %6zu %5zu %5zu %7zu %9zu %5zu %5zu %9.1f "
                  "%8.2f %8.2f %9.1f\n",
                  list->benchmark, summary->n_instances, summary->n_solved,
                  summary->n_sat, summary->n_unsat, summary->n_unknown,
                  summary->n_timed_out, summary->n_error, summary->n_wrong,
                  summary->total_s, summary->median_s, summary->slowest_s,
                  (double)summary->peak_rss_kb / kb_per_mib);
    if (summary->proof_bytes > 0) {
        print_certificates(file, summary);
    }
    if (summary->n_run < summary->n_instances) {
        (void)fprintf(file, "not run: %zu\n",
                      summary->n_instances - summary->n_run);
    }
    print_list(file, list, "wrong", bench_is_wrong);
    print_list(file, list, "undecided", is_undecided);
    print_list(file, list, "not certified", is_uncertified);
}
