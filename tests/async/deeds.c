/* SPDX-License-Identifier: MIT */
/* Deeds and their doers: see deeds.h. */
#include "deeds.h"
#include "watch.h"
#include "witness.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

struct role {
    enum deed deed;
    int before;
    const struct streamx_options *options;
};

/* Says when it is about to be done. */
static void await_moment(struct link parent)
{
    const struct child watcher = {.pid = getppid()};

    hear(parent);
    WAIT_UNTIL(child_asleep(&watcher));
    say(parent, now_ns());
}

static void stay(struct link parent)
{
    hear(parent);
}

static void act_as_producer(struct link parent, void *arg)
{
    const struct role *role = arg;
    struct streamx_producer *producer = make_stream("s", role->options);

    for (int i = 0; i < role->before; i++)
        put_text(producer, "0");
    say(parent, 0);
    await_moment(parent);
    if (role->deed == DIE)
        raise(SIGKILL);
    else if (role->deed == PUT || role->deed == EVICT)
        put_text(producer, "a");
    else if (role->deed == BATCH)
        PUT_BATCH(producer, "a", "b");
    if (role->deed == CLOSE) {
        streamx_close(producer, PATIENCE);
        producer = NULL;
    } else if (role->deed == ABANDON) {
        streamx_abandon(producer);
        producer = NULL;
    }
    stay(parent);
    streamx_close(producer, STREAMX_NOWAIT);
}

static void act_as_lender(struct link parent, void *arg)
{
    const struct role *role = arg;
    struct streamx_producer *producer = make_stream("s", role->options);
    size_t capacity;
    void *slot;

    ck_assert_int_eq(streamx_loan(producer, &slot, &capacity, PATIENCE), 0);
    memcpy(slot, "a", 1);
    say(parent, 0);
    await_moment(parent);
    if (role->deed == DIE)
        raise(SIGKILL);
    else if (role->deed == PUT)
        ck_assert_int_eq(streamx_publish(producer, 1), 0);
    else
        streamx_discard(producer);
    stay(parent);
    streamx_close(producer, STREAMX_NOWAIT);
}

static void act_as_consumer(struct link parent, void *arg)
{
    const struct role *role = arg;
    struct streamx_consumer *consumer = role->deed == ATTACH ? NULL : join("s");

    for (int i = 0; i < role->before; i++)
        ck_assert_int_eq(streamx_take(consumer, &(struct streamx_message){0}, PATIENCE), 1);
    say(parent, 0);
    await_moment(parent);
    if (role->deed == DIE)
        raise(SIGKILL);
    else if (role->deed == ACK)
        ack_all(consumer);
    else if (role->deed == ATTACH)
        consumer = join("s");
    if (role->deed == LEAVE) {
        streamx_unsubscribe(consumer);
        consumer = NULL;
    }
    stay(parent);
    streamx_unsubscribe(consumer);
}

static struct doer start(void (*act)(struct link, void *), struct role *role)
{
    struct doer doer = {.child = child_start(act, role), .deed = role->deed};

    ck_assert_int_eq(hear(doer.child.link), 0);
    if (doer.deed == DIE)
        doer.witness = witness_start(&doer.child);
    return doer;
}

struct doer producer_that(enum deed deed, int put_before, const struct streamx_options *options)
{
    struct role role = {.deed = deed, .before = put_before, .options = options};

    return start(act_as_producer, &role);
}

struct doer lender_that(enum deed deed, const struct streamx_options *options)
{
    struct role role = {.deed = deed, .options = options};

    return start(act_as_lender, &role);
}

struct doer consumer_that(enum deed deed, int taken_before)
{
    struct role role = {.deed = deed, .before = taken_before};

    return start(act_as_consumer, &role);
}

void let_it(const struct doer *doer)
{
    say(doer->child.link, 1);
}

void was_told_promptly(struct doer *doer)
{
    int64_t told_ns = now_ns(), done_ns;

    ck_assert_msg(heard(doer->child.link), "told before it happened");
    done_ns = hear(doer->child.link);
    if (doer->deed == DIE) {
        witness_was_told_promptly(&doer->witness, &doer->child, done_ns);
        return;
    }
    ck_assert_msg(told_ns - done_ns < PROMPTLY, "told %lld ms later",
                  (long long)(told_ns - done_ns) / 1000000);
    say(doer->child.link, 1);
    child_join(&doer->child);
}
