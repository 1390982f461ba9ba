/* SPDX-License-Identifier: MIT */
/* What producers wish for, in `wanted` and `pen_wanted`: who takes it away, and whom that wakes. */
#include "consumer/handle.h"
#include "memory/pen.h"
#include "producer/handle.h"
#include "streams.h"
#include "support.h"

/* A producer that has waited for a consumer by its descriptor, in vain. */
static struct streamx_producer *wait_for_somebody(uint32_t flags)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 4, .min_consumers = 1, .flags = flags});

    ck_assert_int_ge(streamx_producer_fd(producer, STREAMX_ATTACHED), 0);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_uint_eq(atomic_load(&producer->segment.control->wanted),
                      sx_wanted_make(SX_WANTED_NO_SEQ));
    return producer;
}

static void end(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

/* Acknowledgments would be slow ones for as long as it is there. */
START_TEST(wish_that_nobody_can_meet_is_taken_away_by_an_acknowledgment)
{
    struct streamx_producer *producer = wait_for_somebody(STREAMX_SHARED);
    struct sx_control *control = producer->segment.control;
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    uint32_t event;

    ck_assert_int_eq(streamx_put(producer, "a", 1, STREAMX_FOREVER), 0);
    event = atomic_load(&control->room_event);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_uint_eq(atomic_load(&control->wanted), SX_WANTED_NOTHING);
    ck_assert_uint_eq(atomic_load(&control->room_event), event);
    end(producer, consumer);
}
END_TEST

/* Where the word is the producer's alone. */
START_TEST(wish_that_nobody_can_meet_is_taken_away_when_it_holds)
{
    struct streamx_producer *producer = wait_for_somebody(0);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), STREAMX_ATTACHED);
    ck_assert_uint_eq(atomic_load(&producer->segment.control->wanted), SX_WANTED_NOTHING);
    end(producer, consumer);
}
END_TEST

/* It would be ourselves who are told. */
START_TEST(free_pen_is_not_wanted)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 16, .flags = STREAMX_SHARED});
    bool certain = true;

    ck_assert(!sx_pen_want(&producer->segment, SX_PEN_WATCHED, &certain));
    ck_assert(!sx_pen_want(&producer->segment, SX_PEN_WAITED, NULL));
    ck_assert(!sx_pen_is_wanted(producer->segment.control));
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* By whatever way it is laid down: of a founder that is still by itself, or has company. */
static void wish_for_the_pen(bool company)
{
    const struct streamx_options options = {.slots = 16, .flags = STREAMX_SHARED};
    struct streamx_producer *producer = make_stream("s", &options), *other = NULL;
    struct sx_control *control = producer->segment.control;
    uint64_t laid_down = company ? SX_PEN_FREE : producer->turn.pen | SX_PEN_SOLE;

    if (company)
        ck_assert_int_eq(streamx_create(&other, "s", &options), 0);

    for (uint32_t how = SX_PEN_WAITED; how <= SX_PEN_WATCHED; how *= 2) {
        uint32_t event = atomic_load(&control->room_event);
        bool certain = true;
        size_t capacity;
        void *data;

        ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
        ck_assert(sx_pen_want(&producer->segment, how, &certain));
        ck_assert_int_eq(streamx_publish(producer, 1), 0);
        ck_assert(!sx_pen_is_watched(producer->segment.control));
        ck_assert_uint_eq(atomic_load(&control->room_event) != event, how == SX_PEN_WATCHED);
        ck_assert_uint_eq(atomic_load(&control->pen), laid_down);

        event = atomic_load(&control->room_event);
        atomic_store(&control->pen_wanted, how); /* while it is held, which is a moment */
        ck_assert_int_eq(streamx_put(producer, "a", 1, STREAMX_NOWAIT), 0);
        ck_assert_uint_eq(atomic_load(&control->room_event) != event, how == SX_PEN_WATCHED);
    }
    streamx_abandon(producer);
    streamx_abandon(other);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}

START_TEST(who_watches_the_pen_is_told_and_who_looks_again_is_not)
{
    wish_for_the_pen(true);
    wish_for_the_pen(false);
}
END_TEST

int main(void)
{
    return RUN_TESTS("wanted", wish_that_nobody_can_meet_is_taken_away_by_an_acknowledgment,
                     wish_that_nobody_can_meet_is_taken_away_when_it_holds, free_pen_is_not_wanted,
                     who_watches_the_pen_is_told_and_who_looks_again_is_not);
}
