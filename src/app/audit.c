/* A child process; its two outputs go to temporary files. */
#include "src/app/audit.h"

#include "src/app/bench_check.h"
#include "src/base/alloc.h"
#include "src/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void set(struct audit *audit, const char *what, const char *detail)
{
    (void)snprintf(audit->text, sizeof audit->text, "%s%s", what, detail);
    audit->text[strcspn(audit->text, "\n")] = '\0';
}

_Noreturn static void exec_checker(char **arguments, FILE *errors)
{
    const int null = fileno(errors);
    if (dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0) {
        (void)execv(arguments[0], arguments);
    }
    _exit(127);
}

/* The exit status of the checker, -1 if it has none. */
static int run(char **arguments, FILE *output)
{
    int wait_status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        exec_checker(arguments, output);
    }
    pid_t ended = -1;
    do {
        ended = pid < 0 ? -1 : waitpid(pid, &wait_status, 0);
    } while (ended < 0 && pid > 0 && errno == EINTR);
    return pid > 0 && ended == pid && WIFEXITED(wait_status)
               ? WEXITSTATUS(wait_status)
               : -1;
}

/* Reads `NAME: case C: node N: reason`. */
static void find_record(struct audit *audit, const char *line)
{
    const char *at = strstr(line, ": case ");
    unsigned long case_index = 0;
    unsigned long node = 0;
    char *end = NULL;
    if (at == NULL) {
        return;
    }
    case_index = strtoul(at + strlen(": case "), &end, 10);
    if (strncmp(end, ": node ", strlen(": node ")) != 0) {
        return;
    }
    node = strtoul(end + strlen(": node "), &end, 10);
    audit->is_refused = *end == ':';
    audit->refused_case = case_index;
    audit->refused_node = node;
}

static void read_refusal(struct audit *audit, FILE *output)
{
    static const char NAME[] = "astrolabe-check: ";
    char line[AUDIT_TEXT_BYTES / 2] = "";
    rewind(output);
    while (strncmp(line, NAME, strlen(NAME)) != 0 &&
           fgets(line, sizeof line, output) != NULL) {
    }
    set(audit, "refused by ", line);
    find_record(audit, line);
}

static enum status check(struct audit *audit, char *certificate,
                         const struct bench_instance *instance,
                         struct error *error)
{
    enum status status = STATUS_OK;
    struct bench_check_files files = {0};
    char *checker = NULL;
    FILE *output = tmpfile();
    if (output == NULL) {
        error_set(error, "no temporary file: %s", strerror(errno));
        return STATUS_IO;
    }
    STATUS_TRY(bench_check_find(&checker, error));
    STATUS_TRY(bench_check_files_init(&files, instance, error));
    {
        const int exit_status =
            run(bench_check_arguments(&files, checker, certificate), output);
        if (exit_status == 0) {
            set(audit, "accepted by astrolabe-check", "");
        } else if (exit_status > 0 && exit_status < 127) {
            read_refusal(audit, output);
        } else {
            error_set(error, "astrolabe-check does not run");
            status = STATUS_IO;
        }
    }
cleanup:
    (void)fclose(output);
    bench_check_files_clear(&files);
    alloc_free(checker);
    return status;
}

void audit_run(struct audit *audit, const char *certificate,
               const char *network, const char *property)
{
    struct error error = {0};
    char message[AUDIT_TEXT_BYTES / 2];
    const struct bench_instance instance = {.onnx = network,
                                            .vnnlib = property};
    *audit = (struct audit){0};
    if (network == NULL || property == NULL) {
        set(audit, "not checked: ", "--network and --property are needed");
        return;
    }
    char *path = alloc_string(certificate, strlen(certificate));
    if (check(audit, path, &instance, &error) != STATUS_OK) {
        error_format(message, sizeof message, &error);
        set(audit, "not checked: ", message);
    }
    alloc_free(path);
}
