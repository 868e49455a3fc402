#include "src/base/budget.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* The last of SIGINT and SIGTERM, 0 if none came; any thread may be the one
 * that is interrupted, and any may read. */
static atomic_int caught_signal;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a handler needs lock-free atomics");

/* Monotonic clock at the first call, in nanoseconds; 0: not yet called. */
static _Atomic int64_t start_ns;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    REQUIRE(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + (int64_t)now.tv_nsec;
}

double budget_now_s(void)
{
    const int64_t now = clock_ns(CLOCK_MONOTONIC);
    int64_t start = 0;
    if (atomic_compare_exchange_strong(&start_ns, &start, now)) {
        start = now;
    }
    return (double)(now - start) * 1e-9;
}

double budget_cpu_s(void)
{
    return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) * 1e-9;
}

enum status budget_check(const struct budget *budget)
{
    const int number = atomic_load(&caught_signal);
    if (number == SIGINT) {
        return STATUS_INTERRUPTED;
    }
    if (number == SIGTERM) {
        return STATUS_TIMED_OUT;
    }
    if (budget == NULL) {
        return STATUS_OK;
    }
    if (budget->is_over != NULL && atomic_load(budget->is_over)) {
        return STATUS_INTERRUPTED;
    }
    if (budget_now_s() >= budget->deadline_s) {
        return STATUS_TIMED_OUT;
    }
    if (budget->memory_bytes > 0 && alloc_live_bytes() > budget->memory_bytes) {
        return STATUS_LIMIT;
    }
    return STATUS_OK;
}

static void remember_signal(int number)
{
    atomic_store(&caught_signal, number);
}

void budget_catch_signals(void)
{
    struct sigaction action = {0};
    (void)sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = remember_signal;
    REQUIRE(sigaction(SIGINT, &action, NULL) == 0);
    REQUIRE(sigaction(SIGTERM, &action, NULL) == 0);
    action.sa_handler = SIG_IGN;
    REQUIRE(sigaction(SIGPIPE, &action, NULL) == 0);
}

size_t budget_cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (size_t)n;
}
