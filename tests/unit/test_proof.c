/* The certificate of a run: whole at the end, or not at all. */
#include "proofs/cert_bin.h"
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/verify/proof.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/astrolabe-proof-XXXXXX";
static char path[64];
static struct query *query;

/* Once for all tests, so that one that fails leaves nothing behind. */
static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.dbc", folder);
}

static void remove_folder(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void set_up(void)
{
    const struct query_network network = {.path =
                                              "benchmarks/models/tiny.onnx"};
    struct error error = {0};
    ck_assert_msg(query_load(&query, "benchmarks/models/tiny_holds_2.vnnlib", 1,
                             &network, false, &error) == STATUS_OK,
                  "%s", error.message);
    ck_assert_uint_eq(query->n_cases, 1);
}

static void tear_down(void)
{
    query_destroy(query);
    (void)unlink(path);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

static struct proof *open_proof(void)
{
    struct proof *proof = NULL;
    struct error error = {0};
    ck_assert_msg(proof_open(&proof, query, path, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_int_ne(access(path, F_OK), 0);
    return proof;
}

START_TEST(a_closed_case_makes_a_certificate)
{
    struct proof *proof = open_proof();
    struct stats stats = {0};
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    unsigned char digest[SHA256_BYTES];
    struct sink *sink = proof_begin_case(proof);
    sink_close(sink, sink_root(sink), NULL);
    proof_end_case(proof, 0, sink, true);
    ck_assert_int_eq(proof_write(proof, &stats, &error), STATUS_OK);
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_uint_eq(stats.proof_bytes, bytes.n);
    ck_assert_uint_eq(stats.proof_leaves, 1);
    ck_assert_uint_eq(stats.proof_leaves_explicit, 0);
    ck_assert_int_eq(cert_bin_decode(&cert, &bytes, &error), STATUS_OK);
    ck_assert_int_eq(proof_hash_query(digest, query, &error), STATUS_OK);
    ck_assert_mem_eq(cert.query_hash, digest, SHA256_BYTES);
    cert_clear(&cert);
    bytes_clear(&bytes);
    proof_destroy(proof);
}
END_TEST

START_TEST(a_case_without_a_proof_makes_none)
{
    struct stats stats = {0};
    for (int is_closed = 0; is_closed < 3; is_closed++) {
        struct proof *proof = open_proof();
        struct error error = {0};
        if (is_closed < 2) { /* else the case is left out */
            struct sink *sink = proof_begin_case(proof);
            (void)sink_root(sink);
            proof_end_case(proof, 0, sink, is_closed == 1);
        }
        ck_assert_int_eq(proof_write(proof, &stats, &error), STATUS_LIMIT);
        ck_assert_msg(strstr(error.message, is_closed == 1
                                                ? "left a region open"
                                                : "no proof of case 1 of 1") !=
                          NULL,
                      "%s", error.message);
        ck_assert_int_ne(access(path, F_OK), 0);
        proof_destroy(proof);
    }
    ck_assert_uint_eq(stats.proof_bytes, 0);
}
END_TEST

START_TEST(a_witness_makes_a_certificate)
{
    static const double x[] = {0.25, -0.0};
    struct proof *proof = open_proof();
    struct stats stats = {0};
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    ck_assert_uint_eq(query->layers->n_inputs, 2);
    struct sink *sink = proof_begin_case(proof);
    (void)sink_root(sink);
    proof_end_case(proof, 0, sink, false);
    proof_keep_witness(proof, x);
    ck_assert_int_eq(proof_write(proof, &stats, &error), STATUS_OK);
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_int_eq(cert_bin_decode(&cert, &bytes, &error), STATUS_OK);
    ck_assert_int_eq(cert.verdict, CERT_SAT);
    ck_assert_uint_eq(cert.n_inputs, 2);
    ck_assert_mem_eq(cert.witness, x, sizeof x);
    cert_clear(&cert);
    bytes_clear(&bytes);
    proof_destroy(proof);
}
END_TEST

/* Digest of a file by a reading of its own. */
static void hash_file(unsigned char digest[SHA256_BYTES], const char *name)
{
    struct error error = {0};
    struct bytes bytes = {0};
    ck_assert_int_eq(reader_load(&bytes, name, 1U << 20, &error), STATUS_OK);
    sha256_digest(digest, bytes.data, bytes.n);
    bytes_clear(&bytes);
}

START_TEST(the_certificate_has_the_digests_of_the_files)
{
    struct proof *proof = open_proof();
    struct stats stats = {0};
    struct error error = {0};
    struct bytes bytes = {0};
    struct cert cert;
    unsigned char digest[SHA256_BYTES];
    const double x[] = {0.5, -0.25};
    proof_keep_witness(proof, x);
    ck_assert_int_eq(proof_write(proof, &stats, &error), STATUS_OK);
    ck_assert_int_eq(reader_load(&bytes, path, 1U << 20, &error), STATUS_OK);
    ck_assert_int_eq(cert_bin_decode(&cert, &bytes, &error), STATUS_OK);
    hash_file(digest, query->network_path);
    ck_assert_mem_eq(cert.network_hash, digest, sizeof digest);
    hash_file(digest, query->property_path);
    ck_assert_mem_eq(cert.property_hash, digest, sizeof digest);
    cert_clear(&cert);
    bytes_clear(&bytes);
    proof_destroy(proof);
}
END_TEST

START_TEST(a_missing_folder_is_noticed_before_the_search)
{
    struct proof *proof = NULL;
    struct error error = {0};
    ck_assert_int_eq(proof_open(&proof, query, "/nonexistent/a.dbc", &error),
                     STATUS_IO);
    ck_assert_ptr_null(proof);
}
END_TEST

START_TEST(nothing_happens_without_a_proof)
{
    ck_assert_ptr_null(proof_begin_case(NULL));
    proof_end_case(NULL, 0, NULL, true);
    proof_keep_witness(NULL, NULL);
    proof_destroy(NULL);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("proof");
    tcase_add_unchecked_fixture(cases, make_folder, remove_folder);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_closed_case_makes_a_certificate);
    tcase_add_test(cases, a_case_without_a_proof_makes_none);
    tcase_add_test(cases, a_witness_makes_a_certificate);
    tcase_add_test(cases, the_certificate_has_the_digests_of_the_files);
    tcase_add_test(cases, a_missing_folder_is_noticed_before_the_search);
    tcase_add_test(cases, nothing_happens_without_a_proof);
    return cases;
}
