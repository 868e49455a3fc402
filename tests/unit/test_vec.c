/* Growable arrays: contents survive growth, capacity never overflows. */
#include "src/base/vec.h"
#include "tests/suite.h"

#include <check.h>

#include <stdint.h>

struct pair {
    int first;
    int second;
};

START_TEST(pushed_values_stay_in_order)
{
    VEC(struct pair) pairs = {NULL, 0, 0};
    for (int i = 0; i < 1000; ++i) {
        VEC_PUSH(&pairs, ((struct pair){i, -i}));
    }
    ck_assert_uint_eq(pairs.n, 1000);
    for (int i = 0; i < 1000; ++i) {
        ck_assert_int_eq(pairs.data[i].first, i);
        ck_assert_int_eq(pairs.data[i].second, -i);
    }
    VEC_CLEAR(&pairs);
    ck_assert_ptr_null(pairs.data);
    ck_assert_uint_eq(pairs.n + pairs.capacity, 0);
}
END_TEST

START_TEST(reserved_room_is_zeroed_and_not_moved_by_pushes)
{
    VEC(int) numbers = {NULL, 0, 0};
    VEC_RESERVE(&numbers, 100);
    const int *before = numbers.data;
    for (size_t i = 0; i < 100; ++i) {
        ck_assert_int_eq(numbers.data[i], 0);
        VEC_PUSH(&numbers, 1);
    }
    ck_assert_ptr_eq(numbers.data, before);
    VEC_CLEAR(&numbers);
}
END_TEST

START_TEST(capacity_doubles_and_saturates)
{
    ck_assert_uint_eq(vec_next_capacity(0, 1), 8);
    ck_assert_uint_eq(vec_next_capacity(8, 9), 16);
    ck_assert_uint_eq(vec_next_capacity(8, 100), 100);
    ck_assert_uint_eq(vec_next_capacity(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 2),
                      SIZE_MAX);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("vec");
    tcase_add_test(tests, pushed_values_stay_in_order);
    tcase_add_test(tests, reserved_room_is_zeroed_and_not_moved_by_pushes);
    tcase_add_test(tests, capacity_doubles_and_saturates);
    return tests;
}
