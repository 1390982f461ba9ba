/* SPDX-License-Identifier: MIT */
/*
 * What a notice leaves armed in its ring, and what it does without one. Skipped where the kernel
 * has no io_uring for it.
 */
#include "waiting/notice.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/futex.h"
#include "support.h"

enum { RENEWALS = 100, TIMERS = 2 }; /* one that is armed, and one that has just run out */

static bool readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 1;
}

/* Each time the notice is told of something that is due at once, which is then over. */
START_TEST(many_times_that_were_due_leave_no_timers_behind)
{
    struct sx_notice notice = {0};
    _Atomic uint32_t word = 0;
    int fd = sx_notice_open(&notice);
    uint32_t before;

    ck_assert_int_ge(fd, 0);
    sx_notice_begin(&notice, true);
    for (int i = 0; i < RENEWALS; i++) {
        sx_notice_arm(&notice, &word, 0, SX_NEVER, true);
        sx_notice_begin(&notice, false);
        sx_notice_arm(&notice, &word, 0, sx_clock_now(), true);
        WAIT_UNTIL(readable(fd));
        sx_notice_begin(&notice, false);
    }
    before = sx_bell_value(&notice.ring);
    sx_disarm(&notice.ring); /* each one completes, and its bell, and the word */
    ck_assert_uint_le(sx_bell_value(&notice.ring) - before, 2 * TIMERS + 1);
    sx_notice_close(&notice, true);
}
END_TEST

/* Opens one as a user who may not lock any memory; hears of a word by it all the same. */
static void open_without_memory(struct link parent, void *arg)
{
    struct sx_notice notice = {0};
    _Atomic uint32_t word = 0;
    int fd;

    (void)arg;
    if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0}) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
        _exit(1);
    fd = sx_notice_open(&notice);
    if (fd < 0)
        _exit(2);
    sx_notice_begin(&notice, true);
    sx_notice_arm(&notice, &word, 0, SX_NEVER, true);
    atomic_store(&word, 1);
    while (!readable(fd))
        sx_futex_wake(&word);
    sx_notice_close(&notice, true);
    say(parent, 0);
}

START_TEST(ring_that_finds_no_memory_is_replaced_by_a_thread)
{
    struct child child = child_start(open_without_memory, NULL);

    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
}
END_TEST

int main(void)
{
    struct sx_own_ring probe = {0};

    if (sx_own_ring_open(&probe) != 0)
        return EXIT_SKIPPED;
    sx_armed_close(&probe, true);
    return RUN_TESTS("notice", many_times_that_were_due_leave_no_timers_behind,
                     ring_that_finds_no_memory_is_replaced_by_a_thread);
}
