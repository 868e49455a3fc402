/* The checker's readers, run in a process of their own. */
#include "tests/checker.h"

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_vnnlib.h"
#include "tests/ref/ref_onnx_writer.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct question {
    const char *property_path;
    const char *network_path;
};

static void read_property(const void *context)
{
    const struct question *question = context;
    struct check_property *property =
        check_property_load(question->property_path);
    if (question->network_path != NULL) {
        struct check_network *network =
            check_network_load(question->network_path);
        check_query_bind(property, network, 0);
        check_network_free(network);
    }
    struct check_query *query = check_query_create(property);
    check_query_dump(stdout, query);
    check_query_free(query);
    check_property_free(property);
}

/* The first bytes of the file, from its start; closes it. */
static void read_back(char text[CHECKER_BYTES], FILE *file)
{
    rewind(file);
    const size_t n = fread(text, 1, CHECKER_BYTES - 1, file);
    text[n] = '\0';
    ck_assert_int_eq(fclose(file), 0);
}

static void drop_start(char *text, const char *start)
{
    const size_t n = strlen(start);
    if (strncmp(text, start, n) == 0) {
        memmove(text, text + n, strlen(text + n) + 1);
    }
}

void checker_call(struct checker_run *run, void (*read)(const void *context),
                  const void *context)
{
    FILE *output = tmpfile();
    FILE *errors = tmpfile();
    ck_assert(output != NULL && errors != NULL);
    (void)fflush(NULL);
    const pid_t process = fork();
    if (process == 0) {
        if (dup2(fileno(output), STDOUT_FILENO) < 0 ||
            dup2(fileno(errors), STDERR_FILENO) < 0) {
            _exit(EXIT_FAILURE);
        }
        read(context);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    ck_assert_int_gt(process, 0);
    int status = 0;
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    run->status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    read_back(run->output, output);
    read_back(run->errors, errors);
}

void checker_run(struct checker_run *run, const char *text, size_t n,
                 const char *network)
{
    char path[64];
    ref_file_write(path, text, n);
    const struct question question = {path, network};
    checker_call(run, read_property, &question);
    drop_start(run->errors, "astrolabe-check: ");
    drop_start(run->errors, path);
    drop_start(run->errors, ":");
    ref_file_remove(path);
}
