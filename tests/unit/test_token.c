/* Tokens of both versions: kinds, spans, numbers, refusals. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/suite.h"
#include "vnnlib/source.h"
#include "vnnlib/token.h"

#include <check.h>

#include <stdio.h>
#include <string.h>

/* Scans `text` and writes each token as its letter and its span: the kinds
 * in their order are E ( ) [ ] , s q n t v. */
static enum status scan(char *out, size_t size, const char *text, int version,
                        struct error *error)
{
    static const char letters[] = "E()[],sqntv";
    struct vnnlib lib = {
        .path = alloc_string("test", 4),
        .text = {alloc_string(text, strlen(text)), strlen(text)}};
    struct source source = {.lib = &lib, .error = error};
    size_t n = 0;
    enum status status = STATUS_OK;
    out[0] = '\0';
    for (;;) {
        status = version == 1 ? token_next_v1(&source) : token_next_v2(&source);
        const struct token token = source.token;
        if (status != STATUS_OK || token.kind == TOKEN_END) {
            break;
        }
        const bool is_mark = token.kind < TOKEN_SYMBOL;
        n += (size_t)snprintf(
            out + n, size - n, "%s%c%s%.*s", n == 0 ? "" : " ",
            letters[token.kind], is_mark ? "" : ":",
            is_mark ? 0 : (int)token.length, lib.text.data + token.offset);
    }
    alloc_free(lib.path);
    bytes_clear(&lib.text);
    return status;
}

static void check_scan(const char *text, int version, const char *expected)
{
    char out[512];
    struct error error = {0};
    const enum status status = scan(out, sizeof out, text, version, &error);
    ck_assert_msg(status == STATUS_OK, "%s: %s", text, error.message);
    ck_assert_str_eq(out, expected);
}

static void check_refusal(const char *text, int version, size_t line,
                          size_t column, const char *part)
{
    char out[512];
    struct error error = {0};
    ck_assert_int_eq(scan(out, sizeof out, text, version, &error),
                     STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s", error.message);
    ck_assert_uint_eq(error.line, line);
    ck_assert_uint_eq(error.column, column);
}

START_TEST(version_1_symbols_may_look_like_operators)
{
    check_scan("(assert (<= X_0 -1.5e-3))", 1,
               "( s:assert ( s:<= s:X_0 n:-1.5e-3 ) )");
    check_scan("-test- -X_0 - + => :key a.b!", 1,
               "s:-test- s:-X_0 s:- s:+ s:=> s::key s:a.b!");
    check_scan("|a (b)| #b101 #xBe \"s;\\\" t\" ", 1,
               "q:a (b) n:#b101 n:#xBe t:\"s;\\\" t\"");
}
END_TEST

START_TEST(comments_and_blanks_separate_tokens)
{
    check_scan("; all\r\n(a;(b\n\tc)\f\v;end", 1, "( s:a s:c )");
    check_scan("; all\r\n[a;(b\n\t,]\f;", 2, "[ s:a , ]");
    check_scan("", 1, "");
    check_scan(";", 2, "");
}
END_TEST

START_TEST(version_2_tokens_need_no_blanks)
{
    check_scan("(assert(<=X[0,1]-1.5))", 2,
               "( s:assert ( s:<= s:X [ n:0 , n:1 ] n:-1.5 ) )");
    check_scan("(vnnlib-version <2.0>)", 2, "( s:vnnlib-version v:<2.0> )");
    check_scan("(<2.0 Y)", 2, "( s:< n:2.0 s:Y )");
    check_scan("(- 1)(-1)(--1)(+5)", 2,
               "( s:- n:1 ) ( n:-1 ) ( s:- n:-1 ) ( s:+ n:5 )");
    check_scan("== != =< =", 2, "s:== s:!= s:=< s:=");
    check_scan("1.5e+03 -.5 2E4", 2, "n:1.5e+03 n:-.5 n:2E4");
}
END_TEST

START_TEST(refusals_name_line_and_column)
{
    check_refusal("(a\n  #o55)", 1, 2, 3, "#o55");
    check_refusal("(a 1x)", 1, 1, 4, "expected a number, found '1x'");
    check_refusal("#b", 1, 1, 1, "#b");
    check_refusal("#b12", 1, 1, 1, "#b12");
    check_refusal("|a\nb", 1, 1, 1, "closing '|'");
    check_refusal("x \"a\\\"", 1, 1, 3, "closing '\"'");
    check_refusal("x\n\x80", 1, 2, 1, "0x80");
    check_refusal("{", 1, 1, 1, "'{'");
    check_refusal("X[5.]", 2, 1, 3, "found '5.'");
    check_refusal("1.2.3", 2, 1, 1, "found '1.2.3'");
    check_refusal("1e", 2, 1, 1, "found '1e'");
    check_refusal("5X", 2, 1, 1, "found '5X'");
    check_refusal("|f|", 2, 1, 1, "'|'");
    check_refusal("\n\n \"abc", 2, 3, 2, "closing '\"'");
}
END_TEST

START_TEST(decimal_grammar_is_exact)
{
    static const char *const good[] = {"0",     "-1",  "+1",   "1.",
                                       ".5",    "-.5", "1e5",  "1.e5",
                                       ".5E-3", "00",  "1e+0", "-0.0"};
    static const char *const bad[] = {"",    "-",   ".",     "+.", "e5",
                                      "1e",  "1e+", "1.2.3", "1 ", "--1",
                                      "0x1", "inf", "1e5.0"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(token_is_decimal(good[i], strlen(good[i])), "%s",
                      good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!token_is_decimal(bad[i], strlen(bad[i])), "%s", bad[i]);
    }
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("token");
    tcase_add_test(cases, version_1_symbols_may_look_like_operators);
    tcase_add_test(cases, comments_and_blanks_separate_tokens);
    tcase_add_test(cases, version_2_tokens_need_no_blanks);
    tcase_add_test(cases, refusals_name_line_and_column);
    tcase_add_test(cases, decimal_grammar_is_exact);
    return cases;
}
