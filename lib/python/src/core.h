/* SPDX-License-Identifier: MIT */
/*
 * The extension behind the Python package: what its files share.
 *
 * It uses streamx.h alone, as any program does, and Python's stable ABI, so that one build serves
 * every Python from 3.11 on. Everything here is called with the GIL held, unless said otherwise.
 */
#ifndef STREAMX_PYTHON_CORE_H
#define STREAMX_PYTHON_CORE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "streamx.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* From so many bytes on, they are copied without the GIL: below, giving it away and getting it back
 * costs more than the copy. */
#define COPY_MUCH ((size_t)64 * 1024)

/* ---- errors.c -------------------------------------------------------------------------------- */

/* A result that is none of the library's: a Python exception is set. */
#define RAISED INT32_MIN

int errors_init(PyObject *module);

/* Raises what stands for a negative result of the library; RAISED raises nothing more. Returns NULL.
 * `name`: the stream's, or NULL. */
PyObject *raise_result(int result, PyObject *name);

/* ---- convert.c ------------------------------------------------------------------------------- */

/*
 * Seconds, or None for ever, as a timeout of the library's: 0. The package's own POLL: 1; it does not
 * wait, and what would block returns POLL again, which costs less than an exception. -1 with
 * ValueError or TypeError set.
 */
int timeout_from(PyObject *seconds, int64_t *timeout_ns);
extern PyObject *poll_sentinel;

/* Seconds, or None, as a duration option; `none` is what None stands for. */
int duration_from(PyObject *seconds, int64_t none, int64_t *ns);

/* For spin: None self-tuned, 0 never. */
int spin_from(PyObject *seconds, int64_t *spin_ns);

/* Arguments of a METH_FASTCALL | METH_KEYWORDS method: fills `out[i]` with the one called
 * `names[i]`, borrowed, NULL if it was not given. The first `required` must be. */
int arguments(const char *function, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
              const char *const *names, int count, int required, PyObject **out);

/* A str without NUL as UTF-8, borrowed from it; NULL with an exception set. */
const char *text_from(PyObject *text, const char *what);

/* Copies, made without the GIL if there is much of it: what is copied must stay. */
PyObject *bytes_from(const void *data, size_t length);
PyObject *copy_of(PyObject *source); /* a bytearray of what has a buffer */

int64_t clock_ns(void); /* CLOCK_MONOTONIC */

/* ---- gate.c ---------------------------------------------------------------------------------- */

/*
 * A handle is used by one thread at a time. Who comes second waits until the first is done, or rings
 * the bell of a first that sleeps: that one then lets the other in, and goes on waiting after it.
 */
struct gate {
    bool busy;
    bool closed;          /* for good */
    unsigned long owner;  /* the thread inside, while busy */
    unsigned waiting;     /* threads that want in */
    unsigned long passed; /* how often somebody went in */
    int bell;             /* an eventfd that a sleeper watches, or -1 */
    unsigned forks;       /* as of the process's making, see fork_count */
    sem_t turn;           /* posted by who leaves when somebody waits */
};

void gate_init(struct gate *gate);
void gate_free(struct gate *gate);

/* Goes in, at most until the timeout. -1 with an exception set: closed, timed out, interrupted, of
 * another process, or called from within a call on the same handle. */
int gate_enter(struct gate *gate, int64_t timeout_ns);
void gate_leave(struct gate *gate);

/* Likewise, by one who has let others in and waits on: it waits for its turn without ringing, lest
 * two that sleep wake each other for ever. */
int gate_enter_again(struct gate *gate);

/* From within: lets those in who wait, then goes in again. -1 with an exception set: out. */
int gate_yield(struct gate *gate);

/* How often this process is a forked copy of another. */
extern unsigned fork_count;

/* ---- wait.c ---------------------------------------------------------------------------------- */

/*
 * A call of the library's that may wait. The library's waits are not ended by signals, so that a
 * long one is made of a short one of its own, which is fast, and then of poll on the handle's
 * descriptor, which a signal ends.
 */
struct waiting {
    struct gate *gate;                             /* entered */
    int (*attempt)(void *arg, int64_t timeout_ns); /* called with or without the GIL */
    int (*descriptor)(void *arg);
    void (*prepare)(void *arg); /* after others have been in; or NULL */
    void *arg;
    int64_t spin_ns;
    bool copies_much; /* the first attempt too is made without the GIL */
};

/* The library's result. RAISED: an exception is set; the gate is still entered unless *outside. */
int wait_for(const struct waiting *w, int64_t timeout_ns, bool *outside);

/* ---- window.c -------------------------------------------------------------------------------- */

/*
 * A second mapping of the stream's memory, for whatever outlives a message: memoryviews that were
 * kept, arrays that were made from them. What is in a window never changes under them. See window.c.
 */
struct window;

/* The shared mapping around an address; false: it is not in one. */
bool window_find(const void *address, const unsigned char **start, size_t *length);

/* A window of this mapping; NULL: there can be none. */
struct window *window_open(const unsigned char *mapping, size_t length, bool writable);
struct window *window_hold(struct window *window);
void window_drop(struct window *window);

/* Where in the window `address` is seen; NULL: `length` bytes from there are not all in it. */
unsigned char *window_at(const struct window *window, const void *address, size_t length);

struct range {
    unsigned char *start;
    size_t length;
};

/* Makes these ranges of the window private copies of what is in them now, at the same addresses, and
 * lets go of the stream's memory. -1: no memory, nothing has changed. */
int window_freeze(struct window *window, const struct range *ranges, size_t count);

/* Makes windows of the parent's harmless in a forked child. */
void window_forked(struct window *window);

/* ---- lease.c --------------------------------------------------------------------------------- */

/* What views of a piece of a window hang on. */
struct lease {
    PyObject_HEAD struct window *window;
    struct leases *list; /* that it is in, or NULL */
    struct lease *previous, *next;
    unsigned char *start;
    size_t length;
    uint64_t seq;
    bool writable;
    Py_ssize_t exports; /* views that are there now */
    PyObject **view;    /* where its message or loan keeps a view of it, or NULL */
    PyObject *kept;     /* that view, of a message that is gone; a cycle, which unlisting ends */
};

/* A handle's leases, by rising seq, and the window that they are in. `returned` is called when the
 * last view of one of them has gone. */
struct leases {
    struct lease *first, *last;
    struct window *window;
    const unsigned char
        *mapping; /* where the library has what the windows show; NULL: not known yet */
    size_t mapping_length;
    bool writable;
    void (*returned)(struct leases *leases);
};

int lease_init(PyObject *module);

/* A new lease of these bytes of the library's mapping. NULL without an exception: there can be no
 * window here; NULL with one: no memory. */
struct lease *lease_new(struct leases *leases, const void *data, size_t length, uint64_t seq);

/* Takes away the views that messages up to `through` keep, so that they raise; leases without views
 * leave the list. Those that remain have views of somebody else's. */
void leases_release(struct leases *leases, uint64_t through);

/* Lets all leases that have views keep copies, and forget the list. -1: no memory; nothing done. */
int leases_freeze(struct leases *leases);

/* The lease is no longer anybody's concern but of its views. */
void lease_leave(struct lease *lease);

/* Its message is going, and leaves it the view that it kept (the reference, too), so that this can be
 * taken back all the same. */
void lease_keep(struct lease *lease, PyObject *view);

/* ---- the types ------------------------------------------------------------------------------- */

int producer_init(PyObject *module);
int consumer_init(PyObject *module);
int message_init(PyObject *module);
int loan_init(PyObject *module);
int inspect_init(PyObject *module);
int object_send_init(void);
int object_receive_init(void);

struct producer {
    PyObject_HEAD struct gate gate;
    struct streamx_producer *handle;
    struct leases leases; /* of loans */
    struct loan *loan;    /* the open one, borrowed */
    bool discard;         /* it was dropped while somebody used the handle */
    PyObject *name;
    int64_t spin_ns;
    struct producer *previous, *next; /* all of this process */
};

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
    struct consumer *previous, *next; /* all of this process */
};

/* Copies what may be overwritten while it is looked at. NULL with an exception: it was (Evicted). */
PyObject *consumer_copy(struct consumer *c, const void *data, size_t length);

/* The next message, which is acknowledged by the next call; the gate is entered. 1, the library's
 * other results, or RAISED. `next`: acknowledge what is in hand first. */
int consumer_advance(struct consumer *c, bool next, int64_t timeout_ns, struct streamx_message *m,
                     bool *outside);

/* Goes in, and attaches if that is still to be done. */
int consumer_enter(struct consumer *c, int64_t timeout_ns);

PyObject *message_new(struct consumer *c, const struct streamx_message *m);

/* A loan of the producer's; see loan.c. */
PyObject *loan_new(struct producer *p, void *data, size_t size);
void loan_forget(struct loan *loan); /* its producer closes */

/* Wait for a slot and write into it: the pieces, each at its offset. */
struct piece {
    const void *data;
    size_t length, offset;
};
int producer_put_pieces(struct producer *p, const struct piece *pieces, size_t count, size_t total,
                        int64_t timeout_ns, bool *outside);
int producer_enter(struct producer *p, int64_t timeout_ns);

/* Objects as messages, see object.h. */
int object_send(struct producer *p, PyObject *object, int64_t timeout_ns);
PyObject *object_receive(struct consumer *c, const struct streamx_message *m, bool copy,
                         bool unpickle);

/* All of this process, for what must be done before and after a fork. */
extern struct producer *all_producers;
extern struct consumer *all_consumers;

#endif
