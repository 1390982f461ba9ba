/* SPDX-License-Identifier: MIT */
/* streamx._core.Producer: its methods. Those that put something are in producer_put.c. */
#include "producer_type.h"

#include <errno.h>

#include "convert.h"
#include "errors.h"
#include "producer.h"
#include "producer_put.h"
#include "type.h"

static PyObject *wait_method(PyObject *self, PyObject *const *args, Py_ssize_t given,
                             PyObject *keywords)
{
    static const char *const names[] = {"events", "timeout"};
    struct producer *p = (struct producer *)self;
    struct call call = {.p = p};
    PyObject *out[2];
    int64_t timeout_ns;
    bool outside = false;
    long events;
    int result;

    if (arguments("wait", args, given, keywords, names, 2, 1, out) < 0 ||
        timeout_from(out[1], &timeout_ns) < 0)
        return NULL;
    events = PyLong_AsLong(out[0]);
    if ((events == -1 && PyErr_Occurred()) || producer_enter(p, timeout_ns) < 0)
        return NULL;
    call.events = events > 0 && events < 256 ? (unsigned)events : 0; /* 0 is refused */
    result = producer_wait(&call, timeout_ns, &outside);
    producer_leave(p, outside);
    if (producer_polled(out[1], result))
        return Py_NewRef(out[1]);
    return result >= 0 ? PyLong_FromLong(result) : raise_result(result, p->name);
}

static int drain_inside(struct producer *p, int64_t timeout_ns, bool *outside)
{
    struct call call = {.p = p, .events = STREAMX_DRAINED};

    return producer_wait(&call, timeout_ns, outside);
}

static PyObject *drain(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    static const char *const names[] = {"timeout"};
    struct producer *p = (struct producer *)self;
    PyObject *timeout;
    int64_t timeout_ns;
    bool outside = false;
    int result;

    if (arguments("drain", args, given, keywords, names, 1, 0, &timeout) < 0 ||
        timeout_from(timeout, &timeout_ns) < 0 || producer_enter(p, timeout_ns) < 0)
        return NULL;
    result = drain_inside(p, timeout_ns, &outside);
    producer_leave(p, outside);
    return producer_none_or_error(p, timeout, result);
}

/* Waits interruptibly; Ctrl-C leaves it open. When it is closed for good, what was not acknowledged
 * is told by the drain's result rather than by close's NOWAIT. */
static PyObject *close_method(PyObject *self, PyObject *const *args, Py_ssize_t given,
                              PyObject *keywords)
{
    static const char *const names[] = {"timeout"};
    struct producer *p = (struct producer *)self;
    PyObject *timeout;
    int64_t timeout_ns;
    bool outside = false;
    int result;

    if (arguments("close", args, given, keywords, names, 1, 0, &timeout) < 0 ||
        timeout_from(timeout, &timeout_ns) < 0)
        return NULL;
    if (p->gate.closed)
        return Py_NewRef(Py_None);
    if (p->gate.forks != fork_count) {
        producer_end(p, true);
        return Py_NewRef(Py_None);
    }
    if (producer_enter(p, timeout_ns) < 0)
        return NULL;
    p->loan = NULL;
    streamx_discard(p->handle);
    result = drain_inside(p, timeout_ns, &outside);
    if (result == RAISED) {
        producer_leave(p, outside);
        return NULL;
    }
    producer_end(p, true);
    gate_leave(&p->gate);
    return producer_none_or_error(p, NULL, result == -EAGAIN ? -ETIMEDOUT : result);
}

static PyObject *stamp(PyObject *self, PyObject *number)
{
    struct producer *p = (struct producer *)self;
    unsigned long long value = PyLong_AsUnsignedLongLong(number);

    if ((value == (unsigned long long)-1 && PyErr_Occurred()) ||
        producer_enter(p, STREAMX_FOREVER) < 0)
        return NULL;
    streamx_stamp(p->handle, value);
    gate_leave(&p->gate);
    return Py_NewRef(Py_None);
}

static PyObject *abandon(PyObject *self, PyObject *unused)
{
    struct producer *p = (struct producer *)self;

    (void)unused;
    if (p->gate.closed)
        return Py_NewRef(Py_None);
    if (p->gate.forks == fork_count) {
        if (producer_enter(p, STREAMX_FOREVER) < 0)
            return NULL;
        producer_end(p, false);
        gate_leave(&p->gate);
    } else {
        producer_end(p, false);
    }
    return Py_NewRef(Py_None);
}

static PyObject *fileno_method(PyObject *self, PyObject *const *args, Py_ssize_t given,
                               PyObject *keywords)
{
    static const char *const names[] = {"events"};
    struct producer *p = (struct producer *)self;
    PyObject *wanted;
    long events = STREAMX_ROOM;
    int fd;

    if (arguments("fileno", args, given, keywords, names, 1, 0, &wanted) < 0)
        return NULL;
    if (wanted) {
        events = PyLong_AsLong(wanted);
        if (events == -1 && PyErr_Occurred())
            return NULL;
    }
    if (producer_enter(p, STREAMX_FOREVER) < 0)
        return NULL;
    fd = streamx_producer_fd(p->handle, events > 0 && events < 256 ? (unsigned)events : 0);
    gate_leave(&p->gate);
    return fd < 0 ? raise_result(fd, p->name) : PyLong_FromLong(fd);
}

/* ---- the type -------------------------------------------------------------------------------- */

/* What is not a number among the options. */
static int texts_and_times_from(struct streamx_options *options, PyObject *type,
                                PyObject *evict_after, PyObject *spin)
{
    if (duration_from(evict_after, 0, &options->evict_after_ns) < 0 ||
        spin_from(spin, &options->spin_ns) < 0)
        return -1;
    return optional_text_from(type, "type", &options->type);
}

static int create(struct producer *p, PyObject *name, const struct streamx_options *options)
{
    const char *text = text_from(name, "name");
    int result;

    if (!text)
        return -1;
    result = streamx_create(&p->handle, text, options);
    if (result != 0) {
        p->handle = NULL;
        raise_result(result, name);
        return -1;
    }
    p->name = Py_NewRef(name);
    p->spin_ns = options->spin_ns;
    return 0;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "name", "slots",       "slot_size", "min_consumers", "max_consumers", "mode", "flags",
        "type", "evict_after", "spin",      "max_producers", "reserve_size",  NULL};
    struct producer *p = (struct producer *)self;
    struct streamx_options o = {0};
    PyObject *name, *type = NULL, *evict_after = NULL, *spin = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "U|IIIIIIOOOII", names, &name, &o.slots,
                                     &o.slot_size, &o.min_consumers, &o.max_consumers, &o.mode,
                                     &o.flags, &type, &evict_after, &spin, &o.max_producers,
                                     &o.reserve_size) ||
        refuse_again(p->name) < 0 || texts_and_times_from(&o, type, evict_after, spin) < 0)
        return -1;
    return create(p, name, &o);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    struct producer *p = (struct producer *)PyType_GenericNew(type, args, keywords);

    if (!p)
        return NULL;
    gate_init(&p->gate);
    p->leases.writable = true;
    producer_enlist(p);
    return (PyObject *)p;
}

static void dealloc(PyObject *self)
{
    struct producer *p = (struct producer *)self;
    PyTypeObject *type = Py_TYPE(self);

    producer_end(p, false);
    producer_unlist(p);
    gate_free(&p->gate);
    Py_XDECREF(p->name);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *get_closed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((struct producer *)self)->gate.closed);
}

static PyObject *get_name(PyObject *self, void *unused)
{
    struct producer *p = (struct producer *)self;

    (void)unused;
    return Py_NewRef(p->name ? p->name : Py_None);
}

static PyMethodDef methods[] = {
    FAST_METHOD(
        "put", producer_put,
        "put(data, timeout=None)\n"
        "--\n"
        "\n"
        "Copies `data`, anything with a contiguous buffer, in as one message.\n"
        "\n"
        "Waits for min_consumers once, then for a free slot: at most `timeout` seconds, "
        "None for ever; with 0\n"
        "it raises BlockingIOError instead of waiting. TimeoutError leaves everything as it "
        "was.\n"
        "MessageTooLong: longer than a slot; found before anything is waited for. "
        "BrokenPipeError: the stream\n"
        "is a pipe, and every consumer has gone. OSError with EBUSY: a loan is open."),
    FAST_METHOD(
        "put_many", producer_put_many,
        "put_many(messages, timeout=None)\n"
        "--\n"
        "\n"
        "Publishes several messages at once, all or nothing: one slot, one wait, one wake.\n"
        "\n"
        "They fit if the sum of their lengths plus 8 for each is at most the slot size. "
        "Otherwise as put()."),
    FAST_METHOD("send", producer_send,
                "send(object, timeout=None)\n"
                "--\n"
                "\n"
                "Puts an object, for Consumer.receive().\n"
                "\n"
                "int, float, str, bytes, bool and None go as they are; anything else is pickled, "
                "and the buffers of\n"
                "arrays are laid out in the slot, from where they are received without a copy. "
                "Otherwise as put()."),
    FAST_METHOD(
        "loan", producer_loan,
        "loan(size, timeout=None)\n"
        "--\n"
        "\n"
        "Lends the next slot, to be written in place:\n"
        "\n"
        "    with producer.loan(size) as view: ...\n"
        "\n"
        "`view` is a writable memoryview of `size` bytes of shared memory, of undefined "
        "content. The message\n"
        "is published when the block is left, discarded when that is by an exception; "
        "Loan.publish(n)\n"
        "publishes less. An array that was made of the view keeps its bytes afterwards, and "
        "no longer reaches\n"
        "the stream. One loan is open at a time. Waits and fails as put()."),
    FAST_METHOD("wait", wait_method,
                "wait(events, timeout=None)\n"
                "--\n"
                "\n"
                "Waits until at least one of the events holds, and returns those that do."),
    FAST_METHOD("drain", drain,
                "drain(timeout=None)\n"
                "--\n"
                "\n"
                "Waits until everything put has been acknowledged. Fails as wait()."),
    FAST_METHOD(
        "close", close_method,
        "close(timeout=None)\n"
        "--\n"
        "\n"
        "Drains, then marks the end of the stream and removes its name.\n"
        "\n"
        "It is closed afterwards also when this raises TimeoutError (not everything was "
        "acknowledged within\n"
        "the time; consumers still receive it all) or BrokenPipeError. Ctrl-C leaves it open."),
    FAST_METHOD("fileno", fileno_method,
                "fileno(events=ROOM)\n"
                "--\n"
                "\n"
                "A descriptor for event loops, of this handle's, to be watched for reading: "
                "readable when one of the\n"
                "events holds. It is never to be read; a call with timeout 0 that raises "
                "BlockingIOError renews it."),
    {"stamp", stamp, METH_O,
     "stamp(number)\n"
     "--\n"
     "\n"
     "Message.time_ns of what is put from now on, in a stream with stamps; 0 at first. Does "
     "not\n"
     "block."},
    {"abandon", abandon, METH_NOARGS,
     "abandon()\n"
     "--\n"
     "\n"
     "Leaves without an end: a crash, to its consumers. Does not block."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"closed", get_closed, NULL, "Whether it was closed.", NULL},
    {"name", get_name, NULL, "The name of the stream.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, make},        {Py_tp_init, init},         {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods}, {Py_tp_getset, properties}, {0, NULL},
};

static PyType_Spec spec = {
    .name = "streamx._core.Producer",
    .basicsize = sizeof(struct producer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

int producer_type_init(PyObject *module)
{
    PyTypeObject *type = type_new(module, &spec, "Producer");

    Py_XDECREF((PyObject *)type);
    return type ? 0 : -1;
}
