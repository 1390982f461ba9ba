/* SPDX-License-Identifier: MIT */
/* streamx._core.Producer: make, wait, end. What it puts is in producer_put.c. */
#include "producer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct producer *all_producers;

int producer_enter(struct producer *p, int64_t timeout_ns)
{
    if (!p->handle && !p->gate.closed) {
        PyErr_SetString(PyExc_ValueError, "it was never made");
        return -1;
    }
    if (gate_enter(&p->gate, timeout_ns) < 0)
        return -1;
    if (p->discard)
        streamx_discard(p->handle);
    p->discard = false;
    return 0;
}

void producer_leave(struct producer *p, bool outside)
{
    if (!outside)
        gate_leave(&p->gate);
}

bool producer_polled(PyObject *timeout, int result)
{
    return result == -EAGAIN && timeout && timeout == poll_sentinel;
}

PyObject *producer_none_or_error(struct producer *p, PyObject *timeout, int result)
{
    if (producer_polled(timeout, result))
        return Py_NewRef(timeout);
    return result >= 0 ? Py_NewRef(Py_None) : raise_result(result, p->name);
}

static int descriptor(void *arg)
{
    struct call *call = arg;

    return streamx_producer_fd(call->p->handle, call->events);
}

int producer_run(struct call *call, int (*attempt)(void *arg, int64_t timeout_ns), size_t bytes,
                 int64_t timeout_ns, bool *outside)
{
    const struct waiting w = {.gate = &call->p->gate,
                              .attempt = attempt,
                              .descriptor = descriptor,
                              .arg = call,
                              .spin_ns = call->p->spin_ns,
                              .copies_much = bytes >= COPY_MUCH};

    return wait_for(&w, timeout_ns, outside);
}

static int attempt_wait(void *arg, int64_t timeout_ns)
{
    const struct call *call = arg;

    return streamx_wait(call->p->handle, call->events, timeout_ns);
}

/* ---- waiting and ending ---------------------------------------------------------------------- */

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
    result = producer_run(&call, attempt_wait, 0, timeout_ns, &outside);
    producer_leave(p, outside);
    if (producer_polled(out[1], result))
        return Py_NewRef(out[1]);
    return result >= 0 ? PyLong_FromLong(result) : raise_result(result, p->name);
}

static int drain_inside(struct producer *p, int64_t timeout_ns, bool *outside)
{
    struct call call = {.p = p, .events = STREAMX_DRAINED};

    return producer_run(&call, attempt_wait, 0, timeout_ns, outside);
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

/* What is to be done before the library's mapping goes: an array that was made of a loan keeps its
 * bytes. In a forked child nothing is touched. */
static void forget_loans(struct producer *p)
{
    if (p->loan)
        loan_forget(p->loan);
    if (p->gate.forks == fork_count)
        leases_freeze(&p->leases);
    while (p->leases.first)
        lease_leave(p->leases.first);
    window_drop(p->leases.window);
    p->leases.window = NULL;
}

/* Ends it, with an end or without. The result of close. */
static int end(struct producer *p, bool properly)
{
    struct streamx_producer *handle = p->handle;
    int result = 0;

    p->gate.closed = true;
    if (!handle)
        return 0;
    forget_loans(p);
    p->handle = NULL;
    if (properly)
        result = streamx_close(handle, STREAMX_NOWAIT);
    else
        streamx_abandon(handle);
    return result;
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
        end(p, true);
        return Py_NewRef(Py_None);
    }
    if (producer_enter(p, timeout_ns) < 0)
        return NULL;
    if (p->loan)
        loan_forget(p->loan);
    streamx_discard(p->handle);
    result = drain_inside(p, timeout_ns, &outside);
    if (result == RAISED) {
        producer_leave(p, outside);
        return NULL;
    }
    end(p, true);
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
        end(p, false);
        gate_leave(&p->gate);
    } else {
        end(p, false);
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

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {
        "name", "slots",       "slot_size", "min_consumers", "max_consumers", "mode", "flags",
        "type", "evict_after", "spin",      "max_producers", "reserve_size",  NULL};
    struct producer *p = (struct producer *)self;
    struct streamx_options options = {0};
    PyObject *name, *type = NULL, *evict_after = NULL, *spin = NULL;
    unsigned max_producers = 0, reserve_size = 0;
    const char *text;
    int result;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "U|IIIIIIOOOII", names, &name, &options.slots,
                                     &options.slot_size, &options.min_consumers,
                                     &options.max_consumers, &options.mode, &options.flags, &type,
                                     &evict_after, &spin, &max_producers, &reserve_size))
        return -1;
    if (p->name) {
        PyErr_SetString(PyExc_RuntimeError, "it is made already");
        return -1;
    }
    if (duration_from(evict_after, 0, &options.evict_after_ns) < 0 ||
        spin_from(spin, &options.spin_ns) < 0 || !(text = text_from(name, "name")) ||
        (type && type != Py_None && !(options.type = text_from(type, "type"))))
        return -1;
    options.max_producers = max_producers;
    options.reserve_size = reserve_size;
    result = streamx_create(&p->handle, text, &options);
    if (result != 0) {
        p->handle = NULL;
        raise_result(result, name);
        return -1;
    }
    p->name = Py_NewRef(name);
    p->spin_ns = options.spin_ns;
    return 0;
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    struct producer *p = (struct producer *)PyType_GenericNew(type, args, keywords);

    if (!p)
        return NULL;
    gate_init(&p->gate);
    p->leases.writable = true;
    p->next = all_producers;
    if (all_producers)
        all_producers->previous = p;
    all_producers = p;
    return (PyObject *)p;
}

static void dealloc(PyObject *self)
{
    struct producer *p = (struct producer *)self;
    PyTypeObject *type = Py_TYPE(self);

    end(p, false);
    *(p->previous ? &p->previous->next : &all_producers) = p->next;
    if (p->next)
        p->next->previous = p->previous;
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

#define METHOD(name, function, doc)                                                                \
    {                                                                                              \
        name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS, doc          \
    }

int producer_init(PyObject *module)
{
    static PyMethodDef methods[] = {
        METHOD("put", producer_put,
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
        METHOD("put_many", producer_put_many,
               "put_many(messages, timeout=None)\n"
               "--\n"
               "\n"
               "Publishes several messages at once, all or nothing: one slot, one wait, one wake.\n"
               "\n"
               "They fit if the sum of their lengths plus 8 for each is at most the slot size. "
               "Otherwise as put()."),
        METHOD("send", producer_send,
               "send(object, timeout=None)\n"
               "--\n"
               "\n"
               "Puts an object, for Consumer.receive().\n"
               "\n"
               "int, float, str, bytes, bool and None go as they are; anything else is pickled, "
               "and the buffers of\n"
               "arrays are laid out in the slot, from where they are received without a copy. "
               "Otherwise as put()."),
        METHOD("loan", producer_loan,
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
        METHOD("wait", wait_method,
               "wait(events, timeout=None)\n"
               "--\n"
               "\n"
               "Waits until at least one of the events holds, and returns those that do."),
        METHOD("drain", drain,
               "drain(timeout=None)\n"
               "--\n"
               "\n"
               "Waits until everything put has been acknowledged. Fails as wait()."),
        METHOD(
            "close", close_method,
            "close(timeout=None)\n"
            "--\n"
            "\n"
            "Drains, then marks the end of the stream and removes its name.\n"
            "\n"
            "It is closed afterwards also when this raises TimeoutError (not everything was "
            "acknowledged within\n"
            "the time; consumers still receive it all) or BrokenPipeError. Ctrl-C leaves it open."),
        METHOD("fileno", fileno_method,
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
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int failed = type ? PyModule_AddObjectRef(module, "Producer", type) : -1;

    Py_XDECREF(type);
    return failed;
}
