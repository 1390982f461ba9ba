/* SPDX-License-Identifier: MIT */
/* Seats: each step, who may make it, and what is left when its maker dies. */
#include "memory/registry.h"

#include <string.h>
#include <unistd.h>

#include "seats.h"

static const char label[64] = "label";

/* Opens the stream, claims a seat, and activates it at this seq. */
static void sit(struct sx_segment *segment, struct sx_ticket *ticket, uint64_t seq)
{
    open_segment(segment);
    ck_assert_int_eq(sx_registry_enter(segment, label, ticket), 0);
    ck_assert(sx_registry_activate(segment, ticket, seq));
}

static struct sx_tally tally_of(const struct sx_segment *segment)
{
    struct sx_tally tally;

    sx_registry_tally_all(segment, &tally);
    return tally;
}

START_TEST(claimed_seat_counts_for_nobody)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;

    make_segment(&stream, 4, 1);
    open_segment(&own);
    ck_assert_int_eq(sx_registry_enter(&own, label, &ticket), 0);
    ck_assert_uint_eq(tally_of(&stream).attached, 0);
    ck_assert_uint_eq(atomic_load(&stream.control->epoch), 0);
    sx_registry_leave(&own, &ticket);
    ck_assert_uint_eq(atomic_load(&stream.control->acked), 0);
    sx_segment_close(&own);
    drop_segment(&stream);
}
END_TEST

START_TEST(every_coming_and_going_changes_epoch_and_event)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;
    uint64_t epoch;
    uint32_t event;

    make_segment(&stream, 4, 1);
    sit(&own, &ticket, 5);
    epoch = atomic_load(&stream.control->epoch);
    event = atomic_load(&stream.control->room_event);
    ck_assert_uint_ne(epoch, 0);
    sx_registry_leave(&own, &ticket);
    ck_assert_uint_ne(atomic_load(&stream.control->epoch), epoch);
    ck_assert_uint_ne(atomic_load(&stream.control->room_event), event);
    sx_segment_close(&own);
    drop_segment(&stream);
}
END_TEST

START_TEST(what_a_leaver_acknowledged_stays_acknowledged)
{
    struct sx_segment stream, first, second;
    struct sx_ticket one, two;

    make_segment(&stream, 4, 1);
    sit(&first, &one, 9);
    sit(&second, &two, 5);
    ck_assert_uint_eq(sx_tally_limit(&(struct sx_tally){0}), 0);
    ck_assert_uint_eq(tally_of(&stream).slowest, 5);
    sx_registry_leave(&first, &one);
    ck_assert_uint_eq(tally_of(&stream).acknowledged, 9);
    sx_registry_leave(&second, &two);
    ck_assert_uint_eq(atomic_load(&stream.control->acked), 9);
    sx_segment_close(&first);
    sx_segment_close(&second);
    drop_segment(&stream);
}
END_TEST

START_TEST(live_holder_is_not_reaped)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;

    make_segment(&stream, 4, 1);
    sit(&own, &ticket, 1);
    ck_assert(!sx_registry_reap_all(&stream));
    ck_assert_uint_eq(tally_of(&stream).attached, 1);
    sx_registry_leave(&own, &ticket);
    sx_segment_close(&own);
    drop_segment(&stream);
}
END_TEST

START_TEST(dead_holder_is_reaped_and_its_cursor_counts)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;

    make_segment(&stream, 4, 1);
    sit(&own, &ticket, 7);
    sx_segment_close(&own); /* its lock is gone: like a death */
    ck_assert(sx_registry_reap_all(&stream));
    ck_assert_uint_eq(tally_of(&stream).attached, 0);
    ck_assert_uint_eq(atomic_load(&stream.control->acked), 7);
    ck_assert(!sx_registry_reap_all(&stream));
    drop_segment(&stream);
}
END_TEST

START_TEST(dead_claimant_is_reaped_and_its_cursor_does_not_count)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;

    make_segment(&stream, 4, 1);
    open_segment(&own);
    ck_assert_int_eq(sx_registry_enter(&own, label, &ticket), 0);
    atomic_store(&stream.control->seats[ticket.seat].cursor, sx_cursor_make(100));
    sx_segment_close(&own);
    ck_assert(sx_registry_reap_all(&stream));
    ck_assert_uint_eq(atomic_load(&stream.control->acked), 0);
    drop_segment(&stream);
}
END_TEST

static void end_at_once(struct link parent, void *arg)
{
    (void)arg;
    say(parent, getpid());
}

START_TEST(pid_of_the_last_holder_does_not_condemn_a_claimant)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;
    struct child dead = child_start(end_at_once, NULL);
    uint32_t pid = (uint32_t)hear(dead.link);

    child_join(&dead);
    make_segment(&stream, 1, 1);
    open_segment(&own);
    ck_assert_int_eq(sx_registry_enter(&own, label, &ticket), 0);
    /* As it is before the claimant has stored its own. */
    atomic_store(&stream.control->seats[ticket.seat].pid, pid);
    ck_assert(!sx_registry_reap_all(&stream));
    sx_registry_leave(&own, &ticket);
    sx_segment_close(&own);
    drop_segment(&stream);
}
END_TEST

START_TEST(dead_seats_are_reaped_before_seats_run_out)
{
    struct sx_segment stream, own[3];
    struct sx_ticket tickets[3];

    make_segment(&stream, 2, 1);
    sit(&own[0], &tickets[0], 1);
    sit(&own[1], &tickets[1], 1);
    open_segment(&own[2]);
    ck_assert_int_eq(sx_registry_enter(&own[2], label, &tickets[2]), -EUSERS);
    sx_segment_close(&own[2]);
    sx_segment_close(&own[0]);
    sit(&own[2], &tickets[2], 1);
    ck_assert_uint_eq(tickets[2].seat, tickets[0].seat);
    ck_assert_uint_gt(tickets[2].attach, tickets[1].attach);
    sx_registry_leave(&own[1], &tickets[1]);
    sx_registry_leave(&own[2], &tickets[2]);
    sx_segment_close(&own[1]);
    sx_segment_close(&own[2]);
    drop_segment(&stream);
}
END_TEST

START_TEST(late_leave_does_not_touch_a_successor)
{
    struct sx_segment stream, first, second;
    struct sx_ticket one, two;

    make_segment(&stream, 1, 1);
    sit(&first, &one, 3);
    sx_registry_leave(&first, &one);
    sit(&second, &two, 4);
    ck_assert_uint_eq(one.seat, two.seat);
    sx_registry_leave(&first, &one);
    ck_assert_uint_eq(tally_of(&stream).attached, 1);
    sx_registry_leave(&second, &two);
    sx_segment_close(&first);
    sx_segment_close(&second);
    drop_segment(&stream);
}
END_TEST

START_TEST(counts_from_others_are_not_believed)
{
    struct sx_segment stream, own;
    struct sx_ticket ticket;

    make_segment(&stream, 2, 1);
    atomic_store(&stream.control->seats_used, UINT32_MAX);
    ck_assert_uint_eq(sx_registry_used(&stream), 2);
    atomic_store(&stream.control->next_attach, SX_ATTACH_MAX);
    open_segment(&own);
    ck_assert_int_eq(sx_registry_enter(&own, label, &ticket), -EPROTO);
    sx_segment_close(&own);
    drop_segment(&stream);
}
END_TEST

int main(void)
{
    return RUN_TESTS("registry", claimed_seat_counts_for_nobody,
                     every_coming_and_going_changes_epoch_and_event,
                     what_a_leaver_acknowledged_stays_acknowledged, live_holder_is_not_reaped,
                     dead_holder_is_reaped_and_its_cursor_counts,
                     dead_claimant_is_reaped_and_its_cursor_does_not_count,
                     pid_of_the_last_holder_does_not_condemn_a_claimant,
                     dead_seats_are_reaped_before_seats_run_out,
                     late_leave_does_not_touch_a_successor, counts_from_others_are_not_believed);
}
