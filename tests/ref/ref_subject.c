/* Files in the temporary folder; the checker runs in a child process. */
#include "tests/ref/ref_subject.h"

#include "proofs/check/check_sha.h"
#include "src/base/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

void ref_subject_open(struct ref_subject *subject, struct ref_bytes *model,
                      const char *property)
{
    ref_file_write(subject->network_path, model->data, model->n);
    ref_file_write(subject->property_path, property, strlen(property));
    ref_bytes_clear(model);
    subject->network = check_network_load(subject->network_path);
    subject->property = check_property_load(subject->property_path);
    check_query_bind(subject->property, subject->network, 0);
    subject->query = check_query_create(subject->property);
}

void ref_subject_close(struct ref_subject *subject)
{
    check_query_free(subject->query);
    check_property_free(subject->property);
    check_network_free(subject->network);
    ref_file_remove(subject->network_path);
    ref_file_remove(subject->property_path);
}

struct ref_cert ref_subject_cert(const struct ref_subject *subject)
{
    enum { MOST_CASES = 16 };
    static char text[1 << 16];
    size_t n_disjuncts[MOST_CASES];
    const struct check_query *query = subject->query;
    REQUIRE(query->n_cases <= MOST_CASES);
    for (size_t i = 0; i < query->n_cases; i++) {
        n_disjuncts[i] = query->cases[i].n_disjuncts;
    }
    struct ref_cert cert =
        ref_cert_new(subject->network->n_inputs, subject->network->n_relus,
                     query->n_cases, n_disjuncts);
    FILE *file = tmpfile();
    REQUIRE(file != NULL);
    check_query_dump(file, query);
    rewind(file);
    const size_t n = fread(text, 1, sizeof text, file);
    REQUIRE(n < sizeof text && fclose(file) == 0);
    check_sha256(cert.cert.network_hash, subject->network->file.data,
                 subject->network->file.n);
    check_sha256(cert.cert.property_hash, subject->property->file.data,
                 subject->property->file.n);
    check_sha256(cert.cert.query_hash, (const unsigned char *)text, n);
    return cert;
}

int ref_subject_run(const struct ref_subject *subject,
                    const struct ref_bytes *certificate,
                    enum check_arithmetic arithmetic, size_t n_threads,
                    char line[REF_SUBJECT_LINE])
{
    char path[64];
    int pipes[2];
    ref_file_write(path, certificate->data, certificate->n);
    REQUIRE(pipe(pipes) == 0);
    (void)fflush(NULL);
    const pid_t process = fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        const bool is_shown = getenv("ASTROLABE_TEST_SHOW") != NULL;
        REQUIRE(dup2(pipes[1], STDOUT_FILENO) >= 0);
        REQUIRE(close(pipes[0]) == 0);
        REQUIRE(is_shown || freopen("/dev/null", "w", stderr) != NULL);
        (void)puts(check_certificate(path, subject->network, subject->property,
                                     subject->query, arithmetic, n_threads));
        (void)fflush(stdout);
        _exit(0);
    }
    int status = 0;
    REQUIRE(close(pipes[1]) == 0);
    FILE *file = fdopen(pipes[0], "r");
    REQUIRE(file != NULL);
    if (fgets(line, REF_SUBJECT_LINE, file) == NULL) {
        line[0] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
    REQUIRE(fclose(file) == 0);
    REQUIRE(waitpid(process, &status, 0) == process);
    ref_file_remove(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int ref_subject_check(const struct ref_subject *subject,
                      const struct ref_bytes *certificate,
                      enum check_arithmetic arithmetic)
{
    char line[REF_SUBJECT_LINE];
    return ref_subject_run(subject, certificate, arithmetic, 1, line);
}

struct ref_bytes ref_subject_chain(size_t n_layers, const size_t *widths,
                                   const double *const *weights,
                                   const double *const *biases)
{
    struct ref_model model = {.opset = 13};
    char outputs[2][32] = {"X", "X"};
    const int64_t first[] = {1, (int64_t)widths[0]};
    const int64_t last[] = {1, (int64_t)widths[n_layers]};
    ref_model_input(&model, "X", 1, first, 2);
    for (size_t l = 0; l < n_layers; l++) {
        const int64_t shape[] = {(int64_t)widths[l + 1], (int64_t)widths[l]};
        (void)snprintf(outputs[1], 32, l + 1 < n_layers ? "z%zu" : "Y", l);
        ref_model_gemm(&model, (const char *const[2]){outputs[0], outputs[1]},
                       shape, true, weights[l], biases[l]);
        (void)snprintf(outputs[0], 32, "y%zu", l);
        if (l + 1 < n_layers) {
            ref_model_node(&model, "Relu", outputs[1], outputs[0]);
        }
    }
    ref_model_output(&model, "Y", 1, last, 2);
    return ref_model_finish(&model);
}
