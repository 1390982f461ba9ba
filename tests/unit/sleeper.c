/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word and on deaths at once. Skipped where the kernel has no io_uring for it.
 */
#include "waiting/sleeper.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/futex.h"
#include "support.h"

static void idle(struct link parent, void *arg)
{
    (void)arg;
    hear(parent);
}

static struct sx_sleeper open_sleeper(void)
{
    struct sx_sleeper sleeper = {0};

    ck_assert_int_eq(sx_sleeper_open(&sleeper), 0);
    return sleeper;
}

START_TEST(death_ends_the_sleep)
{
    struct sx_sleeper sleeper = open_sleeper();
    struct child child = child_start(idle, NULL);
    _Atomic uint32_t word = 0;

    ck_assert(sx_sleeper_arm_word(&sleeper, &word, 0));
    ck_assert(sx_sleeper_arm_death(&sleeper, (uint32_t)child.pid));
    child_kill(&child);
    sx_sleeper_sleep(&sleeper, SX_NEVER);
    sx_sleeper_close(&sleeper, true);
}
END_TEST

START_TEST(process_that_has_ended_cannot_be_watched)
{
    struct sx_sleeper sleeper = open_sleeper();
    struct child child = child_start(idle, NULL);
    uint32_t pid = (uint32_t)child.pid;

    child_kill(&child);
    ck_assert(!sx_sleeper_arm_death(&sleeper, pid));
    ck_assert(!sx_sleeper_arm_death(&sleeper, 0));
    ck_assert(!sx_sleeper_arm_death(&sleeper, UINT32_MAX));
    sx_sleeper_close(&sleeper, true);
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
    struct sx_sleeper sleeper = open_sleeper();
    _Atomic uint32_t *word =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 50; i++) {
        struct child child = child_start(wake, word);

        atomic_store(word, 0);
        say(child.link, 1);
        while (atomic_load(word) == 0) { /* a sleep may end for no cause */
            ck_assert(sx_sleeper_arm_word(&sleeper, word, 0));
            sx_sleeper_sleep(&sleeper, SX_NEVER);
        }
        child_join(&child);
    }
    sx_sleeper_close(&sleeper, true);
}
END_TEST

START_TEST(changed_word_does_not_sleep_and_deadlines_hold)
{
    struct sx_sleeper sleeper = open_sleeper();
    _Atomic uint32_t word = 1;
    int64_t deadline;

    ck_assert(sx_sleeper_arm_word(&sleeper, &word, 0));
    sx_sleeper_sleep(&sleeper, SX_NEVER);
    deadline = sx_clock_now() + BRIEFLY;
    while (sx_clock_now() < deadline) {
        ck_assert(sx_sleeper_arm_word(&sleeper, &word, 1));
        sx_sleeper_sleep(&sleeper, deadline);
    }
    sx_sleeper_close(&sleeper, true);
}
END_TEST

START_TEST(more_deaths_can_be_watched_than_the_ring_has_entries)
{
    struct sx_sleeper sleeper = open_sleeper();
    struct child children[40];
    _Atomic uint32_t word = 0;

    ck_assert(sx_sleeper_arm_word(&sleeper, &word, 0));
    for (int i = 0; i < 40; i++) {
        children[i] = child_start(idle, NULL);
        ck_assert(sx_sleeper_arm_death(&sleeper, (uint32_t)children[i].pid));
    }
    child_kill(&children[39]);
    sx_sleeper_sleep(&sleeper, SX_NEVER);
    sx_sleeper_close(&sleeper, true);
}
END_TEST

/* The bell never without what it is to be rung for, even when there is hardly any room left. */
START_TEST(entries_that_the_kernel_does_not_take_keep_their_bells)
{
    struct sx_sleeper sleeper = open_sleeper();
    int ring = sleeper.fd, armed = 0;

    sleeper.fd = open("/dev/null", O_RDONLY); /* which takes nothing */
    ck_assert_int_ge(sleeper.fd, 0);
    while (sx_sleeper_arm_nudge_bell(&sleeper))
        ck_assert_int_le(++armed, 1000);
    ck_assert_uint_eq(sleeper.queued, 2 * (unsigned)armed);
    ck_assert(!sx_sleeper_arm_death_bell(&sleeper, (uint32_t)getpid()));
    ck_assert_uint_eq(sleeper.queued, 2 * (unsigned)armed);
    close(sleeper.fd);
    sleeper.fd = ring;
    ck_assert(sx_sleeper_submit(&sleeper));
    ck_assert_uint_eq(sx_sleeper_reap(&sleeper), SX_TAG_NUDGE);
    sx_sleeper_close(&sleeper, true);
}
END_TEST

int main(void)
{
    struct sx_sleeper probe = {0};

    if (sx_sleeper_open(&probe) != 0)
        return EXIT_SKIPPED;
    sx_sleeper_close(&probe, true);
    return RUN_TESTS("sleeper", death_ends_the_sleep, process_that_has_ended_cannot_be_watched,
                     wake_ends_the_sleep_again_and_again,
                     changed_word_does_not_sleep_and_deadlines_hold,
                     more_deaths_can_be_watched_than_the_ring_has_entries,
                     entries_that_the_kernel_does_not_take_keep_their_bells);
}
