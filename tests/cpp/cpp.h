/* SPDX-License-Identifier: MIT */
/* The tests' support for C++: the same, with C linkage, and what C++ cannot say as C does. */
#ifndef STREAMX_TEST_CPP_H
#define STREAMX_TEST_CPP_H

#include <algorithm>
#include <array>
#include <stdexcept>
#include <streamx.hpp>
#include <string>
#include <vector>

/* Last: check.h has macros of everyday names. */
extern "C" {
#include "support.h"
}

using namespace std::chrono_literals;

inline constexpr std::chrono::nanoseconds patience{PATIENCE};
inline constexpr std::chrono::nanoseconds briefly{BRIEFLY};

/* That a call throws the system_error with this code. */
#define CK_ASSERT_THROWS(expected, ...)                                                            \
    do {                                                                                           \
        bool thrown = false;                                                                       \
        try {                                                                                      \
            __VA_ARGS__;                                                                           \
        } catch (const std::system_error &e) {                                                     \
            thrown = true;                                                                         \
            ck_assert_msg(e.code() == (expected), "another error: %s", e.what());                  \
        }                                                                                          \
        ck_assert_msg(thrown, "nothing thrown by %s", #__VA_ARGS__);                               \
    } while (0)

/* That a message is there and reads so. */
#define CK_ASSERT_TEXT(message, expected)                                                          \
    do {                                                                                           \
        const auto &m_ = (message);                                                                \
        ck_assert(m_.has_value());                                                                 \
        ck_assert(m_->text() == std::string_view(expected));                                       \
    } while (0)

/* Ends the stream, whatever is in hand or left, so that its name goes. */
inline void over(streamx::producer &producer)
{
    std::error_code ec;
    producer.close(streamx::nowait, ec);
}

/* RUN_TESTS, which is C, in C++. */
template <class... Test> int run(const char *topic, Test... test)
{
    const TTest *const tests[] = {test..., nullptr};
    return run_tests(topic, tests);
}

#endif
