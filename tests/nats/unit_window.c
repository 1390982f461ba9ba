/* SPDX-License-Identifier: MIT */
/* What `out` has in hand: what is sent next, what may be acknowledged, and where to begin again. */
#include "nats/window.h"
#include "support.h"

#define ROOM 8u
#define ALL UINT64_MAX

static struct bridge_window window;

static void fill(uint64_t first, uint64_t last, uint32_t parts)
{
    for (uint64_t seq = first; seq <= last; seq++) {
        struct bridge_window_message message = {.data = "x", .len = 1, .seq = seq, .parts = parts};

        bridge_window_add(&window, &message);
    }
}

static void open_window(uint64_t messages, uint32_t parts)
{
    ck_assert_int_eq(bridge_window_open(&window, ROOM, 1000), 0);
    fill(1, messages, parts);
}

/* Sends whatever can be sent; returns the number of the last transmission. */
static uint64_t send_all(void)
{
    uint64_t number = ALL;
    uint32_t part;

    while (bridge_window_next(&window, ROOM, &part))
        number = bridge_window_sent(&window);
    return number;
}

static uint64_t released(void)
{
    bool ended = false;

    return bridge_window_release(&window, &ended);
}

START_TEST(messages_are_released_in_order_of_answers)
{
    open_window(4, 1);
    ck_assert_uint_eq(send_all(), 3);
    ck_assert(bridge_window_answered(&window, 1, BRIDGE_WINDOW_STORED));
    ck_assert_uint_eq(released(), 0);
    ck_assert(bridge_window_answered(&window, 0, BRIDGE_WINDOW_STORED));
    ck_assert_uint_eq(released(), 2);
    ck_assert(!bridge_window_answered(&window, 0, BRIDGE_WINDOW_STORED));
    ck_assert(!bridge_window_answered(&window, 9, BRIDGE_WINDOW_STORED));
    bridge_window_close(&window);
}
END_TEST

START_TEST(refusal_stops_the_sending_until_all_is_answered)
{
    uint32_t part;

    open_window(4, 1);
    send_all();
    bridge_window_answered(&window, 0, BRIDGE_WINDOW_STORED);
    bridge_window_answered(&window, 1, BRIDGE_WINDOW_REFUSED);
    fill(5, 5, 1);
    ck_assert_ptr_null(bridge_window_next(&window, ROOM, &part));
    ck_assert(!bridge_window_is_stuck(&window));
    bridge_window_answered(&window, 2, BRIDGE_WINDOW_REFUSED);
    bridge_window_answered(&window, 3, BRIDGE_WINDOW_REFUSED);
    ck_assert(bridge_window_is_stuck(&window));
    bridge_window_rewind(&window);
    ck_assert_uint_eq(bridge_window_next(&window, ROOM, &part)->seq, 2);
    ck_assert_uint_eq(released(), 1);
    bridge_window_close(&window);
}
END_TEST

START_TEST(what_is_known_to_be_stored_is_not_sent_again)
{
    uint32_t part;

    open_window(5, 1);
    send_all();
    bridge_window_known(&window, 3, 1, 1);
    bridge_window_rewind(&window);
    ck_assert_uint_eq(bridge_window_next(&window, ROOM, &part)->seq, 4);
    ck_assert_uint_eq(released(), 3);
    ck_assert(
        !bridge_window_answered(&window, 0, BRIDGE_WINDOW_STORED)); /* of the old connection */
    bridge_window_close(&window);
}
END_TEST

START_TEST(message_in_parts_goes_on_where_it_stopped)
{
    uint32_t part;

    open_window(2, 3);
    send_all();
    bridge_window_known(&window, 1, 2, 3);
    bridge_window_rewind(&window);
    ck_assert_uint_eq(bridge_window_next(&window, ROOM, &part)->seq, 1);
    ck_assert_uint_eq(part, 2);
    ck_assert_uint_eq(released(), 0);
    bridge_window_sent(&window);
    ck_assert_uint_eq(bridge_window_next(&window, ROOM, &part)->seq, 2);
    ck_assert_uint_eq(part, 0);
    bridge_window_close(&window);
}
END_TEST

START_TEST(parts_count_in_order_only)
{
    uint32_t part;

    open_window(1, 3);
    send_all();
    bridge_window_answered(&window, 0, BRIDGE_WINDOW_STORED);
    bridge_window_answered(&window, 1, BRIDGE_WINDOW_REFUSED);
    bridge_window_answered(&window, 2, BRIDGE_WINDOW_STORED);
    ck_assert(bridge_window_is_stuck(&window));
    bridge_window_rewind(&window);
    bridge_window_next(&window, ROOM, &part);
    ck_assert_uint_eq(part, 1);
    bridge_window_close(&window);
}
END_TEST

START_TEST(end_is_released_last_and_by_itself)
{
    struct bridge_window_message end = {.seq = 2, .parts = 1, .end = true};
    bool ended = false;

    open_window(2, 1);
    bridge_window_add(&window, &end);
    send_all();
    bridge_window_known(&window, 2, 1, 1); /* of the message, not of the end */
    bridge_window_rewind(&window);
    ck_assert_uint_eq(bridge_window_release(&window, &ended), 2);
    ck_assert(!ended);
    bridge_window_answered(&window, send_all(), BRIDGE_WINDOW_STORED);
    ck_assert_uint_eq(bridge_window_release(&window, &ended), 0);
    ck_assert(ended && bridge_window_is_empty(&window));
    bridge_window_close(&window);
}
END_TEST

START_TEST(rings_go_round)
{
    open_window(0, 1);
    for (uint64_t seq = 1; seq <= 100; seq++) {
        fill(seq, seq, 1);
        bridge_window_answered(&window, send_all(), BRIDGE_WINDOW_STORED);
        ck_assert_uint_eq(released(), seq);
    }
    fill(101, 108, 1);
    ck_assert(!bridge_window_has_room(&window));
    bridge_window_close(&window);
}
END_TEST

int main(void)
{
    return RUN_TESTS("window", messages_are_released_in_order_of_answers,
                     refusal_stops_the_sending_until_all_is_answered,
                     what_is_known_to_be_stored_is_not_sent_again,
                     message_in_parts_goes_on_where_it_stopped, parts_count_in_order_only,
                     end_is_released_last_and_by_itself, rings_go_round);
}
