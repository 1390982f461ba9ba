/* SPDX-License-Identifier: MIT */
/*
 * Whatever one thread calls, in whatever order: an oracle that knows no more than a list of
 * messages and how far everybody has come foretells each result, seq, length, stamp and byte.
 *
 * Games are drawn from a seed, which is told with what fails; STREAMX_SEED=N plays that one alone.
 */
#include "streams.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define CALLS 500u
#define BATCH_MOST 6u
#define MESSAGES (CALLS * BATCH_MOST + 1)
#define PRODUCERS 3
#define CONSUMERS 4
#define SLOT_SIZE_MOST 5000u
#define NOBODY (-1)

struct reader {
    struct streamx_consumer *handle; /* NULL: nobody */
    uint64_t taken, acked;
};

static struct {
    uint64_t seed, random;
    unsigned call;
    struct streamx_options options;
    uint32_t usual; /* length of most messages */

    struct streamx_producer *producers[PRODUCERS];
    struct reader readers[CONSUMERS];

    uint64_t seqs, publications;
    uint64_t claimed;  /* slots up to this publication's may have been written into */
    uint64_t furthest; /* what anybody has ever acknowledged */
    bool joined;       /* by anybody, ever */
    uint64_t stamp;    /* of the next publication */

    int lender; /* who has a loan open */
    void *loan;
    size_t capacity;

    struct {
        uint32_t len;
        uint64_t stamp, publication;
    } messages[MESSAGES];    /* by seq */
    uint64_t last[MESSAGES]; /* by publication: its last seq */
} game;

/* ---- chance ---------------------------------------------------------------------------------- */

static uint32_t below(uint32_t limit)
{
    game.random ^= game.random << 13;
    game.random ^= game.random >> 7;
    game.random ^= game.random << 17;
    return (uint32_t)(game.random >> 20) % limit;
}

static bool once_in(uint32_t times)
{
    return below(times) == 0;
}

#define ONE_OF(list) ((list)[below(sizeof(list) / sizeof *(list))])

static int64_t some_timeout(void)
{
    static const int64_t timeouts[] = {0, 0, 0, 0, 0, 0, 1, 30000};

    return ONE_OF(timeouts);
}

static size_t some_length(void)
{
    if (once_in(40))
        return once_in(2) ? SIZE_MAX : (size_t)game.options.slot_size + 1;
    return once_in(3) ? below(game.options.slot_size + 1) : game.usual;
}

/* ---- the oracle ------------------------------------------------------------------------------ */

#define FORETOLD(holds)                                                                            \
    ck_assert_msg(holds, "seed %" PRIu64 ", call %u: not so: %s", game.seed, game.call, #holds)

#define FORETOLD_IS(value, expected) expect_is((int64_t)(value), (int64_t)(expected), #value)

static void expect_is(int64_t value, int64_t expected, const char *what)
{
    ck_assert_msg(value == expected,
                  "seed %" PRIu64 ", call %u: %s is %" PRId64 " instead of %" PRId64, game.seed,
                  game.call, what, value, expected);
}

/* The seq through which slots may be filled anew. */
static uint64_t limit(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < CONSUMERS; i++)
        if (game.readers[i].handle && game.readers[i].acked < least)
            least = game.readers[i].acked;
    return least == UINT64_MAX ? game.furthest : least;
}

static bool anybody_attached(void)
{
    for (int i = 0; i < CONSUMERS; i++)
        if (game.readers[i].handle)
            return true;
    return false;
}

static bool is_free(void)
{
    uint64_t next = game.publications + 1;

    return next <= game.options.slots || game.last[next - game.options.slots] <= limit();
}

/* Another one has the pen. */
static bool is_barred(int k)
{
    return game.lender != NOBODY && game.lender != k;
}

static int in_time(bool there, int64_t timeout_ns)
{
    return there ? 0 : timeout_ns == 0 ? -EAGAIN : -ETIMEDOUT;
}

/* Of a call that takes a slot for what fits, or does not. */
static int claim_result(int k, bool fits, int64_t timeout_ns)
{
    if (game.lender == k)
        return -EBUSY;
    if (!fits)
        return -EMSGSIZE;
    return in_time(is_free() && !is_barred(k), timeout_ns);
}

static void note(size_t len)
{
    game.seqs++;
    game.messages[game.seqs].len = (uint32_t)len;
    game.messages[game.seqs].stamp = game.stamp;
    game.messages[game.seqs].publication = game.publications + 1;
}

static void note_publication(void)
{
    game.last[++game.publications] = game.seqs;
    game.claimed = game.publications;
    game.lender = NOBODY;
}

static unsigned char byte_of(uint64_t seq, uint32_t i)
{
    return (unsigned char)(seq * 31 + i);
}

static void fill(unsigned char *data, size_t len, uint64_t seq)
{
    for (uint32_t i = 0; i < len; i++)
        data[i] = byte_of(seq, i);
}

static void check_bytes(const unsigned char *data, size_t len, uint64_t seq)
{
    FORETOLD_IS(len, game.messages[seq].len);
    for (uint32_t i = 0; i < len; i++)
        FORETOLD_IS(data[i], byte_of(seq, i));
}

/* The next message of that reader's. */
static void check_taken(struct reader *reader, const struct streamx_message *message)
{
    FORETOLD_IS(message->seq, reader->taken + 1);
    FORETOLD(message->seq <= game.seqs);
    reader->taken++;
    FORETOLD_IS(message->time_ns, game.messages[reader->taken].stamp);
    check_bytes(message->data, message->len, reader->taken);
}

static void acknowledge(struct reader *reader, uint64_t seq)
{
    reader->acked = seq;
    if (seq > game.furthest)
        game.furthest = seq;
}

/* ---- producers' calls ------------------------------------------------------------------------ */

static void choose_stamp(int k)
{
    if ((game.options.flags & STREAMX_STAMPS) == 0)
        return;
    game.stamp = below(UINT32_MAX);
    streamx_stamp(game.producers[k], game.stamp);
}

static void call_put(int k)
{
    static unsigned char data[SLOT_SIZE_MOST];
    size_t len = some_length();
    bool fits = len <= game.options.slot_size;
    int64_t timeout_ns = some_timeout();
    int result = claim_result(k, fits, timeout_ns);

    choose_stamp(k);
    fill(data, fits ? len : 0, game.seqs + 1);
    FORETOLD_IS(streamx_put(game.producers[k], data, len, timeout_ns), result);
    if (result != 0)
        return;
    note(len);
    note_publication();
}

/* Messages that lie one behind the other, now and then with something between them. */
static void call_putv(int k)
{
    static unsigned char data[BATCH_MOST * (SLOT_SIZE_MOST + 1)];
    struct iovec messages[BATCH_MOST];
    unsigned n = 1 + below(BATCH_MOST);
    uint64_t bytes = 0, at = 0;
    bool alike = once_in(2);
    size_t most = game.options.slot_size / n, each = below((uint32_t)most + 1);
    int64_t timeout_ns = some_timeout();
    int result;

    for (unsigned i = 0; i < n; i++) {
        size_t len = alike ? each : below((uint32_t)most + 1);

        messages[i] = (struct iovec){data + at, len};
        fill(data + at, len, game.seqs + 1 + i);
        at += len + once_in(4);
        bytes += len;
    }
    if (n > 1)
        bytes += 8 * (uint64_t)n;
    result = claim_result(k, bytes <= game.options.slot_size, timeout_ns);
    choose_stamp(k);
    FORETOLD_IS(streamx_putv(game.producers[k], messages, n, timeout_ns), result);
    if (result != 0)
        return;
    for (unsigned i = 0; i < n; i++)
        note(messages[i].iov_len);
    note_publication();
}

static void call_loan(int k)
{
    size_t size = once_in(2) ? game.options.slot_size : some_length();
    int64_t timeout_ns = some_timeout();
    int result = claim_result(k, size <= game.options.slot_size, timeout_ns);
    bool whole = size == game.options.slot_size && once_in(2);
    int lent = whole ? streamx_loan(game.producers[k], &game.loan, &game.capacity, timeout_ns)
                     : streamx_loan_at_least(game.producers[k], size, &game.loan, &game.capacity,
                                             timeout_ns);

    FORETOLD_IS(lent, result);
    if (result != 0)
        return;
    FORETOLD(game.capacity >= size);
    memset(game.loan, 0xee, game.capacity);
    game.lender = k;
    game.claimed = game.publications + 1;
}

static void publish_one(int k)
{
    size_t len = some_length();
    bool fits = len <= game.capacity;

    fill(game.loan, fits ? len : 0, game.seqs + 1);
    FORETOLD_IS(streamx_publish(game.producers[k], len), fits ? 0 : -EMSGSIZE);
    if (!fits)
        return;
    note(len);
    note_publication();
}

static void publish_parts(int k)
{
    uint32_t ends[BATCH_MOST], at = 0, lens[BATCH_MOST];
    unsigned n = 1 + below(BATCH_MOST), gap = below(4);
    uint32_t most = game.options.slot_size / n, each = below(most + 1);
    bool alike = once_in(2), fits;

    for (unsigned i = 0; i < n; i++) {
        at += i > 0 ? gap : 0;
        lens[i] = alike ? each : below(most + 1);
        if (at + lens[i] <= game.capacity)
            fill((unsigned char *)game.loan + at, lens[i], game.seqs + 1 + i);
        at += lens[i];
        ends[i] = at;
    }
    fits = at <= game.capacity && at + (n > 1 ? 8 * n : 0) <= game.options.slot_size;
    FORETOLD_IS(streamx_publish_parts(game.producers[k], ends, n, gap), fits ? 0 : -EMSGSIZE);
    if (!fits)
        return;
    for (unsigned i = 0; i < n; i++)
        note(lens[i]);
    note_publication();
}

static void call_publish(int k)
{
    if (game.lender != k) {
        FORETOLD_IS(streamx_publish(game.producers[k], 0), -EINVAL);
        return;
    }
    choose_stamp(k);
    if (once_in(4)) {
        streamx_discard(game.producers[k]);
        game.lender = NOBODY;
    } else if (once_in(2)) {
        publish_one(k);
    } else {
        publish_parts(k);
    }
}

static void call_wait(int k)
{
    bool shared = (game.options.flags & STREAMX_SHARED) != 0;
    unsigned events = 1 + below(15), held = 0;
    int64_t timeout_ns = some_timeout();

    if (shared) /* whose own messages are drained is not kept here */
        events = (events & ~STREAMX_DRAINED) | STREAMX_ROOM;
    if (is_free() && !is_barred(k))
        held |= STREAMX_ROOM;
    if (game.seqs <= limit())
        held |= STREAMX_DRAINED;
    if (anybody_attached())
        held |= STREAMX_ATTACHED;
    else if (game.joined)
        held |= STREAMX_ALONE;
    held &= events;
    FORETOLD_IS(streamx_wait(game.producers[k], events, timeout_ns),
                held ? (int)held : in_time(false, timeout_ns));
}

static void call_producer_fd(int k)
{
    FORETOLD(streamx_producer_fd(game.producers[k], 1 + below(15)) >= 0);
}

/* Of a shared stream. The first one stays. */
static void come_or_go(int k)
{
    if (k == 0 || (game.options.flags & STREAMX_SHARED) == 0)
        return;
    if (!game.producers[k]) {
        FORETOLD_IS(streamx_create(&game.producers[k], "s", &game.options), 0);
        return;
    }
    streamx_close(game.producers[k], STREAMX_NOWAIT);
    game.producers[k] = NULL;
    if (game.lender == k)
        game.lender = NOBODY;
}

/* ---- consumers' calls ------------------------------------------------------------------------ */

static int take_result(const struct reader *reader, int64_t timeout_ns)
{
    return reader->taken < game.seqs ? 1 : in_time(false, timeout_ns);
}

static void call_next(struct reader *reader)
{
    struct streamx_message message;

    for (unsigned n = 1 + below(once_in(4) ? 2 * game.options.slots : 3); n > 0; n--) {
        int64_t timeout_ns = some_timeout();
        int result = take_result(reader, timeout_ns);

        acknowledge(reader, reader->taken);
        FORETOLD_IS(streamx_next(reader->handle, &message, timeout_ns), result);
        if (result != 1)
            return;
        check_taken(reader, &message);
    }
}

static void call_take(struct reader *reader)
{
    struct streamx_message message;
    int64_t timeout_ns = some_timeout();
    int result = take_result(reader, timeout_ns);

    FORETOLD_IS(streamx_take(reader->handle, &message, timeout_ns), result);
    if (result == 1)
        check_taken(reader, &message);
}

static void call_take_parts(struct reader *reader)
{
    struct streamx_parts parts;
    unsigned most = 1 + below(BATCH_MOST);
    int64_t timeout_ns = some_timeout();
    int result = take_result(reader, timeout_ns);
    uint64_t left, end;

    FORETOLD_IS(streamx_take_parts(reader->handle, &parts, most, timeout_ns), result);
    if (result != 1)
        return;
    left = game.last[game.messages[reader->taken + 1].publication] - reader->taken;
    check_taken(reader, &parts.first);
    FORETOLD_IS(parts.count, left < most ? left : most);
    end = (uint64_t)((const char *)parts.first.data - (const char *)parts.base) + parts.first.len;
    for (unsigned i = 1; i < parts.count; i++) {
        uint64_t begin = end + parts.gap;

        end = parts.ends[i - 1];
        reader->taken++;
        check_bytes((const unsigned char *)parts.base + begin, end - begin, reader->taken);
    }
    FORETOLD_IS(parts.bytes, end);
}

static void call_ack(struct reader *reader)
{
    uint64_t in_hand = reader->taken - reader->acked, through = 0;
    bool there;

    if (!once_in(3))
        through = reader->acked + below((uint32_t)in_hand + 2);
    there = through <= reader->taken;
    FORETOLD_IS(streamx_ack(reader->handle, through), there ? 0 : -EINVAL);
    if (there && (through == 0 || through > reader->acked))
        acknowledge(reader, through == 0 ? reader->taken : through);
}

static void call_consumer_fd(struct reader *reader)
{
    FORETOLD(streamx_consumer_fd(reader->handle) >= 0);
}

/*
 * How many publications can still be read. A slot has been claimed for the next one while a loan is
 * open and after it is discarded; and perhaps by a call that found only then who had come in.
 */
static uint64_t publications_in_ring(void)
{
    uint64_t told = look("s").publications_in_ring, slots = game.options.slots;
    uint64_t kept = game.publications < slots ? game.publications : slots;
    bool full = game.publications >= slots;

    if (full && game.claimed > game.publications)
        FORETOLD_IS(told, kept - 1);
    else
        FORETOLD(told == kept || (full && told + 1 == kept));
    return told;
}

/* The seq before the first that one gets who comes in now. */
static uint64_t start_of(uint32_t start)
{
    uint64_t in_ring = publications_in_ring();

    switch (start) {
    case STREAMX_START_NEXT:
        return game.furthest;
    case STREAMX_START_LATEST:
        return in_ring == 0 ? game.seqs : game.seqs - 1;
    case STREAMX_START_OLDEST:
        return game.last[game.publications - in_ring];
    default:
        return game.seqs;
    }
}

static void join_or_leave(struct reader *reader)
{
    struct streamx_subscribe_options options = {.start = below(4), .spin_ns = once_in(2) ? -1 : 0};

    if (reader->handle) {
        streamx_unsubscribe(reader->handle);
        reader->handle = NULL;
        return;
    }
    acknowledge(reader, reader->taken = start_of(options.start));
    FORETOLD_IS(streamx_subscribe(&reader->handle, "s", &options, STREAMX_NOWAIT), 0);
    game.joined = true;
}

/* ---- games ----------------------------------------------------------------------------------- */

static void call_anything(void)
{
    static void (*const by_producers[])(int k) = {
        call_put,  call_put,  call_put,     call_put,     call_put,  call_putv,
        call_putv, call_loan, call_publish, call_publish, call_wait, call_producer_fd,
    };
    static void (*const by_consumers[])(struct reader * reader) = {
        call_next, call_next,       call_next, call_next,
        call_take, call_take_parts, call_ack,  call_consumer_fd,
    };
    int k = (int)below(PRODUCERS);
    struct reader *reader = &game.readers[below(CONSUMERS)];

    if (once_in(20))
        come_or_go(k);
    else if (once_in(12))
        join_or_leave(reader);
    else if (once_in(2) && reader->handle)
        ONE_OF(by_consumers)(reader);
    else if (game.producers[k])
        ONE_OF(by_producers)(k);
}

static void check_totals(void)
{
    struct streamx_info info = look("s");
    uint64_t bytes = 0;

    for (uint64_t seq = 1; seq <= game.seqs; seq++)
        bytes += game.messages[seq].len;
    FORETOLD_IS(info.published, game.seqs);
    FORETOLD_IS(info.publications, game.publications);
    FORETOLD_IS(info.bytes, bytes);
    FORETOLD_IS(info.acknowledged_by_all, limit());
}

static void draw_options(uint32_t flags)
{
    static const uint32_t slots[] = {1, 1, 2, 3, 4, 5, 8, 16, 17, 33, 64, 100};
    static const uint32_t sizes[] = {1, 20, 32, 64, 100, 300, SLOT_SIZE_MOST};
    static const uint32_t reserves[] = {0, 0, 0, 1, 20, 100};

    game.options = (struct streamx_options){.slots = ONE_OF(slots),
                                            .slot_size = ONE_OF(sizes),
                                            .flags = flags | (once_in(3) ? STREAMX_STAMPS : 0),
                                            .spin_ns = once_in(2) ? -1 : 0};
    game.options.reserve_size = ONE_OF(reserves);
    if (game.options.reserve_size > game.options.slot_size)
        game.options.reserve_size = 0;
    game.usual = below(game.options.slot_size + 1);
}

static void play(uint64_t seed, uint32_t flags)
{
    memset(&game, 0, sizeof game);
    game.seed = seed;
    game.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    game.lender = NOBODY;
    draw_options(flags);
    FORETOLD_IS(streamx_create(&game.producers[0], "s", &game.options), 0);
    for (game.call = 1; game.call <= CALLS; game.call++)
        call_anything();
    check_totals();
    for (int i = 0; i < CONSUMERS; i++)
        if (game.readers[i].handle)
            streamx_unsubscribe(game.readers[i].handle);
    for (int k = PRODUCERS - 1; k >= 0; k--)
        if (game.producers[k])
            streamx_close(game.producers[k], STREAMX_NOWAIT);
}

static void play_all(uint32_t flags)
{
    const char *only = getenv("STREAMX_SEED");
    uint64_t games = long_run() ? 600 : 25;

    if (only)
        play(strtoull(only, NULL, 10), flags);
    for (uint64_t seed = 1; seed <= games && !only; seed++)
        play(seed, flags);
}

START_TEST(whatever_is_called_is_foretold)
{
    play_all(0);
}
END_TEST

START_TEST(whatever_is_called_of_a_shared_stream_is_foretold)
{
    play_all(STREAMX_SHARED);
}
END_TEST

int main(void)
{
    return RUN_TESTS("oracle", whatever_is_called_is_foretold,
                     whatever_is_called_of_a_shared_stream_is_foretold);
}
