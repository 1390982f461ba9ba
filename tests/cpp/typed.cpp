/* SPDX-License-Identifier: MIT */
/*
 * streamx.hpp: streams of one type, also shared with C.
 */
#include "cpp.h"

#include <type_traits>
#if __cplusplus >= 202002L
#include <ranges>
#endif

struct sample {
    std::uint32_t id;
    double value;
};
struct other {
    std::uint32_t id;
    double value;
};

STREAMX_DEFINE_TYPED(c_samples, struct sample)

/* As C calls it. */
struct shared {
    std::uint64_t words[2];
};
template <> constexpr std::string_view streamx::type_name<shared> = "struct sample";

using samples = streamx::typed<sample>;

static_assert(std::is_same_v<samples::consumer::iterator::value_type, sample>);
#if __cplusplus >= 202002L
static_assert(std::ranges::input_range<samples::consumer>);
#endif

START_TEST(values_come_through)
{
    samples::producer producer("s");
    samples::consumer consumer("s");

    producer.put({7, 0.5});
    const std::optional<sample> got = consumer.next();
    ck_assert(got && got->id == 7 && got->value == 0.5);
    over(producer);
}
END_TEST

START_TEST(iteration_gives_values)
{
    streamx::options o;
    o.slots = 8;
    samples::producer producer("s", o);
    samples::consumer consumer("s");
    std::uint32_t sum = 0;
    std::error_code ec;

    for (std::uint32_t i = 1; i <= 4; i++)
        producer.put({i, 0});
    producer.close(streamx::nowait, ec);
    for (const sample &value : consumer)
        sum += value.id;
    ck_assert_uint_eq(sum, 10);
}
END_TEST

START_TEST(other_types_are_refused)
{
    samples::producer producer("s");
    using others = streamx::typed<other>;

    CK_ASSERT_THROWS(streamx::errc::other_type, others::consumer("s"));
    ck_assert(samples::tag() == "sample/16");
    ck_assert(streamx::typed<double>::tag() == "double/8");
    ck_assert(streamx::inspect("s").type == std::string_view("sample/16"));
    ck_assert_uint_eq(streamx::inspect("s").slot_size, 16);
}
END_TEST

START_TEST(message_of_another_size_is_refused)
{
    samples::producer producer("s");
    samples::consumer consumer("s");

    static_cast<streamx::producer &>(producer).put("short");
    CK_ASSERT_THROWS(streamx::errc::other_type, (void)consumer.next());
    over(producer);
}
END_TEST

START_TEST(c_and_cpp_share_a_stream)
{
    struct streamx_producer *producer;
    const struct sample sent = {9, 2.5};

    ck_assert_int_eq(c_samples_create(&producer, "s", nullptr), 0);
    streamx::producer owner(producer);
    streamx::typed<shared>::consumer consumer("s");
    ck_assert_int_eq(c_samples_put(producer, &sent, STREAMX_NOWAIT), 0);
    const auto got = consumer.next();
    ck_assert(got);
    ck_assert_mem_eq(&*got, &sent, sizeof sent);
    over(owner);
}
END_TEST

int main()
{
    return run("cpp", values_come_through, iteration_gives_values, other_types_are_refused,
               message_of_another_size_is_refused, c_and_cpp_share_a_stream);
}
