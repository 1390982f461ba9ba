/* SPDX-License-Identifier: MIT */
/*
 * streamx.hpp: messages, ends, errors and times come through as streamx.h says.
 */
#include "cpp.h"

START_TEST(messages_come_in_order_and_iteration_ends_with_the_stream)
{
    streamx::producer producer("s", [] {
        streamx::options o;
        o.slots = 8;
        return o;
    }());
    streamx::consumer consumer("s");
    std::uint64_t seq = 0;
    std::string all;

    for (const char *text : {"a", "bc", "", "d"})
        producer.put(text);
    std::error_code ec;
    producer.close(streamx::nowait, ec);
    ck_assert(ec == streamx::errc::timed_out);
    for (const streamx::message &message : consumer) {
        ck_assert_uint_eq(message.seq(), ++seq);
        all += message.text();
        all += ',';
    }
    ck_assert(all == "a,bc,,d,");
    ck_assert(!consumer.take(streamx::nowait).has_value()); /* the end repeats */
}
END_TEST

START_TEST(anything_contiguous_can_be_put)
{
    streamx::options o;
    o.slots = 16;
    streamx::producer producer("s", o);
    streamx::consumer consumer("s");
    const std::vector<std::uint16_t> vector{1, 2, 3};
    const std::array<char, 2> array{'x', 'y'};
    const std::string string("st\0ring", 7);

    producer.put(vector);
    producer.put(array);
    producer.put(string);
    producer.put(std::string_view(string).substr(0, 2));
    producer.put({string.data(), 3});
    producer.put("literal");
    auto m = consumer.next();
    ck_assert_uint_eq(m->size(), 6);
    ck_assert_mem_eq(m->data(), vector.data(), 6);
    CK_ASSERT_TEXT(consumer.next(), "xy");
    m = consumer.next();
    ck_assert_uint_eq(m->size(), 7);
    CK_ASSERT_TEXT(consumer.next(), "st");
    ck_assert_uint_eq(consumer.next()->size(), 3);
    CK_ASSERT_TEXT(consumer.next(), "literal");
#if __cplusplus >= 202002L
    producer.put(std::span(vector).first(1));
    ck_assert_uint_eq(consumer.next()->bytes().size(), 2);
#endif
    over(producer);
}
END_TEST

START_TEST(batch_is_one_publication)
{
    streamx::producer producer("s"); /* one slot */
    streamx::consumer consumer("s");
    const std::vector<std::string> more{"c", "d"};

    producer.put_many({"a", "b"});
    ck_assert_uint_eq(streamx::inspect("s").publications, 1);
    CK_ASSERT_TEXT(consumer.take(), "a");
    CK_ASSERT_TEXT(consumer.take(), "b");
    consumer.ack();
    producer.put_many(more);
    CK_ASSERT_TEXT(consumer.next(), "c");
    CK_ASSERT_THROWS(streamx::errc::invalid, producer.put_many(std::vector<std::string>{}));
    over(producer);
}
END_TEST

START_TEST(nowait_and_times_are_told_apart)
{
    streamx::producer producer("s");
    streamx::consumer consumer("s");
    std::error_code ec;

    ck_assert(!consumer.take(streamx::nowait, ec));
    ck_assert(ec == streamx::errc::would_block && ec == std::errc::resource_unavailable_try_again);
    ck_assert(!consumer.take(briefly, ec));
    ck_assert(ec == streamx::errc::timed_out && ec == std::errc::timed_out);
    ck_assert(!consumer.take(-1s, ec)); /* late already */
    ck_assert(ec == streamx::errc::would_block);
    producer.put("a", patience, ec);
    ck_assert(!ec); /* cleared */
    producer.put("b", 0.001s, ec);
    ck_assert(ec == streamx::errc::timed_out);
    CK_ASSERT_THROWS(streamx::errc::timed_out, producer.drain(1ms));
    CK_ASSERT_TEXT(consumer.take(streamx::nowait), "a");
    over(producer);
}
END_TEST

START_TEST(durations_are_rounded_up_and_never_overflow)
{
    using streamx::timeout;
    using years = std::chrono::duration<std::int64_t, std::ratio<31556952>>;

    ck_assert_int_eq(timeout(1s).ns(), 1000000000);
    ck_assert_int_eq(timeout(std::chrono::duration<double, std::nano>(0.25)).ns(), 1);
    ck_assert_int_eq(timeout(std::chrono::duration<double>(1.5)).ns(), 1500000000);
    ck_assert_int_eq(timeout(years(300)).ns(), STREAMX_FOREVER);
    ck_assert_int_eq(timeout(years::max()).ns(), STREAMX_FOREVER);
    ck_assert_int_eq(timeout(std::chrono::nanoseconds::max()).ns(), STREAMX_FOREVER);
    ck_assert_int_eq(timeout(std::chrono::duration<double>(1e30)).ns(), STREAMX_FOREVER);
    ck_assert_int_eq(timeout(std::chrono::duration<double>(NAN)).ns(), STREAMX_NOWAIT);
    ck_assert_int_eq(timeout(-1ns).ns(), STREAMX_NOWAIT);
    ck_assert_int_eq(timeout(std::chrono::nanoseconds::min()).ns(), STREAMX_NOWAIT);
    static_assert(streamx::forever.ns() == STREAMX_FOREVER);
    static_assert(streamx::nowait.ns() == STREAMX_NOWAIT);
}
END_TEST

START_TEST(errors_name_what_is_wrong)
{
    streamx::producer producer("s");
    std::error_code ec;

    CK_ASSERT_THROWS(streamx::errc::exists, streamx::producer("s"));
    CK_ASSERT_THROWS(streamx::errc::invalid, streamx::producer("a/b"));
    CK_ASSERT_THROWS(streamx::errc::invalid, streamx::producer(std::string("a\0b", 3)));
    CK_ASSERT_THROWS(streamx::errc::not_found, streamx::consumer("t", {}, streamx::nowait));
    CK_ASSERT_THROWS(streamx::errc::timed_out, streamx::consumer("t", {}, 1ms));
    CK_ASSERT_THROWS(streamx::errc::too_long, producer.put(std::string(65537, 'x')));
    CK_ASSERT_THROWS(streamx::errc::not_found, streamx::inspect("t"));
    CK_ASSERT_THROWS(streamx::errc::not_found, streamx::remove("t"));
    streamx::subscribe_options other;
    other.type = "other";
    streamx::consumer("s", other, streamx::nowait, ec);
    ck_assert(ec == streamx::errc::other_type);
    ck_assert(ec != streamx::errc::invalid);
}
END_TEST

START_TEST(loan_is_written_in_place)
{
    streamx::producer producer("s");
    streamx::consumer consumer("s");
    streamx::loan loan = producer.loan();

    ck_assert_uint_eq(loan.capacity(), 65536);
    std::memcpy(loan.data(), "lent", 4);
    CK_ASSERT_THROWS(streamx::errc::loan_open, producer.put("x"));
    CK_ASSERT_THROWS(streamx::errc::too_long, loan.publish(65537));
    loan.publish(4);
    ck_assert(!loan);
    CK_ASSERT_THROWS(streamx::errc::invalid, loan.publish(4));
    CK_ASSERT_TEXT(consumer.next(), "lent");
    CK_ASSERT_THROWS(streamx::errc::would_block, (void)producer.loan(streamx::nowait));
    over(producer);
}
END_TEST

START_TEST(loan_becomes_several_messages_where_they_lie)
{
    streamx::options o;
    o.slot_size = 1u << 20;
    o.reserve_size = 4096;
    streamx::producer producer("s", o);
    streamx::consumer consumer("s");
    streamx::loan loan = producer.loan_at_least(7);

    ck_assert_uint_ge(loan.capacity(), 7);
    std::memcpy(loan.data(), "one\ntwo", 7);
    CK_ASSERT_THROWS(streamx::errc::invalid, loan.publish_parts({}));
    loan.publish_parts({3, 7}, 1);
    auto m = consumer.take();
    ck_assert(m && m->gap() == 1);
    CK_ASSERT_TEXT(m, "one");
    CK_ASSERT_TEXT(consumer.take(), "two");
    CK_ASSERT_THROWS(streamx::errc::too_long, (void)producer.loan_at_least((1u << 20) + 1));
    over(producer);
}
END_TEST

START_TEST(several_producers_share_a_stream_and_one_resumes)
{
    streamx::options o;
    o.slots = 4;
    o.shared = o.stamps = o.resume = true;
    streamx::producer one("s", o), two("s", o);
    streamx::subscribe_options so;
    so.patient = true;
    streamx::consumer consumer("s", so);

    one.stamp(5);
    one.put("a");
    two.put("b");
    ck_assert_uint_eq(streamx::inspect_producers("s").size(), 2);
    ck_assert_uint_eq(consumer.next()->stamp(), 5);
    ck_assert_uint_eq(consumer.next()->stamp(), 0);
    one.abandon();
    two.abandon();
    streamx::producer successor("s", o);
    successor.put("c");
    ck_assert_uint_eq(consumer.next()->seq(), 3);
    over(successor);
}
END_TEST

START_TEST(tap_is_not_waited_for)
{
    streamx::producer producer("s");
    streamx::subscribe_options so;
    so.tap = true;
    streamx::consumer tap("s", so);
    streamx::consumer reader("s");
    std::error_code ec;

    for (const char *text : {"a", "b", "c"}) {
        producer.put(text, streamx::nowait);
        CK_ASSERT_TEXT(tap.next(patience), text);
        (void)reader.take();
        reader.ack();
    }
    ck_assert_uint_eq(streamx::inspect("s").consumers, 1);
    ck_assert(tap.fd(ec) < 0 && ec == std::errc::operation_not_supported);
    over(producer);
}
END_TEST

START_TEST(events_can_be_waited_for)
{
    using streamx::event;
    streamx::producer producer("s");
    std::error_code ec;

    ck_assert(producer.wait(event::room | event::attached, streamx::nowait, ec) == event::room);
    CK_ASSERT_THROWS(streamx::errc::would_block, producer.wait(event::alone, streamx::nowait));
    {
        streamx::consumer consumer("s");
        ck_assert(producer.wait(event::attached) == event::attached);
        ck_assert_int_ge(consumer.fd(), 0);
        ck_assert_int_ge(producer.fd(event::alone), 0);
        ck_assert_uint_eq(streamx::inspect_consumers("s").size(), 1);
    }
    ck_assert(producer.wait(event::alone) == event::alone);
    CK_ASSERT_THROWS(streamx::errc::invalid, producer.fd(event::none));
}
END_TEST

START_TEST(options_and_stamps_reach_the_stream)
{
    streamx::options o;
    o.slots = 3;
    o.slot_size = 100;
    o.max_consumers = 5;
    o.mode = 0660;
    o.timestamps = true;
    o.evict_after = 2s;
    o.type = "t";
    streamx::producer producer("s", o);
    streamx::subscribe_options so;
    so.start = streamx::start::latest;
    so.type = "t";
    so.label = "reader";
    streamx::consumer consumer("s", so);
    const auto info = streamx::inspect("s");

    ck_assert_uint_eq(info.slots, 3);
    ck_assert_uint_eq(info.slot_size, 100);
    ck_assert_uint_eq(info.max_consumers, 5);
    ck_assert_uint_eq(info.mode, 0660);
    ck_assert_int_eq(info.evict_after_ns, 2000000000);
    ck_assert(info.type == std::string_view("t"));
    ck_assert(streamx::inspect_consumers("s")[0].label == std::string_view("reader"));
    const auto before = std::chrono::steady_clock::now();
    producer.put("x");
    const auto m = consumer.next();
    ck_assert(m->time() >= before && m->time() <= std::chrono::steady_clock::now());
    ck_assert(streamx::list() == std::vector<std::string>{"s"});
    streamx::remove("s", true);
    ck_assert(streamx::list().empty());
    over(producer);
}
END_TEST

#if __cplusplus >= 202002L
START_TEST(consumer_is_a_range)
{
    streamx::producer producer("s", {.slots = 8});
    streamx::consumer consumer("s");

    for (int i = 0; i < 6; i++)
        producer.put(std::to_string(i));
    over(producer);
    std::string odd;
    std::ranges::for_each(
        consumer,
        [&odd](std::string_view text) {
            if ((text[0] - '0') % 2)
                odd += text;
        },
        &streamx::message::text);
    ck_assert(odd == "135");
#if !defined __clang__ || __clang_major__ > 15 /* older ones stumble over libstdc++'s views */
    for (std::size_t size : consumer | std::views::transform(&streamx::message::size))
        ck_abort_msg("a message of %zu bytes after the end", size);
#endif
}
END_TEST
#endif

int main()
{
    return run("cpp", messages_come_in_order_and_iteration_ends_with_the_stream,
               anything_contiguous_can_be_put, batch_is_one_publication,
               nowait_and_times_are_told_apart, durations_are_rounded_up_and_never_overflow,
#if __cplusplus >= 202002L
               consumer_is_a_range,
#endif
               errors_name_what_is_wrong, loan_is_written_in_place,
               loan_becomes_several_messages_where_they_lie,
               several_producers_share_a_stream_and_one_resumes, tap_is_not_waited_for,
               events_can_be_waited_for, options_and_stamps_reach_the_stream);
}
