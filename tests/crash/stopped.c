/* SPDX-License-Identifier: MIT */
/*
 * A peer that is stopped between its store and its wake, while it changes its seat, or with the
 * lock on the name in its hands, holds nobody up: whoever sleeps looks again by itself, after two
 * seconds at the latest.
 *
 * Each case stops its victim at one crash point, for good, and goes on; it fails if it hangs. As
 * all of them mostly wait, they are played side by side.
 */
#include "cast.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash_point.h"

#define SECONDS 120

static char directory[] = "/dev/shm/streamx-stopped.XXXXXX";
static const char *point;
static pid_t victim;
static _Atomic bool *told; /* shared with the victim */

static struct streamx_producer *producer;
static struct streamx_consumer *witness;

static void start_victim_as(void (*role)(void))
{
    victim = fork();
    must(victim >= 0);
    if (victim > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    role();
    _exit(1); /* it did not pass its point */
}

static void stop_here(void)
{
    arm_crash_point(point, 1, SIGSTOP);
}

static void must_be_stopped(void)
{
    int status;

    must(waitpid(victim, &status, WUNTRACED) == victim);
    must(WIFSTOPPED(status));
}

static void end_victim(void)
{
    int status;

    must(kill(victim, SIGKILL) == 0);
    must(waitpid(victim, &status, 0) == victim);
}

static void tell(void)
{
    atomic_store(told, true);
}

static void wait_until_told(void)
{
    while (!atomic_load(told))
        usleep(100);
}

/* ---- consumers that are stopped -------------------------------------------------------------- */

/* For ever: a deadline would bring the look that is to come by itself. */
static void put_one(uint64_t seq)
{
    uint64_t number[2] = {1, seq};

    must(streamx_put(producer, number, sizeof number, STREAMX_FOREVER) == 0);
}

static void receive_one(uint64_t seq)
{
    struct streamx_message message;
    uint32_t generation = 1;

    must(streamx_next(witness, &message, STREAMX_FOREVER) == 1);
    check_number(&message, &generation, seq);
    must(streamx_ack(witness, 0) == 0);
}

static void begin_with_witness(void)
{
    producer = create_or_fail(&(struct streamx_options){.spin_ns = -1});
    witness = subscribe_or_fail(STREAMX_START_NEXT);
    put_one(1);
}

static void wait_until_the_producer_sleeps(void)
{
    while (!producer_sleeps())
        usleep(100);
}

static struct streamx_consumer *hold_one(void)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;

    must(streamx_take(consumer, &message, PATIENCE) == 1);
    tell();
    wait_until_the_producer_sleeps();
    stop_here();
    return consumer;
}

static void acknowledge(void)
{
    streamx_ack(hold_one(), 0);
}

static void leave(void)
{
    streamx_unsubscribe(hold_one());
}

static void release_the_producer(void (*how)(void))
{
    begin_with_witness();
    start_victim_as(how);
    wait_until_told();
    receive_one(1);
    put_one(2); /* blocked until the victim has let go */
    must_be_stopped();
}

static void acknowledger(void)
{
    release_the_producer(acknowledge);
}

static void leaver(void)
{
    release_the_producer(leave);
}

static void come(void)
{
    stop_here();
    subscribe_or_fail(STREAMX_START_NEXT);
}

/* Until its seat is active, it counts for nobody. */
static void joiner(void)
{
    begin_with_witness();
    start_victim_as(come);
    must_be_stopped();
    for (uint64_t seq = 1; seq <= 5; seq++) {
        receive_one(seq);
        put_one(seq + 1);
    }
}

/* ---- producers that are stopped -------------------------------------------------------------- */

static void wait_until_a_consumer_sleeps(void)
{
    while (!consumer_sleeps())
        usleep(100);
}

static void begin_as_victim(void)
{
    producer = create_or_fail(&(struct streamx_options){.spin_ns = -1});
    tell();
    wait_until_a_consumer_sleeps();
    stop_here();
}

static void put_as_victim(void)
{
    begin_as_victim();
    put_one(1);
}

static void close_as_victim(void)
{
    begin_as_victim();
    streamx_close(producer, STREAMX_NOWAIT);
}

static void release_a_consumer(void (*how)(void), int expected)
{
    struct streamx_message message;

    start_victim_as(how);
    wait_until_told();
    witness = subscribe_or_fail(STREAMX_START_NEXT);
    must(streamx_next(witness, &message, STREAMX_FOREVER) == expected);
    must_be_stopped();
}

static void publisher(void)
{
    release_a_consumer(put_as_victim, 1);
}

static void closer(void)
{
    release_a_consumer(close_as_victim, 0);
}

/* ---- the name -------------------------------------------------------------------------------- */

static void remove_as_victim(void)
{
    stop_here();
    streamx_remove(STREAM, STREAMX_FORCE);
}

/* The name cannot be had while its lock is held, but nobody waits for it for ever. */
static void remover(void)
{
    struct streamx_producer *rival;
    int result;

    producer = create_or_fail(NULL);
    start_victim_as(remove_as_victim);
    must_be_stopped();
    must(streamx_close(producer, PATIENCE) == 0);
    result = streamx_create(&rival, STREAM, NULL);
    must(result == 0 || result == -EBUSY);
    if (result != 0) {
        end_victim();
        victim = 0;
        rival = create_or_fail(NULL);
    }
    must(streamx_close(rival, STREAMX_NOWAIT) == 0);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const struct {
    void (*play)(void);
    const char *points[10];
} scenes[] = {
    {acknowledger, {"ack_after", "room_event_before", "room_event_after"}},
    {leaver,
     {"give_up_after", "epoch_before", "epoch_after", "room_event_before", "room_event_after"}},
    {joiner,
     {"enter_number_after", "hold_after", "enter_seat_after", "enter_namespace_after",
      "enter_label_after", "enter_pid_after", "room_event_after", "activate_cursor_before",
      "activate_cursor_after"}},
    {publisher,
     {"publish_stamp_after", "publish_count_after", "wake_sleepers_before", "wake_sleepers_after",
      "wake_event_after"}},
    {closer,
     {"end_state_after", "wake_sleepers_before", "wake_sleepers_after", "wake_event_after"}},
    {remover, {"unbind_lock_after", "unbind_before", "unbind_after"}},
};

/* In a process of its own. */
static void play(void (*scene)(void))
{
    alarm(SECONDS);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(mkdtemp(directory));
    must(setenv("STREAMX_DIR", directory, 1) == 0);
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(told != MAP_FAILED);
    scene();
    if (victim > 0)
        end_victim();
    streamx_unsubscribe(witness);
    if (scene != closer && scene != publisher && scene != remover)
        streamx_close(producer, STREAMX_NOWAIT);
    streamx_remove(STREAM, 0);
    must(rmdir(directory) == 0);
    exit(0);
}

int main(void)
{
    pid_t cases[sizeof scenes / sizeof scenes[0]][10];
    int failures = 0, count = 0;

    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        for (size_t j = 0; j < 10 && scenes[i].points[j]; j++) {
            point = scenes[i].points[j];
            cases[i][j] = fork();
            must(cases[i][j] >= 0);
            if (cases[i][j] == 0)
                play(scenes[i].play);
        }
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        for (size_t j = 0; j < 10 && scenes[i].points[j]; j++, count++) {
            int status;

            must(waitpid(cases[i][j], &status, 0) == cases[i][j]);
            if (status != 0) {
                printf("scene %zu, stopped at %s: status %#x\n", i, scenes[i].points[j],
                       (unsigned)status);
                failures++;
            }
        }
    printf("%d stops, %d failures\n", count, failures);
    return failures != 0;
}
