/*
 * The checker's reader of certificates and its rules. The first byte of an
 * input chooses a network and a property; the rest is a certificate whose
 * hashes are put right and whose END is added. Whatever it says, the checker
 * ends without a fault, accepts no proof where a point is unsafe and no
 * witness where none is.
 */
#include "proofs/check/check_certificate.h"
#include "proofs/check/check_sha.h"
#include "tests/fuzz/fuzz_shim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HASHES = 6, HEAD = HASHES + 3 * 32, KIND = 5, MOST_BYTES = 1 << 16 };

struct subject {
    const char *network_name;
    const char *property_name;
    bool is_safe;
    struct check_network *network;
    struct check_property *property;
    struct check_query *query;
    unsigned char hashes[3 * 32];
};

static struct subject subjects[] = {
    {.network_name = "tiny", .property_name = "tiny_holds_1", .is_safe = true},
    {.network_name = "tiny", .property_name = "tiny_holds_4", .is_safe = true},
    {.network_name = "tiny", .property_name = "tiny_fails_1"},
    {.network_name = "tiny", .property_name = "tiny_fails_2"},
    {.network_name = "controller",
     .property_name = "controller_holds_4",
     .is_safe = true},
    {.network_name = "controller", .property_name = "controller_fails_1"},
    {.network_name = "residual",
     .property_name = "residual_holds_1",
     .is_safe = true},
    {.network_name = "residual", .property_name = "residual_fails_1"}};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

static unsigned char bytes[MOST_BYTES + 32];

static void hash_query(struct subject *subject)
{
    static char text[1 << 16];
    FILE *file = fmemopen(text, sizeof text, "w");
    if (file == NULL) {
        fuzz_fail("no stream in memory");
    }
    check_query_dump(file, subject->query);
    const long n = ftell(file);
    (void)fclose(file);
    check_sha256(subject->hashes + 64, (const unsigned char *)text, (size_t)n);
}

static void load_subject(void *with)
{
    static char path[2][1024];
    struct subject *subject = with;
    const char *folder = getenv("ASTROLABE_MODELS");
    if (folder == NULL) {
        folder = "benchmarks/models";
    }
    (void)snprintf(path[0], sizeof path[0], "%s/%s.onnx", folder,
                   subject->network_name);
    (void)snprintf(path[1], sizeof path[1], "%s/%s.vnnlib", folder,
                   subject->property_name);
    subject->network = check_network_load(path[0]);
    subject->property = check_property_load(path[1]);
    check_query_bind(subject->property, subject->network, 0);
    subject->query = check_query_create(subject->property);
    check_sha256(subject->hashes, subject->network->file.data,
                 subject->network->file.n);
    check_sha256(subject->hashes + 32, subject->property->file.data,
                 subject->property->file.n);
    hash_query(subject);
}

int LLVMFuzzerInitialize(const int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_use_memory();
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        fuzz_prepare(load_subject, &subjects[i]);
    }
    return 0;
}

static void check(void *with)
{
    const struct subject *subject = with;
    (void)check_certificate("certificate", subject->network, subject->property,
                            subject->query, CHECK_FAST, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1 || n - 1 > MOST_BYTES) {
        return 0;
    }
    struct subject *subject = &subjects[data[0] % N_SUBJECTS];
    n--;
    memcpy(bytes, data + 1, n);
    if (n >= HEAD) {
        memcpy(bytes + HASHES, subject->hashes, sizeof subject->hashes);
    }
    check_sha256(bytes + n, bytes, n);
    fuzz_file(bytes, n + 32);
    const int status = fuzz_run(check, subject);
    if (status != 0 && status != 1 && status != 3 && status != 4) {
        fuzz_fail("an exit status of its own");
    }
    if (status == 0 && subject->is_safe != (bytes[KIND] == 0)) {
        fuzz_fail("a certificate of the contrary is accepted");
    }
    return 0;
}
