/* A timer that answers when the program does not come back in time. */
#ifndef ASTROLABE_APP_WATCHDOG_H
#define ASTROLABE_APP_WATCHDOG_H

/*
 * The budget is polled by the search, but not inside every long step (a
 * large model being read). Once the deadline or a signal is overdue by
 * WATCHDOG_GRACE_TICKS ticks of WATCHDOG_TICK_MS, the signal handler writes
 * the verdict line, `timed-out` or after SIGINT `unknown`, and leaves the
 * process with status 0. Result files keep their claimed text.
 */
enum { WATCHDOG_TICK_MS = 100, WATCHDOG_GRACE_TICKS = 6 };

/* Starts the timer; deadline_s on the clock of budget_now_s, HUGE_VAL for
 * none. Only one at a time. */
void watchdog_start(double deadline_s);

/* Stops it; due before anything is written to standard output. */
void watchdog_stop(void);

#endif
