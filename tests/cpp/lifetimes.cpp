/* SPDX-License-Identifier: MIT */
/*
 * streamx.hpp: who owns a handle, and what its destruction means to the other side.
 */
#include "cpp.h"

static_assert(!std::is_copy_constructible_v<streamx::producer> &&
              !std::is_copy_assignable_v<streamx::producer>);
static_assert(!std::is_copy_constructible_v<streamx::consumer>);
static_assert(!std::is_copy_constructible_v<streamx::loan>);
static_assert(std::is_nothrow_move_constructible_v<streamx::producer> &&
              std::is_nothrow_move_assignable_v<streamx::producer>);
static_assert(std::is_nothrow_move_assignable_v<streamx::consumer>);
static_assert(std::is_nothrow_move_assignable_v<streamx::loan>);

START_TEST(scope_left_by_an_exception_is_a_crash_to_consumers)
{
    streamx::consumer consumer;

    try {
        streamx::producer producer("s");
        consumer = streamx::consumer("s");
        producer.put("last");
        throw std::runtime_error("trouble");
    } catch (const std::runtime_error &) {
    }
    CK_ASSERT_TEXT(consumer.next(), "last");
    CK_ASSERT_THROWS(streamx::errc::producer_died, (void)consumer.next());
    CK_ASSERT_THROWS(std::errc::owner_dead, consumer.begin());
}
END_TEST

START_TEST(close_is_an_end_and_empties_the_handle)
{
    streamx::producer producer("s");
    streamx::consumer consumer("s");

    ck_assert(bool(producer));
    producer.close();
    ck_assert(!producer);
    producer.close(); /* nothing is left to be done */
    CK_ASSERT_THROWS(streamx::errc::invalid, producer.put("x"));
    CK_ASSERT_THROWS(streamx::errc::invalid, producer.drain());
    ck_assert(!consumer.next());
    consumer.unsubscribe();
    CK_ASSERT_THROWS(streamx::errc::invalid, (void)consumer.next());
    CK_ASSERT_THROWS(streamx::errc::invalid, consumer.ack());
}
END_TEST

START_TEST(moving_hands_over)
{
    streamx::options o;
    o.slots = 4;
    streamx::producer first("s", o), other("t");
    streamx::producer second(std::move(first));
    streamx::consumer consumer("s");

    ck_assert(!first && bool(second));
    second.put("a");
    other = std::move(second); /* t is abandoned */
    ck_assert(streamx::list() == std::vector<std::string>{"s"});
    CK_ASSERT_TEXT(consumer.next(), "a");
    streamx::consumer moved = std::move(consumer);
    other.put("b");
    CK_ASSERT_TEXT(moved.next(), "b");
    ck_assert_uint_eq(streamx::inspect("s").consumers, 1);
    streamx::producer *self = &other;
    other = std::move(*self);
    ck_assert(bool(other));
    struct streamx_producer *handle = other.release();
    ck_assert(!other);
    streamx::producer again(handle);
    moved.ack();
    again.put("c");
    CK_ASSERT_TEXT(moved.next(), "c");
    over(again);
}
END_TEST

START_TEST(destroyed_loan_is_discarded)
{
    streamx::producer producer("s");
    streamx::consumer consumer("s");
    std::error_code ec;

    {
        streamx::loan loan = producer.loan();
        streamx::loan taken = std::move(loan);
        ck_assert(!loan && bool(taken));
    }
    (void)consumer.take(streamx::nowait, ec);
    ck_assert(ec == streamx::errc::would_block);
    producer.put("x");
    CK_ASSERT_TEXT(consumer.next(), "x");
    over(producer);
}
END_TEST

START_TEST(consumer_that_leaves_acknowledges_nothing)
{
    streamx::producer producer("s");

    {
        streamx::consumer consumer("s");
        producer.put("kept");
        CK_ASSERT_TEXT(consumer.take(), "kept");
    }
    streamx::consumer successor("s");
    CK_ASSERT_TEXT(successor.take(), "kept");
    over(producer);
}
END_TEST

START_TEST(message_left_by_a_break_is_in_hand)
{
    streamx::options o;
    o.slots = 4;
    streamx::producer producer("s", o);
    streamx::consumer consumer("s");

    producer.put("a");
    producer.put("b");
    for (const auto &message : consumer) {
        ck_assert(message.text() == "a");
        break;
    }
    ck_assert_uint_eq(streamx::inspect("s").acknowledged, 0);
    CK_ASSERT_TEXT(consumer.next(), "b");
    ck_assert_uint_eq(streamx::inspect("s").acknowledged, 1);
    over(producer);
}
END_TEST

int main()
{
    return run("cpp", scope_left_by_an_exception_is_a_crash_to_consumers,
               close_is_an_end_and_empties_the_handle, moving_hands_over,
               destroyed_loan_is_discarded, consumer_that_leaves_acknowledges_nothing,
               message_left_by_a_break_is_in_hand);
}
