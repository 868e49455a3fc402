/* The checker's reader of properties: any bytes are read or refused, without
 * a fault; the canonical query of what is read can be printed. */
#include "proofs/check/check_query.h"
#include "tests/fuzz/fuzz_shim.h"

static FILE *nowhere;

static void read_property(void *with)
{
    (void)with;
    struct check_property *property = check_property_load("property");
    struct check_query *query = check_query_create(property);
    check_query_dump(nowhere, query);
    check_query_free(query);
    check_property_free(property);
}

int LLVMFuzzerInitialize(const int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_use_memory();
    nowhere = fopen("/dev/null", "w");
    return nowhere == NULL ? 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_file(data, n);
    const int status = fuzz_run(read_property, NULL);
    if (status != 0 && status != 3 && status != 4) {
        fuzz_fail("neither read nor unreadable nor unsupported");
    }
    return 0;
}
