/* astrolabe-check: checks a certificate against a network and a property.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_certificate.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_join.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: astrolabe-check --network FILE --property FILE CERTIFICATE\n"
    "       astrolabe-check --network FILE --property FILE --dump\n"
    "\n"
    "Decides whether the certificate proves that no input of the network (an\n"
    "ONNX file) satisfies the property (a VNN-LIB file), or shows one that\n"
    "does, in real arithmetic on the stored weights. Files must be unpacked.\n"
    "\n"
    "  --network FILE   the network; for a property about several ones\n"
    "                   --network NAME=FILE for each of them\n"
    "  --property FILE  the property\n"
    "  --exact          compute all bounds in integers of any size\n"
    "  --threads N      check in so many threads, 1 to 1024 (default 1)\n"
    "  --dump           print network and query as they were understood\n"
    "  --help           print this text\n"
    "  --version        print the version\n"
    "\n"
    "Standard output starts with `accepted` only if everything was checked;\n"
    "the next line says what holds.\n"
    "Exit status: 0 accepted (or printed what was asked for), 1 rejected,\n"
    "2 wrong command line, 3 unreadable or malformed input, 4 unsupported or\n"
    "over a limit.\n";

/* What the command line asks for; files not owned. */
struct request {
    size_t n_networks;
    const char **networks; /* owned */
    const char *property;
    const char *certificate;
    size_t n_threads;
    bool is_exact;
    bool is_dump;
    bool is_help;
    bool is_version;
};

static void set_once(const char **file, const char *name, const char *what)
{
    if (name == NULL) {
        check_usage("%s needs a file; see --help", what);
    }
    if (*file != NULL) {
        check_usage("%s is given twice; see --help", what);
    }
    *file = name;
}

static void add_network(struct request *request, const char *file)
{
    if (file == NULL) {
        check_usage("--network needs a file; see --help");
    }
    request->networks = check_grow(request->networks, request->n_networks,
                                   sizeof *request->networks);
    request->networks[request->n_networks++] = file;
}

static size_t read_threads(const char *text)
{
    size_t n = 0;
    for (; text != NULL && *text >= '0' && *text <= '9' && n <= 1024; text++) {
        n = 10 * n + (size_t)(*text - '0');
    }
    if (text == NULL || *text != '\0' || n < 1 || n > 1024) {
        check_usage("--threads needs a number from 1 to 1024; see --help");
    }
    return n;
}

static struct request read_arguments(int argc, char **argv)
{
    struct request request = {.n_threads = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--network") == 0) {
            add_network(&request, argv[++i]);
        } else if (strcmp(argv[i], "--property") == 0) {
            set_once(&request.property, argv[++i], "--property");
        } else if (strcmp(argv[i], "--threads") == 0) {
            request.n_threads = read_threads(argv[++i]);
        } else if (strcmp(argv[i], "--exact") == 0) {
            request.is_exact = true;
        } else if (strcmp(argv[i], "--dump") == 0) {
            request.is_dump = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            request.is_help = true;
        } else if (strcmp(argv[i], "--version") == 0) {
            request.is_version = true;
        } else if (argv[i][0] == '-') {
            check_usage("unknown option '%s'; see --help", argv[i]);
        } else {
            set_once(&request.certificate, argv[i], "the certificate");
        }
    }
    return request;
}

static void dump(const struct request *request)
{
    struct check_property *property = check_property_load(request->property);
    struct check_network *network =
        check_networks_load(property, request->networks, request->n_networks);
    struct check_query *query = check_query_create(property);
    check_network_dump(stdout, network);
    check_query_dump(stdout, query);
    check_query_free(query);
    check_network_free(network);
    check_property_free(property);
}

/* Prints `accepted` after everything was checked, and only here. */
static void check(const struct request *request)
{
    struct check_property *property = check_property_load(request->property);
    struct check_network *network =
        check_certificate_has_cells(request->certificate)
            ? check_networks_load_cells(property, request->networks,
                                        request->n_networks)
            : check_networks_load(property, request->networks,
                                  request->n_networks);
    struct check_query *query = check_query_create(property);
    const char *shown = check_certificate(
        request->certificate, network, property, query,
        request->is_exact ? CHECK_EXACT : CHECK_FAST, request->n_threads);
    (void)printf("accepted\n%s\n", shown);
    check_query_free(query);
    check_network_free(network);
    check_property_free(property);
}

int main(int argc, char **argv)
{
    check_use_memory();
    const struct request request = read_arguments(argc, argv);
    if (request.is_help) {
        (void)fputs(usage, stdout);
    } else if (request.is_version) {
        (void)puts(ASTROLABE_VERSION);
    } else if (request.n_networks == 0 || request.property == NULL ||
               (request.certificate == NULL) != request.is_dump) {
        check_usage("expected a network, a property, and either a certificate "
                    "or --dump; see --help");
    } else if (request.is_dump) {
        dump(&request);
    } else {
        check(&request);
    }
    check_free(request.networks);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        check_unreadable("standard output: cannot be written");
    }
    return 0;
}
