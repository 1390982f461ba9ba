/* SPDX-License-Identifier: MIT */
/*
 * Signal handlers that note the signal and interrupt what blocks.
 *
 * No handler has SA_RESTART, so that a signal ends a blocked read(2) or write(2) with EINTR. One
 * that arrives just before the call blocks would be missed; therefore the first signal also starts
 * an alarm(2) that comes every second until the program has ended, and a request for a status line
 * a timer that comes until it is answered.
 *
 * A signal that was ignored when the program was started stays ignored: its parent meant to keep it
 * from us (nohup, trap '' INT), or is a shell that keeps Ctrl-C from its background commands.
 */
#include "common/signals.h"

#include "common/clock.h"
#include "common/exit_status.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define KICK_NS (20 * CLI_CLOCK_MILLISECOND)

/* Written by the handlers, read by the program: one thread, so relaxed is enough. */
static atomic_int first_signal;
static atomic_bool impatient;
static atomic_bool status_wanted;
static int event_fd = -1;
static timer_t kicker;
static bool has_kicker;
static bool pipe_was_ignored;

static void make_readable(void)
{
    const uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);

    (void)written; /* cannot fail: the counter is far from full */
}

static void on_signal(int signal)
{
    int none = 0, before = errno;

    if (!atomic_compare_exchange_strong_explicit(&first_signal, &none, signal, memory_order_relaxed,
                                                 memory_order_relaxed)) {
        atomic_store_explicit(&impatient, true, memory_order_relaxed);
        return;
    }
    make_readable();
    alarm(1);
    errno = before;
}

/* Interrupts what blocks, in a moment. */
static void kick(void)
{
    const struct itimerspec soon = {.it_value.tv_nsec = KICK_NS};

    if (has_kicker)
        timer_settime(kicker, 0, &soon, NULL);
}

static void on_alarm(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if (info->si_code == SI_TIMER) { /* the kicker */
        if (atomic_load_explicit(&status_wanted, memory_order_relaxed))
            kick();
        return;
    }
    if (atomic_load_explicit(&first_signal, memory_order_relaxed) != 0)
        atomic_store_explicit(&impatient, true, memory_order_relaxed);
    alarm(1);
}

static void on_status(int signal)
{
    int before = errno;

    (void)signal;
    atomic_store_explicit(&status_wanted, true, memory_order_relaxed);
    make_readable();
    kick();
    errno = before;
}

static int handle(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, NULL) == 0 ? 0 : -errno;
}

static bool is_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Unless it is ignored. */
static int handle_end(int signal)
{
    return is_ignored(signal) ? 0 : handle(signal, on_signal);
}

/* The alarm must come through whatever the parent had blocked. */
static int handle_alarm(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    sigset_t only;

    sigemptyset(&action.sa_mask);
    sigemptyset(&only);
    sigaddset(&only, SIGALRM);
    if (sigaction(SIGALRM, &action, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &only, NULL) != 0)
        return -errno;
    has_kicker = timer_create(CLOCK_MONOTONIC, &event, &kicker) == 0;
    return 0;
}

int cli_signals_install(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    int result;

    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_fd < 0)
        return -errno;
    pipe_was_ignored = is_ignored(SIGPIPE);
    if ((result = handle(SIGPIPE, SIG_IGN)) != 0 || (result = handle_alarm()) != 0 ||
        (!is_ignored(SIGUSR1) && (result = handle(SIGUSR1, on_status)) != 0))
        return result;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0] && result == 0; i++)
        result = handle_end(ends[i]);
    return result;
}

int cli_signals_catch(int signal)
{
    return handle_end(signal);
}

bool cli_signals_pipe_ignored(void)
{
    return pipe_was_ignored;
}

int cli_signals_caught(void)
{
    return atomic_load_explicit(&first_signal, memory_order_relaxed);
}

bool cli_signals_status_wanted(void)
{
    uint64_t count;
    ssize_t got;

    if (!atomic_load_explicit(&status_wanted, memory_order_relaxed))
        return false;
    atomic_store_explicit(&status_wanted, false, memory_order_relaxed);
    /* This may take away what another signal wrote: who waits for the descriptor looks at
     * cli_signals_caught after this. */
    got = read(event_fd, &count, sizeof count);
    (void)got;
    return true;
}

int cli_signals_fd(void)
{
    return event_fd;
}

void cli_signals_deadline(int64_t deadline_ns)
{
    int64_t left_ns = cli_clock_until(deadline_ns, INT64_MAX);
    struct itimerval timer = {0};

    if (deadline_ns == CLI_CLOCK_NEVER)
        return;
    timer.it_value.tv_sec = left_ns / CLI_CLOCK_SECOND;
    timer.it_value.tv_usec = left_ns % CLI_CLOCK_SECOND / 1000;
    if (timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
        timer.it_value.tv_usec = 1; /* 0 would be no timer */
    setitimer(ITIMER_REAL, &timer, NULL);
}

bool cli_signals_impatient(void)
{
    return atomic_load_explicit(&impatient, memory_order_relaxed);
}

_Noreturn void cli_signals_exit(int status)
{
    sigset_t only;
    int signal = status - CLI_STATUS_SIGNAL;

    if (status <= CLI_STATUS_SIGNAL)
        exit(status);
    handle(signal, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, signal);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    raise(signal);
    exit(status); /* the default action of these signals ends the process before this */
}
