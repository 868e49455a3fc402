/* Edit distances by hand, and what is near enough to be suggested. */
#include "src/app/suggest.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(distances_are_those_counted_by_hand)
{
    ck_assert_uint_eq(suggest_distance("", ""), 0);
    ck_assert_uint_eq(suggest_distance("", "abc"), 3);
    ck_assert_uint_eq(suggest_distance("abc", ""), 3);
    ck_assert_uint_eq(suggest_distance("kitten", "sitting"), 3);
    ck_assert_uint_eq(suggest_distance("verify", "verfy"), 1);
    ck_assert_uint_eq(suggest_distance("ab", "ba"), 2);
}
END_TEST

START_TEST(distance_is_symmetric_and_survives_long_names)
{
    char name[300];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_uint_eq(suggest_distance(name, name), 0);
    ck_assert_uint_eq(suggest_distance(name, "b"), suggest_distance("b", name));
}
END_TEST

START_TEST(the_nearest_name_is_suggested_if_it_is_near)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, "tmeoutxyz", 6);
    ck_assert_ptr_null(suggest_best(&suggestion));
    suggest_consider(&suggestion, "threads");
    ck_assert_ptr_null(suggest_best(&suggestion));
    suggest_consider(&suggestion, "timeout");
    ck_assert_str_eq(suggest_best(&suggestion), "timeout");
    suggest_consider(&suggestion, "json");
    ck_assert_str_eq(suggest_best(&suggestion), "timeout");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("suggest");
    tcase_add_test(cases, distances_are_those_counted_by_hand);
    tcase_add_test(cases, distance_is_symmetric_and_survives_long_names);
    tcase_add_test(cases, the_nearest_name_is_suggested_if_it_is_near);
    return cases;
}
