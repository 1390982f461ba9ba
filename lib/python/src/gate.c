/* SPDX-License-Identifier: MIT */
/*
 * One thread at a time on a handle. All words of a gate are changed under the GIL; only sleeping is
 * done without it. A post of `turn` is made whenever somebody leaves while others wait, so none of
 * them sleeps on while the gate is open; a post too many costs a look.
 */
#include "gate.h"

#include <errno.h>
#include <pythread.h>
#include <time.h>
#include <unistd.h>

#include "convert.h"
#include "errors.h"

#define LOOK_NS (100 * NS_PER_MS) /* for signals, while waiting for one's turn */

unsigned fork_count;

void gate_init(struct gate *gate)
{
    gate->bell = -1;
    gate->forks = fork_count;
    sem_init(&gate->turn, 0, 0);
}

void gate_free(struct gate *gate)
{
    if (gate->bell >= 0)
        close(gate->bell);
    sem_destroy(&gate->turn);
}

static int usable(const struct gate *gate)
{
    if (gate->closed) {
        PyErr_SetString(PyExc_ValueError, "it is closed");
        return -1;
    }
    if (gate->forks != fork_count) {
        raise_result(-EPERM, NULL);
        return -1;
    }
    return 0;
}

static void ring(const struct gate *gate)
{
    const uint64_t one = 1;

    if (gate->bell >= 0 && write(gate->bell, &one, sizeof one) < 0) {
        /* full: it is heard already */
    }
}

/* Sleeps until somebody has left, or for a moment. */
static void sleep_for_turn(struct gate *gate, int64_t deadline_ns, bool quietly)
{
    struct timespec until;
    int64_t look_ns;

    clock_gettime(CLOCK_REALTIME, &until);
    look_ns = deadline_ns - clock_ns() < LOOK_NS ? deadline_ns - clock_ns() : LOOK_NS;
    if (look_ns > 0) {
        look_ns += until.tv_nsec;
        until.tv_sec += look_ns / NS_PER_S;
        until.tv_nsec = look_ns % NS_PER_S;
    }
    gate->waiting++;
    if (!quietly)
        ring(gate);
    Py_BEGIN_ALLOW_THREADS sem_timedwait(&gate->turn, &until);
    Py_END_ALLOW_THREADS gate->waiting--;
}

static int wait_for_turn(struct gate *gate, int64_t timeout_ns, bool quietly)
{
    int64_t deadline_ns = timeout_ns < 0 ? INT64_MAX : clock_ns() + timeout_ns;

    if (gate->owner == PyThread_get_thread_ident()) {
        PyErr_SetString(PyExc_RuntimeError, "called from within a call on the same handle");
        return -1;
    }
    while (gate->busy) {
        if (timeout_ns >= 0 && clock_ns() >= deadline_ns) {
            raise_result(timeout_ns == 0 ? -EAGAIN : -ETIMEDOUT, NULL);
            return -1;
        }
        sleep_for_turn(gate, deadline_ns, quietly);
        if (PyErr_CheckSignals() < 0)
            return -1;
    }
    return 0;
}

static int enter(struct gate *gate, int64_t timeout_ns, bool quietly)
{
    if (usable(gate) < 0)
        return -1;
    if (gate->busy && (wait_for_turn(gate, timeout_ns, quietly) < 0 || usable(gate) < 0))
        return -1;
    gate->busy = true;
    gate->owner = PyThread_get_thread_ident();
    gate->passed++;
    return 0;
}

int gate_enter(struct gate *gate, int64_t timeout_ns)
{
    return enter(gate, timeout_ns, false);
}

int gate_enter_again(struct gate *gate)
{
    return enter(gate, STREAMX_FOREVER, true);
}

void gate_leave(struct gate *gate)
{
    gate->busy = false;
    gate->owner = 0;
    if (gate->waiting > 0)
        sem_post(&gate->turn);
}

int gate_yield(struct gate *gate)
{
    unsigned long passed = gate->passed;
    const struct timespec moment = {0, 50000};

    gate_leave(gate);
    /* The one who was woken needs the GIL, and until then it would be ours again. */
    for (int i = 0; i < 200 && gate->waiting > 0 && gate->passed == passed; i++) {
        Py_BEGIN_ALLOW_THREADS nanosleep(&moment, NULL);
        Py_END_ALLOW_THREADS
    }
    return gate_enter_again(gate);
}
