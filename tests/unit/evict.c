/* SPDX-License-Identifier: MIT */
/*
 * Evicting a consumer whose cursor bears a bit that was meant for another: a holder that has seen
 * whom it was meant for, and is about to overwrite it, must not succeed once the bit is its own.
 */
#include "consumer/publication.h"
#include "producer/handle.h"
#include "streams.h"
#include "support.h"

START_TEST(bit_of_another_does_not_hide_an_eviction)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.evict_after_ns = 1});
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    struct sx_seat *seat = consumer->seat;
    uint64_t seen;

    ck_assert_int_eq(streamx_put(producer, "a", 1, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_int_eq(streamx_put(producer, "b", 1, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    atomic_store(&seat->evicted_attach, consumer->ticket.attach + 1000);
    seen = atomic_fetch_or(&seat->cursor, SX_CURSOR_EVICTED) | SX_CURSOR_EVICTED;
    ck_assert(!sx_consumer_evicted(consumer));
    WAIT_UNTIL(streamx_put(producer, "c", 1, STREAMX_NOWAIT) == -EAGAIN &&
               sx_consumer_evicted(consumer));
    /* The second swap of an acknowledgment that looked before. */
    ck_assert(!atomic_compare_exchange_strong(&seat->cursor, &seen, sx_cursor_make(2)));
    ck_assert_int_eq(streamx_ack(consumer, 0), -ESTALE);
    /* What it had acknowledged remains so, and the rest is for its successor. */
    ck_assert_uint_eq(atomic_load(&producer->segment.control->acked), 1);
    streamx_unsubscribe(consumer);
    consumer = join("s");
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.seq, 2);
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

static int see(const struct streamx_consumer_info *info, void *arg)
{
    *(struct streamx_consumer_info *)arg = *info;
    return 0;
}

/* It has acknowledged nothing: there is nothing to take back. */
START_TEST(one_that_has_acknowledged_nothing_is_shown_so)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.evict_after_ns = 1});
    struct streamx_consumer *consumer = join("s");
    struct streamx_consumer_info info;

    ck_assert_int_eq(streamx_put(producer, "a", 1, STREAMX_NOWAIT), 0);
    atomic_store(&consumer->seat->evicted_attach, consumer->ticket.attach + 1000);
    atomic_fetch_or(&consumer->seat->cursor, SX_CURSOR_EVICTED);
    WAIT_UNTIL(streamx_put(producer, "b", 1, STREAMX_NOWAIT) == -EAGAIN &&
               sx_consumer_evicted(consumer));
    ck_assert_int_eq(streamx_inspect_consumers("s", see, &info), 0);
    ck_assert_uint_eq(info.state, STREAMX_CONSUMER_EVICTED);
    ck_assert_uint_eq(info.acknowledged, 0);
    ck_assert_uint_eq(info.behind, 1);
    ck_assert_uint_eq(look("s").acknowledged, 0);
    streamx_unsubscribe(consumer);
    ck_assert_uint_eq(look("s").acknowledged, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("evict", bit_of_another_does_not_hide_an_eviction,
                     one_that_has_acknowledged_nothing_is_shown_so);
}
