/* Which neurons are on a list, and in what order. */
#include "solver/dual_list.h"
#include "tests/suite.h"

#include <math.h>

static void check_ids(const struct dual_list *list, const uint32_t *ids,
                      size_t n)
{
    ck_assert_uint_eq(list->n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(list->id[i], ids[i]);
    }
}

START_TEST(the_highest_scores_stay_in_order)
{
    static const double scores[] = {2.0, 5.0, 1.0, 4.0, 3.0, 6.0, 0.5};
    struct dual_list list = {.most = 4};
    for (uint32_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        dual_list_offer(&list, i, scores[i]);
    }
    check_ids(&list, (uint32_t[]){5, 1, 3, 4}, 4);
    for (size_t i = 0; i < list.n; i++) {
        ck_assert_double_eq_tol(list.score[i], scores[list.id[i]], 1e-9);
    }
}
END_TEST

START_TEST(the_first_ones_of_equal_scores_stay)
{
    struct dual_list list = {.most = 3};
    for (uint32_t i = 0; i < 5; i++) {
        dual_list_offer(&list, i, 1.0);
    }
    check_ids(&list, (uint32_t[]){0, 1, 2}, 3);
    dual_list_offer(&list, 7, 2.0);
    check_ids(&list, (uint32_t[]){7, 0, 1}, 3);
}
END_TEST

START_TEST(scores_that_are_not_positive_are_left_out)
{
    struct dual_list list = {.most = DUAL_LIST_ROOM};
    dual_list_offer(&list, 0, 0.0);
    dual_list_offer(&list, 1, -1.0);
    dual_list_offer(&list, 2, (double)NAN);
    ck_assert_uint_eq(list.n, 0);
    dual_list_offer(&list, 3, HUGE_VAL);
    check_ids(&list, (uint32_t[]){3}, 1);
}
END_TEST

START_TEST(a_list_takes_as_many_as_there_is_room_for)
{
    struct dual_list list = {.most = DUAL_LIST_ROOM};
    for (uint32_t i = 0; i < 2 * (uint32_t)DUAL_LIST_ROOM; i++) {
        dual_list_offer(&list, i, 1.0 + (double)i);
    }
    ck_assert_uint_eq(list.n, DUAL_LIST_ROOM);
    for (uint32_t i = 0; i < list.n; i++) {
        ck_assert_uint_eq(list.id[i], 2 * (uint32_t)DUAL_LIST_ROOM - 1 - i);
    }
}
END_TEST

START_TEST(joined_lists_name_a_neuron_once)
{
    struct dual_list list = {.most = 2};
    struct dual_list other = {.most = 3};
    dual_list_offer(&list, 4, 2.0);
    dual_list_offer(&list, 5, 1.0);
    dual_list_offer(&other, 6, 9.0);
    dual_list_offer(&other, 5, 8.0);
    dual_list_offer(&other, 7, 7.0);
    dual_list_join(&list, &other);
    check_ids(&list, (uint32_t[]){4, 5, 6, 7}, 4);
    ck_assert_double_eq_tol(list.score[2], 9.0, 1e-9);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("dual_list");
    tcase_add_test(tests, the_highest_scores_stay_in_order);
    tcase_add_test(tests, the_first_ones_of_equal_scores_stay);
    tcase_add_test(tests, scores_that_are_not_positive_are_left_out);
    tcase_add_test(tests, a_list_takes_as_many_as_there_is_room_for);
    tcase_add_test(tests, joined_lists_name_a_neuron_once);
    return tests;
}
