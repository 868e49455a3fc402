/* Words and numbers of a text, line by line. */
#ifndef ASTROLABE_PROOFS_CERT_SCAN_H
#define ASTROLABE_PROOFS_CERT_SCAN_H

#include "src/base/error.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* at: next byte; a zero byte is at `end`. Errors name line and column. */
struct cert_scan {
    const char *at;
    const char *end;
    const char *line_start;
    size_t line;
    struct error *error;
};

/* Before the first word of the text. */
void cert_scan_init(struct cert_scan *scan, const char *text, size_t n,
                    struct error *error);

/* STATUS_BAD_INPUT: `expected` is missing at the next byte. */
enum status cert_scan_refuse(const struct cert_scan *scan,
                             const char *expected);

/* True if nothing but the end of the text follows. */
bool cert_scan_is_end(const struct cert_scan *scan);

/* Takes the word if it comes next in the line; or must. */
bool cert_scan_take(struct cert_scan *scan, const char *word);
enum status cert_scan_expect(struct cert_scan *scan, const char *word);

/* Goes over blanks to the letter or letters, which must come next, and over
 * them: the beginning of a word. */
enum status cert_scan_prefix(struct cert_scan *scan, const char *prefix);

/* Takes digits that come next, a number of at most `limit`; the same after
 * blanks as a whole word; with or without a minus sign in front, after blanks
 * and as a whole word, of at most `limit` in size.
 *   returns  STATUS_OK; STATUS_BAD_INPUT; STATUS_LIMIT */
enum status cert_scan_digits(struct cert_scan *scan, uint64_t *value,
                             uint64_t limit);
enum status cert_scan_number(struct cert_scan *scan, uint64_t *value,
                             uint64_t limit);
enum status cert_scan_signed(struct cert_scan *scan, int64_t *value,
                             int64_t limit);

/* Takes a finite number as printf writes it with %a, exactly. */
enum status cert_scan_double(struct cert_scan *scan, double *value);

/* Takes 2 * n hexadecimal digits. */
enum status cert_scan_bytes(struct cert_scan *scan, unsigned char *bytes,
                            size_t n);

/* Ends the line and goes to the first word of the next record. */
enum status cert_scan_end_line(struct cert_scan *scan);

#endif
