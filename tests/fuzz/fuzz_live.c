/* SPDX-License-Identifier: MIT */
/*
 * fuzz_live --seconds N --seed S: two producers, two consumers and somebody who looks work on one
 * stream, while a mutator changes the file under their hands (patch.c). No call may last longer
 * than LONGEST_NS beyond its timeout, none may leave its mappings or send a signal (guard.c), and
 * nothing may crash. What is random follows from the seed, but for the scheduling.
 *
 * All are threads of one process: a finding stops everybody where they are. The file never shrinks:
 * that ends its users with SIGBUS, as documented.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

#define LONGEST_NS INT64_C(60000000000) /* a busy machine may keep a thread waiting for long */
#define ACTORS 6u

_Atomic bool live_over;

static struct actor actors[ACTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct terrain terrain; /* under the lock, like the next */
static int terrain_fd = -1;
static _Atomic uint64_t patches;
static _Atomic unsigned ended; /* threads */

int64_t live_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* splitmix64 */
static uint64_t number(struct actor *actor)
{
    uint64_t z = actor->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t live_random(struct actor *actor, uint64_t limit)
{
    return number(actor) % limit;
}

int64_t live_timeout(struct actor *actor)
{
    uint64_t dice = live_random(actor, 32);

    if (dice < 16)
        return STREAMX_NOWAIT;
    return (int64_t)live_random(actor, dice == 31 ? 12000000 : 300000);
}

void live_enter(struct actor *actor, const char *call)
{
    atomic_store(&actor->since_ns, live_now());
    atomic_store(&actor->call, call);
}

int live_left(struct actor *actor, int result)
{
    atomic_store(&actor->call, NULL);
    atomic_fetch_add_explicit(&actor->calls, 1, memory_order_relaxed);
    return result;
}

/* ---- the mutator ----------------------------------------------------------------------------- */

void live_terrain(const struct terrain *now)
{
    int fd = open(stream_file(), O_RDWR | O_CLOEXEC);
    struct stat status;

    /* It may be one of another shape, into which its producer has come. */
    if (fd >= 0 && (fstat(fd, &status) != 0 || (uint64_t)status.st_size != now->file_bytes)) {
        close(fd);
        return;
    }
    pthread_mutex_lock(&lock);
    if (terrain_fd >= 0)
        close(terrain_fd);
    terrain_fd = fd;
    terrain = *now;
    pthread_mutex_unlock(&lock);
}

static void mutate_once(struct actor *actor)
{
    uint64_t bytes[4];
    struct feed feed = {(const uint8_t *)bytes, sizeof bytes};

    for (size_t i = 0; i < 4; i++)
        bytes[i] = number(actor);
    pthread_mutex_lock(&lock);
    if (terrain_fd >= 0) {
        if (live_random(actor, 20) == 0)
            patch(terrain_fd, &terrain, &feed);
        else
            patch_shared(terrain_fd, &terrain, &feed);
        atomic_fetch_add_explicit(&patches, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&lock);
}

/* Now a storm, now a lull, so that everybody gets into every state. */
void live_mutate(struct actor *actor)
{
    while (!atomic_load(&live_over)) {
        for (uint64_t left = live_random(actor, 20); left > 0; left--)
            mutate_once(actor);
        usleep((unsigned)live_random(actor, live_random(actor, 4) == 0 ? 10000 : 300));
    }
}

/* ---- the run --------------------------------------------------------------------------------- */

static void (*const roles[ACTORS])(struct actor *) = {live_produce, live_come_in, live_consume,
                                                      live_consume, live_look,    live_mutate};

static void *run(void *arg)
{
    struct actor *actor = arg;

    roles[actor - actors](actor);
    atomic_fetch_add(&ended, 1);
    return NULL;
}

static void check_progress(uint64_t seed)
{
    for (size_t i = 0; i < ACTORS; i++) {
        const char *call = atomic_load(&actors[i].call);
        int64_t since_ns = atomic_load(&actors[i].since_ns);

        if (call && live_now() - since_ns > LONGEST_NS) {
            fprintf(stderr, "fuzz_live: seed %llu: %s does not return\n", (unsigned long long)seed,
                    call);
            abort();
        }
    }
}

static void work(int64_t seconds, uint64_t seed)
{
    int64_t end_ns = live_now() + seconds * 1000000000;
    uint64_t calls = 0, messages = 0;
    pthread_t threads[ACTORS];

    template_at(0);
    for (size_t i = 0; i < ACTORS; i++) {
        actors[i].random = seed * ACTORS + i;
        if (pthread_create(&threads[i], NULL, run, &actors[i]) != 0)
            abort();
    }
    while (atomic_load(&ended) < ACTORS) {
        usleep(20000);
        check_progress(seed);
        if (live_now() >= end_ns)
            atomic_store(&live_over, true);
    }
    for (size_t i = 0; i < ACTORS; i++) {
        pthread_join(threads[i], NULL);
        calls += atomic_load(&actors[i].calls);
        messages += atomic_load(&actors[i].messages);
    }
    printf("fuzz_live: %llu calls, %llu messages, %llu changes\n", (unsigned long long)calls,
           (unsigned long long)messages, (unsigned long long)atomic_load(&patches));
}

int main(int argc, char **argv)
{
    int64_t seconds = 5;
    uint64_t seed = (uint64_t)live_now();

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 0);
    }
    printf("fuzz_live: seed %llu, %lld s\n", (unsigned long long)seed, (long long)seconds);
    fflush(stdout);
    work(seconds, seed);
    return EXIT_SUCCESS;
}
