/* SPDX-License-Identifier: MIT */
/*
 * bench_async: what a parked hand-over costs through an armed ring.
 *
 *   futex   two processes wake each other by bare futexes in shared memory
 *   bare    the same, but that each sleeps in an io_uring of its own, which waits for one word
 *   ring    two processes wait for each other's stream, each with an arm on its own io_uring
 *   lean    the same, with IORING_SETUP_SINGLE_ISSUER and _DEFER_TASKRUN
 *   alone   as `ring`; and
 *   crowd   the same, with 1,000 idle streams armed on the waiting rings
 *
 * `bare` is what the kernel asks for any wait on a ring, however it is made. Each of the next three
 * takes turns with `futex`, as the last two do with each other, so that both meet the same machine;
 * each turn's figure is the time of one hand-over (half a round trip), and what is printed is the
 * median of the turns and their ratio. Nothing spins. Not a test: nothing is asserted.
 *
 *   bench_async [TURNS [ROUND_TRIPS [together|apart]]]
 *
 * `together`: both sides share one processor, where a hand-over is one switch. `apart`: each has
 * its own, which must be woken, at ten times the cost. Otherwise the scheduler decides, and may
 * change its mind between turns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <streamx_uring.h>

#define IDLE 1000u
#define TURNS_MOST 200

static unsigned turns = 15, round_trips = 3000;

static enum placing { ANYWHERE, TOGETHER, APART } placing;

static void check(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "bench_async: %s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

static void pin(unsigned processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    check(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct side {
    struct io_uring ring;
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_consumer *idle[IDLE];
};

static struct side side;

/* ---- bare futexes -------------------------------------------------------------------------- */

struct words {
    _Alignas(128) _Atomic uint32_t ball[2];
};

static struct words *words;

static void strike(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store(word, value);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void await_ball(_Atomic uint32_t *word, uint32_t value)
{
    uint32_t seen;

    while ((seen = atomic_load(word)) != value)
        syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void play_futex(unsigned number, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (number == 0)
            strike(&words->ball[0], i);
        await_ball(&words->ball[1 - number], i);
        if (number == 1)
            strike(&words->ball[1], i);
    }
}

/* ---- bare futexes, slept on in a ring ------------------------------------------------------ */

#define OP_FUTEX_WAIT 51 /* newer than some liburing; since kernel 6.7 */
#define FUTEX_SIZE_32 2

static void await_ball_in_ring(_Atomic uint32_t *word, uint32_t value)
{
    struct io_uring_cqe *completion;
    uint32_t seen;

    while ((seen = atomic_load(word)) != value) {
        struct io_uring_sqe *entry = io_uring_get_sqe(&side.ring);

        io_uring_prep_rw(OP_FUTEX_WAIT, entry, FUTEX_SIZE_32, word, 0, seen);
        entry->addr3 = UINT32_MAX;
        io_uring_submit_and_wait(&side.ring, 1);
        while (io_uring_peek_cqe(&side.ring, &completion) == 0)
            io_uring_cqe_seen(&side.ring, completion);
    }
}

static void play_bare(unsigned number, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (number == 0)
            strike(&words->ball[0], i);
        await_ball_in_ring(&words->ball[1 - number], i);
        if (number == 1)
            strike(&words->ball[1], i);
    }
}

/* ---- armed rings --------------------------------------------------------------------------- */

/* Whose wait is over; UINT64_MAX: nobody's. Enters the kernel only when all has been taken. */
static uint64_t await_completion(void)
{
    struct io_uring_cqe *completion;
    uint64_t user_data;

    if (io_uring_cq_ready(&side.ring) == 0 && io_uring_submit_and_wait(&side.ring, 1) < 0)
        return UINT64_MAX;
    if (io_uring_peek_cqe(&side.ring, &completion) != 0)
        return UINT64_MAX;
    user_data = completion->user_data;
    io_uring_cqe_seen(&side.ring, completion);
    return user_data;
}

static void arm_idle(uint64_t i)
{
    struct streamx_message message;
    int got = streamx_next(side.idle[i], &message, STREAMX_NOWAIT);

    if (got == -EAGAIN)
        check(streamx_arm_next(side.idle[i], &side.ring, i), "arm");
}

static void receive(struct streamx_message *message)
{
    int got;

    while ((got = streamx_next(side.consumer, message, STREAMX_NOWAIT)) == -EAGAIN) {
        uint64_t done;

        check(streamx_arm_next(side.consumer, &side.ring, IDLE), "arm");
        io_uring_submit_and_wait(&side.ring, 1);
        while ((done = await_completion()) != IDLE)
            if (done != UINT64_MAX)
                arm_idle(done);
    }
    check(got == 1 ? 0 : -EPIPE, "next");
    check(streamx_ack(side.consumer, 0), "ack");
}

static void play_ring(unsigned number, uint32_t from, uint32_t to)
{
    struct streamx_message message;

    for (uint32_t i = from; i < to; i++) {
        if (number == 0)
            check(streamx_put(side.producer, &i, sizeof i, STREAMX_FOREVER), "put");
        receive(&message);
        if (number == 1)
            check(streamx_put(side.producer, &i, sizeof i, STREAMX_FOREVER), "put");
    }
}

static void open_streams(const char *match, unsigned number, unsigned idle)
{
    const struct streamx_options options = {.slots = 4, .slot_size = 64, .spin_ns = -1};
    const struct streamx_subscribe_options subscribe = {.spin_ns = -1};
    char name[32];

    snprintf(name, sizeof name, "%s%u", match, number);
    check(streamx_create(&side.producer, name, &options), "create");
    snprintf(name, sizeof name, "%s%u", match, 1 - number);
    check(streamx_subscribe(&side.consumer, name, &subscribe, STREAMX_FOREVER), "subscribe");
    for (unsigned i = 0; i < idle; i++) {
        struct streamx_producer *producer;

        snprintf(name, sizeof name, "%s%u.%u", match, number, i);
        check(streamx_create(&producer, name, &options), "create");
        check(streamx_subscribe(&side.idle[i], name, &subscribe, STREAMX_FOREVER), "subscribe");
        arm_idle(i);
    }
    check(io_uring_submit(&side.ring), "submit");
}

/* ---- the match ----------------------------------------------------------------------------- */

/* Two processes that play a turn when told. */
struct match {
    const char *name;
    void (*play)(unsigned number, uint32_t from, uint32_t to);
    bool streams, rings;
    unsigned ring_flags;
    unsigned idle;
    int orders[2], answers;
    pid_t players[2];
    double figures_us[TURNS_MOST];
};

static void live(struct match *match, unsigned number, int orders, int answers)
{
    uint32_t from = 1;
    int64_t began_ns;
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (placing != ANYWHERE)
        pin(placing == APART ? number : 0);
    if (match->rings)
        check(io_uring_queue_init(4096, &side.ring, match->ring_flags), "io_uring");
    if (match->streams)
        open_streams(match->name, number, match->idle);
    check((int)write(answers, &(int64_t){0}, sizeof began_ns), "write");
    while (read(orders, &byte, 1) == 1) {
        began_ns = now_ns();
        match->play(number, from, from + round_trips);
        began_ns = now_ns() - began_ns;
        from += round_trips;
        check((int)write(answers, &began_ns, sizeof began_ns), "write");
    }
    _exit(EXIT_SUCCESS);
}

static int64_t hear(const struct match *match)
{
    int64_t number;

    if (read(match->answers, &number, sizeof number) != sizeof number)
        check(-EPIPE, match->name);
    return number;
}

static void begin(struct match *match)
{
    int answers[2], orders[2];

    check(pipe(answers), "pipe");
    match->answers = answers[0];
    for (unsigned i = 0; i < 2; i++) {
        check(pipe(orders), "pipe");
        match->orders[i] = orders[1];
        match->players[i] = fork();
        check(match->players[i], "fork");
        if (match->players[i] == 0) {
            close(orders[1]);
            live(match, i, orders[0], answers[1]);
        }
        close(orders[0]);
    }
    close(answers[1]);
    hear(match);
    hear(match);
}

static void turn(struct match *match, unsigned number)
{
    int64_t longer_ns, other_ns;

    check((int)write(match->orders[1], "x", 1), "write");
    check((int)write(match->orders[0], "x", 1), "write");
    longer_ns = hear(match);
    other_ns = hear(match);
    if (other_ns > longer_ns)
        longer_ns = other_ns;
    match->figures_us[number] = (double)longer_ns / 2000.0 / round_trips;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(struct match *match)
{
    qsort(match->figures_us, turns, sizeof match->figures_us[0], compare);
    return match->figures_us[turns / 2];
}

static void end(struct match *match)
{
    for (unsigned i = 0; i < 2; i++) {
        kill(match->players[i], SIGKILL);
        waitpid(match->players[i], NULL, 0);
        close(match->orders[i]);
    }
    close(match->answers);
}

static void compare_matches(struct match *base, struct match *other)
{
    double base_us, other_us;

    begin(base);
    begin(other);
    for (unsigned i = 0; i < turns; i++) {
        turn(base, i);
        turn(other, i);
    }
    end(base);
    end(other);
    base_us = median(base);
    other_us = median(other);
    printf("%-6s %8.2f us   %-6s %8.2f us   ratio %.2f   (least: %.2f us, %.2f us)\n", base->name,
           base_us, other->name, other_us, other_us / base_us, base->figures_us[0],
           other->figures_us[0]);
    fflush(stdout);
}

static int discard(const char *name, void *arg)
{
    (void)arg;
    streamx_remove(name, STREAMX_FORCE);
    return 0;
}

static enum placing placing_named(const char *name)
{
    if (strcmp(name, "together") == 0)
        return TOGETHER;
    if (strcmp(name, "apart") != 0)
        check(-EINVAL, name);
    return APART;
}

static void play_all(void)
{
    static struct match
        futex = {.name = "futex", .play = play_futex},
        bare = {.name = "bare", .play = play_bare, .rings = true},
        ring = {.name = "ring", .play = play_ring, .rings = true, .streams = true},
        lean = {.name = "lean",
                .play = play_ring,
                .rings = true,
                .streams = true,
                .ring_flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN},
        alone = {.name = "alone", .play = play_ring, .rings = true, .streams = true},
        crowd = {.name = "crowd", .play = play_ring, .rings = true, .streams = true, .idle = IDLE};
    struct match *const beside_futex[] = {&bare, &ring, &lean};

    for (unsigned i = 0; i < sizeof beside_futex / sizeof beside_futex[0]; i++) {
        memset(words, 0, sizeof *words);
        compare_matches(&futex, beside_futex[i]);
        streamx_list(discard, NULL);
    }
    compare_matches(&alone, &crowd);
    streamx_list(discard, NULL);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/streamx-async.XXXXXX";
    struct rlimit limit;

    if (argc > 1 && (turns = (unsigned)atoi(argv[1])) > TURNS_MOST)
        turns = TURNS_MOST;
    if (argc > 2)
        round_trips = (unsigned)atoi(argv[2]);
    if (argc > 3)
        placing = placing_named(argv[3]);
    check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    words = mmap(NULL, sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED || !mkdtemp(directory) || setenv("STREAMX_DIR", directory, 1) != 0)
        check(-errno, directory);
    printf("%u turns of %u round trips; one hand-over:\n", turns, round_trips);
    fflush(stdout);
    play_all();
    rmdir(directory);
    return EXIT_SUCCESS;
}
