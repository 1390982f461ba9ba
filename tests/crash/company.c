/* SPDX-License-Identifier: MIT */
/*
 * Scenes of several producers on one stream, and of one after another. The victim is one of them,
 * or a consumer; everybody else must go on, no message is lost or doubled, and each producer's keep
 * their order.
 */
#include "cast.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash_point.h"

/* ---- one after another ----------------------------------------------------------------------- */

#define MESSAGES 8

static const struct streamx_options resume = {
    .min_consumers = 1, .spin_ns = -1, .flags = STREAMX_RESUME | STREAMX_STAMPS};

/* Puts what is missing of eight, each with its number as its stamp, in all ways. */
static void put_the_rest(struct streamx_producer *producer)
{
    struct streamx_info info;
    size_t capacity;
    void *data;

    must(streamx_inspect(STREAM, &info, sizeof info) == 0);
    must(info.published == info.last_stamp && info.bytes == 16 * info.published);
    for (uint64_t seq = info.published + 1; seq <= MESSAGES; seq++) {
        uint64_t number[2] = {1, seq};

        streamx_stamp(producer, seq);
        if (seq % 2 == 0) {
            must(put_number(producer, 1, seq) == 0);
            continue;
        }
        must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
        memcpy(data, number, sizeof number);
        must(streamx_publish(producer, sizeof number) == 0);
    }
}

static void put_and_abandon(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&resume);

    (void)arg;
    put_the_rest(producer);
    streamx_abandon(producer);
}

static void put_and_close(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&resume);

    (void)arg;
    put_the_rest(producer);
    must(streamx_close(producer, PATIENCE) == 0);
}

/* Dies with three messages put and the fourth begun. */
static void put_three(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&resume);
    size_t capacity;
    void *data;

    (void)arg;
    for (uint64_t seq = 1; seq <= 3; seq++) {
        streamx_stamp(producer, seq);
        must(put_number(producer, 1, seq) == 0);
    }
    must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
    memset(data, 'x', capacity);
    _exit(0);
}

/* Sees all from that one to the eighth, whoever dies, and a clean end. */
static void follow_from(uint64_t first)
{
    struct streamx_subscribe_options options = {.spin_ns = -1, .flags = STREAMX_PATIENT};
    struct streamx_consumer *consumer;
    struct streamx_message message;
    uint32_t generation = 1;
    uint64_t seq = 0;

    must(streamx_subscribe(&consumer, STREAM, &options, PATIENCE) == 0);
    while (streamx_next(consumer, &message, PATIENCE) == 1) {
        if (seq == 0 && message.seq <= first)
            seq = message.seq - 1;
        must(message.time_ns == seq + 1);
        check_number(&message, &generation, ++seq);
    }
    must(seq == MESSAGES);
    must(streamx_next(consumer, &message, PATIENCE) == 0);
    streamx_unsubscribe(consumer);
}

static void follow_patiently(void *arg)
{
    (void)arg;
    follow_from(1);
}

/* Where the first four may have been acknowledged by another. */
static void follow_patiently_from_five(void *arg)
{
    (void)arg;
    follow_from(5);
}

static void continued(void)
{
    pid_t follower = start(follow_patiently, NULL);

    must_end(start_victim(put_and_abandon, NULL));
    must_end(start(put_and_close, NULL));
    must_end(follower);
}

/* The victim takes up a stream itself. */
static void continuing(void)
{
    pid_t follower = start(follow_patiently, NULL);

    must_end(start(put_three, NULL));
    must_end(start_victim(put_and_abandon, NULL));
    must_end(start(put_and_close, NULL));
    must_end(follower);
}

/* The victim takes up one whose last publication bears its stamp and has not been counted. */
static void put_and_die_stamped(void *arg)
{
    (void)arg;
    arm_crash_point("publish_count_before", 3, SIGKILL);
    put_and_abandon(NULL);
}

static void continuing_behind_a_stamp(void)
{
    pid_t follower = start(follow_patiently, NULL), dead = start(put_and_die_stamped, NULL);
    int status;

    must(waitpid(dead, &status, 0) == dead && WIFSIGNALED(status));
    must_end(start_victim(put_and_abandon, NULL));
    must_end(start(put_and_close, NULL));
    must_end(follower);
}

/* A consumer that has had its end, with messages in hand, and a successor that needs its slot. */
static void retire(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;
    int got;

    (void)arg;
    while ((got = streamx_take(consumer, &message, PATIENCE)) == 1)
        must(streamx_ack(consumer, message.seq - 1) == 0);
    must(got == -EOWNERDEAD);
    must(streamx_ack(consumer, 0) == 0);
    atomic_store(&board->words[READY], 1);
    while (atomic_load(&board->words[GOT]) == 0)
        usleep(100);
    must(streamx_next(consumer, &message, STREAMX_NOWAIT) == -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}

static void put_four_and_die(void *arg)
{
    struct streamx_options options = resume;
    struct streamx_producer *producer;

    (void)arg;
    options.slots = 8;
    options.min_consumers = 0; /* the victim may never come */
    producer = create_or_fail(&options);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        streamx_stamp(producer, seq);
        must(put_number(producer, 1, seq) == 0);
    }
    _exit(0);
}

static void retiring(void)
{
    pid_t retiree = start_victim(retire, NULL), follower;
    bool ended = false;

    must_end(start(put_four_and_die, NULL));
    while (atomic_load(&board->words[READY]) == 0 && !(ended = has_ended(retiree)))
        usleep(100);
    follower = start(follow_patiently_from_five, NULL);
    must_end(start(put_and_close, NULL));
    atomic_store(&board->words[GOT], 1);
    if (!ended)
        must_end(retiree);
    must_end(follower);
}

/* ---- several at a time ----------------------------------------------------------------------- */

/* Messages are a producer's number beside its own count. The steady one is the scene's own process,
 * which makes the stream before the victim comes, and is the last to put something. */
static const struct streamx_options shared = {
    .slots = 2, .min_consumers = 1, .spin_ns = -1, .flags = STREAMX_SHARED | STREAMX_STAMPS};

enum { STEADY, VICTIM, OTHER, PRODUCERS };

static pid_t victim;
static bool victim_ended;
static uint64_t steady_count;

static bool gone(void)
{
    return victim_ended || (victim_ended = has_ended(victim));
}

/* The steps of the two: each waits for the other's, the steady one not for a dead victim's. */
static void steady_did(uint64_t step)
{
    atomic_store(&board->words[GOT], step);
}

static void await_steady(uint64_t step)
{
    while (atomic_load(&board->words[GOT]) < step)
        usleep(100);
}

static void victim_did(uint64_t step)
{
    atomic_store(&board->words[READY], step);
}

static void await_victim(uint64_t step)
{
    while (atomic_load(&board->words[READY]) < step && !gone())
        usleep(100);
}

static int count_waiting(const struct streamx_producer_info *info, void *arg)
{
    *(unsigned *)arg += info->waited_ns > 0;
    return 0;
}

/* How many producers wait for their turn. */
static unsigned waiting(void)
{
    unsigned count = 0;

    must(streamx_inspect_producers(STREAM, count_waiting, &count) == 0);
    return count;
}

static void await_waiting(unsigned count)
{
    while (waiting() < count && !gone())
        usleep(200);
}

/* Until others are asleep behind us. */
static void await_sleepers(unsigned count)
{
    await_waiting(count);
    usleep(5000);
}

static int put_of(size_t len, struct streamx_producer *producer, uint64_t who, uint64_t count,
                  int64_t timeout_ns)
{
    uint64_t number[3] = {who, count};

    return streamx_put(producer, number, len, timeout_ns);
}

static int put(struct streamx_producer *producer, uint64_t who, uint64_t count, int64_t timeout_ns)
{
    /* The victim's are of another length, so that it has something to tell of its series. */
    return put_of(who == VICTIM ? LONGER : 16, producer, who, count, timeout_ns);
}

static void lend(struct streamx_producer *producer, uint64_t who, uint64_t count)
{
    uint64_t number[2] = {who, count};
    size_t capacity;
    void *data;

    must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
    memcpy(data, number, sizeof number);
}

static void steady_puts(struct streamx_producer *producer)
{
    must(put(producer, STEADY, ++steady_count, PATIENCE) == 0);
}

static void steady_lends(struct streamx_producer *producer)
{
    lend(producer, STEADY, ++steady_count);
}

static void give_back(struct streamx_producer *producer)
{
    must(streamx_publish(producer, 16) == 0);
}

/* Each producer's messages in their order, until the stream ends; how that is. *arg: how many are
 * the steady one's; NULL: from where it happens to start. */
static int follow_stream(const uint64_t *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    uint64_t last[PRODUCERS] = {0}, number[2], seq = 0;
    struct streamx_message message;
    int got;

    while ((got = streamx_next(consumer, &message, PATIENCE)) == 1) {
        must(message.len == sizeof number || message.len == LONGER);
        memcpy(number, message.data, sizeof number);
        must(number[0] < PRODUCERS);
        if (!arg && last[number[0]] == 0)
            last[number[0]] = number[1] - 1;
        if (!arg && seq == 0)
            seq = message.seq - 1;
        must(message.seq == ++seq && number[1] == ++last[number[0]]);
    }
    must(got == 0 || got == -EOWNERDEAD);
    must(!arg || last[STEADY] == *arg);
    streamx_unsubscribe(consumer);
    return got;
}

static void follow_all(void *arg)
{
    follow_stream(arg);
}

static struct streamx_producer *open_scene(const struct streamx_options *options, uint64_t steadys,
                                           pid_t *follower)
{
    static uint64_t expected;

    expected = steadys;
    victim_ended = false;
    steady_count = 0;
    *follower = start(follow_all, &expected);
    return create_or_fail(options);
}

static void close_scene(struct streamx_producer *producer, pid_t follower)
{
    while (!gone())
        usleep(100);
    steady_puts(producer);
    must(streamx_close(producer, PATIENCE) == 0);
    must_end(follower);
}

/* Behind another's loan in every way, with a loan that others are behind, and by itself. */
static void share(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    must(put(producer, VICTIM, 1, PATIENCE) == 0);
    victim_did(1);
    await_steady(1);
    must(put(producer, VICTIM, 2, STREAMX_NOWAIT) == -EAGAIN);
    must(put(producer, VICTIM, 2, 5 * 1000 * 1000) == -ETIMEDOUT);
    must(streamx_wait(producer, STREAMX_ROOM, 5 * 1000 * 1000) == -ETIMEDOUT);
    victim_did(2);
    must(put(producer, VICTIM, 2, PATIENCE) == 0);
    for (uint64_t i = 3; i <= 4; i++) {
        lend(producer, VICTIM, i);
        victim_did(i);
        await_steady(i);
        give_back(producer);
    }
    must(streamx_drain(producer, PATIENCE) == 0);
    must(streamx_producer_fd(producer, STREAMX_DRAINED) >= 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

static void put_other(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    must(put(producer, OTHER, 1, PATIENCE) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

static void sharing(void)
{
    pid_t follower, other;
    struct streamx_producer *producer = open_scene(&shared, 3, &follower);

    victim = start_victim(share, NULL);
    await_victim(1);
    steady_lends(producer);
    steady_did(1);
    await_victim(2);
    await_sleepers(1);
    give_back(producer);
    await_victim(3);
    /* One behind it in a call, and we by a descriptor. */
    other = start(put_other, NULL);
    steady_count++;
    for (uint64_t step = 3; put(producer, STEADY, steady_count, STREAMX_NOWAIT) == -EAGAIN;) {
        if (step == 3)
            await_sleepers(1);
        steady_did(step++);
        await_readable(streamx_producer_fd(producer, STREAMX_ROOM));
    }
    steady_did(4);
    must_end(other);
    close_scene(producer, follower);
}

/* Nominates one who is stopped, finds that it does not come, and nominates nobody. */
static void share_with_a_stopped_one(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    for (uint64_t i = 1; i <= 3; i++) {
        lend(producer, VICTIM, i);
        victim_did(i);
        await_steady(i);
        usleep(6000);
        give_back(producer);
    }
    must(streamx_close(producer, PATIENCE) == 0);
}

static void sharing_with_a_stopped_one(void)
{
    pid_t follower, other;
    struct streamx_producer *producer = open_scene(&shared, 1, &follower);

    victim = start_victim(share_with_a_stopped_one, NULL);
    await_victim(1);
    other = start(put_other, NULL);
    await_sleepers(1);
    must(kill(other, SIGSTOP) == 0);
    steady_did(3);
    while (!gone())
        usleep(100);
    must(kill(other, SIGCONT) == 0);
    must_end(other);
    close_scene(producer, follower);
}

#define COMING_NS ((int64_t)50 * 1000 * 1000)

/* Is woken for its turn too late to take it. */
static void come_too_late(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    victim_did(1);
    await_steady(1);
    do
        must(put(producer, VICTIM, 1, COMING_NS) == -ETIMEDOUT);
    while (atomic_load(&board->words[GOT]) < 2);
    victim_did(2);
    must(put(producer, VICTIM, 1, PATIENCE) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

/* Stops the victim in its wait; not there: it goes on, and waits again. */
static void stop_waiting_victim(void)
{
    siginfo_t info;

    for (;;) {
        await_waiting(1);
        if (gone() || kill(victim, SIGSTOP) != 0 ||
            waitid(P_PID, (id_t)victim, &info, WSTOPPED | WEXITED | WNOWAIT) != 0 || waiting() > 0)
            return;
        kill(victim, SIGCONT);
    }
}

static void coming_too_late(void)
{
    pid_t follower;
    struct streamx_producer *producer = open_scene(&shared, 3, &follower);

    victim = start_victim(come_too_late, NULL);
    await_victim(1);
    steady_lends(producer);
    steady_did(1);
    stop_waiting_victim();
    give_back(producer);
    steady_lends(producer);
    usleep(COMING_NS / 1000 + 1000);
    steady_did(2);
    if (!gone())
        must(kill(victim, SIGCONT) == 0);
    await_victim(2);
    give_back(producer);
    close_scene(producer, follower);
}

/* Waits behind one who dies with its publication stamped and not counted; inherits from it. */
static void put_behind_the_dead(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    victim_did(1);
    await_steady(1);
    must(put(producer, VICTIM, 1, PATIENCE) == 0);
    streamx_abandon(producer);
}

static void die_stamped(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    (void)arg;
    arm_crash_point("publish_count_before", 1, SIGKILL);
    must(put(producer, OTHER, 1, PATIENCE) == 0);
}

static void inheriting(void)
{
    pid_t follower, dead;
    struct streamx_producer *producer = open_scene(&shared, 1, &follower);
    int status;

    victim = start_victim(put_behind_the_dead, NULL);
    await_victim(1);
    dead = start(die_stamped, NULL);
    must(waitpid(dead, &status, 0) == dead && WIFSIGNALED(status));
    steady_did(1);
    close_scene(producer, follower);
}

/* Is the last to leave, or leaves a dead one behind. */
static void leave_last(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&shared);

    must(put(producer, VICTIM, 1, PATIENCE) == 0);
    victim_did(1);
    await_steady(1);
    if (arg)
        streamx_abandon(producer);
    else
        must(streamx_close(producer, PATIENCE) == 0);
}

static void leave_behind(bool abandons)
{
    pid_t follower;
    struct streamx_producer *producer = open_scene(&shared, 1, &follower);

    victim = start_victim(leave_last, abandons ? &victim : NULL);
    await_victim(1);
    steady_puts(producer);
    must(streamx_close(producer, PATIENCE) == 0);
    steady_did(1);
    while (!gone())
        usleep(100);
    must_end(follower);
}

static void closing_last(void)
{
    leave_behind(false);
}

static void abandoning_last(void)
{
    leave_behind(true);
}

static void await_consumers(uint32_t count)
{
    struct streamx_info info = {0};

    while (info.consumers < count && !gone()) {
        must(streamx_inspect(STREAM, &info, sizeof info) == 0);
        usleep(200);
    }
}

/* A consumer, for whose acknowledgments producers wait. */
static void following_many(void)
{
    pid_t follower, other;
    struct streamx_producer *producer = open_scene(&shared, 8, &follower);

    victim = start_victim(follow_all, NULL);
    await_consumers(2);
    other = start(put_other, NULL);
    for (int i = 0; i < 7; i++) {
        steady_puts(producer);
        must(streamx_drain(producer, PATIENCE) == 0);
    }
    must_end(other);
    steady_puts(producer);
    must(streamx_close(producer, PATIENCE) == 0);
    while (!gone())
        usleep(100);
    must_end(follower);
}

/* The only consumer: its first acknowledgment finds a wish that none can meet, its second meets
 * one. */
static void acknowledge_alone(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;

    (void)arg;
    for (uint64_t step = 1; step <= 2; step++) {
        must(streamx_next(consumer, &message, PATIENCE) == 1);
        await_steady(step);
        must(streamx_ack(consumer, 0) == 0);
        victim_did(step);
    }
    streamx_unsubscribe(consumer);
}

/* Puts something, and wishes for that. */
static void put_and_wish(struct streamx_producer *producer, unsigned event)
{
    steady_count += put(producer, STEADY, steady_count + 1, STREAMX_NOWAIT) == 0;
    must(streamx_producer_fd(producer, event) >= 0);
    streamx_wait(producer, event, STREAMX_NOWAIT);
}

static void acknowledging_alone(void)
{
    struct streamx_producer *producer = create_or_fail(&shared);
    pid_t follower;

    victim_ended = false;
    steady_count = 0;
    victim = start_victim(acknowledge_alone, NULL);
    await_consumers(1);
    put_and_wish(producer, STREAMX_ALONE);
    steady_did(1);
    await_victim(1);
    put_and_wish(producer, STREAMX_DRAINED);
    steady_did(2);
    while (!gone())
        usleep(100);
    follower = start(follow_all, NULL);
    must(streamx_wait(producer, STREAMX_ATTACHED, PATIENCE) > 0);
    close_scene(producer, follower);
}

/* Has the stream to itself, and room for each message when it comes. */
static const struct streamx_options unstamped = {
    .slots = 2, .min_consumers = 1, .spin_ns = -1, .flags = STREAMX_SHARED};

static void put_undisturbed(void *arg)
{
    struct streamx_producer *producer = create_or_fail(&unstamped);

    (void)arg;
    for (uint64_t i = 1; i <= 4; i++) {
        must(streamx_drain(producer, PATIENCE) == 0);
        must(put(producer, VICTIM, i, PATIENCE) == 0);
    }
    must(streamx_drain(producer, PATIENCE) == 0);
    must(put_of(16, producer, VICTIM, 5, PATIENCE) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

static void sharing_undisturbed(void)
{
    pid_t follower;
    struct streamx_producer *producer = open_scene(&unstamped, 1, &follower);

    victim = start_victim(put_undisturbed, NULL);
    close_scene(producer, follower);
}

/* Makes the stream, and has it to itself until another one comes: between two messages, or while it
 * is at one. */
static void found_at(bool lends)
{
    struct streamx_producer *producer = create_or_fail(&unstamped);

    for (uint64_t i = 1; i <= 4; i++) {
        must(streamx_drain(producer, PATIENCE) == 0);
        must(put(producer, VICTIM, i, PATIENCE) == 0);
    }
    must(streamx_drain(producer, PATIENCE) == 0);
    must(put_of(16, producer, VICTIM, 5, PATIENCE) == 0);
    if (lends)
        lend(producer, VICTIM, 6);
    victim_did(1);
    await_steady(1);
    if (lends)
        give_back(producer);
    for (uint64_t i = lends ? 7 : 6; i <= 8; i++)
        must(put(producer, VICTIM, i, PATIENCE) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

static void found(void *arg)
{
    (void)arg;
    found_at(false);
}

static void found_and_lend(void *arg)
{
    (void)arg;
    found_at(true);
}

/* Until the steady one has put all, in whichever stream that was. */
static void follow_all_streams(void *arg)
{
    (void)arg;
    while (follow_stream(NULL) == -EOWNERDEAD && atomic_load(&board->words[GOT]) < 2)
        ;
}

/* Others come, if the victim lives; or else one makes the stream anew. */
static void found_beside(void (*role)(void *))
{
    pid_t follower = start(follow_all_streams, NULL);
    struct streamx_producer *producer;

    victim_ended = false;
    steady_count = 0;
    victim = start_victim(role, NULL);
    await_victim(1);
    producer = create_or_fail(&unstamped);
    steady_count++;
    while (put(producer, STEADY, steady_count, STREAMX_NOWAIT) == -EAGAIN) {
        steady_did(1);
        await_readable(streamx_producer_fd(producer, STREAMX_ROOM));
    }
    steady_did(1);
    steady_puts(producer);
    while (!gone())
        usleep(100);
    steady_puts(producer);
    must(streamx_drain(producer, PATIENCE) == 0);
    steady_did(2);
    must(streamx_close(producer, PATIENCE) == 0);
    must_end(follower);
}

static void founding(void)
{
    found_beside(found);
}

static void founding_and_lending(void)
{
    found_beside(found_and_lend);
}

const struct scene company_scenes[] = {
    {"continued", continued},
    {"continuing", continuing},
    {"continuing_behind_a_stamp", continuing_behind_a_stamp},
    {"retiring", retiring},
    {"sharing", sharing},
    {"sharing_with_a_stopped_one", sharing_with_a_stopped_one},
    {"coming_too_late", coming_too_late},
    {"inheriting", inheriting},
    {"closing_last", closing_last},
    {"abandoning_last", abandoning_last},
    {"following_many", following_many},
    {"acknowledging_alone", acknowledging_alone},
    {"sharing_undisturbed", sharing_undisturbed},
    {"founding", founding},
    {"founding_and_lending", founding_and_lending},
    {NULL, NULL},
};
