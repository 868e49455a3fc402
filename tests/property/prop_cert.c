/* Both forms of random certificates: there and back; damaged files. */
#include "proofs/cert_bin.h"
#include "proofs/cert_text.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_NODES = 41 };

static char *print(size_t *n, const struct cert *cert)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, n);
    ck_assert_ptr_nonnull(stream);
    cert_text_print(stream, cert);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(text_and_bytes_say_the_same)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(400); i++) {
        struct cert cert;
        struct cert from_text;
        struct cert from_bytes;
        struct bytes bytes = {0};
        struct bytes again = {0};
        struct error error = {0};
        size_t n = 0;
        ref_cert_random(&cert, &rng, N_NODES);
        ck_assert_msg(cert_check(&cert, &error) == STATUS_OK, "%s",
                      error.message);
        cert_bin_encode(&bytes, &cert, NULL);
        ck_assert_msg(cert_bin_decode(&from_bytes, &bytes, &error) == STATUS_OK,
                      "certificate %zu: %s", i, error.message);
        ck_assert_msg(ref_cert_is_same(&cert, &from_bytes), "certificate %zu",
                      i);
        char *text = print(&n, &from_bytes);
        ck_assert_msg(cert_text_read(&from_text, text, n, &error) == STATUS_OK,
                      "certificate %zu: %s\n%s", i, error.message, text);
        cert_bin_encode(&again, &from_text, NULL);
        ck_assert_uint_eq(again.n, bytes.n);
        ck_assert_mem_eq(again.data, bytes.data, bytes.n);
        free(text);
        bytes_clear(&again);
        bytes_clear(&bytes);
        cert_clear(&from_bytes);
        cert_clear(&from_text);
        cert_clear(&cert);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* What is accepted in spite of the damage is at least a certificate: it keeps
 * the rules and can be written and read again. */
START_TEST(damaged_files_are_refused_or_mean_something_else)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 1);
    size_t n_accepted = 0;
    for (size_t i = 0; i < test_count(2000); i++) {
        struct cert cert;
        struct cert read;
        struct bytes bytes = {0};
        struct bytes again = {0};
        struct error error = {0};
        ref_cert_random(&cert, &rng, N_NODES);
        cert_bin_encode(&bytes, &cert, NULL);
        const size_t at = rng_below(&rng, bytes.n - SHA256_BYTES);
        bytes.data[at] = (char)(bytes.data[at] ^ (1 << rng_below(&rng, 8)));
        unsigned char digest[SHA256_BYTES];
        sha256_digest(digest, bytes.data, bytes.n - SHA256_BYTES);
        memcpy(bytes.data + bytes.n - SHA256_BYTES, digest, SHA256_BYTES);
        if (cert_bin_decode(&read, &bytes, &error) == STATUS_OK) {
            n_accepted++;
            struct cert second;
            ck_assert_msg(cert_check(&read, &error) == STATUS_OK, "%s",
                          error.message);
            cert_bin_encode(&again, &read, NULL);
            ck_assert_int_eq(cert_bin_decode(&second, &again, &error),
                             STATUS_OK);
            ck_assert(ref_cert_is_same(&read, &second));
            bytes_clear(&again);
            cert_clear(&second);
            cert_clear(&read);
        }
        bytes_clear(&bytes);
        cert_clear(&cert);
    }
    ck_assert_uint_gt(n_accepted, 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(damaged_texts_are_refused_or_mean_something_else)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 2);
    for (size_t i = 0; i < test_count(2000); i++) {
        struct cert cert;
        struct cert read;
        struct error error = {0};
        size_t n = 0;
        ref_cert_random(&cert, &rng, N_NODES);
        char *text = print(&n, &cert);
        text[rng_below(&rng, n)] = (char)rng_below(&rng, 256);
        const enum status status = cert_text_read(&read, text, n, &error);
        if (status == STATUS_OK) {
            cert_clear(&read);
        } else {
            ck_assert(error.line >= 1 || status == STATUS_LIMIT);
        }
        free(text);
        cert_clear(&cert);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert");
    tcase_add_test(cases, text_and_bytes_say_the_same);
    tcase_add_test(cases, damaged_files_are_refused_or_mean_something_else);
    tcase_add_test(cases, damaged_texts_are_refused_or_mean_something_else);
    return cases;
}
