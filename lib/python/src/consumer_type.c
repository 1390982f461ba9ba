/* SPDX-License-Identifier: MIT */
/* streamx._core.Consumer: its methods. */
#include "consumer_type.h"

#include <errno.h>
#include <string.h>

#include "consumer.h"
#include "convert.h"
#include "errors.h"
#include "message.h"
#include "object_receive.h"
#include "type.h"

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

/* Attaches; `lazy`: or leaves that to the first call, if there is no such stream yet. */
static int attach_first(struct consumer *c, PyObject *name, int64_t timeout_ns, bool lazy)
{
    int result;

    c->name = Py_NewRef(name);
    c->gate.busy = true; /* whoever finds it through a signal handler must wait */
    result = consumer_attach(c, lazy ? STREAMX_NOWAIT : timeout_ns);
    gate_leave(&c->gate);
    if (result == 0 || (lazy && result == -ENOENT && timeout_ns != STREAMX_NOWAIT))
        return 0;
    raise_result(result, name);
    return -1;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"name",  "start", "timeout", "spin",      "type",
                            "label", "flags", "lazy",    "rehearsal", NULL};
    struct consumer *c = (struct consumer *)self;
    PyObject *name, *timeout = NULL, *spin = NULL, *type = NULL, *label = NULL, *rehearsal = NULL;
    const char *start = "next";
    int64_t timeout_ns;
    unsigned flags = 0;
    int lazy = 0;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "U|sOOOOIpO", names, &name, &start, &timeout,
                                     &spin, &type, &label, &flags, &lazy, &rehearsal) ||
        refuse_again(c->name) < 0 || start_from(start, &c->start) < 0 ||
        timeout_from(timeout, &timeout_ns) < 0 || spin_from(spin, &c->spin_ns) < 0)
        return -1;
    c->type = text_or_null(type);
    c->label = text_or_null(label);
    c->rehearsal = Py_XNewRef(rehearsal);
    c->flags = flags;
    c->tap = (flags & STREAMX_TAP) != 0;
    return attach_first(c, name, timeout_ns, lazy);
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
    consumer_leave(c, outside);
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
    consumer_leave(c, outside);
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
    consumer_leave(c, outside);
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
        result = c->handle ? consumer_release(c, seq) : 0;
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
    consumer_end(c);
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
    c->rehearse = message_rehearse;
    consumer_enlist(c);
    return (PyObject *)c;
}

static void dealloc(PyObject *self)
{
    struct consumer *c = (struct consumer *)self;
    PyTypeObject *type = Py_TYPE(self);

    consumer_end(c);
    consumer_unlist(c);
    gate_free(&c->gate);
    Py_XDECREF(c->name);
    Py_XDECREF(c->type);
    Py_XDECREF(c->label);
    Py_XDECREF(c->rehearsal);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    FAST_METHOD(
        "take", take,
        "take(timeout=None)\n"
        "--\n"
        "\n"
        "The next message, without acknowledging anything; several may be in hand.\n"
        "\n"
        "EOFError: the end of the stream. ProducerDied: its producer died or abandoned it; "
        "everything\n"
        "published was handed out. Evicted: this consumer held the producer up for too long. "
        "BlockingIOError\n"
        "(timeout 0), TimeoutError: there is none yet."),
    FAST_METHOD(
        "next", next,
        "next(timeout=None)\n"
        "--\n"
        "\n"
        "Acknowledges all in hand, then takes the next message. Fails as take(); also when there "
        "is no new\n"
        "message, the one before has been acknowledged."),
    FAST_METHOD(
        "receive", receive,
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
        "take()."),
    FAST_METHOD(
        "ack", ack,
        "ack(through=None)\n"
        "--\n"
        "\n"
        "Acknowledges every message up to this one, a Message or a seq, or all in hand.\n"
        "\n"
        "The producer sees it when the call returns. Views that are kept keep their bytes, by a "
        "copy. Does\n"
        "not block. ValueError: not taken yet. Evicted."),
    FAST_METHOD(
        "attach", attach_method,
        "attach(timeout=None)\n"
        "--\n"
        "\n"
        "Attaches, if that is still to be done: waits for the stream. Fails as Consumer()."),
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

int consumer_type_init(PyObject *module)
{
    PyTypeObject *type = type_new(module, &spec, "Consumer");

    Py_XDECREF((PyObject *)type);
    return type ? 0 : -1;
}
