/* SPDX-License-Identifier: MIT */
/*
 * The honest threads of fuzz_live. They make every call there is, with timeouts of a few
 * milliseconds at most, and do not mind what comes out of it: only that it comes, and that what is
 * handed out can be read.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "guard.h"
#include "live.h"

/* What an event loop does between two calls. */
static void poll_briefly(struct actor *actor, int fd)
{
    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, (int)live_random(actor, 4));
}

/* ---- producer -------------------------------------------------------------------------------- */

static void put(struct actor *actor, struct streamx_producer *producer)
{
    static const char bytes[16384];
    size_t len = live_random(actor, live_random(actor, 32) == 0  ? sizeof bytes
                                    : live_random(actor, 4) == 0 ? 300
                                                                 : 20);
    const struct iovec one = {(void *)(uintptr_t)bytes, len};
    const struct iovec batch[] = {one, one, one, one};
    unsigned n = (unsigned)live_random(actor, 4);

    LIVE_CALL_VOID(actor, streamx_stamp, producer, len);
    if (n == 0)
        LIVE_CALL(actor, streamx_putv, producer, batch, 1 + (unsigned)live_random(actor, 4),
                  live_timeout(actor));
    else
        LIVE_CALL(actor, streamx_put, producer, bytes, len, live_timeout(actor));
}

static void lend(struct actor *actor, struct streamx_producer *producer)
{
    size_t capacity;
    void *data;

    if (live_random(actor, 2) == 0) {
        if (LIVE_CALL(actor, streamx_loan, producer, &data, &capacity, live_timeout(actor)) != 0)
            return;
    } else if (LIVE_CALL(actor, streamx_loan_at_least, producer, live_random(actor, 200), &data,
                         &capacity, live_timeout(actor)) != 0)
        return;
    if (live_random(actor, 8) == 0) {
        LIVE_CALL_VOID(actor, streamx_discard, producer);
        return;
    }
    guard_read(data, capacity);
    memset(data, 'l', capacity);
    if (live_random(actor, 4) == 0) {
        const uint32_t ends[] = {1, 3, 4, 8};

        if (LIVE_CALL(actor, streamx_publish_parts, producer, ends,
                      1 + (unsigned)live_random(actor, 4), (unsigned)live_random(actor, 2)) != 0)
            LIVE_CALL_VOID(actor, streamx_discard, producer);
        return;
    }
    LIVE_CALL(actor, streamx_publish, producer, live_random(actor, capacity + 1));
}

static void use_producer(struct actor *actor, struct streamx_producer *producer)
{
    for (uint64_t left = live_random(actor, 400); left > 0 && !atomic_load(&live_over); left--) {
        uint64_t dice = live_random(actor, 20);

        if (dice < 14)
            put(actor, producer);
        else if (dice < 17)
            lend(actor, producer);
        else if (dice == 17)
            poll_briefly(actor, LIVE_CALL(actor, streamx_producer_fd, producer,
                                          1 + (unsigned)live_random(actor, 15)));
        else if (dice == 18)
            LIVE_CALL(actor, streamx_drain, producer, live_timeout(actor));
        else
            LIVE_CALL(actor, streamx_wait, producer, 1 + (unsigned)live_random(actor, 15),
                      live_timeout(actor));
    }
    if (live_random(actor, 2) == 0)
        LIVE_CALL(actor, streamx_close, producer, live_timeout(actor));
    else
        LIVE_CALL_VOID(actor, streamx_abandon, producer);
}

void live_produce(struct actor *actor)
{
    while (!atomic_load(&live_over)) {
        const struct template *template = template_at((unsigned)live_random(actor, TEMPLATES));
        struct streamx_producer *producer;
        int result = LIVE_CALL(actor, streamx_create, &producer, STREAM, &template->options);

        if (result == 0) {
            live_terrain(&template->terrain);
            use_producer(actor, producer);
        } else {
            unlink(stream_file()); /* made unrecognisable: nobody else will remove it */
        }
    }
}

/* A further one, of streams that may have several, and the one that begins some of them. */
void live_come_in(struct actor *actor)
{
    while (!atomic_load(&live_over)) {
        unsigned index = SHARED_FIRST + (unsigned)live_random(actor, TEMPLATES - SHARED_FIRST);
        struct streamx_options options = template_at(index)->options;
        struct streamx_producer *producer;

        options.flags |= live_random(actor, 2) == 0 ? STREAMX_RESUME : 0;
        if (LIVE_CALL(actor, streamx_create, &producer, STREAM, &options) != 0) {
            usleep((unsigned)live_random(actor, 3000));
            continue;
        }
        live_terrain(&template_at(index)->terrain);
        use_producer(actor, producer);
    }
}

/* ---- consumer -------------------------------------------------------------------------------- */

/* Reads each end once, as the contract has it. */
static void walk(const struct streamx_parts *parts)
{
    const volatile uint32_t *ends = parts->ends;
    uint64_t begin = parts->first.len;

    for (unsigned i = 0; i + 1 < parts->count; i++) {
        uint64_t end = ends[i];

        begin += parts->gap;
        if (end < begin || end > parts->bytes)
            return; /* the memory contradicts itself */
        guard_touch((const unsigned char *)parts->base + begin, end - begin);
        begin = end;
    }
}

static int receive_parts(struct actor *actor, struct streamx_consumer *consumer)
{
    struct streamx_parts parts;
    int result = LIVE_CALL(actor, streamx_take_parts, consumer, &parts,
                           1 + (unsigned)live_random(actor, 4), live_timeout(actor));

    if (result == 1) {
        guard_touch(parts.first.data, parts.first.len + parts.first.gap);
        walk(&parts);
    }
    return result;
}

static bool goes_on(int result)
{
    return result == 1 || result == -EAGAIN || result == -ETIMEDOUT;
}

/* False: it is over with this stream. */
static bool receive(struct actor *actor, struct streamx_consumer *consumer)
{
    struct streamx_message message;
    int result;

    if (live_random(actor, 4) == 0)
        return goes_on(receive_parts(actor, consumer));
    if (live_random(actor, 2) == 0)
        result = LIVE_CALL(actor, streamx_next, consumer, &message, live_timeout(actor));
    else
        result = LIVE_CALL(actor, streamx_take, consumer, &message, live_timeout(actor));
    if (result == 1) {
        guard_touch(message.data, message.len + message.gap);
        atomic_fetch_add_explicit(&actor->messages, 1, memory_order_relaxed);
    }
    if (live_random(actor, 16) == 0)
        poll_briefly(actor, LIVE_CALL(actor, streamx_consumer_fd, consumer));
    if (live_random(actor, 4) == 0)
        LIVE_CALL(actor, streamx_ack, consumer, live_random(actor, 2) * live_random(actor, 64));
    return goes_on(result);
}

void live_consume(struct actor *actor)
{
    static const uint32_t flags[] = {0, 0, STREAMX_TAP, STREAMX_PATIENT};

    while (!atomic_load(&live_over)) {
        const struct streamx_subscribe_options options = {.start = (uint32_t)live_random(actor, 4),
                                                          .spin_ns = live_random(actor, 2) ? 0 : -1,
                                                          .flags = flags[live_random(actor, 4)]};
        struct streamx_consumer *consumer;
        uint64_t left = live_random(actor, 300);

        if (LIVE_CALL(actor, streamx_subscribe, &consumer, STREAM, &options, live_timeout(actor)) !=
            0)
            continue;
        while (left-- > 0 && receive(actor, consumer))
            ;
        LIVE_CALL_VOID(actor, streamx_unsubscribe, consumer);
    }
}

/* ---- those who look -------------------------------------------------------------------------- */

static int see_consumer(const struct streamx_consumer_info *info, void *arg)
{
    (void)info;
    (void)arg;
    return 0;
}

static int see_producer(const struct streamx_producer_info *info, void *arg)
{
    (void)info;
    (void)arg;
    return 0;
}

void live_look(struct actor *actor)
{
    while (!atomic_load(&live_over)) {
        struct streamx_info info;

        LIVE_CALL(actor, streamx_inspect, STREAM, &info, sizeof info);
        LIVE_CALL(actor, streamx_inspect_consumers, STREAM, see_consumer, NULL);
        LIVE_CALL(actor, streamx_inspect_producers, STREAM, see_producer, NULL);
        if (live_random(actor, 50) == 0)
            LIVE_CALL(actor, streamx_remove, STREAM, STREAMX_FORCE);
        usleep((unsigned)live_random(actor, 3000));
    }
}
