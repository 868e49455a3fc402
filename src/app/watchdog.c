/* SIGALRM from a POSIX timer; the handler calls only what is safe there. */
#include "src/app/watchdog.h"

#include "src/base/budget.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static struct budget limit;
static timer_t timer;
static volatile sig_atomic_t is_armed;
static volatile sig_atomic_t n_overdue;

static void on_tick(int number)
{
    static const char timed_out[] = "timed-out\n";
    static const char unknown[] = "unknown\n";
    const int saved = errno;
    (void)number;
    const enum status status = budget_check(&limit);
    if (is_armed && status != STATUS_OK) {
        n_overdue = n_overdue + 1;
    }
    if (is_armed && n_overdue > WATCHDOG_GRACE_TICKS) {
        const bool is_interrupt = status == STATUS_INTERRUPTED;
        const ssize_t n =
            write(STDOUT_FILENO, is_interrupt ? unknown : timed_out,
                  is_interrupt ? sizeof unknown - 1 : sizeof timed_out - 1);
        _exit(n < 0 ? 1 : 0);
    }
    errno = saved;
}

void watchdog_start(double deadline_s)
{
    const struct itimerspec ticks = {
        .it_interval = {.tv_nsec = WATCHDOG_TICK_MS * 1000000L},
        .it_value = {.tv_nsec = WATCHDOG_TICK_MS * 1000000L}};
    struct sigaction action = {0};
    struct sigevent event = {0};
    limit = (struct budget){.deadline_s = deadline_s};
    n_overdue = 0;
    action.sa_handler = on_tick;
    action.sa_flags = SA_RESTART;
    (void)sigemptyset(&action.sa_mask);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    if (sigaction(SIGALRM, &action, NULL) == 0 &&
        timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
        is_armed = 1;
        (void)timer_settime(timer, 0, &ticks, NULL);
    }
}

void watchdog_stop(void)
{
    if (is_armed) {
        is_armed = 0;
        (void)timer_delete(timer);
    }
}
