/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word and on deaths at once. Skipped where the kernel has no io_uring for it.
 */
#include "waiting/arming.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/futex.h"
#include "kernel/liveness.h"
#include "support.h"

static void idle(struct link parent, void *arg)
{
    (void)arg;
    hear(parent);
}

static struct sx_own_ring open_ring(void)
{
    struct sx_own_ring ring = {0};

    ck_assert_int_eq(sx_own_ring_open(&ring), 0);
    return ring;
}

START_TEST(death_ends_the_sleep)
{
    struct sx_own_ring ring = open_ring();
    struct child child = child_start(idle, NULL);
    _Atomic uint32_t word = 0;

    ck_assert(sx_arm_word(&ring, &word, 0));
    ck_assert(sx_arm_death(&ring, (uint32_t)child.pid));
    child_kill(&child);
    sx_armed_sleep(&ring, SX_NEVER);
    sx_armed_close(&ring, true);
}
END_TEST

START_TEST(process_that_has_ended_cannot_be_watched)
{
    struct sx_own_ring ring = open_ring();
    struct child child = child_start(idle, NULL);
    uint32_t pid = (uint32_t)child.pid;

    child_kill(&child);
    ck_assert(!sx_arm_death(&ring, pid));
    ck_assert(!sx_arm_death(&ring, 0));
    ck_assert(!sx_arm_death(&ring, UINT32_MAX));
    sx_armed_close(&ring, true);
}
END_TEST

static void wake(struct link parent, void *arg)
{
    _Atomic uint32_t *word = arg;

    hear(parent);
    atomic_store(word, 1);
    sx_futex_wake(word);
}

START_TEST(wake_ends_the_sleep_again_and_again)
{
    struct sx_own_ring ring = open_ring();
    _Atomic uint32_t *word =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 50; i++) {
        struct child child = child_start(wake, word);

        atomic_store(word, 0);
        say(child.link, 1);
        while (atomic_load(word) == 0) { /* a sleep may end for no cause */
            ck_assert(sx_arm_word(&ring, word, 0));
            sx_armed_sleep(&ring, SX_NEVER);
        }
        child_join(&child);
    }
    sx_armed_close(&ring, true);
}
END_TEST

START_TEST(changed_word_does_not_sleep_and_deadlines_hold)
{
    struct sx_own_ring ring = open_ring();
    _Atomic uint32_t word = 1;
    int64_t deadline;

    ck_assert(sx_arm_word(&ring, &word, 0));
    sx_armed_sleep(&ring, SX_NEVER);
    deadline = sx_clock_now() + BRIEFLY;
    while (sx_clock_now() < deadline) {
        ck_assert(sx_arm_word(&ring, &word, 1));
        sx_armed_sleep(&ring, deadline);
    }
    sx_armed_close(&ring, true);
}
END_TEST

START_TEST(more_deaths_can_be_watched_than_the_ring_has_entries)
{
    struct sx_own_ring ring = open_ring();
    struct child children[40];
    _Atomic uint32_t word = 0;

    ck_assert(sx_arm_word(&ring, &word, 0));
    for (int i = 0; i < 40; i++) {
        children[i] = child_start(idle, NULL);
        ck_assert(sx_arm_death(&ring, (uint32_t)children[i].pid));
    }
    child_kill(&children[39]);
    sx_armed_sleep(&ring, SX_NEVER);
    sx_armed_close(&ring, true);
}
END_TEST

/* The bell never without what it is to be rung for, even when there is hardly any room left. */
START_TEST(entries_that_the_kernel_does_not_take_keep_their_bells)
{
    struct sx_own_ring ring = open_ring();
    int fd = ring.fd, armed = 0;

    ring.fd = open("/dev/null", O_RDONLY); /* which takes nothing */
    ck_assert_int_ge(ring.fd, 0);
    while (sx_arm_nudge_bell(&ring))
        ck_assert_int_le(++armed, 1000);
    ck_assert_uint_eq(ring.queued, 2 * (unsigned)armed);
    ck_assert(!sx_arm_death_bell(&ring, sx_liveness_pidfd((uint32_t)getpid())));
    ck_assert_uint_eq(ring.queued, 2 * (unsigned)armed);
    close(ring.fd);
    ring.fd = fd;
    ck_assert(sx_armed_submit(&ring));
    ck_assert_uint_eq(sx_armed_reap(&ring), SX_TAG_NUDGE);
    sx_armed_close(&ring, true);
}
END_TEST

/* What completes between the last reaping and the moment in which the ring is made readable. */
START_TEST(what_completes_before_a_ring_stays_readable_is_not_lost)
{
    struct sx_own_ring ring = open_ring();

    ck_assert_uint_eq(sx_armed_reap(&ring), 0);
    sx_arm_nudge_bell(&ring);
    ck_assert(sx_armed_submit(&ring));
    WAIT_UNTIL(atomic_load(sx_bell(&ring)) != sx_bell_value(&ring));
    sx_armed_stay_readable(&ring);
    sx_armed_stay_readable(&ring);
    ck_assert_uint_eq(sx_armed_reap(&ring) & SX_TAG_NUDGE, SX_TAG_NUDGE);
    sx_armed_stay_readable(&ring);
    sx_arm_nudge_bell(&ring);
    ck_assert(sx_armed_submit(&ring));
    sx_armed_stay_readable(&ring);
    ck_assert_uint_eq(sx_armed_reap(&ring) & SX_TAG_NUDGE, SX_TAG_NUDGE);
    sx_armed_close(&ring, true);
}
END_TEST

int main(void)
{
    struct sx_own_ring probe = {0};

    if (sx_own_ring_open(&probe) != 0)
        return EXIT_SKIPPED;
    sx_armed_close(&probe, true);
    return RUN_TESTS("arming", death_ends_the_sleep, process_that_has_ended_cannot_be_watched,
                     wake_ends_the_sleep_again_and_again,
                     changed_word_does_not_sleep_and_deadlines_hold,
                     more_deaths_can_be_watched_than_the_ring_has_entries,
                     entries_that_the_kernel_does_not_take_keep_their_bells,
                     what_completes_before_a_ring_stays_readable_is_not_lost);
}
