/* SHA-256: published vectors, padding at every length, pieces. */
#include "src/base/sha256.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static void check_digest(const unsigned char digest[SHA256_BYTES],
                         const char *expected)
{
    char text[2 * SHA256_BYTES + 1];
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)digest[i]);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(published_vectors_come_out)
{
    static const char *const examples[][2] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
         "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        unsigned char digest[SHA256_BYTES];
        sha256_digest(digest, examples[i][0], strlen(examples[i][0]));
        check_digest(digest, examples[i][1]);
    }
}
END_TEST

START_TEST(a_million_letters_come_out)
{
    enum { N_PIECES = 1000, PIECE_BYTES = 1000 };
    char piece[PIECE_BYTES];
    unsigned char digest[SHA256_BYTES];
    struct sha256 hash;
    memset(piece, 'a', sizeof piece);
    sha256_init(&hash);
    for (size_t i = 0; i < N_PIECES; i++) {
        sha256_add(&hash, piece, sizeof piece);
    }
    sha256_finish(digest, &hash);
    check_digest(
        digest,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

/* Digest of the digests of all lengths up to three blocks, computed with
 * another implementation (Python's hashlib). */
START_TEST(every_length_is_padded_as_it_should_be)
{
    enum { N_MAX = 192 };
    char text[N_MAX];
    unsigned char digest[SHA256_BYTES];
    struct sha256 all;
    memset(text, 'x', sizeof text);
    sha256_init(&all);
    for (size_t n = 0; n <= N_MAX; n++) {
        sha256_digest(digest, text, n);
        sha256_add(&all, digest, sizeof digest);
    }
    sha256_finish(digest, &all);
    check_digest(
        digest,
        "78f583891c90f00e11c28b6cb4048bad529a50213a5a1f2b89ef4697a8eecf48");
}
END_TEST

START_TEST(pieces_add_up)
{
    static const char text[] =
        "every cut of a message into two pieces gives the digest of the whole, "
        "also where the cut is at the end of a block or in the padding's way";
    unsigned char whole[SHA256_BYTES];
    sha256_digest(whole, text, sizeof text);
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        unsigned char digest[SHA256_BYTES];
        struct sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, text, cut);
        sha256_add(&hash, text + cut, sizeof text - cut);
        sha256_finish(digest, &hash);
        ck_assert_mem_eq(digest, whole, sizeof whole);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("sha256");
    tcase_add_test(cases, published_vectors_come_out);
    tcase_add_test(cases, a_million_letters_come_out);
    tcase_add_test(cases, every_length_is_padded_as_it_should_be);
    tcase_add_test(cases, pieces_add_up);
    return cases;
}
