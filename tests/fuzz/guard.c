/* SPDX-License-Identifier: MIT */
/* Guarded mappings, and no signals: see guard.h. */
#define _GNU_SOURCE
#include "guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GUARD ((size_t)1 << 20)
#define MAPPINGS_MAX 64

struct mapping {
    unsigned char *base;
    size_t bytes;
};

static struct mapping mappings[MAPPINGS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *__real_mmap(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *base, size_t bytes);
int __real_kill(pid_t pid, int signal);
long __real_syscall(long number, ...);

void *__wrap_mmap(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *base, size_t bytes);
int __wrap_kill(pid_t pid, int signal);
/* Not variadic: it passes on all that syscall(2) could be given, whatever was. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

/* What was done, by a plain write: the process is in no state for more. */
static _Noreturn void excess(const char *what)
{
    (void)!write(STDERR_FILENO, what, strlen(what));
    abort();
}

static void remember(unsigned char *base, size_t bytes)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAPPINGS_MAX; i++) {
        if (!mappings[i].base) {
            mappings[i] = (struct mapping){base, bytes};
            pthread_mutex_unlock(&lock);
            return;
        }
    }
    excess("guard: more handles than any test here has\n");
}

static bool forget(const unsigned char *base)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAPPINGS_MAX && !found; i++) {
        if (mappings[i].base == base) {
            mappings[i].base = NULL;
            found = true;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool guard_covers(const void *at, size_t bytes)
{
    uintptr_t first = (uintptr_t)at;
    bool covered = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAPPINGS_MAX && !covered; i++) {
        uintptr_t base = (uintptr_t)mappings[i].base;

        covered = base != 0 && first >= base && bytes <= mappings[i].bytes &&
                  first - base <= mappings[i].bytes - bytes;
    }
    pthread_mutex_unlock(&lock);
    return covered;
}

void guard_read(const void *at, size_t bytes)
{
    if (!guard_covers(at, bytes))
        excess("guard: what was lent lies in no mapping\n");
    guard_touch(at, bytes);
}

void guard_touch(const void *at, size_t bytes)
{
    const volatile unsigned char *data = at;

    for (size_t i = 0; i < bytes; i++)
        (void)data[i];
}

void *__wrap_mmap(void *hint, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    struct stat status;
    unsigned char *around;
    void *base;

    if (!(flags & MAP_SHARED) || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return __real_mmap(hint, bytes, protection, flags, fd, offset);
    around = __real_mmap(NULL, bytes + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (around == MAP_FAILED)
        return MAP_FAILED;
    base = __real_mmap(around + GUARD, bytes, protection, flags | MAP_FIXED, fd, offset);
    if (base == MAP_FAILED) {
        __real_munmap(around, bytes + 2 * GUARD);
        return MAP_FAILED;
    }
    remember(base, bytes);
    return base;
}

int __wrap_munmap(void *base, size_t bytes)
{
    if (forget(base))
        return __real_munmap((unsigned char *)base - GUARD, bytes + 2 * GUARD);
    return __real_munmap(base, bytes);
}

/* Signal 0 is none: it asks whether the process is there. */
int __wrap_kill(pid_t pid, int signal)
{
    if (signal != 0)
        excess("guard: kill\n");
    return __real_kill(pid, signal);
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_kill || number == SYS_tkill || number == SYS_tgkill ||
        number == SYS_rt_sigqueueinfo || number == SYS_pidfd_send_signal)
        excess("guard: a system call that sends a signal\n");
    return __real_syscall(number, a, b, c, d, e, f);
}
