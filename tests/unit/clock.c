/* SPDX-License-Identifier: MIT */
/* Deadlines, and times as the kernel takes them. */
#include "kernel/clock.h"

#include "support.h"

START_TEST(deadlines_follow_from_timeouts)
{
    int64_t before = sx_clock_now();

    ck_assert_int_eq(sx_clock_deadline(-1), SX_NEVER);
    ck_assert_int_eq(sx_clock_deadline(0), 0);
    ck_assert_int_ge(sx_clock_deadline(1000), before + 1000);
    ck_assert_int_eq(sx_clock_deadline(INT64_MAX), SX_NEVER);
}
END_TEST

START_TEST(times_become_seconds_and_nanoseconds)
{
    struct timespec time = sx_clock_timespec(3 * SX_NS_PER_S + 7);

    ck_assert_int_eq(time.tv_sec, 3);
    ck_assert_int_eq(time.tv_nsec, 7);
}
END_TEST

int main(void)
{
    return RUN_TESTS("clock", deadlines_follow_from_timeouts, times_become_seconds_and_nanoseconds);
}
