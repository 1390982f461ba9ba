/* SPDX-License-Identifier: MIT */
/* A consumer's handle, and what its methods are made of. */
#ifndef STREAMX_PYTHON_CONSUMER_H
#define STREAMX_PYTHON_CONSUMER_H

#include "core.h"
#include "gate.h"
#include "lease.h"

struct consumer {
    PyObject_HEAD struct gate gate;
    struct streamx_consumer *handle; /* NULL: not attached yet, or closed */
    struct leases leases;
    uint64_t taken;               /* the seq last handed out */
    uint64_t released;            /* the caller is done with this and all before */
    uint64_t acked;               /* and the library was told so */
    struct streamx_message ahead; /* taken and not handed out yet, see revocable */
    bool is_ahead;
    bool revocable; /* the stream may take a slot back: views are of copies */
    PyObject *name;
    PyObject *type, *label; /* str or NULL, until it is attached */
    uint32_t slots;         /* of the stream; 0: unknown */
    uint32_t start, flags;
    bool tap; /* messages lie in the handle's memory, each until the next call */
    int64_t spin_ns;
    bool spinning;       /* the last wait ended by that */
    PyObject *rehearsal; /* what the caller does with a message, as far as that can be foreseen */
    int (*rehearse)(struct consumer *c, const struct streamx_message *last); /* message.h's */
    struct consumer *previous, *next; /* all of this process */
};

/* All of this process, for what must be done before and after a fork. */
extern struct consumer *all_consumers;
void consumer_enlist(struct consumer *c);
void consumer_unlist(struct consumer *c);

/* Waits for the stream, in slices between which signals are looked for; the gate is entered. */
int consumer_attach(struct consumer *c, int64_t timeout_ns);

/* Goes in, and attaches if that is still to be done. -1 with an exception set. */
int consumer_enter(struct consumer *c, int64_t timeout_ns);

/* Leaves the gate, unless the wait has done so. */
void consumer_leave(struct consumer *c, bool outside);

/* The next message, which is acknowledged by the next call; the gate is entered. 1, the library's
 * other results, or RAISED. `next`: acknowledge what is in hand first. */
int consumer_advance(struct consumer *c, bool next, int64_t timeout_ns, struct streamx_message *m,
                     bool *outside);

/* Copies what may be overwritten while it is looked at. NULL with an exception: it was
 * (Evicted). */
PyObject *consumer_copy(struct consumer *c, const void *data, size_t length);

/* Done with everything up to `through`, which is seen by the producer when this returns. */
int consumer_release(struct consumer *c, uint64_t through);

/* Leaves the stream; what others still look at keeps its bytes. */
void consumer_end(struct consumer *c);

#endif
