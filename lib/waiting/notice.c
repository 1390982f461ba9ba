/* SPDX-License-Identifier: MIT */
/*
 * The notice on an io_uring. What is armed stays armed until it completes: a futex request that has
 * not completed still sleeps on its word and is woken like any other, so that most renewals need no
 * system call at all. A request whose wake is under way while we look completes later, which makes
 * the descriptor readable once more: no wake is lost, one may be for nothing.
 *
 * Where the caller has a ring of its own, the word is armed there, and the notice keeps the rest:
 * the caller's request sleeps on the bell as well.
 */
#include "waiting/notice.h"

#include <errno.h>
#include <time.h>

#include "kernel/clock.h"
#include "kernel/liveness.h"
#include "waiting/notice_thread.h"

/* As in wait.c: what tells nobody is looked for every two seconds; what cannot be watched, by a
 * tick. */
#define BACKSTOP_NS (2 * SX_NS_PER_S)
#define TICK_NS (64 * SX_NS_PER_MS)

/* Never the same for two threads of this process, unlike the kernel's number or an address. */
static uint64_t thread_token(void)
{
    static _Atomic uint64_t tokens;
    static _Thread_local uint64_t token;

    if (token == 0) /* relaxed: only its uniqueness matters */
        token = 1 + atomic_fetch_add_explicit(&tokens, 1, memory_order_relaxed);
    return token;
}

bool sx_notice_is_foreign(const struct sx_notice *n)
{
    return !n->thread && n->thread_token != thread_token();
}

int sx_notice_open(struct sx_notice *n)
{
    int failed = n->open ? 0 : sx_own_ring_open(&n->ring);

    /* A ring's memory counts against RLIMIT_MEMLOCK, which is small for most users. */
    if (failed == -EOPNOTSUPP || failed == -ENOMEM)
        failed = sx_notice_thread_open(&n->thread);
    if (failed)
        return failed;
    n->open = true;
    n->by_caller = false;
    return n->thread ? sx_notice_thread_fd(n->thread) : n->ring.fd;
}

int sx_notice_open_for_caller(struct sx_notice *n)
{
    int failed = n->thread ? -EOPNOTSUPP : sx_own_ring_open(&n->ring);

    if (!failed && !n->open)
        n->open = n->by_caller = true;
    return failed;
}

/*
 * What is armed becomes this thread's. What another thread has armed on a ring of its own is made
 * to complete: else it would go on waiting for deaths and times that are this thread's now, and
 * that end with it. The bell's count moves before the wake is made, so that an entry which that
 * thread has yet to submit completes too.
 */
static void take_over(struct sx_notice *n)
{
    bool foreign = n->thread_token != 0 && sx_notice_is_foreign(n);

    n->thread_token = thread_token();
    sx_disarm(&n->ring);
    if (foreign) {
        sx_arm_nudge_bell(&n->ring);
        sx_armed_submit(&n->ring);
    }
}

/* On the thread's way nothing is forgotten by not looking: the descriptors stay readable. */
bool sx_notice_begin(struct sx_notice *n, bool anew)
{
    unsigned tags = SX_TAG_DEATH;
    bool blind = n->blind;

    n->fired = n->blind = false;
    if (anew)
        n->uncovered = false;
    if (anew && !n->thread)
        take_over(n);
    if (n->thread)
        sx_notice_thread_begin(n->thread, anew);
    else
        tags = sx_armed_reap(&n->ring);
    return anew || blind || (tags & (SX_TAG_DEATH | SX_TAG_TIMER)) != 0;
}

void sx_notice_watch(struct sx_notice *n, uint32_t pid)
{
    int saved = errno, pidfd = sx_liveness_pidfd(pid);

    errno = saved;
    n->uncovered |= pidfd < 0 || !(n->thread ? sx_notice_thread_watch(n->thread, pidfd)
                                             : sx_arm_death_bell(&n->ring, pidfd));
}

/*
 * The ring does not take what was to be armed: it may have been forbidden since it was made, or the
 * kernel be short of memory for long. Silence would be for ever. So the descriptor is readable at
 * once, and an arm on the caller's ring completes at once: the caller looks again and again, at
 * most every millisecond, and finds whatever comes; each time also who has died, since no timer
 * says when to.
 */
static void look_again_soon(struct sx_notice *n)
{
    const struct timespec moment = {.tv_nsec = SX_NS_PER_MS};
    int saved = errno;

    sx_armed_stay_readable(&n->ring);
    n->fired = n->blind = true;
    nanosleep(&moment, NULL);
    errno = saved;
}

void sx_notice_arm(struct sx_notice *n, const _Atomic uint32_t *word, uint32_t value,
                   int64_t due_ns, bool seen)
{
    int64_t now_ns = sx_clock_now(), until_ns;

    n->uncovered |= !seen;
    until_ns = now_ns + (n->uncovered ? TICK_NS : BACKSTOP_NS);

    if (due_ns < until_ns)
        until_ns = due_ns > now_ns ? due_ns : now_ns;
    if (n->thread) {
        sx_notice_thread_arm(n->thread, word, value, until_ns);
        return;
    }
    n->word = word;
    n->value = value;
    if (!sx_arm_notice(&n->ring, n->by_caller ? NULL : word, value, until_ns, until_ns - now_ns))
        look_again_soon(n);
}

void sx_notice_fire(struct sx_notice *n)
{
    if (n->fired)
        return;
    n->fired = true;
    if (n->thread) {
        sx_notice_thread_fire(n->thread);
        return;
    }
    if (!sx_arm_nudge_bell(&n->ring) || !sx_armed_submit(&n->ring))
        sx_armed_stay_readable(&n->ring);
}

void sx_notice_close(struct sx_notice *n, bool own)
{
    if (n->thread)
        sx_notice_thread_close(n->thread, own);
    sx_armed_close(&n->ring, own);
}
