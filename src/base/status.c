#include "src/base/status.h"

#include "src/base/require.h"

#include <stddef.h>

const char *status_name(enum status status)
{
    const char *name = NULL;
    switch (status) {
    case STATUS_OK:
        name = "ok";
        break;
    case STATUS_USAGE:
        name = "usage";
        break;
    case STATUS_BAD_INPUT:
        name = "bad input";
        break;
    case STATUS_UNSUPPORTED:
        name = "unsupported";
        break;
    case STATUS_IO:
        name = "input or output failed";
        break;
    case STATUS_TIMED_OUT:
        name = "timed out";
        break;
    case STATUS_INTERRUPTED:
        name = "interrupted";
        break;
    case STATUS_LIMIT:
        name = "limit reached";
        break;
    }
    REQUIRE(name != NULL);
    return name;
}
