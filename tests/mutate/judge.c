#include "tests/mutate/judge.h"

#include "proofs/check/check_certificate.h"
#include "proofs/check/check_sha.h"
#include "src/base/require.h"
#include "tests/ref/ref_certificate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HASHES = 6, HASH = 32, SECONDS = 20 };

void reading_open(struct reading *reading, const char *network,
                  const char *property)
{
    reading->property = check_property_load(property);
    reading->network = check_network_load(network);
    check_query_bind(reading->property, reading->network, 0);
    reading->query = check_query_create(reading->property);
}

static void hash_query(unsigned char hash[HASH],
                       const struct check_query *query)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    REQUIRE(file != NULL);
    check_query_dump(file, query);
    REQUIRE(fclose(file) == 0);
    check_sha256(hash, (const unsigned char *)text, n);
    free(text);
}

void reading_bind(struct ref_bytes *certificate, const struct reading *reading)
{
    unsigned char *hashes = certificate->data + HASHES;
    if (certificate->n < HASHES + 3 * HASH) {
        return;
    }
    check_sha256(hashes, reading->network->file.data, reading->network->file.n);
    check_sha256(hashes + HASH, reading->property->file.data,
                 reading->property->file.n);
    hash_query(hashes + (size_t)2 * HASH, reading->query);
}

void repair_end(struct ref_bytes *certificate)
{
    if (certificate->n >= HASH) {
        const size_t n = certificate->n - HASH;
        check_sha256(certificate->data + n, certificate->data, n);
    }
}

static const char *write_part(const char *folder, const char *name,
                              const struct ref_bytes *bytes)
{
    static char paths[3][256];
    static size_t next;
    char *path = paths[next++ % 3];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    ref_file_save(path, bytes->data, bytes->n);
    return path;
}

/* In the child: what is to be judged. */
static struct ref_bytes prepare(struct reading *reading,
                                const struct question *question)
{
    const struct mutant *mutant = question->mutant;
    struct ref_bytes certificate = {0};
    ref_bytes_append(&certificate, mutant->certificate.data,
                     mutant->certificate.n);
    *reading = *question->reading;
    if (question->is_rebound) {
        reading_open(
            reading, write_part(question->folder, "network", &mutant->network),
            write_part(question->folder, "property", &mutant->property));
        reading_bind(&certificate, reading);
        repair_end(&certificate);
    }
    return certificate;
}

/* Starts a silent child; 0 in it. */
static pid_t start(void)
{
    (void)fflush(NULL);
    const pid_t process = fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        (void)alarm(SECONDS);
        REQUIRE(freopen("/dev/null", "w", stdout) != NULL);
        if (getenv("ASTROLABE_TEST_SHOW") == NULL) {
            REQUIRE(freopen("/dev/null", "w", stderr) != NULL);
        }
    }
    return process;
}

static int finish(pid_t process)
{
    int status = 0;
    REQUIRE(waitpid(process, &status, 0) == process);
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    return WTERMSIG(status) == SIGALRM ? JUDGE_TIMED_OUT : JUDGE_CRASHED;
}

int judge_by_checker(const struct question *question,
                     enum check_arithmetic arithmetic)
{
    const pid_t process = start();
    if (process == 0) {
        struct reading reading;
        const struct ref_bytes bytes = prepare(&reading, question);
        (void)check_certificate(
            write_part(question->folder, "certificate", &bytes),
            reading.network, reading.property, reading.query, arithmetic, 1);
        _exit(0);
    }
    return finish(process);
}

int judge_by_twin(const struct question *question)
{
    const pid_t process = start();
    if (process == 0) {
        struct reading reading;
        const struct ref_bytes bytes = prepare(&reading, question);
        _exit((int)ref_certificate_judge(bytes.data, bytes.n, reading.network,
                                         reading.query));
    }
    return finish(process);
}
