/* Words and numbers of a text, line by line. */
#include "proofs/cert_scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What may follow a word; the zero byte is among them. */
static const char blanks[] = " \t\r\n#";

static bool is_word_end(const struct cert_scan *scan)
{
    return strchr(blanks, *scan->at) != NULL;
}

static bool is_line_end(const struct cert_scan *scan)
{
    return scan->at == scan->end || *scan->at == '\n';
}

static void skip_blanks(struct cert_scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r') {
        scan->at++;
    }
}

/* Skips blanks and a remark. */
static void skip_remark(struct cert_scan *scan)
{
    skip_blanks(scan);
    if (*scan->at == '#') {
        while (!is_line_end(scan)) {
            scan->at++;
        }
    }
}

static void skip_empty_lines(struct cert_scan *scan)
{
    skip_remark(scan);
    while (scan->at < scan->end && *scan->at == '\n') {
        scan->at++;
        scan->line++;
        scan->line_start = scan->at;
        skip_remark(scan);
    }
}

void cert_scan_init(struct cert_scan *scan, const char *text, size_t n,
                    struct error *error)
{
    *scan = (struct cert_scan){.at = text,
                               .end = text + n,
                               .line_start = text,
                               .line = 1,
                               .error = error};
    skip_empty_lines(scan);
}

enum status cert_scan_refuse(const struct cert_scan *scan, const char *expected)
{
    error_set_place(scan->error, NULL, scan->line,
                    (size_t)(scan->at - scan->line_start) + 1);
    error_set(scan->error, "expected %s", expected);
    return STATUS_BAD_INPUT;
}

bool cert_scan_is_end(const struct cert_scan *scan)
{
    return scan->at == scan->end;
}

bool cert_scan_take(struct cert_scan *scan, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(scan);
    if (strncmp(scan->at, word, n) != 0 ||
        strchr(blanks, scan->at[n]) == NULL) {
        return false;
    }
    scan->at += n;
    return true;
}

static enum status expect(const struct cert_scan *scan, const char *text)
{
    char expected[32];
    (void)snprintf(expected, sizeof expected, "'%s'", text);
    return cert_scan_refuse(scan, expected);
}

enum status cert_scan_expect(struct cert_scan *scan, const char *word)
{
    return cert_scan_take(scan, word) ? STATUS_OK : expect(scan, word);
}

enum status cert_scan_prefix(struct cert_scan *scan, const char *prefix)
{
    const size_t n = strlen(prefix);
    skip_blanks(scan);
    if (strncmp(scan->at, prefix, n) != 0) {
        return expect(scan, prefix);
    }
    scan->at += n;
    return STATUS_OK;
}

enum status cert_scan_digits(struct cert_scan *scan, uint64_t *value,
                             uint64_t limit)
{
    const char *start = scan->at;
    *value = 0;
    while (*scan->at >= '0' && *scan->at <= '9') {
        const uint64_t digit = (uint64_t)(*scan->at - '0');
        if (digit > limit || *value > (limit - digit) / 10) {
            (void)cert_scan_refuse(scan, "a smaller number");
            return STATUS_LIMIT;
        }
        *value = 10 * *value + digit;
        scan->at++;
    }
    return scan->at == start ? cert_scan_refuse(scan, "a number") : STATUS_OK;
}

enum status cert_scan_number(struct cert_scan *scan, uint64_t *value,
                             uint64_t limit)
{
    skip_blanks(scan);
    const enum status status = cert_scan_digits(scan, value, limit);
    return status == STATUS_OK && !is_word_end(scan)
               ? cert_scan_refuse(scan, "a digit or a blank")
               : status;
}

enum status cert_scan_signed(struct cert_scan *scan, int64_t *value,
                             int64_t limit)
{
    skip_blanks(scan);
    const bool is_negative = *scan->at == '-';
    uint64_t size = 0;
    scan->at += is_negative ? 1 : 0;
    const enum status status = cert_scan_number(scan, &size, (uint64_t)limit);
    *value = is_negative ? -(int64_t)size : (int64_t)size;
    return status;
}

static int value_of_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum status cert_scan_bytes(struct cert_scan *scan, unsigned char *bytes,
                            size_t n)
{
    skip_blanks(scan);
    for (size_t i = 0; i < n; i++) {
        const int high = value_of_digit(scan->at[0]);
        const int low = high < 0 ? -1 : value_of_digit(scan->at[1]);
        if (low < 0) {
            return cert_scan_refuse(scan, "64 digits from 0 to f");
        }
        bytes[i] = (unsigned char)(16 * high + low);
        scan->at += 2;
    }
    return STATUS_OK;
}

/* Digits and a point: mantissa * 2^exponent. */
static enum status take_mantissa(struct cert_scan *scan, uint64_t *mantissa,
                                 int *exponent)
{
    bool has_point = false;
    *mantissa = 0;
    *exponent = 0;
    if (value_of_digit(*scan->at) < 0) {
        return cert_scan_refuse(scan, "a hexadecimal digit");
    }
    for (;; scan->at++) {
        const int digit = value_of_digit(*scan->at);
        if (digit < 0 && (*scan->at != '.' || has_point)) {
            return STATUS_OK;
        }
        if (digit < 0) {
            has_point = true;
            continue;
        }
        if (*mantissa >> 60U != 0) {
            return cert_scan_refuse(scan, "fewer digits");
        }
        *mantissa = *mantissa << 4U | (unsigned)digit;
        *exponent -= has_point ? 4 : 0;
    }
}

enum status cert_scan_double(struct cert_scan *scan, double *value)
{
    enum { MAX_EXPONENT = 2000 };
    static const uint64_t largest = (uint64_t)1 << 53U;
    enum status status = STATUS_OK;
    uint64_t mantissa = 0;
    uint64_t size = 0;
    int exponent = 0;
    bool is_small = false;
    skip_blanks(scan);
    const bool is_negative = *scan->at == '-';
    scan->at += is_negative ? 1 : 0;
    STATUS_TRY(cert_scan_prefix(scan, "0x"));
    STATUS_TRY(take_mantissa(scan, &mantissa, &exponent));
    STATUS_TRY(cert_scan_prefix(scan, "p"));
    is_small = *scan->at == '-';
    scan->at += *scan->at == '-' || *scan->at == '+' ? 1 : 0;
    STATUS_TRY(cert_scan_number(scan, &size, MAX_EXPONENT));
    exponent += is_small ? -(int)size : (int)size;
    while (mantissa != 0 && mantissa % 2 == 0) {
        mantissa /= 2;
        exponent++;
    }
    *value = ldexp((double)mantissa, exponent);
    if (mantissa > largest || !isfinite(*value) ||
        ldexp(*value, -exponent) < (double)mantissa ||
        ldexp(*value, -exponent) > (double)mantissa) {
        return cert_scan_refuse(scan, "a double before this");
    }
    *value = is_negative ? -*value : *value;
cleanup:
    return status;
}

enum status cert_scan_end_line(struct cert_scan *scan)
{
    skip_remark(scan);
    if (!is_line_end(scan)) {
        return cert_scan_refuse(scan, "the end of the line");
    }
    skip_empty_lines(scan);
    return STATUS_OK;
}
