/* The room of jumps in the checker: ends that refreshing finds for what signs
 * and floors read are moved outward, no others. */
#include "proofs/check/check_back.h"
#include "tests/suite.h"

/* FORMAT.md, "Refresh": 2^-30 in units of 2^-36 and of 2^-20. */
static const struct {
    unsigned fact_bits;
    int64_t room;
} grids[] = {{36, 64}, {20, 1}};

static void check_room(const struct check_layer *layer, unsigned fact_bits,
                       int64_t room)
{
    int64_t ends[] = {-5,
                      0,
                      CHECK_NO_LOWER,
                      CHECK_NO_UPPER,
                      1 - CHECK_MOST_FACT,
                      CHECK_MOST_FACT - 1};
    check_back_leave_room(ends, 3, layer, fact_bits);
    ck_assert_int_eq(ends[0], -5 - room);
    ck_assert_int_eq(ends[1], room);
    ck_assert_int_eq(ends[2], CHECK_NO_LOWER);
    ck_assert_int_eq(ends[3], CHECK_NO_UPPER);
    ck_assert_int_eq(ends[4], room > 0 ? CHECK_NO_LOWER : 1 - CHECK_MOST_FACT);
    ck_assert_int_eq(ends[5], room > 0 ? CHECK_NO_UPPER : CHECK_MOST_FACT - 1);
}

START_TEST(jumps_have_room)
{
    static const enum check_curve curves[] = {CHECK_SIGN, CHECK_FLOOR};
    const struct check_layer layer = {.kind = CHECK_CURVED,
                                      .curve = curves[_i]};
    for (size_t g = 0; g < sizeof grids / sizeof grids[0]; g++) {
        check_room(&layer, grids[g].fact_bits, grids[g].room);
    }
}
END_TEST

START_TEST(others_have_none)
{
    const struct check_layer curve = {.kind = CHECK_CURVED, .curve = CHECK_EXP};
    const struct check_layer relu = {.kind = CHECK_RELU, .curve = CHECK_SIGN};
    check_room(&curve, 36, 0);
    check_room(&relu, 36, 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_back");
    tcase_add_loop_test(cases, jumps_have_room, 0, 2);
    tcase_add_test(cases, others_have_none);
    return cases;
}
