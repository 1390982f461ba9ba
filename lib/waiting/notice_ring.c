/* SPDX-License-Identifier: MIT */
/*
 * What is armed stays armed until it completes: a futex request that has not completed still sleeps
 * on its word and is woken like any other, so that most renewals need no system call at all. A
 * request whose wake is under way while we look completes later, which makes the descriptor
 * readable once more: no wake is lost, one may be for nothing.
 *
 * Where the caller has a ring of its own, the word is armed there, and this one keeps the rest: the
 * caller's request sleeps on the bell as well.
 */
#include "waiting/notice_ring.h"

#include <errno.h>
#include <time.h>

#include "kernel/clock.h"

/* Never the same for two threads of this process, unlike the kernel's number or an address. */
static uint64_t thread_token(void)
{
    static _Atomic uint64_t tokens;
    static _Thread_local uint64_t token;

    if (token == 0) /* relaxed: only its uniqueness matters */
        token = 1 + atomic_fetch_add_explicit(&tokens, 1, memory_order_relaxed);
    return token;
}

static bool ring_is_foreign(const struct sx_notice *n)
{
    return n->thread_token != thread_token();
}

/*
 * What is armed becomes this thread's. What another thread has armed on a ring of its own is made
 * to complete: else it would go on waiting for deaths and times that are this thread's now, and
 * that end with it. The bell's count moves before the wake is made, so that an entry which that
 * thread has yet to submit completes too.
 */
static void take_over(struct sx_notice *n)
{
    bool foreign = n->thread_token != 0 && ring_is_foreign(n);

    n->thread_token = thread_token();
    sx_disarm(&n->ring);
    if (foreign) {
        sx_arm_nudge_bell(&n->ring);
        sx_armed_submit(&n->ring);
    }
}

static bool ring_begin(struct sx_notice *n, bool anew)
{
    if (anew)
        take_over(n);
    return (sx_armed_reap(&n->ring) & (SX_TAG_DEATH | SX_TAG_TIMER)) != 0;
}

static bool ring_watch(struct sx_notice *n, int pidfd)
{
    return sx_arm_death_bell(&n->ring, pidfd);
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

static void ring_arm(struct sx_notice *n, const _Atomic uint32_t *word, uint32_t value,
                     int64_t until_ns, int64_t after_ns)
{
    n->word = word;
    n->value = value;
    if (!sx_arm_notice(&n->ring, n->by_caller ? NULL : word, value, until_ns, after_ns))
        look_again_soon(n);
}

static void ring_fire(struct sx_notice *n)
{
    if (!sx_arm_nudge_bell(&n->ring) || !sx_armed_submit(&n->ring))
        sx_armed_stay_readable(&n->ring);
}

static void ring_close(struct sx_notice *n, bool own)
{
    sx_armed_close(&n->ring, own);
}

static const struct sx_notice_means by_ring = {.is_foreign = ring_is_foreign,
                                               .begin = ring_begin,
                                               .watch = ring_watch,
                                               .arm = ring_arm,
                                               .fire = ring_fire,
                                               .close = ring_close,
                                               .serves_caller = true};

int sx_notice_ring_open(struct sx_notice *n)
{
    int failed = sx_own_ring_open(&n->ring);

    if (!failed) {
        n->means = &by_ring;
        n->fd = n->ring.fd;
    }
    return failed;
}
