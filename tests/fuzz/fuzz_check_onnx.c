/* The checker's reader of networks: any bytes are read or refused, without a
 * fault; what is read can be printed. */
#include "proofs/check/check_network.h"
#include "tests/fuzz/fuzz_shim.h"

static FILE *nowhere;

static void read_network(void *with)
{
    (void)with;
    struct check_network *network = check_network_load("network");
    check_network_dump(nowhere, network);
    check_network_free(network);
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
    const int status = fuzz_run(read_network, NULL);
    if (status != 0 && status != 3 && status != 4) {
        fuzz_fail("neither read nor unreadable nor unsupported");
    }
    return 0;
}
