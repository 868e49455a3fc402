/* What astrolabe-check says about a certificate that is to be shown. */
#ifndef ASTROLABE_APP_AUDIT_H
#define ASTROLABE_APP_AUDIT_H

#include "src/astrolabe.h"

#include <stdbool.h>

enum { AUDIT_TEXT_BYTES = 1024 };

/* text  one line: `accepted by astrolabe-check`, its refusal, or
 *       `not checked: ` and why
 * is_refused, ...  the record that it names, as in struct astrolabe_view */
struct audit {
    char text[AUDIT_TEXT_BYTES];
    bool is_refused;
    size_t refused_case;
    size_t refused_node;
};

/* Runs the checker beside this program on a certificate and the files of its
 * query, which may be packed; NULL: one is not known. */
void audit_run(struct audit *audit, const char *certificate,
               const char *network, const char *property);

#endif
