/* SPDX-License-Identifier: MIT */
/* Sleeping on a word. */
#include "kernel/futex.h"

#include <pthread.h>
#include <sys/mman.h>

#include "kernel/clock.h"
#include "support.h"

START_TEST(other_value_does_not_sleep)
{
    _Atomic uint32_t word = 7;

    ck_assert_int_eq(sx_futex_wait(&word, 6, SX_NEVER), -EAGAIN);
}
END_TEST

START_TEST(sleep_ends_at_its_deadline_and_errno_stays)
{
    _Atomic uint32_t word = 7;
    int64_t deadline = sx_clock_now() + BRIEFLY;

    errno = 99;
    ck_assert_int_eq(sx_futex_wait(&word, 7, deadline), -ETIMEDOUT);
    ck_assert_int_ge(sx_clock_now(), deadline);
    ck_assert_int_eq(sx_futex_wait(&word, 7, 0), -ETIMEDOUT);
    ck_assert_int_eq(errno, 99);
}
END_TEST

static void sleeper(struct link parent, void *arg)
{
    _Atomic uint32_t *word = arg;

    say(parent, 1);
    while (atomic_load(word) == 0)
        sx_futex_wait(word, 0, SX_NEVER);
    say(parent, 2);
}

START_TEST(wake_reaches_all_sleepers_in_other_processes)
{
    _Atomic uint32_t *word =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct child children[3];

    for (int i = 0; i < 3; i++) {
        children[i] = child_start(sleeper, word);
        hear(children[i].link);
        WAIT_UNTIL(child_asleep(&children[i]));
    }
    atomic_store(word, 1);
    sx_futex_wake(word);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hear(children[i].link), 2);
        child_join(&children[i]);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("futex", other_value_does_not_sleep,
                     sleep_ends_at_its_deadline_and_errno_stays,
                     wake_reaches_all_sleepers_in_other_processes);
}
