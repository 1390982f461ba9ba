/* SPDX-License-Identifier: MIT */
/*
 * streamx for C++: streamx.h with lifetimes, exceptions and durations. C++17; under C++20 also
 * ranges and std::span. Header only; link with libstreamx.
 *
 *     streamx::producer frames("frames", {.slots = 4});             // C++20's way to name options
 *     frames.put("hello");
 *     frames.close();
 *
 *     for (const streamx::message &frame : streamx::consumer("frames"))
 *         show(frame.data(), frame.size());
 *
 * What a call does, and what it waits for, is said in streamx.h at the call of the same name. What
 * is added here:
 *
 *  - Lifetimes. A producer, a consumer and a loan own what they stand for, and can be moved. A
 *    producer that is destroyed *abandons*, so that a scope left by an exception looks to its
 *    consumers like the crash that it is; the end of a stream is said by close(). A consumer that
 *    is destroyed leaves, without acknowledging what it has in hand. A loan is discarded. What was
 *    moved from or closed is empty, as what was default-constructed is: false as a condition; a
 *    call on it gives errc::invalid.
 *  - Errors. Each call that can fail throws std::system_error, or sets the std::error_code that it
 *    is given (clears it on success) and then throws nothing but std::bad_alloc. The codes are of
 *    std::generic_category, and compare with streamx::errc and std::errc.
 *  - Time. A timeout is any std::chrono duration, rounded up to nanoseconds, or streamx::forever
 *    (the default), or streamx::nowait; a duration that is not positive is nowait.
 *  - Threads, forks, signal handlers: as streamx.h says of handles.
 */
#ifndef STREAMX_HPP
#define STREAMX_HPP

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

#include "streamx.h"

namespace streamx
{

/* ---- errors --------------------------------------------------------------------------------- */

/* What the calls give, to be compared with an error_code: `ec == streamx::errc::evicted`. */
enum class errc {
    would_block = EAGAIN,       /* nowait, and the call would have to wait */
    timed_out = ETIMEDOUT,      /* the time has elapsed */
    producer_died = EOWNERDEAD, /* it died or abandoned the stream; everything was handed out */
    evicted = ESTALE,           /* this consumer held the producer up for too long */
    no_consumers = EPIPE,       /* options::pipe, and all of them have gone */
    exists = EEXIST,            /* a live stream of that name */
    not_found = ENOENT,         /* no such stream */
    too_long = EMSGSIZE,        /* a message longer than a slot */
    other_type = EPROTOTYPE,    /* the stream's type tag is another one, or its messages' size */
    loan_open = EBUSY,          /* of this producer; from remove: the stream is in use */
    no_seat = EUSERS,           /* all are taken */
    damaged = EPROTO,           /* another layout version, or memory that contradicts itself */
    not_permitted = EPERM,      /* another user's; not a stream; a forked child */
    invalid = EINVAL            /* a bad argument; or the handle is empty */
};

inline std::error_condition make_error_condition(errc e) noexcept
{
    return {static_cast<int>(e), std::generic_category()};
}

namespace detail
{

/* For a result of streamx.h: the code of a negative one. */
inline std::error_code code(int result) noexcept
{
    return {result < 0 ? -result : 0, std::generic_category()};
}

inline int check(int result, const char *call)
{
    if (result < 0)
        throw std::system_error(code(result), call);
    return result;
}

inline int report(int result, std::error_code &ec) noexcept
{
    ec = code(result);
    return result;
}

} // namespace detail

/* ---- time ----------------------------------------------------------------------------------- */

/* How long a call may wait. Made from any duration. */
class timeout
{
  public:
    template <class Rep, class Period>
    constexpr timeout(std::chrono::duration<Rep, Period> d) noexcept : ns_(nanoseconds(d))
    {
    }

    /* As streamx.h's timeout_ns. */
    constexpr std::int64_t ns() const noexcept
    {
        return ns_;
    }

    static constexpr timeout forever() noexcept
    {
        return timeout(STREAMX_FOREVER);
    }

  private:
    explicit constexpr timeout(std::int64_t ns) noexcept : ns_(ns)
    {
    }

    template <class Rep, class Period>
    static constexpr std::int64_t nanoseconds(std::chrono::duration<Rep, Period> d) noexcept
    {
        using std::chrono::duration;
        using std::chrono::nanoseconds;
        using wide = duration<long double, std::nano>;
        constexpr auto most = std::numeric_limits<std::int64_t>::max();

        if (!(d > d.zero())) /* a NaN too */
            return STREAMX_NOWAIT;
        if (wide(d) >= wide(static_cast<long double>(most)))
            return STREAMX_FOREVER; /* 292 years */
        return std::chrono::ceil<nanoseconds>(d).count();
    }

    std::int64_t ns_;
};

inline constexpr timeout forever = timeout::forever();
inline constexpr timeout nowait = std::chrono::nanoseconds(0);

/* ---- bytes ---------------------------------------------------------------------------------- */

/*
 * What is to be put: bytes that lie somewhere else. Made from (pointer, size), from a string
 * literal (without its NUL) and whatever std::string_view is made from, and from any contiguous
 * container of trivially copyable elements: vector, array, span. The bytes need only last for the
 * call.
 */
class bytes_view
{
  public:
    constexpr bytes_view() noexcept = default;
    constexpr bytes_view(const void *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    constexpr bytes_view(std::string_view text) noexcept : bytes_view(text.data(), text.size())
    {
    }
    constexpr bytes_view(const char *text) : bytes_view(std::string_view(text))
    {
    }
    bytes_view(const std::string &text) noexcept : bytes_view(text.data(), text.size())
    {
    }
    template <
        class Container,
        class Element = std::remove_pointer_t<decltype(std::declval<const Container &>().data())>,
        std::enable_if_t<std::is_trivially_copyable_v<Element> &&
                             !std::is_convertible_v<const Container &, std::string_view> &&
                             std::is_convertible_v<
                                 decltype(std::declval<const Container &>().size()), std::size_t>,
                         int> = 0>
    constexpr bytes_view(const Container &container) noexcept
        : bytes_view(container.data(), container.size() * sizeof(Element))
    {
    }

    constexpr const void *data() const noexcept
    {
        return data_;
    }
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }

  private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

/* ---- producer ------------------------------------------------------------------------------- */

/* As struct streamx_options; what is left as it is asks for the default. */
struct options {
    std::uint32_t slots = 0;
    std::uint32_t slot_size = 0; /* bytes */
    std::uint32_t max_consumers = 0;
    std::uint32_t min_consumers = 0;
    std::uint32_t mode = 0;
    bool timestamps = false;
    bool pipe = false;
    std::chrono::nanoseconds evict_after{0}; /* 0: never */
    std::chrono::nanoseconds spin{0};        /* 0: self-tuned; negative: a glance */
    std::string type{};                      /* empty: untyped */
    std::uint32_t reserve_size = 0;          /* bytes of each slot that are taken at once; 0: all */
    bool shared = false;                     /* other producers may come in; see STREAMX_SHARED */
    bool resume = false; /* take up a dead producer's stream; see STREAMX_RESUME */
    bool stamps = false; /* a message's number is the producer's own: producer::stamp */
    std::uint32_t max_producers = 0;
};

/* What a producer can be waited for; see STREAMX_ROOM and the others. Combined by |. */
enum class event : unsigned {
    none = 0,
    room = STREAMX_ROOM,
    drained = STREAMX_DRAINED,
    attached = STREAMX_ATTACHED,
    alone = STREAMX_ALONE
};

constexpr event operator|(event a, event b) noexcept
{
    return static_cast<event>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr event operator&(event a, event b) noexcept
{
    return static_cast<event>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/*
 * The next slot, lent: writable shared memory of undefined content, aligned to 32 bytes, until it
 * is published. Made by producer::loan, which it must not outlive (moving the producer is no harm).
 */
class loan
{
  public:
    loan() noexcept = default;
    loan(loan &&other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)),
          data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0))
    {
    }
    loan &operator=(loan &&other) noexcept
    {
        loan(std::move(other)).swap(*this);
        return *this;
    }
    ~loan()
    {
        discard();
    }

    std::byte *data() const noexcept
    {
        return data_;
    }
    std::size_t capacity() const noexcept /* bytes */
    {
        return capacity_;
    }
#if __cplusplus >= 202002L
    std::span<std::byte> bytes() const noexcept
    {
        return {data_, capacity_};
    }
#endif
    explicit operator bool() const noexcept
    {
        return handle_ != nullptr;
    }

    /* Publishes its first `size` bytes as one message. Does not block. Fails with errc::too_long,
     * and is open still. */
    void publish(std::size_t size)
    {
        detail::check(publish_if_open(size), "streamx_publish");
    }
    void publish(std::size_t size, std::error_code &ec) noexcept
    {
        detail::report(publish_if_open(size), ec);
    }

    /* Publishes it as several messages, where they lie: message i ends at ends[i], and the next one
     * begins `gap` bytes behind; see streamx_publish_parts. Does not block. */
    void publish_parts(const std::vector<std::uint32_t> &ends, unsigned gap = 0)
    {
        detail::check(publish_parts_if_open(ends, gap), "streamx_publish_parts");
    }
    void publish_parts(const std::vector<std::uint32_t> &ends, unsigned gap,
                       std::error_code &ec) noexcept
    {
        detail::report(publish_parts_if_open(ends, gap), ec);
    }

    /* Gives it back unpublished. */
    void discard() noexcept
    {
        if (handle_)
            streamx_discard(handle_);
        release();
    }

    void swap(loan &other) noexcept
    {
        std::swap(handle_, other.handle_);
        std::swap(data_, other.data_);
        std::swap(capacity_, other.capacity_);
    }

  private:
    friend class producer;

    int publish_if_open(std::size_t size) noexcept
    {
        int result = handle_ ? streamx_publish(handle_, size) : -EINVAL;
        if (result == 0)
            release();
        return result;
    }
    int publish_parts_if_open(const std::vector<std::uint32_t> &ends, unsigned gap) noexcept
    {
        int result = handle_ ? streamx_publish_parts(handle_, ends.data(),
                                                     static_cast<unsigned>(ends.size()), gap)
                             : -EINVAL;
        if (result == 0)
            release();
        return result;
    }
    void release() noexcept
    {
        handle_ = nullptr;
        data_ = nullptr;
        capacity_ = 0;
    }

    struct streamx_producer *handle_ = nullptr;
    std::byte *data_ = nullptr;
    std::size_t capacity_ = 0;
};

class producer
{
  public:
    producer() noexcept = default;

    /* Makes the stream; see streamx_create. Does not block. */
    explicit producer(const std::string &name, const options &wanted = {})
    {
        detail::check(create(name, wanted), "streamx_create");
    }
    producer(const std::string &name, const options &wanted, std::error_code &ec)
    {
        detail::report(create(name, wanted), ec);
    }

    /* Takes over a handle of streamx.h. */
    explicit producer(struct streamx_producer *handle) noexcept : handle_(handle)
    {
    }

    producer(producer &&other) noexcept : handle_(std::exchange(other.handle_, nullptr))
    {
    }
    producer &operator=(producer &&other) noexcept
    {
        if (this != &other) {
            abandon();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~producer()
    {
        abandon();
    }

    explicit operator bool() const noexcept
    {
        return handle_ != nullptr;
    }

    /* Copies the bytes in and publishes them as one message. */
    void put(bytes_view data, timeout limit = forever)
    {
        detail::check(do_put(data, limit), "streamx_put");
    }
    void put(bytes_view data, timeout limit, std::error_code &ec) noexcept
    {
        detail::report(do_put(data, limit), ec);
    }

    /* Publishes several messages at once, all or nothing, in one slot; see streamx_putv. `messages`
     * is a range of what a bytes_view is made from. */
    template <class Range> void put_many(const Range &messages, timeout limit = forever)
    {
        detail::check(do_put_many(messages, limit), "streamx_putv");
    }
    template <class Range> void put_many(const Range &messages, timeout limit, std::error_code &ec)
    {
        detail::report(do_put_many(messages, limit), ec);
    }
    void put_many(std::initializer_list<bytes_view> messages, timeout limit = forever)
    {
        detail::check(do_put_many(messages, limit), "streamx_putv");
    }
    void put_many(std::initializer_list<bytes_view> messages, timeout limit, std::error_code &ec)
    {
        detail::report(do_put_many(messages, limit), ec);
    }

    /* stamp() of the messages that follow, in a stream with stamps. */
    void stamp(std::uint64_t number) noexcept
    {
        if (handle_)
            streamx_stamp(handle_, number);
    }

    /* Lends the next slot, to be written in place. */
    [[nodiscard]] class loan loan(timeout limit = forever)
    {
        class loan lent;
        detail::check(do_loan(lent, limit), "streamx_loan");
        return lent;
    }
    [[nodiscard]] class loan loan(timeout limit, std::error_code &ec) noexcept
    {
        class loan lent;
        detail::report(do_loan(lent, limit), ec);
        return lent;
    }

    /* For a message of at least so many bytes: takes no more memory than it needs. */
    [[nodiscard]] class loan loan_at_least(std::size_t size, timeout limit = forever)
    {
        class loan lent;
        detail::check(do_loan(lent, limit, &size), "streamx_loan_at_least");
        return lent;
    }
    [[nodiscard]] class loan loan_at_least(std::size_t size, timeout limit,
                                           std::error_code &ec) noexcept
    {
        class loan lent;
        detail::report(do_loan(lent, limit, &size), ec);
        return lent;
    }

    /* Waits until at least one of these holds, and returns those that do; see streamx_wait. */
    event wait(event events, timeout limit = forever)
    {
        return static_cast<event>(detail::check(do_wait(events, limit), "streamx_wait"));
    }
    event wait(event events, timeout limit, std::error_code &ec) noexcept
    {
        int result = detail::report(do_wait(events, limit), ec);
        return result < 0 ? event::none : static_cast<event>(result);
    }

    /* Waits until everything put has been acknowledged. */
    void drain(timeout limit = forever)
    {
        detail::check(do_drain(limit), "streamx_drain");
    }
    void drain(timeout limit, std::error_code &ec) noexcept
    {
        detail::report(do_drain(limit), ec);
    }

    /* Drains and marks the end of the stream. It is over then and this is empty, also if it fails:
     * errc::timed_out says that not everything was acknowledged within the time. */
    void close(timeout limit = forever)
    {
        detail::check(do_close(limit), "streamx_close");
    }
    void close(timeout limit, std::error_code &ec) noexcept
    {
        detail::report(do_close(limit), ec);
    }

    /* Leaves without an end: to its consumers, a crash. Does not block. */
    void abandon() noexcept
    {
        if (handle_)
            streamx_abandon(std::exchange(handle_, nullptr));
    }

    /* A descriptor for event loops, of this handle's; see streamx_producer_fd. */
    int fd(event events)
    {
        return detail::check(do_fd(events), "streamx_producer_fd");
    }
    int fd(event events, std::error_code &ec) noexcept
    {
        return detail::report(do_fd(events), ec);
    }

    /* For the calls of streamx.h and streamx_uring.h. release() gives it away. */
    struct streamx_producer *handle() const noexcept
    {
        return handle_;
    }
    [[nodiscard]] struct streamx_producer *release() noexcept
    {
        return std::exchange(handle_, nullptr);
    }

  private:
    int create(const std::string &name, const options &wanted)
    {
        struct streamx_options o = {};

        if (name.find('\0') != name.npos || wanted.type.find('\0') != name.npos)
            return -EINVAL;
        o.slots = wanted.slots;
        o.slot_size = wanted.slot_size;
        o.max_consumers = wanted.max_consumers;
        o.min_consumers = wanted.min_consumers;
        o.mode = wanted.mode;
        o.flags = (wanted.timestamps ? STREAMX_TIMESTAMPS : 0u) |
                  (wanted.pipe ? STREAMX_PIPE : 0u) | (wanted.shared ? STREAMX_SHARED : 0u) |
                  (wanted.resume ? STREAMX_RESUME : 0u) | (wanted.stamps ? STREAMX_STAMPS : 0u);
        o.evict_after_ns = wanted.evict_after.count();
        o.spin_ns = wanted.spin.count() < 0 ? -1 : wanted.spin.count();
        o.type = wanted.type.empty() ? nullptr : wanted.type.c_str();
        o.reserve_size = wanted.reserve_size;
        o.max_producers = wanted.max_producers;
        return streamx_create(&handle_, name.c_str(), &o);
    }
    int do_put(bytes_view data, timeout limit) noexcept
    {
        return handle_ ? streamx_put(handle_, data.data(), data.size(), limit.ns()) : -EINVAL;
    }
    template <class Range> int do_put_many(const Range &messages, timeout limit)
    {
        std::vector<struct iovec> vector;

        for (const auto &message : messages) {
            const bytes_view view(message);
            vector.push_back({const_cast<void *>(view.data()), view.size()});
        }
        if (vector.size() > std::numeric_limits<unsigned>::max())
            return -EMSGSIZE;
        return handle_ ? streamx_putv(handle_, vector.data(), static_cast<unsigned>(vector.size()),
                                      limit.ns())
                       : -EINVAL;
    }
    int do_loan(class loan &lent, timeout limit, const std::size_t *least = nullptr) noexcept
    {
        void *data = nullptr;
        std::size_t capacity = 0;
        int result = -EINVAL;

        if (handle_ && least)
            result = streamx_loan_at_least(handle_, *least, &data, &capacity, limit.ns());
        else if (handle_)
            result = streamx_loan(handle_, &data, &capacity, limit.ns());

        if (result == 0) {
            lent.handle_ = handle_;
            lent.data_ = static_cast<std::byte *>(data);
            lent.capacity_ = capacity;
        }
        return result;
    }
    int do_wait(event events, timeout limit) noexcept
    {
        return handle_ ? streamx_wait(handle_, static_cast<unsigned>(events), limit.ns()) : -EINVAL;
    }
    int do_drain(timeout limit) noexcept
    {
        return handle_ ? streamx_drain(handle_, limit.ns()) : -EINVAL;
    }
    int do_close(timeout limit) noexcept
    {
        return streamx_close(std::exchange(handle_, nullptr), limit.ns());
    }
    int do_fd(event events) noexcept
    {
        return handle_ ? streamx_producer_fd(handle_, static_cast<unsigned>(events)) : -EINVAL;
    }

    struct streamx_producer *handle_ = nullptr;
};

/* ---- consumer ------------------------------------------------------------------------------- */

/* Where a new consumer begins; see STREAMX_START_NEXT and the others. */
enum class start : std::uint32_t {
    next = STREAMX_START_NEXT,
    newest = STREAMX_START_NEW,
    latest = STREAMX_START_LATEST,
    oldest = STREAMX_START_OLDEST
};

/* As struct streamx_subscribe_options. */
struct subscribe_options {
    enum start start = start::next;
    bool any_owner = false;
    bool patient = false;             /* a dead producer is no end; see STREAMX_PATIENT */
    bool tap = false;                 /* look on without being waited for; see STREAMX_TAP */
    std::chrono::nanoseconds spin{0}; /* 0: self-tuned; negative: a glance */
    std::string type{};               /* empty: any */
    std::string label{};              /* empty: the program's name */
};

/*
 * A message where it lies, in shared memory. Valid until it is acknowledged (next and iteration do
 * that when they go on) or its consumer leaves.
 */
class message
{
  public:
    message() noexcept = default;
    explicit message(const struct streamx_message &m) noexcept : m_(m)
    {
    }

    const std::byte *data() const noexcept
    {
        return static_cast<const std::byte *>(m_.data);
    }
    std::size_t size() const noexcept /* bytes */
    {
        return m_.len;
    }
    bool empty() const noexcept
    {
        return m_.len == 0;
    }
    const std::byte *begin() const noexcept
    {
        return data();
    }
    const std::byte *end() const noexcept
    {
        return data() + size();
    }
#if __cplusplus >= 202002L
    std::span<const std::byte> bytes() const noexcept
    {
        return {data(), size()};
    }
#endif
    /* Its bytes as text, in place. */
    std::string_view text() const noexcept
    {
        return {static_cast<const char *>(m_.data), m_.len};
    }
    /* Counts the stream's messages from 1. */
    std::uint64_t seq() const noexcept
    {
        return m_.seq;
    }
    /* When it was published, in a stream with timestamps; else the clock's epoch. */
    std::chrono::steady_clock::time_point time() const noexcept
    {
        return std::chrono::steady_clock::time_point(
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::nanoseconds(m_.time_ns)));
    }
    /* So many bytes behind it may be read too, in place: what stands between it and the next. */
    std::size_t gap() const noexcept
    {
        return m_.gap;
    }
    /* The producer's own number, in a stream with stamps. */
    std::uint64_t stamp() const noexcept
    {
        return m_.time_ns;
    }
    const struct streamx_message &native() const noexcept
    {
        return m_;
    }

  private:
    struct streamx_message m_ = {};
};

namespace detail
{
/* Where the iteration over a consumer's messages ends. */
class end_of_stream
{
};

/* An input iterator over what `from.next()` gives: messages, or values of one type. */
template <class From, class Value> class iterator
{
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = const Value *;
    using reference = const Value &;

    iterator() noexcept = default;
    explicit iterator(From &from) : from_(&from), current_(from.next())
    {
    }
    reference operator*() const noexcept
    {
        return *current_;
    }
    pointer operator->() const noexcept
    {
        return &*current_;
    }
    iterator &operator++()
    {
        current_ = from_->next();
        return *this;
    }
    void operator++(int)
    {
        ++*this;
    }
    friend bool operator==(const iterator &i, end_of_stream) noexcept
    {
        return !i.current_;
    }
    friend bool operator!=(const iterator &i, end_of_stream) noexcept
    {
        return i.current_.has_value();
    }
#if __cplusplus < 202002L
    friend bool operator==(end_of_stream end, const iterator &i) noexcept
    {
        return i == end;
    }
    friend bool operator!=(end_of_stream end, const iterator &i) noexcept
    {
        return i != end;
    }
#endif

  private:
    From *from_ = nullptr;
    std::optional<Value> current_;
};
} // namespace detail

class consumer
{
  public:
    consumer() noexcept = default;

    /* Attaches to the stream, which is waited for; see streamx_subscribe. */
    explicit consumer(const std::string &name, const subscribe_options &wanted = {},
                      timeout limit = forever)
    {
        detail::check(subscribe(name, wanted, limit), "streamx_subscribe");
    }
    consumer(const std::string &name, const subscribe_options &wanted, timeout limit,
             std::error_code &ec)
    {
        detail::report(subscribe(name, wanted, limit), ec);
    }

    /* Takes over a handle of streamx.h. */
    explicit consumer(struct streamx_consumer *handle) noexcept : handle_(handle)
    {
    }

    consumer(consumer &&other) noexcept : handle_(std::exchange(other.handle_, nullptr))
    {
    }
    consumer &operator=(consumer &&other) noexcept
    {
        if (this != &other) {
            unsubscribe();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~consumer()
    {
        unsubscribe();
    }

    explicit operator bool() const noexcept
    {
        return handle_ != nullptr;
    }

    /* Takes the next message without acknowledging anything. Nothing, and no error: the end of the
     * stream. A producer that died is an error, errc::producer_died. */
    [[nodiscard]] std::optional<message> take(timeout limit = forever)
    {
        struct streamx_message m;
        return got(detail::check(do_take(m, limit), "streamx_take"), m);
    }
    [[nodiscard]] std::optional<message> take(timeout limit, std::error_code &ec) noexcept
    {
        struct streamx_message m;
        return got(detail::report(do_take(m, limit), ec), m);
    }

    /* Acknowledges all in hand, then takes the next message; results as of take. */
    [[nodiscard]] std::optional<message> next(timeout limit = forever)
    {
        struct streamx_message m;
        return got(detail::check(do_next(m, limit), "streamx_next"), m);
    }
    [[nodiscard]] std::optional<message> next(timeout limit, std::error_code &ec) noexcept
    {
        struct streamx_message m;
        return got(detail::report(do_next(m, limit), ec), m);
    }

    /* Acknowledges this message and all before it, or all in hand. */
    void ack(const message &through)
    {
        ack_through(through.seq());
    }
    void ack()
    {
        ack_through(0);
    }
    void ack_through(std::uint64_t seq)
    {
        detail::check(do_ack(seq), "streamx_ack");
    }
    void ack_through(std::uint64_t seq, std::error_code &ec) noexcept
    {
        detail::report(do_ack(seq), ec);
    }

    /* Leaves; what is in hand goes to a successor. Does not block. */
    void unsubscribe() noexcept
    {
        if (handle_)
            streamx_unsubscribe(std::exchange(handle_, nullptr));
    }

    /* A descriptor for event loops, of this handle's; see streamx_consumer_fd. */
    int fd()
    {
        return detail::check(do_fd(), "streamx_consumer_fd");
    }
    int fd(std::error_code &ec) noexcept
    {
        return detail::report(do_fd(), ec);
    }

    struct streamx_consumer *handle() const noexcept
    {
        return handle_;
    }
    [[nodiscard]] struct streamx_consumer *release() noexcept
    {
        return std::exchange(handle_, nullptr);
    }

    /*
     * Iteration over the messages until the stream ends, by next(); a crash throws. An input range:
     * a message is valid until the iterator is advanced, which acknowledges it. Leaving the loop
     * early leaves the last message in hand. begin() takes the first message.
     */
    using sentinel = detail::end_of_stream;
    using iterator = detail::iterator<consumer, message>;

    iterator begin()
    {
        return iterator(*this);
    }
    sentinel end() const noexcept
    {
        return {};
    }

  private:
    static std::optional<message> got(int result, const struct streamx_message &m) noexcept
    {
        return result == 1 ? std::optional<message>(m) : std::nullopt;
    }

    int subscribe(const std::string &name, const subscribe_options &wanted, timeout limit)
    {
        struct streamx_subscribe_options o = {};

        for (const std::string *text : {&name, &wanted.type, &wanted.label})
            if (text->find('\0') != text->npos)
                return -EINVAL;
        o.start = static_cast<std::uint32_t>(wanted.start);
        o.flags = (wanted.any_owner ? STREAMX_ANY_OWNER : 0u) | (wanted.tap ? STREAMX_TAP : 0u) |
                  (wanted.patient ? STREAMX_PATIENT : 0u);
        o.spin_ns = wanted.spin.count() < 0 ? -1 : wanted.spin.count();
        o.type = wanted.type.empty() ? nullptr : wanted.type.c_str();
        o.label = wanted.label.empty() ? nullptr : wanted.label.c_str();
        return streamx_subscribe(&handle_, name.c_str(), &o, limit.ns());
    }
    int do_take(struct streamx_message &m, timeout limit) noexcept
    {
        return handle_ ? streamx_take(handle_, &m, limit.ns()) : -EINVAL;
    }
    int do_next(struct streamx_message &m, timeout limit) noexcept
    {
        return handle_ ? streamx_next(handle_, &m, limit.ns()) : -EINVAL;
    }
    int do_ack(std::uint64_t seq) noexcept
    {
        return handle_ ? streamx_ack(handle_, seq) : -EINVAL;
    }
    int do_fd() noexcept
    {
        return handle_ ? streamx_consumer_fd(handle_) : -EINVAL;
    }

    struct streamx_consumer *handle_ = nullptr;
};

/* ---- streams of one type -------------------------------------------------------------------- */

/*
 * What a type is called in its streams' tags, as STREAMX_DEFINE_TYPED's argument T is in C. By
 * itself the compiler's spelling, on which gcc and clang agree for ordinary names; specialise it
 * for a name of your own, for instance to share a stream with C:
 *
 *     template <> constexpr std::string_view streamx::type_name<sample> = "struct sample";
 */
namespace detail
{
template <class T> constexpr std::string_view spelling() noexcept
{
    constexpr std::string_view whole = __PRETTY_FUNCTION__; /* ... [with T = sample; ...] */
    constexpr std::size_t from = whole.find("T = ") + 4;

    return whole.substr(from, whole.find_first_of(";]", from) - from);
}
} // namespace detail

template <class T> inline constexpr std::string_view type_name = detail::spelling<T>();

/*
 * Streams whose every message is one T: producer and consumer with a put of a value and a next that
 * copies one out. The slot size is that of T, and the tag is checked when subscribing; a message of
 * another size gives errc::other_type.
 */
template <class T> struct typed {
    static_assert(std::is_trivially_copyable_v<T>, "its bytes must be all there is to it");
    static_assert(sizeof(T) <= STREAMX_SLOT_SIZE_MAX);

    /* The tag "NAME/SIZE", as in C. */
    static std::string tag()
    {
        char tag[STREAMX_TAG_MAX + 1];

        streamx_typed_tag(tag, std::string(type_name<T>).c_str(), sizeof(T));
        return tag;
    }

    class producer : public streamx::producer
    {
      public:
        producer() noexcept = default;
        explicit producer(const std::string &name, const options &wanted = {})
            : streamx::producer(name, of_type(wanted))
        {
        }
        producer(const std::string &name, const options &wanted, std::error_code &ec)
            : streamx::producer(name, of_type(wanted), ec)
        {
        }

        void put(const T &value, timeout limit = forever)
        {
            streamx::producer::put(bytes_view(&value, sizeof value), limit);
        }
        void put(const T &value, timeout limit, std::error_code &ec) noexcept
        {
            streamx::producer::put(bytes_view(&value, sizeof value), limit, ec);
        }

      private:
        static options of_type(options wanted)
        {
            wanted.type = tag();
            wanted.slot_size = static_cast<std::uint32_t>(sizeof(T));
            return wanted;
        }
    };

    class consumer : public streamx::consumer
    {
      public:
        consumer() noexcept = default;
        explicit consumer(const std::string &name, const subscribe_options &wanted = {},
                          timeout limit = forever)
            : streamx::consumer(name, of_type(wanted), limit)
        {
        }
        consumer(const std::string &name, const subscribe_options &wanted, timeout limit,
                 std::error_code &ec)
            : streamx::consumer(name, of_type(wanted), limit, ec)
        {
        }

        /* Nothing, and no error: the end. The value is a copy. */
        [[nodiscard]] std::optional<T> next(timeout limit = forever)
        {
            std::error_code ec;
            std::optional<T> value = next(limit, ec);

            if (ec)
                throw std::system_error(ec, "streamx_next");
            return value;
        }
        [[nodiscard]] std::optional<T> next(timeout limit, std::error_code &ec) noexcept
        {
            const std::optional<message> m = streamx::consumer::next(limit, ec);
            std::optional<T> value;

            if (!m)
                return value;
            if (m->size() != sizeof(T))
                ec = detail::code(-EPROTOTYPE);
            else
                std::memcpy(static_cast<void *>(&value.emplace()), m->data(), sizeof(T));
            return value;
        }

        using iterator = detail::iterator<consumer, T>;

        iterator begin()
        {
            return iterator(*this);
        }

      private:
        static subscribe_options of_type(subscribe_options wanted)
        {
            wanted.type = tag();
            return wanted;
        }
    };
};

/* ---- looking and tidying -------------------------------------------------------------------- */

/* What a stream looks like at this moment. */
inline struct streamx_info inspect(const std::string &name, std::error_code &ec) noexcept
{
    struct streamx_info info = {};

    detail::report(streamx_inspect(name.c_str(), &info, sizeof info), ec);
    return info;
}
inline struct streamx_info inspect(const std::string &name)
{
    std::error_code ec;
    const struct streamx_info info = inspect(name, ec);

    if (ec)
        throw std::system_error(ec, "streamx_inspect");
    return info;
}

namespace detail
{
template <class Item> int collect(const Item *item, void *into) noexcept
{
    try {
        static_cast<std::vector<Item> *>(into)->push_back(*item);
        return 0;
    } catch (...) {
        return -ENOMEM; /* no exception may pass through C */
    }
}
inline int collect_name(const char *name, void *into) noexcept
{
    try {
        static_cast<std::vector<std::string> *>(into)->emplace_back(name);
        return 0;
    } catch (...) {
        return -ENOMEM;
    }
}
} // namespace detail

/* The consumers of a stream. */
inline std::vector<struct streamx_consumer_info> inspect_consumers(const std::string &name)
{
    std::vector<struct streamx_consumer_info> all;

    detail::check(streamx_inspect_consumers(name.c_str(),
                                            &detail::collect<struct streamx_consumer_info>, &all),
                  "streamx_inspect_consumers");
    return all;
}

/* The producers of a stream: several, if it is shared. */
inline std::vector<struct streamx_producer_info> inspect_producers(const std::string &name)
{
    std::vector<struct streamx_producer_info> all;

    detail::check(streamx_inspect_producers(name.c_str(),
                                            &detail::collect<struct streamx_producer_info>, &all),
                  "streamx_inspect_producers");
    return all;
}

/* The names of all streams in the directory, in no particular order. */
inline std::vector<std::string> list()
{
    std::vector<std::string> names;

    detail::check(streamx_list(&detail::collect_name, &names), "streamx_list");
    return names;
}

/* Removes the name of a stream; with `force` also of a live one. See streamx_remove. */
inline void remove(const std::string &name, bool force = false)
{
    detail::check(streamx_remove(name.c_str(), force ? STREAMX_FORCE : 0u), "streamx_remove");
}
inline void remove(const std::string &name, bool force, std::error_code &ec) noexcept
{
    detail::report(streamx_remove(name.c_str(), force ? STREAMX_FORCE : 0u), ec);
}

} // namespace streamx

template <> struct std::is_error_condition_enum<streamx::errc> : std::true_type {
};

#if __cplusplus >= 202002L
/* A consumer is a range of its own, not a view of one; its iterator refers to it. */
static_assert(std::ranges::input_range<streamx::consumer>);
static_assert(std::is_convertible_v<std::span<const int>, streamx::bytes_view>);
#endif

#endif /* STREAMX_HPP */
