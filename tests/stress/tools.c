/* SPDX-License-Identifier: MIT */
/* Time, chance, and what to do when something is wrong: see torture.h. */
#include "torture.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

void sleep_ns(int64_t duration_ns)
{
    nanosleep(&(struct timespec){.tv_sec = duration_ns / SECOND, .tv_nsec = duration_ns % SECOND},
              NULL);
}

/* splitmix64 */
uint64_t random_next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void random_seed(uint64_t seed, uint64_t stream)
{
    state = seed;
    state = random_next() + stream * UINT64_C(0xd1342543de82ef95);
    state = random_next();
}

uint64_t random_below(uint64_t limit)
{
    return random_next() % limit;
}

bool one_in(uint64_t n)
{
    return random_below(n) == 0;
}

void raise_to(_Atomic uint64_t *word, uint64_t value)
{
    uint64_t seen = atomic_load(word);

    while (seen < value && !atomic_compare_exchange_weak(word, &seen, value))
        ;
}

void raise_time(_Atomic int64_t *word, int64_t since_ns)
{
    int64_t value = now_ns() - since_ns, seen = atomic_load(word);

    while (seen < value && !atomic_compare_exchange_weak(word, &seen, value))
        ;
}

void fail(const char *format, ...)
{
    char text[512];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "torture: process %d, generation %u: %s\n", (int)getpid(),
            atomic_load(&board->current), text);
    atomic_store(&board->failed, true);
    if (board->options.hold)
        raise(SIGSTOP);
    _exit(EXIT_FAILURE);
}
