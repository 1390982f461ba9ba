/* SPDX-License-Identifier: MIT */
/*
 * Waiting, so that Ctrl-C ends it, other threads get in between, and nothing runs when there is
 * nothing to do.
 *
 * 1. The call is made without waiting; most succeed.
 * 2. Without the GIL, it is made with a short timeout: so it spins and sleeps as the library does.
 *    Who is told to spin for long does so in rounds, and between two of them rehearses what comes
 *    after a result. What has not run for a while, the interpreter's code as well as ours, is
 *    fetched anew line by line, which takes several times as long as the message. Only while that
 *    pays: as long as waits end by spinning.
 * 3. For the rest of the time poll(2) sleeps on the handle's descriptor and on the gate's bell. A
 *    signal ends it; one that comes just before it is seen at the tick. Before each poll the call
 *    is made without waiting, which renews the descriptor.
 *
 * Where there is no descriptor to be had, step 2 is repeated.
 */
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "convert.h"
#include "errors.h"

#define ROUND_NS INT64_C(50000)
#define SHORT_NS (20 * NS_PER_MS)
#define SLICE_NS (100 * NS_PER_MS)
#define TICK_NS NS_PER_S

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int try_without_gil(const struct waiting *w, int64_t timeout_ns)
{
    int result;

    Py_BEGIN_ALLOW_THREADS result = w->attempt(w->arg, timeout_ns);
    Py_END_ALLOW_THREADS return result;
}

/* -EAGAIN: its time is up. */
static int try_for(const struct waiting *w, int64_t timeout_ns)
{
    int result = try_without_gil(w, timeout_ns);

    return result == -ETIMEDOUT ? -EAGAIN : result;
}

static int try_now(const struct waiting *w)
{
    return w->copies_much ? try_without_gil(w, STREAMX_NOWAIT) : w->attempt(w->arg, STREAMX_NOWAIT);
}

/* Lets Python's signal handlers run, and other threads in. They may use the handle, also close
 * it. */
static int give_way(const struct waiting *w, bool *outside)
{
    bool rehearses = w->rehearse && *w->spinning;

    gate_leave(w->gate);
    if (PyErr_CheckSignals() < 0 || (rehearses && w->rehearse(w->arg) < 0) ||
        gate_enter_again(w->gate) < 0) {
        *outside = true;
        return -1;
    }
    if (w->gate->waiting > 0 && gate_yield(w->gate) < 0) {
        *outside = true;
        return -1;
    }
    return 0;
}

static void sleep_on(struct gate *gate, int fd, int64_t sleep_ns)
{
    struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};
    struct timespec limit;
    uint64_t rung;

    if (gate->bell < 0)
        gate->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    polled[1].fd = gate->bell;
    limit.tv_sec = sleep_ns / NS_PER_S;
    limit.tv_nsec = sleep_ns % NS_PER_S;
    Py_BEGIN_ALLOW_THREADS ppoll(polled, 2, &limit, NULL);
    Py_END_ALLOW_THREADS if (polled[1].revents && read(gate->bell, &rung, sizeof rung) < 0)
    {
        /* another one has heard it */
    }
}

/* Tries for so long, in rounds. -EAGAIN: in vain. */
static int try_in_rounds(const struct waiting *w, int64_t most_ns, int64_t round_ns, bool *outside)
{
    int64_t begun_ns = clock_ns(), passed_ns = 0;

    for (;;) {
        int result = try_for(w, least(most_ns - passed_ns, round_ns));

        passed_ns = clock_ns() - begun_ns;
        if (result != -EAGAIN || passed_ns >= most_ns)
            return result;
        if (give_way(w, outside) < 0)
            return RAISED;
        if (w->prepare && passed_ns >= SHORT_NS)
            w->prepare(w->arg);
    }
}

/* As the library waits: if it is told to spin for a moment, long enough to find out that this does
 * not pay. */
static int wait_briefly(const struct waiting *w, int64_t left_ns, bool *outside)
{
    int64_t spin_ns = w->spin_ns > 0 ? w->spin_ns : 0, begun_ns;
    int64_t most_ns = spin_ns <= SHORT_NS ? SHORT_NS + 2 * spin_ns : spin_ns;
    int result;

    if (w->rehearse && *w->spinning) {
        result = try_in_rounds(w, least(left_ns, spin_ns), ROUND_NS, outside);
        *w->spinning = result != -EAGAIN;
        return result;
    }
    begun_ns = clock_ns();
    result = try_in_rounds(w, least(left_ns, most_ns), SLICE_NS, outside);
    if (w->rehearse)
        *w->spinning = clock_ns() - begun_ns < spin_ns;
    return result;
}

/* Sleeps until something has happened or a tick is over, and tries. -EAGAIN: go on waiting. */
static int wait_once(const struct waiting *w, int64_t left_ns)
{
    int fd = w->descriptor(w->arg);
    int result;

    if (fd < 0)
        return try_for(w, least(left_ns, SLICE_NS));
    result = try_now(w); /* renews it */
    if (result != -EAGAIN)
        return result;
    sleep_on(w->gate, fd, least(left_ns, TICK_NS));
    return try_now(w);
}

int wait_for(const struct waiting *w, int64_t timeout_ns, bool *outside)
{
    int result = w->tried ? -EAGAIN : try_now(w);
    int64_t deadline_ns;

    if (result != -EAGAIN || timeout_ns == STREAMX_NOWAIT)
        return result;
    deadline_ns = timeout_ns < 0 ? INT64_MAX : clock_ns() + timeout_ns;
    result = wait_briefly(w, timeout_ns < 0 ? INT64_MAX : timeout_ns, outside);
    while (result == -EAGAIN) {
        int64_t left_ns = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - clock_ns();

        if (left_ns <= 0)
            return -ETIMEDOUT;
        if (give_way(w, outside) < 0)
            return RAISED;
        if (w->prepare)
            w->prepare(w->arg);
        result = wait_once(w, left_ns);
    }
    return result;
}
