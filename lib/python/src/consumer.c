/* SPDX-License-Identifier: MIT */
/*
 * streamx._core.Consumer: attach, take, next, ack, leave.
 *
 * Three numbers say how far it is: `taken` >= `released` >= `acked`. Released is what the caller is
 * done with; it is acknowledged at once, but for messages of which there are views still. These hold
 * their slots only while messages keep coming: before the consumer waits, and when it acknowledges
 * or leaves, they are frozen (window.c).
 */
#include "core.h"

#include <errno.h>
#include <string.h>

#define SUBSCRIBE_NS (100 * NS_PER_MS) /* between two looks for signals */

struct consumer *all_consumers;

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

/* The last view of a message has gone, wherever that may be. While the gate is busy there is nothing
 * to be done: before it waits, what was released is frozen. */
static void returned(struct leases *leases)
{
    struct consumer *c = (struct consumer *)((char *)leases - offsetof(struct consumer, leases));

    if (!c->handle || c->gate.busy || c->gate.forks != fork_count)
        return;
    while (leases->first && leases->first->seq <= c->released && leases->first->exports == 0)
        lease_leave(leases->first);
    acknowledge(c);
}

/* Done with everything up to `through`, which is seen by the producer when this returns. */
static int release_through(struct consumer *c, uint64_t through)
{
    leases_release(&c->leases, through);
    if (through > c->released)
        c->released = through;
    if (c->leases.first && c->leases.first->seq <= c->released && leases_freeze(&c->leases) < 0)
        return -ENOMEM;
    return acknowledge(c);
}

/* ---- taking ---------------------------------------------------------------------------------- */

static int attempt_take(void *arg, int64_t timeout_ns)
{
    struct consumer *c = arg;

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
                              .arg = c,
                              .spin_ns = c->spin_ns};
    int result = 1;

    if (next || c->tap) {
        if (c->leases.first)
            leases_release(&c->leases, c->taken);
        c->released = c->taken;
    }
    if (!c->is_ahead) {
        result = take_now(c, next);
        if (result == -EAGAIN) {
            let_go(c);
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

/* Whether we have been evicted, or an error. With nothing acknowledged yet, a message is taken ahead
 * to find out. */
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
static bool may_evict(const char *name)
{
    struct streamx_info info;

    return streamx_inspect(name, &info, sizeof info) != 0 || info.evict_after_ns != 0;
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
        c->revocable = c->tap || may_evict(name);
    return result;
}

/* In slices, between which signals are looked for. */
static int attach(struct consumer *c, int64_t timeout_ns)
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
    result = attach(c, timeout_ns);
    if (result == 0)
        return 0;
    gate_leave(&c->gate);
    raise_result(result, c->name);
    return -1;
}

static void leave(struct consumer *c, bool outside)
{
    if (!outside)
        gate_leave(&c->gate);
}

/* ---- methods --------------------------------------------------------------------------------- */

static int start_from(const char *word, uint32_t *start)
{
    static const char *const words[] = {"next", "new", "latest", "oldest"};

    for (uint32_t i = 0; i < 4; i++)
        if (strcmp(word, words[i]) == 0) {
            *start = i; /* as STREAMX_START_NEXT and so on are numbered */
            return 0;
        }
    PyErr_Format(PyExc_ValueError, "start must be next, new, latest or oldest, not '%s'", word);
    return -1;
}

static PyObject *text_or_null(PyObject *text)
{
    return text && text != Py_None ? Py_NewRef(text) : NULL;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"name",  "start", "timeout", "spin", "type",
                            "label", "flags", "lazy",    NULL};
    struct consumer *c = (struct consumer *)self;
    PyObject *name, *timeout = NULL, *spin = NULL, *type = NULL, *label = NULL;
    const char *start = "next";
    int64_t timeout_ns;
    unsigned flags = 0;
    int lazy = 0, result;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "U|sOOOOIp", names, &name, &start, &timeout,
                                     &spin, &type, &label, &flags, &lazy))
        return -1;
    if (c->name) {
        PyErr_SetString(PyExc_RuntimeError, "it is made already");
        return -1;
    }
    if (start_from(start, &c->start) < 0 || timeout_from(timeout, &timeout_ns) < 0 ||
        spin_from(spin, &c->spin_ns) < 0)
        return -1;
    c->name = Py_NewRef(name);
    c->type = text_or_null(type);
    c->label = text_or_null(label);
    c->flags = flags;
    c->tap = (flags & TAP) != 0;
    c->gate.busy = true; /* whoever finds it through a signal handler must wait */
    result = attach(c, lazy ? STREAMX_NOWAIT : timeout_ns);
    gate_leave(&c->gate);
    if (result == 0 || (lazy && result == -ENOENT && timeout_ns != STREAMX_NOWAIT))
        return 0;
    raise_result(result, name);
    return -1;
}

/* What take and next end with. Steals nothing. */
static PyObject *message_or_error(struct consumer *c, int result, const struct streamx_message *m,
                                  PyObject *timeout)
{
    if (result == 1)
        return message_new(c, m);
    if (result == -EAGAIN && timeout && timeout == poll_sentinel)
        return Py_NewRef(timeout);
    if (result == 0) {
        PyErr_SetString(PyExc_EOFError, "the stream has ended");
        return NULL;
    }
    return raise_result(result, c->name);
}

static PyObject *advance(struct consumer *c, bool next, PyObject *timeout, int64_t timeout_ns)
{
    struct streamx_message m;
    bool outside = false;
    PyObject *message;
    int result;

    if (consumer_enter(c, timeout_ns) < 0)
        return NULL;
    result = consumer_advance(c, next, timeout_ns, &m, &outside);
    message = message_or_error(c, result, &m, timeout);
    leave(c, outside);
    return message;
}

static PyObject *take_or_next(PyObject *self, PyObject *const *args, Py_ssize_t given,
                              PyObject *keywords, bool next)
{
    static const char *const names[] = {"timeout"};
    PyObject *timeout;
    int64_t timeout_ns;

    if (arguments(next ? "next" : "take", args, given, keywords, names, 1, 0, &timeout) < 0 ||
        timeout_from(timeout, &timeout_ns) < 0)
        return NULL;
    return advance((struct consumer *)self, next, timeout, timeout_ns);
}

static PyObject *take(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    return take_or_next(self, args, given, keywords, false);
}

static PyObject *next(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    return take_or_next(self, args, given, keywords, true);
}

static PyObject *iternext(PyObject *self)
{
    struct consumer *c = (struct consumer *)self;
    struct streamx_message m;
    bool outside = false;
    PyObject *message = NULL;
    int result;

    if (consumer_enter(c, STREAMX_FOREVER) < 0)
        return NULL;
    result = consumer_advance(c, true, STREAMX_FOREVER, &m, &outside);
    if (result == 1)
        message = message_new(c, &m);
    else if (result != 0)
        raise_result(result, c->name);
    leave(c, outside);
    return message; /* the end: NULL without an exception */
}

/* receive(timeout, copy, unpickle): the object on the next message. */
static PyObject *receive(PyObject *self, PyObject *const *args, Py_ssize_t given,
                         PyObject *keywords)
{
    static const char *const names[] = {"timeout", "copy", "unpickle"};
    struct consumer *c = (struct consumer *)self;
    struct streamx_message m;
    PyObject *out[3], *object;
    int64_t timeout_ns;
    bool outside = false;
    int result, copy, unpickle;

    if (arguments("receive", args, given, keywords, names, 3, 0, out) < 0 ||
        timeout_from(out[0], &timeout_ns) < 0)
        return NULL;
    copy = out[1] ? PyObject_IsTrue(out[1]) : 0;
    unpickle = out[2] ? PyObject_IsTrue(out[2]) : 1;
    if (copy < 0 || unpickle < 0 || consumer_enter(c, timeout_ns) < 0)
        return NULL;
    result = consumer_advance(c, true, timeout_ns, &m, &outside);
    object = result == 1 ? object_receive(c, &m, copy, unpickle)
                         : message_or_error(c, result, &m, out[0]);
    leave(c, outside);
    return object;
}

static int seq_from(struct consumer *c, PyObject *through, uint64_t *seq)
{
    PyObject *number;

    if (!through || through == Py_None) {
        *seq = c->taken;
        return 0;
    }
    number = PyLong_Check(through) ? Py_NewRef(through) : PyObject_GetAttrString(through, "seq");
    if (!number)
        return -1;
    *seq = PyLong_AsUnsignedLongLong(number);
    Py_DECREF(number);
    if (*seq == (uint64_t)-1 && PyErr_Occurred())
        return -1;
    if (*seq == 0 || *seq > c->taken) {
        PyErr_SetString(PyExc_ValueError, "not taken yet");
        return -1;
    }
    return 0;
}

static PyObject *ack(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    static const char *const names[] = {"through"};
    struct consumer *c = (struct consumer *)self;
    PyObject *through;
    uint64_t seq;
    int result = RAISED;

    if (arguments("ack", args, given, keywords, names, 1, 0, &through) < 0 ||
        gate_enter(&c->gate, STREAMX_FOREVER) < 0)
        return NULL;
    if (seq_from(c, through, &seq) == 0)
        result = c->handle ? release_through(c, seq) : 0;
    /* A repeated one tells of an eviction, too. */
    if (result == 0 && c->handle && c->acked > 0)
        result = streamx_ack(c->handle, c->acked);
    gate_leave(&c->gate);
    return result == 0 ? Py_NewRef(Py_None) : raise_result(result, c->name);
}

static PyObject *attach_method(PyObject *self, PyObject *const *args, Py_ssize_t given,
                               PyObject *keywords)
{
    static const char *const names[] = {"timeout"};
    struct consumer *c = (struct consumer *)self;
    PyObject *timeout;
    int64_t timeout_ns;

    if (arguments("attach", args, given, keywords, names, 1, 0, &timeout) < 0 ||
        timeout_from(timeout, &timeout_ns) < 0 || consumer_enter(c, timeout_ns) < 0)
        return NULL;
    gate_leave(&c->gate);
    return Py_NewRef(Py_None);
}

static PyObject *fileno_method(PyObject *self, PyObject *unused)
{
    struct consumer *c = (struct consumer *)self;
    int fd;

    (void)unused;
    if (consumer_enter(c, STREAMX_FOREVER) < 0)
        return NULL;
    fd = streamx_consumer_fd(c->handle);
    gate_leave(&c->gate);
    return fd < 0 ? raise_result(fd, c->name) : PyLong_FromLong(fd);
}

/* Leaves; what others still look at keeps its bytes. */
static void end(struct consumer *c)
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

/* Takes back what messages keep of themselves, so that they raise. */
static PyObject *close_method(PyObject *self, PyObject *unused)
{
    struct consumer *c = (struct consumer *)self;

    (void)unused;
    if (c->gate.closed)
        return Py_NewRef(Py_None);
    if (c->gate.forks == fork_count && gate_enter(&c->gate, STREAMX_FOREVER) < 0)
        return NULL;
    leases_release(&c->leases, UINT64_MAX);
    end(c);
    if (c->gate.forks == fork_count)
        gate_leave(&c->gate);
    return Py_NewRef(Py_None);
}

static PyObject *get_closed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((struct consumer *)self)->gate.closed);
}

static PyObject *get_attached(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((struct consumer *)self)->handle != NULL);
}

static PyObject *get_name(PyObject *self, void *unused)
{
    struct consumer *c = (struct consumer *)self;

    (void)unused;
    return Py_NewRef(c->name ? c->name : Py_None);
}

/* ---- the type -------------------------------------------------------------------------------- */

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    struct consumer *c = (struct consumer *)PyType_GenericNew(type, args, keywords);

    if (!c)
        return NULL;
    gate_init(&c->gate);
    c->leases.returned = returned;
    c->next = all_consumers;
    if (all_consumers)
        all_consumers->previous = c;
    all_consumers = c;
    return (PyObject *)c;
}

static void dealloc(PyObject *self)
{
    struct consumer *c = (struct consumer *)self;
    PyTypeObject *type = Py_TYPE(self);

    end(c);
    *(c->previous ? &c->previous->next : &all_consumers) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    gate_free(&c->gate);
    Py_XDECREF(c->name);
    Py_XDECREF(c->type);
    Py_XDECREF(c->label);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

int consumer_init(PyObject *module)
{
    static PyMethodDef methods[] = {
        {"take", (PyCFunction)(void (*)(void))take, METH_FASTCALL | METH_KEYWORDS,
         "take(timeout=None)\n"
         "--\n"
         "\n"
         "The next message, without acknowledging anything; several may be in hand.\n"
         "\n"
         "EOFError: the end of the stream. ProducerDied: its producer died or abandoned it; "
         "everything\n"
         "published was handed out. Evicted: this consumer held the producer up for too long. "
         "BlockingIOError\n"
         "(timeout 0), TimeoutError: there is none yet."},
        {"next", (PyCFunction)(void (*)(void))next, METH_FASTCALL | METH_KEYWORDS,
         "next(timeout=None)\n"
         "--\n"
         "\n"
         "Acknowledges all in hand, then takes the next message. Fails as take(); also when there "
         "is no new\n"
         "message, the one before has been acknowledged."},
        {"receive", (PyCFunction)(void (*)(void))receive, METH_FASTCALL | METH_KEYWORDS,
         "receive(timeout=None, copy=False, unpickle=True)\n"
         "--\n"
         "\n"
         "Acknowledges all in hand, then takes the next message and gives the object that it was "
         "sent as.\n"
         "\n"
         "Arrays are read-only views of shared memory, which stay as they are for as long as they "
         "are kept;\n"
         "with copy=True they are the receiver's own. Who unpickles runs what the producer sent, "
         "and so trusts\n"
         "whoever may write to the stream; with unpickle=False only int, float, str, bytes, bool "
         "and None are\n"
         "taken, and anything else raises TypeError. ValueError: the message is no object. Else as "
         "take()."},
        {"ack", (PyCFunction)(void (*)(void))ack, METH_FASTCALL | METH_KEYWORDS,
         "ack(through=None)\n"
         "--\n"
         "\n"
         "Acknowledges every message up to this one, a Message or a seq, or all in hand.\n"
         "\n"
         "The producer sees it when the call returns. Views that are kept keep their bytes, by a "
         "copy. Does\n"
         "not block. ValueError: not taken yet. Evicted."},
        {"attach", (PyCFunction)(void (*)(void))attach_method, METH_FASTCALL | METH_KEYWORDS,
         "attach(timeout=None)\n"
         "--\n"
         "\n"
         "Attaches, if that is still to be done: waits for the stream. Fails as Consumer()."},
        {"fileno", fileno_method, METH_NOARGS,
         "fileno()\n"
         "--\n"
         "\n"
         "A descriptor for event loops, of this handle's, to be watched for reading: readable when "
         "a call with\n"
         "timeout 0 would not raise BlockingIOError. It is never to be read; such a call renews "
         "it."},
        {"close", close_method, METH_NOARGS,
         "close()\n"
         "--\n"
         "\n"
         "Leaves the stream. What is in hand goes to a successor. Does not block."},
        {NULL, NULL, 0, NULL},
    };
    static PyGetSetDef properties[] = {
        {"closed", get_closed, NULL, "Whether it was closed.", NULL},
        {"attached", get_attached, NULL, "Whether it is attached to a stream.", NULL},
        {"name", get_name, NULL, "The name of the stream.", NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static PyType_Slot slots[] = {
        {Py_tp_new, make},          {Py_tp_init, init},
        {Py_tp_dealloc, dealloc},   {Py_tp_methods, methods},
        {Py_tp_getset, properties}, {Py_tp_iter, PyObject_SelfIter},
        {Py_tp_iternext, iternext}, {0, NULL},
    };
    static PyType_Spec spec = {
        .name = "streamx._core.Consumer",
        .basicsize = sizeof(struct consumer),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
        .slots = slots,
    };
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int failed = type ? PyModule_AddObjectRef(module, "Consumer", type) : -1;

    Py_XDECREF(type);
    return failed;
}
