/* SPDX-License-Identifier: MIT */
/*
 * streamx._core.Message: one message in hand.
 *
 * `data` is one view, which the message keeps and takes back (so that it raises) when the message
 * is acknowledged. What was made of it, slices and arrays, remains good: see lease.c.
 */
#include "message.h"

#include <string.h>

#include "convert.h"
#include "errors.h"
#include "type.h"

struct message {
    PyObject_HEAD struct consumer *consumer;
    const void *data;
    size_t length;
    uint64_t seq, time_ns;
    bool rehearsed; /* nobody's: see message_rehearse */
    struct lease *lease;
    PyObject *view;
};

static PyTypeObject *message_type;

PyObject *message_new(struct consumer *c, const struct streamx_message *m)
{
    struct message *message = PyObject_New(struct message, message_type);

    if (!message)
        return NULL;
    message->consumer = (struct consumer *)Py_NewRef((PyObject *)c);
    message->data = m->data;
    message->length = m->len;
    message->seq = m->seq;
    message->time_ns = m->time_ns;
    message->rehearsed = false;
    message->lease = NULL;
    message->view = NULL;
    return (PyObject *)message;
}

static bool in_hand(const struct message *m)
{
    return m->consumer->handle && m->seq > m->consumer->released &&
           m->consumer->gate.forks == fork_count;
}

static void drop_lease(struct message *m)
{
    if (m->lease) {
        m->lease->view = NULL;
        Py_DECREF((PyObject *)m->lease);
        m->lease = NULL;
    }
}

static void raise_not_in_hand(void)
{
    PyErr_SetString(PyExc_ValueError, "the message is no longer in hand: it was acknowledged, or "
                                      "its consumer has left");
}

/* Whether the slot is still ours is asked by a call on the handle, which another thread may be
 * using. */
static PyObject *copy(struct message *m)
{
    struct consumer *c = m->consumer;
    PyObject *bytes = NULL;

    if (!c->revocable)
        return consumer_copy(c, m->data, m->length);
    if (gate_enter(&c->gate, STREAMX_FOREVER) < 0)
        return NULL;
    if (in_hand(m))
        bytes = consumer_copy(c, m->data, m->length);
    else
        raise_not_in_hand();
    gate_leave(&c->gate);
    return bytes;
}

/* A view of a private copy: where there is no window, and where the slot may be taken back. */
static PyObject *view_copy(struct message *m)
{
    PyObject *bytes = copy(m);

    if (bytes) {
        m->view = PyMemoryView_FromObject(bytes);
        Py_DECREF(bytes);
    }
    return m->view;
}

static PyObject *view_in_place(struct message *m)
{
    drop_lease(m); /* of before a freeze */
    m->lease = lease_new(&m->consumer->leases, m->data, m->length, m->seq);
    if (!m->lease)
        return PyErr_Occurred() ? NULL : view_copy(m);
    m->view = PyMemoryView_FromObject((PyObject *)m->lease);
    if (m->view)
        m->lease->view = &m->view;
    return m->view;
}

/* With a view in place only where the caller asks for such, and has none left: one more could put
 * off an acknowledgment. Nobody is to see what the slot holds by now, and so it is of no bytes. */
int message_rehearse(struct consumer *c, const struct streamx_message *last)
{
    struct message *m = (struct message *)message_new(c, last);
    PyObject *looked = NULL;

    if (m && c->leases.window && !c->leases.first) {
        m->rehearsed = true;
        m->length = 0;
        if (view_in_place(m))
            looked = PyObject_CallFunctionObjArgs(c->rehearsal, (PyObject *)m, NULL);
    }
    Py_XDECREF(looked);
    Py_XDECREF((PyObject *)m);
    return PyErr_Occurred() ? -1 : 0;
}

/* Borrowed. */
static PyObject *view(struct message *m)
{
    if (m->view)
        return m->view;
    if (m->rehearsed) /* somebody let in has taken it back */
        return m->view = Py_NewRef(Py_None);
    if (!in_hand(m)) {
        raise_not_in_hand();
        return NULL;
    }
    return m->consumer->revocable || m->length == 0 ? view_copy(m) : view_in_place(m);
}

static PyObject *get_data(PyObject *self, void *unused)
{
    PyObject *data = view((struct message *)self);

    (void)unused;
    return data ? Py_NewRef(data) : NULL;
}

static PyObject *get_seq(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(((struct message *)self)->seq);
}

static PyObject *get_time_ns(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(((struct message *)self)->time_ns);
}

static Py_ssize_t length(PyObject *self)
{
    return (Py_ssize_t)((struct message *)self)->length;
}

static int get_buffer(PyObject *self, Py_buffer *buffer, int flags)
{
    PyObject *data = view((struct message *)self);

    return data ? PyObject_GetBuffer(data, buffer, flags) : -1;
}

/* Never called, since the buffers are the view's. But of a type without it numpy takes the address
 * and gives the buffer back at once. */
static void release_buffer(PyObject *self, Py_buffer *buffer)
{
    (void)self;
    (void)buffer;
}

/* bytes(message). Small ones need no view. */
static PyObject *to_bytes(PyObject *self, PyObject *unused)
{
    struct message *m = (struct message *)self;
    Py_buffer buffer;
    PyObject *bytes;

    (void)unused;
    if (m->length < COPY_MUCH && !m->view && in_hand(m))
        return copy(m);
    if (get_buffer(self, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    bytes = bytes_from(buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return bytes;
}

static PyObject *repr(PyObject *self)
{
    struct message *m = (struct message *)self;

    return PyUnicode_FromFormat("<streamx.Message seq=%llu len=%zu%s>", (unsigned long long)m->seq,
                                m->length, in_hand(m) ? "" : " acknowledged");
}

static void dealloc(PyObject *self)
{
    struct message *m = (struct message *)self;
    PyTypeObject *type = Py_TYPE(self);

    if (m->lease)
        lease_keep(m->lease, m->view);
    else
        Py_XDECREF(m->view);
    Py_XDECREF((PyObject *)m->lease);
    Py_DECREF((PyObject *)m->consumer);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"__bytes__", to_bytes, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"data", get_data, NULL, "The bytes, in place: a read-only memoryview.", NULL},
    {"seq", get_seq, NULL, "Counts the stream's messages from 1.", NULL},
    {"time_ns", get_time_ns, NULL,
     "time.monotonic_ns() when it was published, in a stream with timestamps; the producer's\n"
     "own number in one with stamps; else 0.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {Py_tp_repr, repr},
    {Py_sq_length, length},
    {Py_mp_length, length},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {Py_tp_doc, "A message in hand: valid until it is acknowledged, which iteration does when "
                "it goes on.\n\nlen(message) is its bytes, bytes(message) a copy of them."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "streamx.Message",
    .basicsize = sizeof(struct message),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int message_init(PyObject *module)
{
    message_type = type_new(module, &spec, "Message");
    return message_type ? 0 : -1;
}
