/* bench -> keeper -> verify: rusage of waited-for children is per keeper. */
#include "src/app/bench_child.h"

#include "src/base/alloc.h"
#include "src/base/budget.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Descriptor of the report in the child, opened by name there. */
enum { REPORT_DESCRIPTOR = 3 };
#define REPORT_PATH "/dev/fd/3"

/* What the keeper sends; killed: by the keeper. */
struct record {
    int wait_status;
    bool is_killed;
    double wall_s;
    double cpu_s;
    uint64_t max_rss_kb;
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* In the child: standard streams, folder, program. */
_Noreturn static void exec_verify(const struct bench_child *child,
                                  const char *folder, char **arguments,
                                  const sigset_t *mask)
{
    /* Out of the way of the descriptors that are about to be replaced. */
    const int output = dup(fileno(child->output));
    const int errors = dup(fileno(child->errors));
    const int report = dup(fileno(child->report));
    if (chdir(folder) == 0 && report > REPORT_DESCRIPTOR &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0 &&
        dup2(report, REPORT_DESCRIPTOR) >= 0) {
        (void)sigprocmask(SIG_SETMASK, mask, NULL);
        (void)execv("/proc/self/exe", arguments);
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

/* In the keeper: runs the child, sends the record, ends. */
_Noreturn static void keep(const struct bench_child *child, int pipe_end,
                           const char *folder, char **arguments, double limit_s)
{
    sigset_t signals;
    sigset_t mask;
    struct record record = {0};
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, &mask);
    const double started_s = budget_now_s();
    const pid_t pid = fork();
    if (pid == 0) {
        exec_verify(child, folder, arguments, &mask);
    }
    if (pid < 0) {
        _exit(1);
    }
    if (!wait_for(pid, &record.wait_status,
                  started_s + limit_s + BENCH_GRACE_SECONDS, &signals)) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &record.wait_status, 0);
        record.is_killed = true;
    }
    struct rusage usage = {0};
    record.wall_s = budget_now_s() - started_s;
    if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
        record.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        record.max_rss_kb = (uint64_t)usage.ru_maxrss;
    }
    const ssize_t n = write(pipe_end, &record, sizeof record);
    _exit(n == (ssize_t)sizeof record ? 0 : 1);
}

static void release(struct bench_child *child)
{
    enum { N_FILES = 3 };
    FILE *files[N_FILES] = {child->output, child->errors, child->report};
    for (size_t i = 0; i < N_FILES; i++) {
        if (files[i] != NULL) {
            (void)fclose(files[i]);
        }
    }
    if (child->pipe >= 0) {
        (void)close(child->pipe);
    }
    *child = (struct bench_child){.pipe = -1};
}

static enum status refuse(struct bench_child *child, struct error *error)
{
    error_set(error, "cannot start a process: %s", strerror(errno));
    release(child);
    return STATUS_IO;
}

/* The keeper takes over arguments; they vanish with it. */
static enum status start(struct bench_child *child, const char *folder,
                         char **arguments, double limit_s, struct error *error)
{
    int ends[2] = {-1, -1};
    *child = (struct bench_child){.pipe = -1,
                                  .output = tmpfile(),
                                  .errors = tmpfile(),
                                  .report = tmpfile()};
    if (child->output == NULL || child->errors == NULL ||
        child->report == NULL || pipe(ends) != 0) {
        return refuse(child, error);
    }
    child->pipe = ends[0];
    (void)fflush(NULL);
    child->keeper = fork();
    if (child->keeper == 0) {
        (void)close(ends[0]);
        keep(child, ends[1], folder, arguments, limit_s);
    }
    (void)close(ends[1]);
    return child->keeper < 0 ? refuse(child, error) : STATUS_OK;
}

/* A copy that the argument vector may own. */
static char *copy(const char *text)
{
    return alloc_string(text, strlen(text));
}

enum status bench_child_start(struct bench_child *child, const char *folder,
                              const struct bench_instance *instance,
                              size_t n_rest, char *const *rest,
                              struct error *error)
{
    char limit[64];
    (void)snprintf(limit, sizeof limit, "%.3f", instance->timeout_s);
    VEC(char *) arguments = {0};
    VEC_PUSH(&arguments, copy("astrolabe"));
    VEC_PUSH(&arguments, copy("verify"));
    VEC_PUSH(&arguments, copy("--quiet"));
    VEC_PUSH(&arguments, copy("--json"));
    VEC_PUSH(&arguments, copy(REPORT_PATH));
    VEC_PUSH(&arguments, copy("--timeout"));
    VEC_PUSH(&arguments, copy(limit));
    VEC_PUSH(&arguments,
             copy(instance->onnx[0] == '[' ? "--network-list" : "--network"));
    VEC_PUSH(&arguments, copy(instance->onnx));
    for (size_t i = 0; i < n_rest; i++) {
        VEC_PUSH(&arguments, copy(rest[i]));
    }
    VEC_PUSH(&arguments, copy("--"));
    VEC_PUSH(&arguments, copy(instance->vnnlib));
    VEC_PUSH(&arguments, NULL);
    const enum status status =
        start(child, folder, arguments.data, instance->timeout_s, error);
    for (size_t i = 0; i < arguments.n; i++) {
        alloc_free(arguments.data[i]);
    }
    VEC_CLEAR(&arguments);
    return status;
}

/* First line of a file without its end. */
static void first_line(char *text, int size, FILE *file)
{
    text[0] = '\0';
    rewind(file);
    if (fgets(text, size, file) == NULL) {
        text[0] = '\0';
    }
    text[strcspn(text, "\n")] = '\0';
}

/* Value of `"key": 123` in a line of the report. */
static bool read_counter(uint64_t *value, const char *line, const char *key)
{
    char start[48];
    (void)snprintf(start, sizeof start, "\"%s\": ", key);
    const char *at = strstr(line, start);
    if (at == NULL) {
        return false;
    }
    *value = strtoull(at + strlen(start), NULL, 10);
    return true;
}

/* Text of `"reason": "..."`, without the backslashes. */
static void read_reason(char *reason, const char *line)
{
    static const char start[] = "  \"reason\": \"";
    if (strncmp(line, start, sizeof start - 1) != 0) {
        return;
    }
    size_t n = 0;
    for (const char *at = line + sizeof start - 1;
         *at != '"' && *at != '\0' && n + 1 < BENCH_REASON_BYTES; at++) {
        at += *at == '\\' && at[1] != '\0' ? 1 : 0;
        reason[n++] = *at;
    }
    reason[n] = '\0';
}

static void read_report(struct bench_outcome *outcome, FILE *file)
{
    char line[1024];
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        read_reason(outcome->reason, line);
        (void)read_counter(&outcome->boxes, line, "boxes");
        (void)read_counter(&outcome->stars, line, "stars");
        (void)read_counter(&outcome->lps, line, "lps");
    }
}

/* Verdict by the way the child ended and its first line. */
static void judge(struct bench_outcome *outcome, const struct record *record,
                  const struct bench_child *child)
{
    char line[BENCH_REASON_BYTES];
    outcome->verdict = "error";
    read_report(outcome, child->report);
    if (record->is_killed) {
        outcome->verdict = "timed-out";
        (void)snprintf(outcome->reason, sizeof outcome->reason,
                       "killed %d s after its time limit",
                       (int)BENCH_GRACE_SECONDS);
    } else if (WIFSIGNALED(record->wait_status)) {
        first_line(line, sizeof line, child->errors);
        (void)snprintf(outcome->reason, sizeof outcome->reason,
                       "ended by signal %d: %.120s",
                       WTERMSIG(record->wait_status), line);
    } else {
        first_line(line, sizeof line, child->output);
        const char *word = bench_word(line);
        if (word != NULL) {
            outcome->verdict = word;
        } else if (outcome->reason[0] == '\0') {
            first_line(line, sizeof line, child->errors);
            (void)snprintf(outcome->reason, sizeof outcome->reason, "%s", line);
        }
    }
}

enum status bench_child_finish(struct bench_child *child,
                               struct bench_outcome *outcome,
                               struct error *error)
{
    struct record record = {0};
    enum status status = STATUS_OK;
    *outcome = (struct bench_outcome){0};
    ssize_t n = 0;
    do {
        n = read(child->pipe, &record, sizeof record);
    } while (n < 0 && errno == EINTR);
    (void)waitpid(child->keeper, NULL, 0);
    if (n != (ssize_t)sizeof record) {
        error_set(error, "the process of an instance was lost");
        status = STATUS_IO;
    } else if (WIFEXITED(record.wait_status) &&
               WEXITSTATUS(record.wait_status) == 2) {
        char line[BENCH_REASON_BYTES];
        first_line(line, sizeof line, child->errors);
        const char *colon = strstr(line, ": ");
        error_set(error, "verify refused its arguments: %s",
                  colon == NULL ? line : colon + 2);
        status = STATUS_USAGE;
    } else {
        outcome->wall_s = record.wall_s;
        outcome->cpu_s = record.cpu_s;
        outcome->max_rss_kb = record.max_rss_kb;
        judge(outcome, &record, child);
    }
    release(child);
    return status;
}

void bench_child_abandon(struct bench_child *child)
{
    (void)kill(child->keeper, SIGTERM);
    (void)waitpid(child->keeper, NULL, 0);
    release(child);
}
