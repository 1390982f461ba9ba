/* SPDX-License-Identifier: MIT */
/*
 * The steady consumer: it is never killed, follows every producer from its first value to its end,
 * and must get every value, in order, once, whole, and each end for what it was.
 */
#include "torture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct streamx_consumer *consumer;
static struct generation *self;
static uint32_t number;
static uint64_t last; /* the last seq that was received */

/* False: that generation ended before anybody could attach. */
static bool attach(void)
{
    char type[32];
    const struct streamx_subscribe_options options = {.type = type};

    type_of(type, number);
    for (;;) {
        bool over = atomic_load(&self->over);
        int result = streamx_subscribe(&consumer, STREAM, &options, 10 * MS);

        if (result == 0)
            return true;
        if (result == -EPROTOTYPE)
            sleep_ns(100000); /* the name still leads to an older one, or already to the next */
        else if (result != -ETIMEDOUT)
            fail("subscribe: %s", strerror(-result));
        if (over)
            return false;
    }
}

static void receive(const struct streamx_message *message)
{
    if (message->seq != last + 1)
        fail("the steady consumer got %llu after %llu", (unsigned long long)message->seq,
             (unsigned long long)last);
    last = message->seq;
    if (!payload_is_right(message, number))
        fail("the content of %llu is wrong", (unsigned long long)last);
    if (one_in(1000))
        sleep_ns((int64_t)random_below(500000));
    /* Still in hand, so it must not have been overwritten. */
    if (one_in(4) && !payload_is_right(message, number))
        fail("%llu was overwritten in hand", (unsigned long long)last);
    atomic_fetch_add_explicit(&board->values, 1, memory_order_relaxed);
}

/* The next value; else how the stream ended. */
static int next(struct streamx_message *message)
{
    int64_t begin_ns = now_ns();
    int result;

    raise_to(&self->acking, last);
    result = streamx_next(consumer, message, PATIENCE_NS);
    raise_to(&self->acked, last);
    raise_time(result == 1 ? &board->longest_next_ns : &board->longest_end_ns, begin_ns);
    return result;
}

static void check_end(int result)
{
    uint64_t put = atomic_load(&self->put), putting = atomic_load(&self->putting);
    int order = atomic_load(&self->order);

    if (result != 0 && result != -EOWNERDEAD)
        fail("next after %llu: %s", (unsigned long long)last, strerror(-result));
    if (last < put || last > putting)
        fail("%llu to %llu values were put, the steady consumer got %llu", (unsigned long long)put,
             (unsigned long long)putting, (unsigned long long)last);
    if (result == 0 && order != CLOSE)
        fail("an end of stream that nobody made");
}

void consume_steadily(void)
{
    struct streamx_message message;
    int result;

    for (number = 1; !(atomic_load(&board->stopping) && number > atomic_load(&board->current));) {
        if (number > atomic_load(&board->current)) {
            sleep_ns(100000);
            continue;
        }
        self = generation_at(number);
        last = 0;
        if (attach()) {
            atomic_store(&self->steady_attached, true);
            while ((result = next(&message)) == 1)
                receive(&message);
            check_end(result);
            streamx_unsubscribe(consumer);
        }
        atomic_store(&board->steady_generation, ++number);
    }
    _exit(EXIT_SUCCESS);
}
