/* Slope by integer division, intercept from both ends.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_activation.h"

bool check_wide_scale(check_wide *value, long shift, long most_bits)
{
    const check_wide most = (check_wide)1 << most_bits;
    if (shift < 0) {
        *value >>= shift < -127 ? 127 : -shift;
    } else if (*value != 0) {
        if (shift > most_bits || *value < -(most >> shift) ||
            *value > most >> shift) {
            return false;
        }
        *value *= (check_wide)1 << shift;
    }
    return -most <= *value && *value <= most;
}

struct check_line check_line_get(int64_t lower, int64_t upper,
                                 unsigned slope_bits)
{
    struct check_line line = {.phase = CHECK_UNSTABLE};
    if (lower >= 0) {
        line.phase = CHECK_ACTIVE;
        return line;
    }
    if (upper <= 0) {
        line.phase = CHECK_INACTIVE;
        return line;
    }
    line.is_rounded_up = upper < -(check_wide)lower;
    line.error = line.is_rounded_up ? upper : -lower;
    line.has_upper = lower != CHECK_NO_LOWER && upper != CHECK_NO_UPPER;
    if (line.has_upper) {
        const check_wide one = (check_wide)1 << slope_bits;
        const check_wide width = (check_wide)upper - lower;
        const check_wide slope = (one * upper + width / 2) / width;
        const check_wide at_lower = -slope * lower;
        const check_wide at_upper = (one - slope) * upper;
        line.is_identity_below =
            64 * (check_wide)upper > -63 * (check_wide)lower;
        line.slope = (int64_t)slope;
        line.intercept = at_lower > at_upper ? at_lower : at_upper;
        line.offset = (int64_t)((line.intercept + one - 1) / one);
    }
    return line;
}
