/* SPDX-License-Identifier: MIT */
/*
 * What is alike whatever stands behind a notice: which it is, when it is due for a look around, and
 * that it is not fired twice.
 */
#include "waiting/notice.h"

#include <errno.h>

#include "kernel/clock.h"
#include "kernel/liveness.h"
#include "waiting/notice_ring.h"
#include "waiting/notice_thread.h"

/* As in wait.c: what tells nobody is looked for every two seconds; what cannot be watched, by a
 * tick. */
#define BACKSTOP_NS (2 * SX_NS_PER_S)
#define TICK_NS (64 * SX_NS_PER_MS)

int sx_notice_open(struct sx_notice *n)
{
    int failed = n->means ? 0 : sx_notice_ring_open(n);

    /* A ring's memory counts against RLIMIT_MEMLOCK, which is small for most users. */
    if (failed == -EOPNOTSUPP || failed == -ENOMEM)
        failed = sx_notice_thread_open(n);
    if (failed)
        return failed;
    n->by_caller = false;
    return n->fd;
}

int sx_notice_open_for_caller(struct sx_notice *n)
{
    int failed;

    if (n->means)
        return n->means->serves_caller ? 0 : -EOPNOTSUPP;
    failed = sx_notice_ring_open(n);
    n->by_caller = !failed;
    return failed;
}

bool sx_notice_is_foreign(const struct sx_notice *n)
{
    return n->means->is_foreign(n);
}

bool sx_notice_begin(struct sx_notice *n, bool anew)
{
    bool blind = n->blind;

    n->fired = n->blind = false;
    if (anew)
        n->uncovered = false;
    return n->means->begin(n, anew) || anew || blind;
}

void sx_notice_watch(struct sx_notice *n, uint32_t pid)
{
    int saved = errno, pidfd = sx_liveness_pidfd(pid);

    errno = saved;
    n->uncovered |= pidfd < 0 || !n->means->watch(n, pidfd);
}

void sx_notice_arm(struct sx_notice *n, const _Atomic uint32_t *word, uint32_t value,
                   int64_t due_ns, bool seen)
{
    int64_t now_ns = sx_clock_now(), until_ns;

    n->uncovered |= !seen;
    until_ns = now_ns + (n->uncovered ? TICK_NS : BACKSTOP_NS);
    if (due_ns < until_ns)
        until_ns = due_ns > now_ns ? due_ns : now_ns;
    n->means->arm(n, word, value, until_ns, until_ns - now_ns);
}

void sx_notice_fire(struct sx_notice *n)
{
    if (n->fired)
        return;
    n->fired = true;
    n->means->fire(n);
}

void sx_notice_close(struct sx_notice *n, bool own)
{
    if (n->means)
        n->means->close(n, own);
}
