/* Names between quotation marks. */
#include "src/draw/dot_text.h"

#include <stddef.h>

/* Bytes of the UTF-8 character that begins here, without over-long forms and
 * surrogates; 0 if it is none. Source: RFC 3629, section 4. */
static size_t character_bytes(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t n = 0;
    unsigned char least = 0x80;
    unsigned char most = 0xbf;
    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        n = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        n = 3;
        least = at[0] == 0xe0 ? 0xa0 : least;
        most = at[0] == 0xed ? 0x9f : most;
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        n = 4;
        least = at[0] == 0xf0 ? 0x90 : least;
        most = at[0] == 0xf4 ? 0x8f : most;
    }
    for (size_t i = 1; i < n; i++) {
        if (at[i] < least || at[i] > most) {
            return 0;
        }
        least = 0x80;
        most = 0xbf;
    }
    return n;
}

void dot_text_name(FILE *file, const char *name, size_t most)
{
    const char *at = name;
    while (*at != '\0') {
        const size_t n = character_bytes(at);
        const unsigned char byte = (unsigned char)*at;
        if ((size_t)(at - name) + n > most) {
            (void)fputs("...", file);
            return;
        }
        if (n == 0 || byte < 0x20 || byte == 0x7f) {
            (void)fputc('?', file);
        } else if (byte == '&') {
            (void)fputs("&amp;", file);
        } else {
            if (byte == '"' || byte == '\\') {
                (void)fputc('\\', file);
            }
            (void)fwrite(at, 1, n, file);
        }
        at += n == 0 ? 1 : n;
    }
}
