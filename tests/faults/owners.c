/* SPDX-License-Identifier: MIT */
/*
 * Whose stream it is, in a user namespace: users without a number there all show as the same one,
 * and are not the same. Skipped for those who cannot become other users, and where user namespaces
 * are not permitted.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOMEBODY = 12001, SOMEBODY_ELSE = 12002, NOBODY = 65534 };

static void become(uid_t uid)
{
    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(setresgid(uid, uid, uid), 0);
    ck_assert_int_eq(setresuid(uid, uid, uid), 0);
}

static void publish(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    become(*(uid_t *)arg);
    producer = make_stream("s", &(struct streamx_options){.mode = 0666});
    put_text(producer, "a");
    say(parent, 1);
    hear(parent);
    streamx_abandon(producer);
}

static int subscribe(uint32_t flags)
{
    struct streamx_consumer *consumer;
    int result = streamx_subscribe(
        &consumer, "s", &(struct streamx_subscribe_options){.flags = flags}, STREAMX_NOWAIT);

    if (!result)
        streamx_unsubscribe(consumer);
    return result;
}

/* In a user namespace in which nobody has a number. */
static void subscribe_without_numbers(struct link parent, void *arg)
{
    become(*(uid_t *)arg);
    ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
    say(parent, subscribe(0));
    say(parent, subscribe(STREAMX_ANY_OWNER));
    say(parent, streamx_remove("s", STREAMX_FORCE));
}

static void subscribe_with_numbers(struct link parent, void *arg)
{
    become(*(uid_t *)arg);
    say(parent, subscribe(0));
    say(parent, subscribe(STREAMX_ANY_OWNER));
    say(parent, streamx_remove("s", STREAMX_FORCE));
}

static void expect(uid_t publisher, void (*subscriber)(struct link, void *), uid_t uid, int result,
                   int removal)
{
    struct child producer, consumer;

    ck_assert_int_eq(chmod(stream_dir(), 0777), 0);
    producer = child_start(publish, &publisher);
    ck_assert_int_eq(hear(producer.link), 1);
    consumer = child_start(subscriber, &uid);
    ck_assert_int_eq(hear(consumer.link), result);
    ck_assert_int_eq(hear(consumer.link), 0);
    ck_assert_int_eq(hear(consumer.link), removal);
    child_join(&consumer);
    say(producer.link, 1);
    child_join(&producer);
    if (removal != 0)
        ck_assert_int_eq(streamx_remove("s", 0), 0);
}

START_TEST(users_without_a_number_are_not_the_same)
{
    expect(SOMEBODY, subscribe_without_numbers, SOMEBODY_ELSE, -EPERM, -EPERM);
}
END_TEST

START_TEST(users_are_told_apart_by_their_numbers)
{
    expect(SOMEBODY, subscribe_with_numbers, SOMEBODY_ELSE, -EPERM, -EPERM);
    expect(SOMEBODY, subscribe_with_numbers, SOMEBODY, 0, 0);
}
END_TEST

START_TEST(nobody_is_a_user_where_all_have_numbers)
{
    expect(NOBODY, subscribe_with_numbers, NOBODY, 0, 0);
}
END_TEST

static bool permitted(void)
{
    int status = -1;
    pid_t probe = fork();

    if (probe == 0)
        _exit(geteuid() == 0 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0 &&
                      unshare(CLONE_NEWUSER) == 0
                  ? 0
                  : 1);
    return waitpid(probe, &status, 0) == probe && status == 0;
}

int main(void)
{
    if (!permitted()) {
        puts("skipped: not root, or no user namespace permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("owners", users_without_a_number_are_not_the_same,
                     users_are_told_apart_by_their_numbers,
                     nobody_is_a_user_where_all_have_numbers);
}
