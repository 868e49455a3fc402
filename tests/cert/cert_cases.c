/*
 * Checks the certificates of accept/ and reject/ with the checker, by words
 * and in integers of any size, and with its twin. Each of reject/ has a
 * namesake in accept/, and README.md names both.
 * Usage: cases CHECKER FOLDER
 *        cases --export OUTPUT FOLDER
 * The latter writes the files of accepted ones to the folder OUTPUT and prints
 * a list of them for `mutate`.
 */
#include "proofs/cert.h"
#include "src/base/require.h"
#include "tests/ref/ref_case.h"
#include "tests/ref/ref_certificate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_CASES = 512, MOST_LOG = 4096 };

/* Stands in for cert_check (--wrap of the linker): here certificates are
 * written that no prover writes.
 * NOLINTNEXTLINE(bugprone-reserved-identifier) */
enum status __wrap_cert_check(const struct cert *cert, struct error *error);

/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
enum status __wrap_cert_check(const struct cert *cert, struct error *error)
{
    (void)cert;
    (void)error;
    return STATUS_OK;
}

static const char *target; /* the checker, or the folder to write to */
static const char *folder;
static size_t n_checks;
static size_t n_failures;

static void expect(bool holds, const char *name, const char *what)
{
    n_checks++;
    if (!holds) {
        n_failures++;
        printf("%s: %s\n", name, what);
    }
}

/* Exit status of the checker; what it says. */
static int run_checker(char log[MOST_LOG], const struct ref_subject *subject,
                       const char *certificate, const char *option)
{
    FILE *output = tmpfile();
    REQUIRE(output != NULL);
    (void)fflush(NULL);
    const pid_t process = fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        REQUIRE(dup2(fileno(output), STDOUT_FILENO) >= 0);
        REQUIRE(dup2(fileno(output), STDERR_FILENO) >= 0);
        (void)execl(target, target, "--network", subject->network_path,
                    "--property", subject->property_path, certificate, option,
                    (char *)NULL);
        _exit(127);
    }
    int status = 0;
    REQUIRE(waitpid(process, &status, 0) == process);
    rewind(output);
    log[fread(log, 1, MOST_LOG - 1, output)] = '\0';
    REQUIRE(fclose(output) == 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void check_case(const char *path, bool is_accepted)
{
    static struct ref_case of;
    struct ref_subject subject;
    char certificate[64];
    char log[MOST_LOG];
    char what[MOST_LOG + 256];
    ref_case_read(&of, path);
    ref_case_open(&subject, &of);
    struct ref_bytes bytes = ref_case_certificate(&of, &subject);
    ref_file_write(certificate, bytes.data, bytes.n);
    for (int i = 0; i < 2; i++) {
        const char *option = i == 0 ? NULL : "--exact";
        const int status = run_checker(log, &subject, certificate, option);
        (void)snprintf(what, sizeof what, "%s: exit %d: %s",
                       i == 0 ? "words" : "integers", status, log);
        expect(status == of.status && (status == 0) == is_accepted &&
                   strstr(log, of.reason) != NULL,
               path, what);
    }
    const bool is_proof = bytes.n > 6 && of.reason[0] != '\0' &&
                          strstr(of.reason, "made for another") != NULL;
    const enum ref_verdict verdict = ref_certificate_judge(
        bytes.data, bytes.n, subject.network, subject.query);
    (void)snprintf(what, sizeof what, "twin: %d", (int)verdict);
    /* The twin does not look at the hashes of files. */
    expect(is_proof || (verdict == REF_ACCEPTED) == is_accepted, path, what);
    ref_file_remove(certificate);
    ref_bytes_clear(&bytes);
    ref_subject_close(&subject);
}

/* What of a file the case consists of: all but what is expected of it. */
static void read_case(char *text, size_t size, const char *path)
{
    char line[1024];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    text[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "#expect", 7) != 0) {
            n += (size_t)snprintf(text + n, size - n, "%s", line);
            REQUIRE(n < size);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static bool are_different(const char *path, const char *other)
{
    static char texts[2][1 << 16];
    read_case(texts[0], sizeof texts[0], path);
    read_case(texts[1], sizeof texts[1], other);
    return texts[1][0] != '\0' && strcmp(texts[0], texts[1]) != 0;
}

/* README.md names the case. */
static bool is_listed(const char *name)
{
    static char text[1 << 16];
    char path[1024];
    char quoted[300];
    (void)snprintf(path, sizeof path, "%s/README.md", folder);
    (void)snprintf(quoted, sizeof quoted, "`%.*s`", (int)strcspn(name, "."),
                   name);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    return strstr(text, quoted) != NULL;
}

/* Writes a file of a case to the folder. */
static void write_part(const char *output, const char *name, const char *end,
                       const void *data, size_t n)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.%s", output, name, end);
    ref_file_save(path, data, n);
}

/* The three files of a case and their line in the list. */
static void export_case(const char *output, const char *path, const char *name)
{
    static struct ref_case of;
    struct ref_subject subject;
    ref_case_read(&of, path);
    ref_case_open(&subject, &of);
    struct ref_bytes bytes = ref_case_certificate(&of, &subject);
    const bool is_witness = bytes.data[5] == 1;
    write_part(output, name, "onnx", subject.network->file.data,
               subject.network->file.n);
    write_part(output, name, "vnnlib", subject.property->file.data,
               subject.property->file.n);
    write_part(output, name, "dbc", bytes.data, bytes.n);
    /* A rejected proof that is of use is one of a property that fails. */
    if (of.status == 0 || of.is_sat) {
        printf("%s %s/%s.onnx %s/%s.vnnlib %s/%s.dbc\n",
               of.is_sat || is_witness ? "fails" : "holds", output, name,
               output, name, output, name);
    }
    ref_bytes_clear(&bytes);
    ref_subject_close(&subject);
}

/* Calls visit for each case of a folder: how many there are. */
static size_t for_all(const char *kind,
                      void (*visit)(const char *path, const char *name,
                                    const char *kind))
{
    struct dirent **entries = NULL;
    char path[1024];
    size_t n_cases = 0;
    (void)snprintf(path, sizeof path, "%s/%s", folder, kind);
    const int n = scandir(path, &entries, NULL, alphasort);
    REQUIRE(n >= 0);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (strstr(name, ".dbct") != NULL) {
            (void)snprintf(path, sizeof path, "%s/%s/%s", folder, kind, name);
            visit(path, name, kind);
            n_cases++;
        }
        free(entries[i]);
    }
    free(entries);
    return n_cases;
}

static void visit_check(const char *path, const char *name, const char *kind)
{
    char other[1024];
    const bool is_accepted = strcmp(kind, "accept") == 0;
    (void)snprintf(other, sizeof other, "%s/%s/%s", folder,
                   is_accepted ? "reject" : "accept", name);
    check_case(path, is_accepted);
    expect(is_listed(name), path, "README.md does not name it");
    expect(are_different(path, other), path,
           "has no other case to differ from");
}

static void visit_export(const char *path, const char *name, const char *kind)
{
    char text[300];
    (void)snprintf(text, sizeof text, "%.*s_%s", (int)strcspn(name, "."), name,
                   kind);
    export_case(target, path, text);
}

int main(int argc, char **argv)
{
    if (argc != 3 && !(argc == 4 && strcmp(argv[1], "--export") == 0)) {
        (void)fprintf(stderr, "usage: cases CHECKER FOLDER\n"
                              "       cases --export OUTPUT FOLDER\n");
        return 2;
    }
    target = argv[argc - 2];
    folder = argv[argc - 1];
    if (argc == 4) {
        (void)for_all("accept", visit_export);
        (void)for_all("reject", visit_export);
        return EXIT_SUCCESS;
    }
    const size_t n_accepted = for_all("accept", visit_check);
    const size_t n_rejected = for_all("reject", visit_check);
    expect(n_accepted == n_rejected && n_accepted >= 40, folder,
           "cases are missing");
    printf("%zu accepted, %zu rejected\n", n_accepted, n_rejected);
    printf("%zu%%: Checks: %zu, Failures: %zu, Errors: 0\n",
           100 * (n_checks - n_failures) / n_checks, n_checks, n_failures);
    return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
