/* SPDX-License-Identifier: MIT */
/*
 * Several producers on one stream, or one after another, who are killed at random: nothing that a
 * put has returned for is missing, nothing is doubled, torn or out of its producer's order, and all
 * consumers see one order.
 *
 *     stress_company [--resume] [--seconds N] [--slots N] [--producers N] [--consumers N]
 *                    [--kill-us N] [--bytes N] [--stall-ms N] [--seed N] [--fair]
 *
 * Without --resume: a shared stream; a producer that was killed is followed by one of a new number.
 * With it: one producer at a time, which takes up where the last one was killed; its consumers are
 * patient. --kill-us 0: nobody is killed, and the end must be a clean one. --fair: with nobody
 * killed, the least busy producer has at least half of its share.
 *
 * The board is ordinary shared memory: what a producer writes there before and after a put stays
 * right when it is killed in between.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <streamx.h>

#define STREAM "company"
#define LIVES (1u << 22) /* producers, one after another: hours of them */
#define CONSUMERS 8u
#define PRODUCERS 32u
#define VAIN 8u /* lives in which nothing was put, one after another */
#define SECOND INT64_C(1000000000)
#define PATIENCE (60 * SECOND)

/* At the start of every message; the rest of it is a pattern of `life` and `number`. */
struct content {
    uint32_t life;
    uint32_t bytes;
    uint64_t number;
};

static struct options {
    bool resume, fair;
    int64_t seconds, kill_us, stall_ms;
    uint32_t slots, producers, consumers, bytes;
    uint64_t seed;
} o = {.seconds = 5,
       .kill_us = 4000,
       .stall_ms = 5000,
       .slots = 1,
       .producers = 4,
       .consumers = 2,
       .bytes = 200,
       .seed = 1};

static struct board {
    _Atomic bool stop;
    _Atomic uint32_t lives;
    _Atomic uint64_t put[LIVES]; /* the number of the last put that has returned, by life */
    struct {
        _Atomic bool attached;
        _Atomic uint64_t hash, seq, longest_ns;
        _Atomic int end;
        uint64_t last[LIVES]; /* the number seen last, by life */
    } consumers[CONSUMERS];
} * board;

static uint64_t dice;

static uint64_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void must(bool right, const char *what, int64_t detail)
{
    if (right)
        return;
    fprintf(stderr, "stress_company: %s (%" PRId64 "), pid %d\n", what, detail, (int)getpid());
    kill(0, SIGTERM); /* everybody: the run has a process group of its own */
    _exit(EXIT_FAILURE);
}

static unsigned char pattern(const struct content *c, uint32_t i)
{
    return (unsigned char)(c->life * 31 + c->number * 7 + i);
}

static size_t fill(unsigned char *data, uint32_t life, uint64_t number)
{
    struct content c = {.life = life, .number = number};

    c.bytes = (uint32_t)sizeof c + (uint32_t)(number * 37 % (o.bytes + 1));
    memcpy(data, &c, sizeof c);
    for (uint32_t i = sizeof c; i < c.bytes; i++)
        data[i] = pattern(&c, i);
    return c.bytes;
}

/* ---- a producer ------------------------------------------------------------------------------ */

static struct streamx_producer *create(void)
{
    struct streamx_options options = {
        .slots = o.slots,
        .slot_size = 8192,
        .flags = (o.resume ? STREAMX_RESUME : STREAMX_SHARED) | STREAMX_STAMPS,
        .min_consumers = o.consumers,
        .max_producers = o.resume ? 0 : PRODUCERS,
    };
    struct streamx_producer *producer;
    int result = streamx_create(&producer, STREAM, &options);

    must(result == 0, "create", result);
    return producer;
}

static int put_one(struct streamx_producer *producer, uint32_t life, uint64_t number)
{
    static unsigned char data[16384];
    struct iovec both[2];
    size_t capacity;
    void *loan;
    int result;

    streamx_stamp(producer, number);
    switch (roll() % 8) {
    case 0:
        result = streamx_loan(producer, &loan, &capacity, PATIENCE);
        return result ? result : streamx_publish(producer, fill(loan, life, number));
    case 1: /* two at once */
        both[0] = (struct iovec){data, fill(data, life, number)};
        both[1] = (struct iovec){data + 8192, fill(data + 8192, life, number + 1)};
        streamx_stamp(producer, number + 1);
        result = streamx_putv(producer, both, 2, PATIENCE);
        return result ? result : 1;
    default:
        return streamx_put(producer, data, fill(data, life, number), PATIENCE);
    }
}

static void produce(uint32_t life)
{
    struct streamx_producer *producer = create();
    struct streamx_info info;
    uint64_t number = 1;

    dice = o.seed * 1000003 + life;
    roll();
    if (o.resume) { /* where the one before us stopped */
        must(streamx_inspect(STREAM, &info, sizeof info) == 0, "inspect", 0);
        must(info.published == info.last_stamp, "the stamp is the last message's",
             (int64_t)(info.published - info.last_stamp));
        must(info.published >= atomic_load(&board->put[0]), "what was put is there",
             (int64_t)info.published);
        number = info.published + 1;
        life = 0;
    }
    while (!atomic_load_explicit(&board->stop, memory_order_relaxed)) {
        int result = put_one(producer, life, number);

        must(result >= 0, "put", result);
        number += (uint64_t)result + 1;
        atomic_store_explicit(&board->put[life], number - 1, memory_order_release);
    }
    must(streamx_close(producer, PATIENCE) == 0, "close", 0);
    _exit(EXIT_SUCCESS);
}

/* ---- a consumer ------------------------------------------------------------------------------ */

static void check(uint32_t me, const struct streamx_message *message)
{
    const unsigned char *data = message->data;
    uint64_t hash = board->consumers[me].hash, *last;
    struct content c;

    must(message->len >= sizeof c, "length", (int64_t)message->len);
    memcpy(&c, data, sizeof c);
    must(c.bytes == message->len && c.life < LIVES, "whole", (int64_t)message->seq);
    for (uint32_t i = sizeof c; i < c.bytes; i++)
        must(data[i] == pattern(&c, i), "not torn", (int64_t)message->seq);
    last = &board->consumers[me].last[c.life];
    must(c.number == *last + 1, "its producer's order", (int64_t)(c.number - *last));
    *last = c.number;
    must(message->seq == board->consumers[me].seq + 1, "seq", (int64_t)message->seq);
    board->consumers[me].seq = message->seq;
    board->consumers[me].hash = (hash ^ c.life) * UINT64_C(0x100000001b3) + c.number;
}

static void consume(uint32_t me)
{
    struct streamx_subscribe_options options = {.start = STREAMX_START_OLDEST,
                                                .flags = o.resume ? STREAMX_PATIENT : 0};
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int64_t before, now;
    int got;

    got = streamx_subscribe(&consumer, STREAM, &options, PATIENCE);
    must(got == 0, "subscribe", got);
    atomic_store(&board->consumers[me].attached, true);
    before = now_ns();
    while ((got = streamx_next(consumer, &message, PATIENCE)) == 1) {
        check(me, &message);
        now = now_ns();
        if ((uint64_t)(now - before) > board->consumers[me].longest_ns)
            board->consumers[me].longest_ns = (uint64_t)(now - before);
        before = now;
    }
    atomic_store(&board->consumers[me].end, got);
    streamx_unsubscribe(consumer);
    _exit(EXIT_SUCCESS);
}

/* ---- the conductor --------------------------------------------------------------------------- */

static pid_t start(void (*role)(uint32_t), uint32_t number)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        role(number);
    }
    must(pid > 0, "fork", errno);
    return pid;
}

static pid_t start_producer(void)
{
    uint32_t life = atomic_fetch_add(&board->lives, 1);

    must(life < LIVES, "lives", life);
    return start(produce, life);
}

static void wait_for(pid_t pid, bool killed)
{
    int status;

    must(waitpid(pid, &status, 0) == pid, "waitpid", errno);
    must(killed ? WIFSIGNALED(status) || status == 0 : status == 0, "ended well", status);
}

static void sleep_us(int64_t us)
{
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&pause, NULL);
}

static void wait_until(bool (*holds)(uint32_t), uint32_t number, const char *what)
{
    int64_t until_ns = now_ns() + PATIENCE;

    for (; !holds(number); sleep_us(1000))
        must(now_ns() < until_ns, what, number);
}

static bool attached(uint32_t consumer)
{
    return atomic_load(&board->consumers[consumer].attached);
}

static bool has_put(uint32_t life)
{
    return atomic_load(&board->put[life]) > 0;
}

/* Where one producer at a time goes on with what was put before, as number 0. */
static uint64_t put_before;

static bool has_gone_on(uint32_t life)
{
    return atomic_load(&board->put[life]) > put_before;
}

/* On a machine that takes longer to start one than it is let live, nothing would ever be put. After
 * some that had put nothing, one is let live until it has. */
static void spare(void)
{
    static uint32_t vain;

    if (vain == VAIN)
        wait_until(has_gone_on, 0, "nothing is put by one that is let live");
    vain = has_gone_on(0) ? 0 : vain + 1;
    put_before = atomic_load(&board->put[0]);
}

static void conduct(pid_t *producers, uint32_t count)
{
    int64_t until_ns = now_ns() + o.seconds * SECOND;

    while (now_ns() < until_ns) {
        /* Of several the first one lives: where all are dead at a time, the stream is. */
        uint32_t victim = count > 1 ? 1 + (uint32_t)(roll() % (count - 1)) : 0;

        if (o.kill_us == 0) {
            sleep_us(10000);
            continue;
        }
        sleep_us((int64_t)(roll() % (uint64_t)(2 * o.kill_us)));
        if (o.resume)
            spare();
        if (atomic_load(&board->lives) + count >= LIVES)
            break;
        kill(producers[victim], SIGKILL);
        wait_for(producers[victim], true);
        producers[victim] = start_producer();
    }
}

static void check_the_end(bool killed)
{
    uint32_t lives = o.resume ? 1 : atomic_load(&board->lives);
    int expected = killed && !o.resume ? -EOWNERDEAD : 0;
    uint64_t least = UINT64_MAX, all = 0, longest = 0;

    for (uint32_t i = 0; i < o.consumers; i++) {
        must(board->consumers[i].end == expected, "how it ended", board->consumers[i].end);
        must(board->consumers[i].hash == board->consumers[0].hash, "one order", i);
        for (uint32_t life = 0; life < lives; life++)
            must(board->consumers[i].last[life] >= board->put[life], "all that was put",
                 (int64_t)life);
        if (board->consumers[i].longest_ns > longest)
            longest = board->consumers[i].longest_ns;
    }
    for (uint32_t life = 0; life < lives; life++) {
        all += board->put[life];
        least = board->put[life] < least ? board->put[life] : least;
    }
    printf("%" PRIu64 " messages, %u lives, longest stall %.1f ms", board->consumers[0].seq,
           atomic_load(&board->lives), (double)longest / 1e6);
    if (!killed)
        printf(", least share %.2f", (double)least * (double)lives / (double)(all ? all : 1));
    printf("\n");
    must(longest < (uint64_t)o.stall_ms * 1000000, "stall in ms", (int64_t)(longest / 1000000));
    if (o.fair)
        must(least * lives * 2 >= all, "fair share in percent",
             (int64_t)(least * lives * 100 / all));
}

static const char help[] =
    "usage: stress_company [OPTION]...\n"
    "  --resume        one producer at a time, which takes up where the last one was killed\n"
    "  --seconds N     how long (5)\n"
    "  --slots N       of the stream (1)\n"
    "  --producers N   at a time (4), at most 16\n"
    "  --consumers N   (2), at most 8\n"
    "  --bytes N       most payload of a message (200), at most 4000\n"
    "  --kill-us N     mean time between two deaths (4000); 0: nobody is killed\n"
    "  --stall-ms N    most time between two messages of a consumer (5000)\n"
    "  --fair          with nobody killed: the least share is at least half of the fair one\n"
    "  --seed N        of the dice (1)\n";

static void parse(int argc, char **argv)
{
    const struct option options[] = {
        {"resume", 0, 0, 'r'},  {"fair", 0, 0, 'f'},      {"seconds", 1, 0, 's'},
        {"slots", 1, 0, 'n'},   {"producers", 1, 0, 'p'}, {"consumers", 1, 0, 'c'},
        {"kill-us", 1, 0, 'k'}, {"bytes", 1, 0, 'b'},     {"stall-ms", 1, 0, 'm'},
        {"seed", 1, 0, 'd'},    {"help", 0, 0, 'h'},      {0, 0, 0, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long value = optarg ? atol(optarg) : 0;

        switch (option) {
        case 'r':
            o.resume = true;
            o.producers = 1;
            break;
        case 'f':
            o.fair = true;
            break;
        case 's':
            o.seconds = value;
            break;
        case 'n':
            o.slots = (uint32_t)value;
            break;
        case 'p':
            o.producers = (uint32_t)value;
            break;
        case 'c':
            o.consumers = (uint32_t)value;
            break;
        case 'k':
            o.kill_us = value;
            break;
        case 'b':
            o.bytes = (uint32_t)value;
            break;
        case 'm':
            o.stall_ms = value;
            break;
        case 'd':
            o.seed = (uint64_t)value;
            break;
        case 'h':
            fputs(help, stdout);
            exit(EXIT_SUCCESS);
        default:
            fputs(help, stderr);
            exit(EXIT_FAILURE);
        }
    }
    if (o.producers > PRODUCERS / 2 || o.consumers > CONSUMERS || o.bytes > 4000)
        exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/streamx-company.XXXXXX", path[64];
    pid_t producers[PRODUCERS], consumers[CONSUMERS];

    parse(argc, argv);
    setpgid(0, 0);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (board == MAP_FAILED || !mkdtemp(directory) || setenv("STREAMX_DIR", directory, 1) != 0)
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/streamx." STREAM, directory);
    dice = o.seed * 2654435761u + 1;
    printf("seed %" PRIu64 ": ", o.seed);
    fflush(stdout);
    for (uint32_t i = 0; i < o.producers; i++)
        producers[i] = start_producer();
    for (uint32_t i = 0; i < o.consumers; i++)
        consumers[i] = start(consume, i);
    for (uint32_t i = 0; i < o.consumers; i++)
        wait_until(attached, i, "no consumer attaches");
    /* Before anybody is killed: the one that lives may be the last to come in, and while it is not
     * there the others may all be dead at a time. */
    wait_until(has_put, 0, "nothing is put");
    conduct(producers, o.producers);
    atomic_store(&board->stop, true);
    for (uint32_t i = 0; i < o.producers; i++)
        wait_for(producers[i], false);
    for (uint32_t i = 0; i < o.consumers; i++)
        wait_for(consumers[i], false);
    check_the_end(o.kill_us != 0);
    unlink(path);
    if (rmdir(directory) != 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
