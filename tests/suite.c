#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

uint64_t test_seed(void)
{
    const char *text = getenv("ASTROLABE_TEST_SEED");
    return text == NULL ? 20260101U : strtoull(text, NULL, 10);
}

size_t test_count(size_t n)
{
    const char *text = getenv("ASTROLABE_TEST_FACTOR");
    const size_t factor = text == NULL ? 1 : strtoull(text, NULL, 10);
    return n * (factor == 0 ? 1 : factor);
}

const char *test_shared(const char *test, const char *path)
{
    static char text[1024];
    (void)snprintf(text, sizeof text, "../shared/%s", path);
    if (access(text, R_OK) != 0) {
        printf("SKIPPED %s: %s is absent\n", test, text);
        return NULL;
    }
    return text;
}

int main(void)
{
    Suite *suite = suite_create("astrolabe");
    suite_add_tcase(suite, test_cases());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
