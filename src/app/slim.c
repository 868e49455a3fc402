/* Load, minimize, write aside, check, rename. */
#include "src/app/slim.h"

#include "src/app/bench_check.h"
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/log.h"
#include "src/base/reader.h"
#include "src/base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048 };

/*
 * One run.
 *   best, trial  files beside `out`: the best certificate so far, and the one
 *                to be judged
 *   n_bytes      of the best one
 */
struct slim {
    const struct slim_job *job;
    char *checker;
    struct bench_check_files files;
    char *best;
    char *trial;
    size_t n_bytes;
    struct writer *report;
};

/* What is tried at once. */
struct step {
    const char *name;
    unsigned passes;
};

static size_t size_of(const char *path)
{
    struct stat found = {0};
    return stat(path, &found) == 0 ? (size_t)found.st_size : 0;
}

static char *beside(const char *path, const char *ending)
{
    const size_t size = strlen(path) + strlen(ending) + 1;
    char *text;
    NEW_ARRAY(text, size);
    (void)snprintf(text, size, "%s%s", path, ending);
    return text;
}

static enum status copy(const char *from, const char *to, struct error *error)
{
    enum status status = STATUS_OK;
    struct bytes bytes = {0};
    struct writer *writer = NULL;
    STATUS_TRY(reader_load(&bytes, from, (size_t)1 << 40, error));
    STATUS_TRY(writer_open(&writer, to, error));
    writer_append(writer, bytes.data, bytes.n);
    STATUS_TRY(writer_commit(writer, error));
cleanup:
    bytes_clear(&bytes);
    return status;
}

/* In the child: nothing is printed. */
_Noreturn static void exec_checker(char **arguments)
{
    const int null = open("/dev/null", O_RDWR);
    if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
        dup2(null, STDERR_FILENO) >= 0) {
        (void)execv(arguments[0], arguments);
    }
    _exit(127);
}

/* User time of all children that have ended. */
static double children_cpu_s(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_utime.tv_sec +
           1e-6 * (double)usage.ru_utime.tv_usec;
}

/* True if the checker accepts the file; seconds of CPU that it took. */
static bool is_accepted(struct slim *slim, char *path, double *seconds)
{
    char **arguments = bench_check_arguments(&slim->files, slim->checker, path);
    int wait_status = 0;
    const double started_s = children_cpu_s();
    const pid_t pid = fork();
    if (pid == 0) {
        exec_checker(arguments);
    }
    pid_t ended = -1;
    do {
        ended = pid < 0 ? -1 : waitpid(pid, &wait_status, 0);
    } while (ended < 0 && pid > 0 && errno == EINTR);
    *seconds = children_cpu_s() - started_s;
    return ended == pid && pid > 0 && WIFEXITED(wait_status) &&
           WEXITSTATUS(wait_status) == 0;
}

static enum status translate(enum astrolabe_status status, const char *message,
                             struct error *error)
{
    if (status == ASTROLABE_OK) {
        return STATUS_OK;
    }
    error_set(error, "%s", message);
    return STATUS_BAD_INPUT;
}

/* Writes what the passes make of the best one to the trial's place. */
static enum status make_trial(const struct slim *slim, const struct step *step,
                              struct astrolabe_sizes *sizes,
                              struct error *error)
{
    char text[MESSAGE_BYTES] = "";
    astrolabe_certificate *certificate = NULL;
    struct astrolabe_minimize_options options = slim->job->options;
    options.passes = step->passes;
    enum status status = translate(
        astrolabe_certificate_load(&certificate, slim->best, text, sizeof text),
        text, error);
    if (status == STATUS_OK) {
        status = translate(
            astrolabe_certificate_minimize(certificate, slim->job->query,
                                           &options, text, sizeof text),
            text, error);
    }
    if (status == STATUS_OK) {
        astrolabe_certificate_measure(sizes, certificate);
        status = translate(astrolabe_certificate_save(certificate, slim->trial,
                                                      text, sizeof text),
                           text, error);
    }
    astrolabe_certificate_free(certificate);
    return status;
}

/* One row of the report. */
static void add_row(const struct slim *slim, const char *pass,
                    const char *outcome, const struct astrolabe_sizes *sizes,
                    const double seconds[2])
{
    if (slim->report != NULL) {
        writer_print(slim->report, "%s,%s,%zu,%zu,%zu,%zu,%zu,%zu,%.3f,%.3f\n",
                     pass, outcome, size_of(slim->trial), sizes->n_leaves,
                     sizes->n_refreshes, sizes->n_lemmas, sizes->n_slopes,
                     sizes->n_multipliers, seconds[0], seconds[1]);
    }
}

static const char KEPT[] = "kept";
static const char LARGER[] = "larger";
static const char REJECTED[] = "rejected";

/* Runs passes on the best one; keeps the result if it is accepted and no
 * larger. */
static enum status attempt(struct slim *slim, const struct step *step,
                           bool *is_kept, struct error *error)
{
    enum status status = STATUS_OK;
    struct astrolabe_sizes sizes = {0};
    double seconds[2] = {-budget_cpu_s(), 0.0};
    const char *outcome = REJECTED;
    size_t n_bytes = 0;
    STATUS_TRY(make_trial(slim, step, &sizes, error));
    seconds[0] += budget_cpu_s();
    n_bytes = size_of(slim->trial);
    if (n_bytes > slim->n_bytes) {
        outcome = LARGER;
    } else if (is_accepted(slim, slim->trial, &seconds[1])) {
        outcome = KEPT;
    }
    add_row(slim, step->name, outcome, &sizes, seconds);
    *is_kept = outcome == KEPT && rename(slim->trial, slim->best) == 0;
    slim->n_bytes = *is_kept ? n_bytes : slim->n_bytes;
cleanup:
    return status;
}

/* The row of the certificate as it came. */
static enum status add_first_row(struct slim *slim, struct error *error)
{
    struct astrolabe_sizes sizes = {0};
    double seconds[2] = {0.0, 0.0};
    const struct step step = {.name = "none"};
    const enum status status = make_trial(slim, &step, &sizes, error);
    if (status == STATUS_OK) {
        const bool is_proof = is_accepted(slim, slim->best, &seconds[1]);
        add_row(slim, step.name, is_proof ? KEPT : REJECTED, &sizes, seconds);
    }
    return status;
}

static enum status run_passes(struct slim *slim, struct error *error)
{
    enum status status = STATUS_OK;
    const unsigned passes = slim->job->options.passes;
    const struct step all = {"all", passes};
    bool is_kept = false;
    if (slim->report != NULL) {
        STATUS_TRY(add_first_row(slim, error));
    } else {
        STATUS_TRY(attempt(slim, &all, &is_kept, error));
    }
    for (size_t p = 0; p < astrolabe_n_passes() && !is_kept; p++) {
        const struct step step = {astrolabe_pass(p), 1u << p};
        bool is_ignored = false;
        if ((passes & step.passes) != 0) {
            STATUS_TRY(attempt(slim, &step, &is_ignored, error));
        }
    }
cleanup:
    return status;
}

static enum status prepare(struct slim *slim, struct error *error)
{
    enum status status = STATUS_OK;
    const struct bench_instance instance = {.onnx = slim->job->network,
                                            .vnnlib = slim->job->property};
    slim->best = beside(slim->job->out, ".best");
    slim->trial = beside(slim->job->out, ".trial");
    STATUS_TRY(bench_check_find(&slim->checker, error));
    STATUS_TRY(bench_check_files_init(&slim->files, &instance, error));
    STATUS_TRY(copy(slim->job->in, slim->best, error));
    slim->n_bytes = size_of(slim->best);
    if (slim->job->report != NULL) {
        STATUS_TRY(writer_open(&slim->report, slim->job->report, error));
        writer_print(slim->report,
                     "pass,outcome,bytes,leaves,refreshes,lemmas,slopes,"
                     "multipliers,seconds,check_seconds\n");
    }
cleanup:
    return status;
}

enum status slim_run(struct slim_sizes *sizes, const struct slim_job *job,
                     struct error *error)
{
    struct slim slim = {.job = job};
    enum status status = STATUS_OK;
    STATUS_TRY(prepare(&slim, error));
    sizes->before = slim.n_bytes;
    STATUS_TRY(run_passes(&slim, error));
    sizes->after = slim.n_bytes;
    if (rename(slim.best, job->out) != 0) {
        error_set_place(error, job->out, 0, 0);
        error_set(error, "cannot write: %s", strerror(errno));
        status = STATUS_IO;
        goto cleanup;
    }
    if (slim.report != NULL) {
        status = writer_commit(slim.report, error);
        slim.report = NULL;
    }
cleanup:
    writer_abandon(slim.report);
    (void)unlink(slim.best);
    (void)unlink(slim.trial);
    bench_check_files_clear(&slim.files);
    alloc_free(slim.checker);
    alloc_free(slim.best);
    alloc_free(slim.trial);
    return status;
}

enum status slim_parse_passes(unsigned *passes, const char *list,
                              struct error *error)
{
    *passes = list == NULL ? (1u << astrolabe_n_passes()) - 1 : 0;
    while (list != NULL && *list != '\0') {
        const size_t n = strcspn(list, ",");
        size_t p = 0;
        while (p < astrolabe_n_passes() &&
               (strlen(astrolabe_pass(p)) != n ||
                strncmp(astrolabe_pass(p), list, n) != 0)) {
            p++;
        }
        if (p == astrolabe_n_passes()) {
            error_set(error, "no pass is called '%.*s'", (int)n, list);
            return STATUS_USAGE;
        }
        *passes |= 1u << p;
        list += n + (list[n] == ',' ? 1 : 0);
    }
    return STATUS_OK;
}
