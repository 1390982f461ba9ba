/* SPDX-License-Identifier: MIT */
/*
 * What streamx._core.Consumer does: attach, take, acknowledge. Its methods are in consumer_type.c.
 *
 * Three numbers say how far it is: `taken` >= `released` >= `acked`. Released is what the caller is
 * done with; it is acknowledged at once, but for messages of which there are views still. These
 * hold their slots only while messages keep coming: before the consumer waits, and when it
 * acknowledges or leaves, they are frozen (window.c).
 */
#include "consumer.h"

#include <errno.h>
#include <stddef.h>

#include "convert.h"
#include "errors.h"
#include "wait.h"

#define SUBSCRIBE_NS (100 * NS_PER_MS) /* between two looks for signals */

struct consumer *all_consumers;

void consumer_unlist(struct consumer *c)
{
    *(c->previous ? &c->previous->next : &all_consumers) = c->next;
    if (c->next)
        c->next->previous = c->previous;
}

/* ---- acknowledging --------------------------------------------------------------------------- */

/* Through which message nothing is looked at any more. */
static uint64_t free_through(const struct consumer *c)
{
    const struct lease *first = c->leases.first;

    return first && first->seq <= c->released ? first->seq - 1 : c->released;
}

static int acknowledge(struct consumer *c)
{
    uint64_t through = free_through(c);
    int result = 0;

    if (through > c->acked) {
        result = streamx_ack(c->handle, through);
        if (result == 0)
            c->acked = through;
    }
    return result;
}

/* For leases.returned: the last view of a message has gone, wherever that may be. While the gate is
 * busy there is nothing to be done: before it waits, what was released is frozen. */
static void returned(struct leases *leases)
{
    struct consumer *c = (struct consumer *)((char *)leases - offsetof(struct consumer, leases));

    if (!c->handle || c->gate.busy || c->gate.forks != fork_count)
        return;
    while (leases->first && leases->first->seq <= c->released && leases->first->exports == 0)
        lease_leave(leases->first);
    acknowledge(c);
}

int consumer_release(struct consumer *c, uint64_t through)
{
    leases_release(&c->leases, through);
    if (through > c->released)
        c->released = through;
    if (c->leases.first && c->leases.first->seq <= c->released && leases_freeze(&c->leases) < 0)
        return -ENOMEM;
    return acknowledge(c);
}

void consumer_enlist(struct consumer *c)
{
    c->leases.returned = returned;
    c->spinning = true;
    c->next = all_consumers;
    if (all_consumers)
        all_consumers->previous = c;
    all_consumers = c;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static int attempt_take(void *arg, int64_t timeout_ns)
{
    struct consumer *c = arg;

    if (c->is_ahead) /* by others, who were let in meanwhile */
        return 1;
    return streamx_take(c->handle, &c->ahead, timeout_ns);
}

static int descriptor(void *arg)
{
    struct consumer *c = arg;

    return streamx_consumer_fd(c->handle);
}

/* Before it waits: nobody is to wait for views that the caller merely has not dropped yet. */
static void let_go(void *arg)
{
    struct consumer *c = arg;

    if (c->leases.first && c->leases.first->seq <= c->released)
        leases_freeze(&c->leases); /* no memory: they hold their slots */
    acknowledge(c);
}

static int rehearse(void *arg)
{
    struct consumer *c = arg;

    return c->handle && c->taken > 0 ? c->rehearse(c, &c->ahead) : 0;
}

/* Whether the producer has a slot all the same for what we wait for: then what is held need not be
 * copied yet. (A publication is of one message at least.) */
static bool leaves_room(const struct consumer *c)
{
    return c->leases.first && c->taken - free_through(c) < c->slots;
}

static int take_now(struct consumer *c, bool next)
{
    if (c->leases.first || c->revocable) {
        int result = acknowledge(c);

        if (result < 0)
            return result;
    } else if (next) {
        int result = streamx_next(c->handle, &c->ahead, STREAMX_NOWAIT);

        if (result != -EPERM)
            c->acked = c->released;
        return result;
    }
    return streamx_take(c->handle, &c->ahead, STREAMX_NOWAIT);
}

int consumer_advance(struct consumer *c, bool next, int64_t timeout_ns, struct streamx_message *m,
                     bool *outside)
{
    const struct waiting w = {.gate = &c->gate,
                              .attempt = attempt_take,
                              .descriptor = descriptor,
                              .prepare = let_go,
                              .rehearse = c->spin_ns > 0 && c->rehearsal ? rehearse : NULL,
                              .spinning = &c->spinning,
                              .arg = c,
                              .spin_ns = c->spin_ns,
                              .tried = true};
    int result = 1;

    if (next || c->tap) {
        if (c->leases.first)
            leases_release(&c->leases, c->taken);
        c->released = c->taken;
    }
    if (!c->is_ahead) {
        result = take_now(c, next);
        if (result == -EAGAIN) {
            if (timeout_ns == STREAMX_NOWAIT || !leaves_room(c))
                let_go(c); /* else after the first short wait */
            result = wait_for(&w, timeout_ns, outside);
        }
    }
    if (result != 1)
        return result;
    c->is_ahead = false;
    *m = c->ahead;
    c->taken = m->seq;
    return 1;
}

/* Whether we have been evicted, or an error. With nothing acknowledged yet, a message is taken
 * ahead to find out. */
static int still_ours(struct consumer *c)
{
    int result;

    if (c->tap)
        return 0; /* what it has been given is its own */
    if (c->acked > 0)
        return streamx_ack(c->handle, c->acked);
    if (c->is_ahead)
        return 0;
    result = streamx_take(c->handle, &c->ahead, STREAMX_NOWAIT);
    c->is_ahead = result == 1;
    return result == 1 || result == 0 || result == -EAGAIN ? 0 : result;
}

PyObject *consumer_copy(struct consumer *c, const void *data, size_t length)
{
    PyObject *bytes = bytes_from(data, length);
    int result;

    if (!bytes)
        return NULL;
    result = c->revocable ? still_ours(c) : 0;
    if (result == -EOWNERDEAD)
        result = 0; /* it evicts nobody any more */
    if (result < 0) {
        Py_DECREF(bytes);
        return raise_result(result, c->name);
    }
    return bytes;
}

/* ---- attaching ------------------------------------------------------------------------------- */

/* A stream that evicts may take slots back from under us. One that cannot be looked at any more may
 * be such a one. */
static bool may_evict(struct consumer *c, const char *name)
{
    struct streamx_info info;

    if (streamx_inspect(name, &info, sizeof info) != 0)
        return true;
    c->slots = info.slots;
    return info.evict_after_ns != 0;
}

static int subscribe(struct consumer *c, int64_t timeout_ns)
{
    struct streamx_subscribe_options options = {
        .start = c->start, .flags = c->flags, .spin_ns = c->spin_ns};
    const char *name = text_from(c->name, "name");
    int result;

    if (!name || (c->type && !(options.type = text_from(c->type, "type"))) ||
        (c->label && !(options.label = text_from(c->label, "label"))))
        return RAISED;
    if (timeout_ns == STREAMX_NOWAIT) {
        result = streamx_subscribe(&c->handle, name, &options, STREAMX_NOWAIT);
    } else {
        Py_BEGIN_ALLOW_THREADS result = streamx_subscribe(&c->handle, name, &options, timeout_ns);
        Py_END_ALLOW_THREADS
    }
    if (result != 0)
        c->handle = NULL;
    else
        c->revocable = c->tap || may_evict(c, name);
    return result;
}

int consumer_attach(struct consumer *c, int64_t timeout_ns)
{
    int64_t deadline_ns = timeout_ns < 0 ? INT64_MAX : clock_ns() + timeout_ns;
    int result = subscribe(c, STREAMX_NOWAIT);

    while (result == -ENOENT && timeout_ns != STREAMX_NOWAIT) {
        int64_t left_ns = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - clock_ns();

        if (left_ns <= 0)
            return -ETIMEDOUT;
        if (PyErr_CheckSignals() < 0)
            return RAISED;
        result = subscribe(c, left_ns < SUBSCRIBE_NS ? left_ns : SUBSCRIBE_NS);
        if (result == -ETIMEDOUT)
            result = -ENOENT;
    }
    return result;
}

int consumer_enter(struct consumer *c, int64_t timeout_ns)
{
    int result;

    if (gate_enter(&c->gate, timeout_ns) < 0)
        return -1;
    if (c->handle)
        return 0;
    result = consumer_attach(c, timeout_ns);
    if (result == 0)
        return 0;
    gate_leave(&c->gate);
    raise_result(result, c->name);
    return -1;
}

void consumer_leave(struct consumer *c, bool outside)
{
    if (!outside)
        gate_leave(&c->gate);
}

void consumer_end(struct consumer *c)
{
    c->gate.closed = true;
    if (!c->handle)
        return;
    if (c->gate.forks != fork_count) {
        while (c->leases.first)
            lease_leave(c->leases.first);
    } else if (leases_freeze(&c->leases) < 0) { /* no memory: then the window itself stays */
        while (c->leases.first)
            lease_leave(c->leases.first);
    }
    window_drop(c->leases.window);
    c->leases.window = NULL;
    streamx_unsubscribe(c->handle);
    c->handle = NULL;
}
