/* fork, exec, wait with a limit: twice, for verify and for the checker. */
#include "src/app/bench_keeper.h"

#include "src/app/bench_check.h"
#include "src/base/budget.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Descriptor of the report in the child, opened by name there. */
enum { REPORT_DESCRIPTOR = 3 };

/*
 * A program to run.
 *   report  opened as REPORT_DESCRIPTOR; may be NULL
 *   mask    signals blocked in it
 */
struct program {
    const char *path;
    char **arguments;
    FILE *output;
    FILE *errors;
    FILE *report;
    const sigset_t *mask;
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* In the child: standard streams, then the program. */
_Noreturn static void exec_program(const struct program *program)
{
    /* Out of the way of the descriptors that are about to be replaced. */
    const int output = dup(fileno(program->output));
    const int errors = dup(fileno(program->errors));
    const int report =
        program->report == NULL ? -1 : dup(fileno(program->report));
    const bool has_report =
        program->report == NULL ||
        (report > REPORT_DESCRIPTOR && dup2(report, REPORT_DESCRIPTOR) >= 0);
    if (has_report && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(errors, STDERR_FILENO) >= 0) {
        (void)sigprocmask(SIG_SETMASK, program->mask, NULL);
        (void)execv(program->path, program->arguments);
    }
    _exit(127);
}

/* Waits until the child ends, the time is over or SIGTERM arrives. */
static bool wait_for(pid_t child, int *wait_status, double deadline_s,
                     const sigset_t *signals)
{
    while (waitpid(child, wait_status, WNOHANG) == 0) {
        const double left_s = deadline_s - budget_now_s();
        if (left_s <= 0.0) {
            return false;
        }
        const struct timespec timeout = {
            .tv_sec = left_s > 1.0 ? 1 : 0,
            .tv_nsec = left_s > 1.0 ? 0 : (long)(left_s * 1e9) + 1};
        if (sigtimedwait(signals, NULL, &timeout) == SIGTERM) {
            return false;
        }
    }
    return true;
}

/* Runs the program to its end or the limit. */
static void watch(struct bench_end *end, const struct program *program,
                  double limit_s, const sigset_t *signals)
{
    const double started_s = budget_now_s();
    const pid_t pid = fork();
    if (pid == 0) {
        exec_program(program);
    }
    if (pid < 0) {
        _exit(1);
    }
    if (!wait_for(pid, &end->wait_status, started_s + limit_s, signals)) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &end->wait_status, 0);
        end->is_killed = true;
    }
    end->wall_s = budget_now_s() - started_s;
}

/* Gives the certificate and plain files to the checker. */
static void check(struct bench_record *record, const struct bench_child *child,
                  const struct bench_job *job, const sigset_t signals[2])
{
    struct bench_check_files files;
    struct error error = {0};
    if (bench_check_files_init(&files, job->instance, &error) == STATUS_OK) {
        char checker[] = "astrolabe-check";
        char proof[4096];
        const struct program program = {
            .path = job->checker,
            .arguments = bench_check_arguments(&files, checker, proof),
            .output = child->check_output,
            .errors = child->check_errors,
            .mask = &signals[1]};
        (void)snprintf(proof, sizeof proof, "%s", job->proof);
        record->is_checked = true;
        watch(&record->check, &program,
              BENCH_CHECK_FACTOR * job->instance->timeout_s, &signals[0]);
    } else {
        (void)fprintf(child->check_errors, "%s\n", error.message);
        (void)fflush(child->check_errors);
    }
    bench_check_files_clear(&files);
}

_Noreturn void bench_keeper_run(const struct bench_child *child,
                                const struct bench_job *job, char **arguments,
                                int pipe_end)
{
    sigset_t signals[2]; /* what is waited for; what was blocked before */
    struct bench_record record = {0};
    const struct program verify = {.path = "/proc/self/exe",
                                   .arguments = arguments,
                                   .output = child->output,
                                   .errors = child->errors,
                                   .report = child->report,
                                   .mask = &signals[1]};
    (void)sigemptyset(&signals[0]);
    (void)sigaddset(&signals[0], SIGCHLD);
    (void)sigaddset(&signals[0], SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals[0], &signals[1]);
    if (chdir(job->folder) != 0) {
        _exit(1);
    }
    watch(&record.verify, &verify,
          job->instance->timeout_s + BENCH_GRACE_SECONDS, &signals[0]);
    struct rusage usage = {0};
    if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
        record.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        record.max_rss_kb = (uint64_t)usage.ru_maxrss;
    }
    if (job->checker != NULL && access(job->proof, R_OK) == 0) {
        check(&record, child, job, signals);
    }
    const ssize_t n = write(pipe_end, &record, sizeof record);
    _exit(n == (ssize_t)sizeof record ? 0 : 1);
}
