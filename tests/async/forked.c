/* SPDX-License-Identifier: MIT */
/*
 * Descriptors across fork: useless in the child, undisturbed in the parent by a child that lives on
 * with copies of everything. And descriptors when there is none available. In every world.
 */
#include "deeds.h"
#include "traces.h"
#include "worlds.h"

#include <signal.h>
#include <sys/resource.h>

struct handles {
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
};

static void be_refused(struct link parent, void *arg)
{
    const struct handles *handles = arg;

    ck_assert_int_eq(streamx_consumer_fd(handles->consumer), -EPERM);
    ck_assert_int_eq(streamx_producer_fd(handles->producer, STREAMX_ROOM), -EPERM);
    streamx_unsubscribe(handles->consumer);
    streamx_abandon(handles->producer);
    say(parent, 0);
    hear(parent);
}

static void fork_with_descriptors(struct watch *watch)
{
    struct handles handles = {.producer = make_ring("s", 2), .consumer = join("s")};
    struct streamx_message message;
    struct child child;
    int consumer_fd = streamx_consumer_fd(handles.consumer);
    int producer_fd = streamx_producer_fd(handles.producer, STREAMX_ALONE);

    (void)watch;
    child = child_start(be_refused, &handles);
    ck_assert_int_eq(hear(child.link), 0);
    for (int i = 0; i < 10; i++) {
        WAIT_UNTIL(try_next(handles.consumer) == -EAGAIN && !readable_now(consumer_fd));
        put_text(handles.producer, "a");
        WAIT_UNTIL(readable_now(consumer_fd));
        ck_assert_int_eq(streamx_next(handles.consumer, &message, STREAMX_NOWAIT), 1);
    }
    WAIT_UNTIL(streamx_wait(handles.producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN &&
               !readable_now(producer_fd));
    streamx_unsubscribe(handles.consumer);
    WAIT_UNTIL(readable_now(producer_fd));
    streamx_close(handles.producer, STREAMX_NOWAIT);
    say(child.link, 0);
    child_join(&child);
}

START_TEST(child_is_refused_and_disturbs_nobody)
{
    everywhere_by_descriptor(fork_with_descriptors);
}
END_TEST

static void live_on(struct link parent, void *arg)
{
    (void)arg;
    say(parent, 0);
    hear(parent);
}

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 0);
    hear(parent);
}

static struct child visitor(void)
{
    struct child child = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(child.link), 0);
    return child;
}

/* The forked child has a copy of whatever tells of the first one's death. When a second one comes,
 * all of that is made anew; and the old must not tell of that death for ever. */
static void forget_while_a_child_remembers(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child first = visitor(), second, rememberer;
    int fd = streamx_producer_fd(producer, STREAMX_ALONE);

    (void)watch;
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN &&
               !readable_now(fd));
    rememberer = child_start(live_on, NULL);
    ck_assert_int_eq(hear(rememberer.link), 0);
    second = visitor();
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    child_kill(&first);
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN &&
               !readable_now(fd));
    child_kill(&second);
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == STREAMX_ALONE);
    say(rememberer.link, 0);
    child_join(&rememberer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(child_that_lives_on_does_not_keep_a_descriptor_readable)
{
    everywhere_by_descriptor(forget_while_a_child_remembers);
}
END_TEST

/* No file can be opened, then it can be again: nothing is lost by having asked too early. */
static void ask_too_early(struct watch *watch)
{
    struct doer producer = producer_that(PUT, 0, NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    struct rlimit limit, none;

    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(watch_refused(watch, consumer), -EMFILE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), 1);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(lack_of_descriptors_is_told_and_passes)
{
    everywhere(ask_too_early);
}
END_TEST

/* Handles come and go: so do their descriptors, and threads. */
static void come_and_go(struct watch *watch)
{
    struct traces before = traces_now();

    for (int i = 0; i < 100; i++) {
        struct streamx_producer *producer = make_ring("s", 2);
        struct streamx_consumer *consumer = join("s");

        ck_assert_int_eq(try_next(consumer), -EAGAIN);
        ck_assert_int_ge(streamx_consumer_fd(consumer), 0);
        ck_assert_int_ge(streamx_producer_fd(producer, STREAMX_ALONE), 0);
        put_text(producer, "a");
        watch_consumer(watch, consumer);
        next_text(consumer, 1, "a");
        streamx_unsubscribe(consumer);
        watch_producer(watch, producer, STREAMX_ALONE);
        streamx_close(producer, STREAMX_NOWAIT);
    }
    if (watch->ring) /* the second entry of each arm, which is done and does not say so */
        before.requests += (int)watch->waits;
    ck_assert_no_more_traces_than(&before);
}

START_TEST(freed_handles_leave_nothing_behind)
{
    everywhere(come_and_go);
}
END_TEST

int main(void)
{
    return RUN_TESTS("forked", child_is_refused_and_disturbs_nobody,
                     child_that_lives_on_does_not_keep_a_descriptor_readable,
                     lack_of_descriptors_is_told_and_passes, freed_handles_leave_nothing_behind);
}
