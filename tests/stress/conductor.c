/* SPDX-License-Identifier: MIT */
/*
 * Forks the actors of a torture run and then, every millisecond or two, does something to one of
 * them: kills it and puts another in its place, stops it for a while, or ends the producer in one
 * of the three ways, sometimes while it is ending.
 *
 * Every child that ends must have been killed here, or end with success.
 */
#include "conductor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSERS_MAX 32u

struct actor {
    pid_t pid;         /* 0: nobody */
    int64_t resume_ns; /* stopped until then; 0: not stopped */
};

static struct actor producer, steady, passers[PASSERS_MAX];
static struct figures *figures;
static uint64_t forks;
static int64_t restart_ns; /* when the producer's end begins */
static bool ending;
static int64_t ended_ns; /* since when nobody produces */

/* Something is wrong; the run ends at the next occasion. */
static void complain(const char *what)
{
    if (!atomic_exchange(&board->failed, true))
        fprintf(stderr, "torture: generation %u: %s\n", atomic_load(&board->current), what);
}

/* ---- actors ---------------------------------------------------------------------------------- */

static pid_t start(void (*role)(void))
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        fail("fork"); /* never a kill of process -1 */
    forks++;
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    random_seed(board->options.seed, forks);
    role();
    _exit(EXIT_SUCCESS);
}

static void produce_current(void)
{
    produce(atomic_load(&board->current));
}

static void play_steady(void)
{
    consume_steadily();
}

static void play_passer(void)
{
    pass_by();
}

static void kill_actor(struct actor *actor)
{
    kill(actor->pid, SIGKILL);
    waitpid(actor->pid, NULL, 0);
    *actor = (struct actor){0};
}

static void stop(struct actor *actor)
{
    if (actor->pid == 0 || actor->resume_ns != 0 || board->options.stop_ns == 0)
        return;
    kill(actor->pid, SIGSTOP);
    actor->resume_ns = now_ns() + (int64_t)random_below((uint64_t)board->options.stop_ns);
    figures->stops++;
}

static void resume(struct actor *actor, int64_t at_ns)
{
    if (actor->resume_ns == 0 || actor->resume_ns > at_ns)
        return;
    actor->resume_ns = 0;
    kill(actor->pid, SIGCONT);
}

static void resume_all(int64_t at_ns)
{
    resume(&producer, at_ns);
    resume(&steady, at_ns);
    for (uint32_t i = 0; i < board->options.passers; i++)
        resume(&passers[i], at_ns);
}

static struct actor *actor_of(pid_t pid)
{
    if (pid == producer.pid)
        return &producer;
    if (pid == steady.pid)
        return &steady;
    for (uint32_t i = 0; i < board->options.passers; i++)
        if (pid == passers[i].pid)
            return &passers[i];
    return NULL;
}

/* Waits for whoever has ended by itself. */
static void collect(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct actor *actor = actor_of(pid);

        if (status != 0) {
            if (!atomic_load(&board->failed))
                fprintf(stderr, "torture: process %d ended with status 0x%x\n", (int)pid,
                        (unsigned)status);
            atomic_store(&board->failed, true);
        }
        if (actor)
            *actor = (struct actor){0};
    }
}

/* ---- generations ----------------------------------------------------------------------------- */

static void begin_generation(void)
{
    uint32_t number = atomic_load(&board->current) + 1;
    struct generation *generation = generation_at(number);

    *generation = (struct generation){0};
    atomic_store(&generation->number, number);
    atomic_store(&board->current, number);
    producer.pid = start(produce_current);
    restart_ns = now_ns() + (int64_t)random_below(2 * (uint64_t)board->options.restart_ns);
    ending = false;
    ended_ns = 0;
    figures->generations++;
}

static struct generation *current(void)
{
    return generation_at(atomic_load(&board->current));
}

static void kill_producer(void)
{
    kill_actor(&producer);
    figures->producer_kills++;
}

/* Begins to end it; a killed one has ended at once. */
static void end_producer(void)
{
    ending = true;
    switch (random_below(3)) {
    case 0:
        kill_producer();
        return;
    case 1:
        atomic_store(&current()->order, CLOSE);
        break;
    default:
        atomic_store(&current()->order, ABANDON);
        break;
    }
}

/* Has everything that may still come from the current generation come? Who acknowledged the last
 * value may have been killed before it could tell the board; then the stream tells, or is gone. */
static bool settled(void)
{
    const struct generation *generation = current();
    uint64_t put = atomic_load(&generation->put);
    struct streamx_info info;
    int result;

    if (!board->options.relay || atomic_load(&generation->acked) >= put)
        return true;
    if (atomic_load(&generation->acking) < put)
        return false;
    result = streamx_inspect(STREAM, &info, sizeof info);
    return result == -ENOENT || (result == 0 && info.acknowledged >= put);
}

/* Moves the producer's life on. True: the generation is done with. */
static bool tend_producer(void)
{
    if (producer.pid != 0) {
        if (!ending && now_ns() >= restart_ns)
            end_producer();
        else if (ending && one_in(16))
            kill_producer();
    }
    if (producer.pid != 0)
        return false;
    if (!ending)
        complain("the producer ended unasked");
    if (ended_ns == 0)
        ended_ns = now_ns();
    atomic_store(&current()->over, true);
    if (!settled() && now_ns() - ended_ns > HANG_NS)
        complain("what was put is not acknowledged long after");
    return settled();
}

/* ---- the run --------------------------------------------------------------------------------- */

static void harass(void)
{
    struct actor *passer = &passers[random_below(board->options.passers)];
    uint64_t dice = random_below(100);

    if (dice < 80) {
        if (passer->pid != 0) {
            kill_actor(passer);
            figures->kills++;
        }
        passer->pid = start(play_passer);
    } else if (dice < 94) {
        stop(passer);
    } else if (dice < 97) {
        stop(&producer);
    } else {
        stop(&steady);
    }
}

static void watch_steady(void)
{
    static uint64_t values;
    static int64_t since_ns;
    uint64_t now = atomic_load(&board->values) + atomic_load(&board->passed);

    if (now != values || since_ns == 0) {
        values = now;
        since_ns = now_ns();
    } else if (now_ns() - since_ns > HANG_NS) {
        complain("nobody gets anything any more");
    }
}

static void rest(int64_t until_ns)
{
    int64_t begin_ns = now_ns();
    int64_t planned_ns = (int64_t)random_below(2 * (uint64_t)board->options.kill_ns), late_ns;

    if (planned_ns > until_ns - begin_ns)
        planned_ns = until_ns - begin_ns;
    sleep_ns(planned_ns);
    late_ns = now_ns() - begin_ns - planned_ns;
    if (late_ns > figures->latest_ns)
        figures->latest_ns = late_ns;
}

static void run_until(int64_t until_ns)
{
    while (now_ns() < until_ns && !atomic_load(&board->failed)) {
        rest(until_ns);
        collect();
        resume_all(now_ns());
        if (tend_producer())
            begin_generation();
        harass();
        watch_steady();
    }
}

static void wait_for(const struct actor *actor, const char *what)
{
    int64_t give_up_ns = now_ns() + HANG_NS;

    while (actor->pid != 0 && !atomic_load(&board->failed)) {
        sleep_ns(200000);
        resume_all(INT64_MAX);
        collect();
        if (now_ns() > give_up_ns)
            complain(what);
    }
}

static void wind_up(void)
{
    if (!board->options.relay) {
        for (uint32_t i = 0; i < board->options.passers; i++)
            if (passers[i].pid != 0)
                kill_actor(&passers[i]);
        /* A stream that nobody ever attached to would stay. */
        while (!atomic_load(&current()->steady_attached) && producer.pid != 0 &&
               !atomic_load(&board->failed)) {
            sleep_ns(200000);
            resume_all(INT64_MAX);
            collect();
        }
    }
    while (!tend_producer() && !atomic_load(&board->failed)) {
        restart_ns = 0;
        sleep_ns(200000);
        resume_all(INT64_MAX);
        collect();
    }
    atomic_store(&board->stopping, true);
    for (uint32_t i = 0; i < board->options.passers; i++)
        wait_for(&passers[i], "a passer does not end");
    wait_for(&steady, "the steady consumer does not end");
}

/* How late others were is not known: as late as the conductor, a few times over. */
static void check_stalls(void)
{
    int64_t longest_ns = board->options.stall_ns + 4 * figures->latest_ns;

    if (atomic_load(&board->longest_put_ns) > longest_ns ||
        atomic_load(&board->longest_next_ns) > longest_ns)
        complain("a call was held up for too long");
}

/* After a failure. */
static void end_all(void)
{
    struct actor *all[PASSERS_MAX + 2] = {&producer, &steady};

    for (uint32_t i = 0; i < PASSERS_MAX; i++)
        all[i + 2] = &passers[i];
    for (size_t i = 0; i < PASSERS_MAX + 2; i++)
        if (all[i]->pid != 0)
            kill(all[i]->pid, board->options.hold ? SIGSTOP : SIGKILL);
    describe();
    while (board->options.hold)
        pause();
}

bool conduct(struct figures *result)
{
    figures = result;
    random_seed(board->options.seed, 0);
    if (board->options.passers > PASSERS_MAX)
        board->options.passers = PASSERS_MAX;
    begin_generation();
    if (!board->options.relay)
        steady.pid = start(play_steady);
    run_until(now_ns() + board->options.seconds * SECOND);
    if (!atomic_load(&board->failed))
        wind_up();
    check_stalls();
    if (atomic_load(&board->failed))
        end_all();
    return !atomic_load(&board->failed);
}
