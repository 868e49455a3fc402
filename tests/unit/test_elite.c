/* Which places are kept. */
#include "src/attack/elite.h"
#include "tests/suite.h"

#include <stdbool.h>

START_TEST(the_least_values_stay)
{
    struct elite elite;
    elite_init(&elite, 1);
    for (size_t k = 0; k < 3 * (size_t)ELITE_SIZE; k++) {
        /* descending and ascending values by turns */
        const double worst = k % 2 == 0 ? (double)k : 1000.0 - (double)k;
        double *place = elite_offer(&elite, worst, k);
        if (place != NULL) {
            *place = worst;
        }
    }
    ck_assert_uint_eq(elite.n, ELITE_SIZE);
    for (size_t k = 0; k < elite.n; k++) {
        ck_assert(elite.worst[k] < 2.0 * ELITE_SIZE);
        ck_assert(elite.point[k] <= elite.worst[k] &&
                  elite.point[k] >= elite.worst[k]);
        ck_assert_uint_eq(elite.disjunct[k] % 2, 0);
    }
    ck_assert_ptr_null(elite_offer(&elite, 1e9, 0));
    elite_empty(&elite);
    ck_assert_ptr_nonnull(elite_offer(&elite, 1e9, 0));
    elite_clear(&elite);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("elite");
    tcase_add_test(tests, the_least_values_stay);
    return tests;
}
