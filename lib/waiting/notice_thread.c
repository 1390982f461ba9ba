/* SPDX-License-Identifier: MIT */
/*
 * A futex word cannot be polled. Without io_uring, a thread sleeps on it and writes to an eventfd;
 * the eventfd and the pidfds of the watched processes are in one epoll, whose descriptor is the
 * notice.
 *
 * The thread sleeps on two words at once (futex_waitv, 5.16): the one that is armed, and `command`,
 * which changes when there is something new to sleep on. Where that is not available, it sleeps on
 * the armed word in slices, and looks at `command` in between.
 *
 * `mutex` guards everything below it; the thread never holds it while it sleeps.
 */
#define _GNU_SOURCE
#include "waiting/notice_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/descriptor.h"
#include "kernel/futex.h"
#include "kernel/uapi.h"

#define SLICE_NS (64 * SX_NS_PER_MS)
#define STACK_BYTES (256 * 1024)

struct sx_notice_thread {
    int epoll_fd, event_fd;
    pthread_t thread;
    _Atomic uint32_t command; /* changes whenever what follows does */
    pthread_mutex_t mutex;
    const _Atomic uint32_t *word; /* NULL: nothing is armed */
    uint32_t value;
    int64_t until_ns;
    bool stop;
    int *pidfds;
    uint32_t pidfd_count, pidfd_room;
};

/* ---- the thread ---------------------------------------------------------------------------- */

/* What it sleeps on, as last told. */
struct order {
    const _Atomic uint32_t *word;
    uint32_t value, command;
    int64_t until_ns;
    bool stop;
};

static struct order take_order(struct sx_notice_thread *t)
{
    struct order order;

    pthread_mutex_lock(&t->mutex);
    order = (struct order){.word = t->word,
                           .value = t->value,
                           /* Relaxed: written under the mutex. */
                           .command = atomic_load_explicit(&t->command, memory_order_relaxed),
                           .until_ns = t->word ? t->until_ns : SX_NEVER,
                           .stop = t->stop};
    pthread_mutex_unlock(&t->mutex);
    return order;
}

/* Sleeps until one of the two words moves. False: this kernel cannot. */
static bool sleep_on_both(struct sx_notice_thread *t, const struct order *order)
{
    struct futex_waitv words[2] = {
        {.uaddr = (uintptr_t)&t->command, .val = order->command, .flags = SX_FUTEX_32},
        {.uaddr = (uintptr_t)order->word, .val = order->value, .flags = SX_FUTEX_32}};
    struct timespec until = sx_clock_timespec(order->until_ns);

    if (syscall(SYS_futex_waitv, words, 2, 0, order->until_ns == SX_NEVER ? NULL : &until,
                CLOCK_MONOTONIC) >= 0)
        return true;
    return errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT;
}

/* True: what was ordered has happened. */
static bool carry_out(struct sx_notice_thread *t, const struct order *order)
{
    int64_t slice_ns;

    if (!order->word) {
        sx_futex_wait(&t->command, order->command, SX_NEVER);
        return false;
    }
    if (!sleep_on_both(t, order)) {
        slice_ns = sx_clock_now() + SLICE_NS;
        if (sx_futex_wait(order->word, order->value,
                          slice_ns < order->until_ns ? slice_ns : order->until_ns) == -ETIMEDOUT)
            return sx_clock_now() >= order->until_ns;
    }
    return true;
}

/* The order is done, unless another one has come. */
static void report(struct sx_notice_thread *t, const struct order *order)
{
    pthread_mutex_lock(&t->mutex);
    if (atomic_load_explicit(&t->command, memory_order_relaxed) == order->command) {
        t->word = NULL;
        eventfd_write(t->event_fd, 1);
    }
    pthread_mutex_unlock(&t->mutex);
}

static void *run(void *arg)
{
    struct sx_notice_thread *t = arg;
    struct order order;

    for (order = take_order(t); !order.stop; order = take_order(t))
        if (carry_out(t, &order))
            report(t, &order);
    return NULL;
}

/* ---- its handle ---------------------------------------------------------------------------- */

/* Under the mutex: something has changed. */
static void tell(struct sx_notice_thread *t)
{
    atomic_fetch_add_explicit(&t->command, 1, memory_order_release);
    sx_futex_wake(&t->command);
}

static int add(const struct sx_notice_thread *t, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

/* No signal is delivered to it. */
static int start(struct sx_notice_thread *t)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&t->thread, &attributes, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -failed;
}

static void free_all(struct sx_notice_thread *t)
{
    if (t->event_fd >= 0)
        close(t->event_fd);
    if (t->epoll_fd >= 0)
        close(t->epoll_fd);
    pthread_mutex_destroy(&t->mutex);
    free(t->pidfds);
    free(t);
}

static void forget_processes(struct sx_notice_thread *t)
{
    while (t->pidfd_count > 0) {
        int pidfd = t->pidfds[--t->pidfd_count];

        /* By name: closing does not take it out while a forked child has it open too. */
        epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, pidfd, NULL);
        close(pidfd);
    }
}

static bool keep(struct sx_notice_thread *t, int pidfd)
{
    if (t->pidfd_count == t->pidfd_room) {
        uint32_t room = t->pidfd_room * 2 + 4;
        int *more = realloc(t->pidfds, room * sizeof *more);

        if (!more)
            return false;
        t->pidfds = more;
        t->pidfd_room = room;
    }
    t->pidfds[t->pidfd_count++] = pidfd;
    return true;
}

/* ---- the means ----------------------------------------------------------------------------- */

/* Whichever thread arms, it is this one that sleeps. */
static bool thread_is_foreign(const struct sx_notice *n)
{
    (void)n;
    return false;
}

/* It does not ask which of the descriptors is readable: so it is always time to look who has
 * died. */
static bool thread_begin(struct sx_notice *n, bool anew)
{
    int saved = errno;
    eventfd_t count;

    if (anew)
        forget_processes(n->thread);
    eventfd_read(n->thread->event_fd, &count);
    errno = saved;
    return true;
}

static bool thread_watch(struct sx_notice *n, int pidfd)
{
    int saved = errno;
    bool watched = add(n->thread, pidfd) == 0 && keep(n->thread, pidfd);

    if (!watched)
        close(pidfd);
    errno = saved;
    return watched;
}

static void thread_arm(struct sx_notice *n, const _Atomic uint32_t *word, uint32_t value,
                       int64_t until_ns, int64_t after_ns)
{
    struct sx_notice_thread *t = n->thread;

    (void)after_ns;
    pthread_mutex_lock(&t->mutex);
    /* If it still sleeps on that word, a wake reaches it, whatever the value was. */
    if (t->word != word || until_ns < t->until_ns) {
        t->word = word;
        t->value = value;
        t->until_ns = until_ns;
        tell(t);
    }
    pthread_mutex_unlock(&t->mutex);
}

static void thread_fire(struct sx_notice *n)
{
    int saved = errno;

    eventfd_write(n->thread->event_fd, 1);
    errno = saved;
}

static void thread_close(struct sx_notice *n, bool own)
{
    struct sx_notice_thread *t = n->thread;
    int saved = errno;

    if (!own) { /* the thread is not there, and the mutex may be held by it for ever */
        free(t->pidfds);
        free(t);
        return;
    }
    pthread_mutex_lock(&t->mutex);
    t->stop = true;
    tell(t);
    pthread_mutex_unlock(&t->mutex);
    pthread_join(t->thread, NULL);
    forget_processes(t);
    free_all(t);
    errno = saved;
}

static const struct sx_notice_means by_thread = {.is_foreign = thread_is_foreign,
                                                 .begin = thread_begin,
                                                 .watch = thread_watch,
                                                 .arm = thread_arm,
                                                 .fire = thread_fire,
                                                 .close = thread_close};

int sx_notice_thread_open(struct sx_notice *n)
{
    int saved = errno, failed = 0;
    struct sx_notice_thread *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    pthread_mutex_init(&t->mutex, NULL);
    t->epoll_fd = sx_descriptor_raise(epoll_create1(EPOLL_CLOEXEC));
    t->event_fd = sx_descriptor_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (t->epoll_fd < 0 || t->event_fd < 0)
        failed = -errno;
    if (!failed)
        failed = add(t, t->event_fd);
    if (!failed)
        failed = start(t);
    if (failed) {
        free_all(t);
    } else {
        n->thread = t;
        n->means = &by_thread;
        n->fd = t->epoll_fd;
    }
    errno = saved;
    return failed;
}
