/* bench -> keeper -> verify: rusage of waited-for children is per keeper. */
#include "src/app/bench_child.h"

#include "src/app/bench_keeper.h"
#include "src/base/alloc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_PATH "/dev/fd/3" /* as the keeper arranges it */

static void release(struct bench_child *child)
{
    enum { N_FILES = 5 };
    FILE *files[N_FILES] = {child->output, child->errors, child->report,
                            child->check_output, child->check_errors};
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
static enum status start(struct bench_child *child, const struct bench_job *job,
                         char **arguments, struct error *error)
{
    int ends[2] = {-1, -1};
    *child = (struct bench_child){.pipe = -1,
                                  .output = tmpfile(),
                                  .errors = tmpfile(),
                                  .report = tmpfile(),
                                  .check_output = tmpfile(),
                                  .check_errors = tmpfile()};
    if (child->output == NULL || child->errors == NULL ||
        child->report == NULL || child->check_output == NULL ||
        child->check_errors == NULL || pipe(ends) != 0) {
        return refuse(child, error);
    }
    child->is_checked = job->checker != NULL;
    child->pipe = ends[0];
    (void)fflush(NULL);
    child->keeper = fork();
    if (child->keeper == 0) {
        (void)close(ends[0]);
        bench_keeper_run(child, job, arguments, ends[1]);
    }
    (void)close(ends[1]);
    return child->keeper < 0 ? refuse(child, error) : STATUS_OK;
}

/* A copy that the argument vector may own. */
static char *copy(const char *text)
{
    return alloc_string(text, strlen(text));
}

enum status bench_child_start(struct bench_child *child,
                              const struct bench_job *job, struct error *error)
{
    const struct bench_instance *instance = job->instance;
    char limit[64];
    char level[16];
    (void)snprintf(limit, sizeof limit, "%.3f", instance->timeout_s);
    (void)snprintf(level, sizeof level, "%u", job->level);
    VEC(char *) arguments = {0};
    const char *const first[] = {
        "astrolabe",
        "verify",
        "--quiet",
        "--json",
        REPORT_PATH,
        "--timeout",
        limit,
        instance->onnx[0] == '[' ? "--network-list" : "--network",
        instance->onnx,
        /* with a proof only */
        "--proof",
        job->proof,
        "--minimize",
        level,
    };
    const size_t n_first = sizeof first / sizeof *first;
    if (job->proof != NULL) {
        (void)unlink(job->proof);
    }
    for (size_t i = 0; i < n_first - (job->proof == NULL ? 4 : 0); i++) {
        VEC_PUSH(&arguments, copy(first[i]));
    }
    for (size_t i = 0; i < job->n_rest; i++) {
        VEC_PUSH(&arguments, copy(job->rest[i]));
    }
    VEC_PUSH(&arguments, copy("--"));
    VEC_PUSH(&arguments, copy(instance->vnnlib));
    VEC_PUSH(&arguments, NULL);
    const enum status status = start(child, job, arguments.data, error);
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

/* Where the value of `"key": 123` starts in a line of the report, or NULL. */
static const char *find_value(const char *line, const char *key)
{
    char start[48];
    (void)snprintf(start, sizeof start, "\"%s\": ", key);
    const char *at = strstr(line, start);
    return at == NULL ? NULL : at + strlen(start);
}

static void read_counter(uint64_t *value, const char *line, const char *key)
{
    const char *text = find_value(line, key);
    *value = text == NULL ? *value : strtoull(text, NULL, 10);
}

static void read_time(double *value, const char *line, const char *key)
{
    char number[64];
    const char *text = find_value(line, key);
    if (text != NULL) {
        (void)snprintf(number, sizeof number, "%.*s",
                       (int)strspn(text, "0123456789."), text);
        (void)bench_read_seconds(value, number);
    }
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
        read_counter(&outcome->boxes, line, "boxes");
        read_counter(&outcome->stars, line, "stars");
        read_counter(&outcome->lps, line, "lps");
        read_counter(&outcome->proof_bytes, line, "proof_bytes");
        read_counter(&outcome->proof_leaves, line, "proof_leaves");
        read_counter(&outcome->raw_bytes, line, "proof_raw_bytes");
        read_time(&outcome->minimize_s, line, "minimize_seconds");
    }
}

/* Verdict by the way the child ended and its first line. */
static void judge(struct bench_outcome *outcome,
                  const struct bench_record *record,
                  const struct bench_child *child)
{
    char line[BENCH_REASON_BYTES];
    outcome->verdict = "error";
    read_report(outcome, child->report);
    if (record->verify.is_killed) {
        outcome->verdict = "timed-out";
        (void)snprintf(outcome->reason, sizeof outcome->reason,
                       "killed %d s after its time limit",
                       (int)BENCH_GRACE_SECONDS);
    } else if (WIFSIGNALED(record->verify.wait_status)) {
        first_line(line, sizeof line, child->errors);
        (void)snprintf(outcome->reason, sizeof outcome->reason,
                       "ended by signal %d: %.120s",
                       WTERMSIG(record->verify.wait_status), line);
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

/* Accepted only by status 0 and the word itself; status 4 is no opinion. */
static void judge_check(struct bench_outcome *outcome,
                        const struct bench_record *record,
                        const struct bench_child *child)
{
    enum { ACCEPTED = 0, UNSUPPORTED = 4 };
    char line[BENCH_REASON_BYTES];
    const struct bench_end *end = &record->check;
    const bool has_exited = !end->is_killed && WIFEXITED(end->wait_status);
    outcome->check_s = end->wall_s;
    first_line(line, sizeof line, child->check_output);
    if (record->is_checked && has_exited &&
        WEXITSTATUS(end->wait_status) == ACCEPTED &&
        strcmp(line, "accepted") == 0) {
        outcome->check = BENCH_CERTIFIED;
        return;
    }
    first_line(line, sizeof line, child->check_errors);
    const bool has_opinion =
        record->is_checked && !end->is_killed &&
        !(has_exited && WEXITSTATUS(end->wait_status) == UNSUPPORTED);
    outcome->check = has_opinion ? BENCH_REJECTED : BENCH_UNCHECKED;
    (void)snprintf(outcome->reason, sizeof outcome->reason, "%.150s",
                   end->is_killed    ? "the checker was killed"
                   : line[0] == '\0' ? "the checker did not accept"
                                     : line);
}

enum status bench_child_finish(struct bench_child *child,
                               struct bench_outcome *outcome,
                               struct error *error)
{
    struct bench_record record = {0};
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
    } else if (WIFEXITED(record.verify.wait_status) &&
               WEXITSTATUS(record.verify.wait_status) == 2) {
        char line[BENCH_REASON_BYTES];
        first_line(line, sizeof line, child->errors);
        const char *colon = strstr(line, ": ");
        error_set(error, "verify refused its arguments: %s",
                  colon == NULL ? line : colon + 2);
        status = STATUS_USAGE;
    } else {
        outcome->wall_s = record.verify.wall_s;
        outcome->cpu_s = record.cpu_s;
        outcome->max_rss_kb = record.max_rss_kb;
        judge(outcome, &record, child);
        if (child->is_checked && outcome->proof_bytes > 0) {
            judge_check(outcome, &record, child);
        }
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
