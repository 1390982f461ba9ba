/* SPDX-License-Identifier: MIT */
/*
 * 200 streams on one ring and one thread, against a producer process on another ring: every value,
 * in order, and every end; and when the producer is killed, every armed wait completes at once. On
 * rings of every kind that changes who submits, who completes, and when.
 */
#include "watch.h"

#include <stdio.h>
#include <streamx_uring.h>

enum { STREAMS = 200, VALUES_SHORT = 20, VALUES_LONG = 100 };

static uint64_t values(void)
{
    return long_run() ? VALUES_LONG : VALUES_SHORT;
}

static const struct kind {
    const char *name;
    unsigned entries, flags;
} kinds[] = {
    {.name = "plain", .entries = 512},
    {.name = "lean",
     .entries = 512,
     .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN},
    {.name = "polled by the kernel", .entries = 512, .flags = IORING_SETUP_SQPOLL},
    {.name = "small", .entries = 8},
    {.name = "small, polled by the kernel", .entries = 8, .flags = IORING_SETUP_SQPOLL},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind; /* this turn's */
static struct io_uring ring;
static unsigned busy; /* how often it had no room for an arm */

static void open_ring(void)
{
    struct io_uring_params params = {.flags = kind->flags, .sq_thread_idle = 1};

    ck_assert_int_eq(io_uring_queue_init_params(kind->entries, &ring, &params), 0);
    busy = 0;
}

/* True: there is room now, so once more. */
static bool is_busy(int armed)
{
    if (armed != -EBUSY) {
        ck_assert_int_eq(armed, 0);
        return false;
    }
    busy++;
    ck_assert_int_ge(io_uring_submit(&ring), 0);
    if (kind->flags & IORING_SETUP_SQPOLL)
        io_uring_sqring_wait(&ring);
    return true;
}

static void begin_turn(const struct kind *which)
{
    kind = which;
    printf("# a ring of the kind: %s\n", kind->name);
    fflush(stdout);
}

static const char *name_of(unsigned i)
{
    static char name[16];

    snprintf(name, sizeof name, "s%u", i);
    return name;
}

/* Submits, and returns whose wait is over. */
static unsigned whose_turn(void)
{
    struct __kernel_timespec patience = {.tv_sec = PATIENCE / 1000000000};
    struct io_uring_cqe *completion;

    for (;;) {
        uint64_t user_data = UINT64_MAX;
        int failed = io_uring_submit_and_wait_timeout(&ring, &completion, 1, &patience, NULL);

        if (failed == -EINTR)
            continue;
        ck_assert_msg(failed >= 0, "nothing completes: %d", failed);
        if (io_uring_peek_cqe(&ring, &completion) == 0) {
            user_data = completion->user_data;
            io_uring_cqe_seen(&ring, completion);
        }
        if (user_data != UINT64_MAX)
            return (unsigned)user_data;
    }
}

/* ---- the producers ------------------------------------------------------------------------- */

struct source {
    struct streamx_producer *producer;
    uint64_t put;
};

/* Puts what there is room for, then waits for more, or for the last to be acknowledged, and ends.
 * True: it has ended. */
static bool advance(struct source *source, unsigned i)
{
    unsigned event = STREAMX_ROOM;
    int result = 0;

    while (source->put < values() && result == 0) {
        uint64_t value = source->put * STREAMS + i;

        result = streamx_put(source->producer, &value, sizeof value, STREAMX_NOWAIT);
        if (result == 0)
            source->put++;
    }
    if (source->put == values()) {
        event = STREAMX_DRAINED;
        result = streamx_wait(source->producer, event, STREAMX_NOWAIT);
        if (result > 0) {
            ck_assert_int_eq(streamx_close(source->producer, STREAMX_NOWAIT), 0);
            return true;
        }
    }
    ck_assert_int_eq(result, -EAGAIN);
    while (is_busy(streamx_arm_wait(source->producer, &ring, event, i)))
        ;
    return false;
}

static void produce(struct link parent, void *arg)
{
    const struct streamx_options options = {.slots = 2, .slot_size = 64, .min_consumers = 1};
    struct source sources[STREAMS] = {0};
    unsigned left = STREAMS;

    (void)arg;
    open_ring();
    for (unsigned i = 0; i < STREAMS; i++) {
        sources[i].producer = make_stream(name_of(i), &options);
        ck_assert(!advance(&sources[i], i)); /* nobody is there yet */
    }
    say(parent, 0);
    while (left > 0) {
        unsigned i = whose_turn();

        left -= advance(&sources[i], i);
    }
    io_uring_queue_exit(&ring);
}

/* ---- the consumers ------------------------------------------------------------------------- */

struct sink {
    struct streamx_consumer *consumer;
    uint64_t received;
};

/* Receives what is there, then waits for more. What ended it, or -EAGAIN. */
static int receive(struct sink *sink, unsigned i)
{
    struct streamx_message message;
    int got;

    while ((got = streamx_next(sink->consumer, &message, STREAMX_NOWAIT)) == 1) {
        uint64_t expected = sink->received++ * STREAMS + i;

        ck_assert_uint_eq(message.len, sizeof expected);
        ck_assert_mem_eq(message.data, &expected, sizeof expected);
    }
    if (got != -EAGAIN)
        streamx_unsubscribe(sink->consumer);
    while (got == -EAGAIN && is_busy(streamx_arm_next(sink->consumer, &ring, i)))
        ;
    return got;
}

static void join_all(struct sink *sinks)
{
    for (unsigned i = 0; i < STREAMS; i++)
        sinks[i].consumer = join(name_of(i));
}

static void receive_everything(void)
{
    struct child producer = child_start(produce, NULL);
    struct sink sinks[STREAMS] = {0};
    unsigned left = 0;

    ck_assert_int_eq(hear(producer.link), 0);
    open_ring();
    join_all(sinks);
    for (unsigned i = 0; i < STREAMS; i++)
        left += receive(&sinks[i], i) == -EAGAIN;
    while (left > 0) {
        unsigned i = whose_turn();
        int got = receive(&sinks[i], i);

        ck_assert(got == 0 || got == -EAGAIN);
        left -= got == 0;
    }
    for (unsigned i = 0; i < STREAMS; i++)
        ck_assert_uint_eq(sinks[i].received, values());
    child_join(&producer);
    io_uring_queue_exit(&ring);
    ck_assert_int_eq(busy > 0, kind->entries < STREAMS);
}

START_TEST(every_value_and_every_end_arrive)
{
    for (unsigned i = 0; i < KINDS; i++) {
        begin_turn(&kinds[i]);
        receive_everything();
    }
}
END_TEST

static void make_and_stay(struct link parent, void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < STREAMS; i++)
        make_stream(name_of(i), &(struct streamx_options){.slot_size = 64});
    say(parent, 0);
    hear(parent);
}

/* Until each has been told of something; how long after `since_ns`. Nothing is done about it
 * meanwhile, which takes a slow machine its time. */
static int64_t await_all(int64_t since_ns)
{
    bool told[STREAMS] = {false};

    for (unsigned left = STREAMS; left > 0;) {
        unsigned i = whose_turn();

        left -= !told[i];
        told[i] = true;
    }
    return now_ns() - since_ns;
}

/* True: it has come to its end. */
static bool finds_it_dead(struct sink *sink, unsigned i)
{
    int got = receive(sink, i);

    ck_assert(got == -EOWNERDEAD || got == -EAGAIN);
    return got == -EOWNERDEAD;
}

static void lose_the_producer(void)
{
    struct child producer = child_start(make_and_stay, NULL);
    struct sink sinks[STREAMS] = {0};
    unsigned left = STREAMS;
    int64_t killed_ns, taken_ns;

    ck_assert_int_eq(hear(producer.link), 0);
    open_ring();
    join_all(sinks);
    for (unsigned i = 0; i < STREAMS; i++)
        ck_assert_int_eq(receive(&sinks[i], i), -EAGAIN);
    io_uring_submit(&ring);
    child_kill(&producer);
    killed_ns = now_ns();
    taken_ns = await_all(killed_ns);
    printf("# told of %d deaths within %lld us\n", STREAMS, (long long)taken_ns / 1000);
    ck_assert_int_lt(taken_ns, PROMPTLY);
    for (unsigned i = 0; i < STREAMS; i++)
        left -= finds_it_dead(&sinks[i], i);
    while (left > 0) {
        unsigned i = whose_turn();

        left -= finds_it_dead(&sinks[i], i);
    }
    io_uring_queue_exit(&ring);
}

START_TEST(killed_producer_completes_every_armed_wait)
{
    for (unsigned i = 0; i < KINDS; i++) {
        begin_turn(&kinds[i]);
        lose_the_producer();
    }
}
END_TEST

int main(void)
{
    if (!rings_can_be_armed())
        return EXIT_SKIPPED;
    return RUN_TESTS("many", every_value_and_every_end_arrive,
                     killed_producer_completes_every_armed_wait);
}
