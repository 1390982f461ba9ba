/* SPDX-License-Identifier: MIT */
/*
 * Objects as messages. The first byte of the payload says what it is:
 *
 *   1 int     8 bytes, little-endian         5 None, False, True   one byte: 0, 1, 2
 *   2 float   8 bytes, IEEE 754              6 int                 any number of bytes, likewise
 *   3 str     UTF-8                          7 object              its pickle
 *   4 bytes   as they are                    8 object with buffers
 *
 * An object is pickled by protocol 5. If it has buffers (arrays have), these are laid out in the
 * slot on boundaries of 64 bytes, and are received as read-only views of it:
 *
 *   8 bytes   kind, three zeros, number of buffers n (32 bits)
 *   8 bytes   length of the pickle
 *   16 n      each buffer: offset from the message's start, length
 *   ...       the pickle, then the buffers
 *
 * A receiver checks every number, and runs the pickle: who unpickles trusts whoever may write to the
 * stream. With unpickle=False kinds 7 and 8 are refused, and nothing is ever run.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

enum {
    KIND_INT = 1,
    KIND_FLOAT,
    KIND_STR,
    KIND_BYTES,
    KIND_SINGLE,
    KIND_LONG,
    KIND_PICKLE,
    KIND_BUFFERS
};

#define ALIGNMENT 64u

static PyObject *dumps, *loads, *protocol_5;

/* ---- sending --------------------------------------------------------------------------------- */

/* What is put: pieces, and whatever owns their bytes. */
struct packet {
    unsigned char head[16];
    struct piece few[2], *pieces;
    size_t count, total;
    PyObject *owner;   /* of the second piece */
    PyObject *buffers; /* a list of PickleBuffer */
    Py_buffer *views;
    Py_ssize_t viewed;
    unsigned char *table;
};

static void packet_free(struct packet *p)
{
    for (Py_ssize_t i = 0; i < p->viewed; i++)
        PyBuffer_Release(&p->views[i]);
    free(p->views);
    free(p->table);
    if (p->pieces != p->few)
        free(p->pieces);
    Py_XDECREF(p->owner);
    Py_XDECREF(p->buffers);
}

/* A kind and the bytes behind it; takes over the reference to `owner`. */
static int pack(struct packet *p, int kind, const void *data, size_t length, PyObject *owner)
{
    p->head[0] = (unsigned char)kind;
    p->few[0] = (struct piece){p->head, 1, 0};
    p->few[1] = (struct piece){data, length, 1};
    p->count = 2;
    p->total = 1 + length;
    p->owner = owner;
    return 0;
}

/* Little-endian, in the head. */
static int pack_word(struct packet *p, int kind, uint64_t word)
{
    memcpy(p->head + 1, &word, sizeof word);
    return pack(p, kind, p->head + 1, sizeof word, NULL);
}

static int pack_long(struct packet *p, PyObject *object)
{
    PyObject *bits = PyObject_CallMethod(object, "bit_length", NULL), *bytes = NULL;
    Py_ssize_t length = bits ? PyLong_AsSsize_t(bits) / 8 + 1 : -1;
    PyObject *method = bits ? PyObject_GetAttrString(object, "to_bytes") : NULL;
    PyObject *args = method ? Py_BuildValue("(ns)", length, "little") : NULL;
    PyObject *keywords = args ? Py_BuildValue("{s:O}", "signed", Py_True) : NULL;

    if (keywords)
        bytes = PyObject_Call(method, args, keywords);
    Py_XDECREF(bits);
    Py_XDECREF(method);
    Py_XDECREF(args);
    Py_XDECREF(keywords);
    return bytes ? pack(p, KIND_LONG, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes), bytes)
                 : -1;
}

static int pack_int(struct packet *p, PyObject *object)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);

    if (value == -1 && PyErr_Occurred())
        return -1;
    return overflow ? pack_long(p, object) : pack_word(p, KIND_INT, (uint64_t)value);
}

static int pack_float(struct packet *p, PyObject *object)
{
    double value = PyFloat_AsDouble(object);
    uint64_t word;

    memcpy(&word, &value, sizeof word);
    return pack_word(p, KIND_FLOAT, word);
}

static int pack_single(struct packet *p, PyObject *object)
{
    p->head[1] = object == Py_None ? 0 : object == Py_False ? 1 : 2;
    return pack(p, KIND_SINGLE, p->head + 1, 1, NULL);
}

/* str with a lone surrogate is no UTF-8: 1, and it is pickled. */
static int pack_str(struct packet *p, PyObject *object)
{
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(object, &length);

    if (!utf8) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return -1;
        PyErr_Clear();
        return 1;
    }
    return pack(p, KIND_STR, utf8, (size_t)length, NULL);
}

/* Views of all buffers. */
static int view_buffers(struct packet *p, Py_ssize_t count)
{
    p->views = calloc((size_t)count, sizeof *p->views);
    p->pieces = calloc((size_t)count + 2, sizeof *p->pieces);
    p->table = calloc((size_t)count + 1, 16);
    if (!p->views || !p->pieces || !p->table) {
        if (!p->pieces)
            p->pieces = p->few;
        PyErr_NoMemory();
        return -1;
    }
    for (; p->viewed < count; p->viewed++) {
        PyObject *buffer = PyList_GetItem(p->buffers, p->viewed);
        PyObject *raw = PyObject_CallMethod(buffer, "raw", NULL); /* also of Fortran's order */
        int failed = raw ? PyObject_GetBuffer(raw, &p->views[p->viewed], PyBUF_SIMPLE) : -1;

        Py_XDECREF(raw);
        if (failed)
            return -1;
    }
    return 0;
}

/* Where each piece lies; the table that says so. */
static void lay_out(struct packet *p, const char *pickle, size_t pickle_length)
{
    size_t n = (size_t)p->viewed, at = 16 + 16 * n;
    uint32_t count = (uint32_t)n;
    uint64_t word = pickle_length;

    p->table[0] = KIND_BUFFERS;
    memcpy(p->table + 4, &count, sizeof count);
    memcpy(p->table + 8, &word, sizeof word);
    p->pieces[0] = (struct piece){p->table, at, 0};
    p->pieces[1] = (struct piece){pickle, pickle_length, at};
    at += pickle_length;
    for (size_t i = 0; i < n; i++) {
        uint64_t entry[2];

        at = (at + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        entry[0] = at;
        entry[1] = (uint64_t)p->views[i].len;
        memcpy(p->table + 16 + 16 * i, entry, sizeof entry);
        p->pieces[2 + i] = (struct piece){p->views[i].buf, (size_t)p->views[i].len, at};
        at += (size_t)p->views[i].len;
    }
    p->count = n + 2;
    p->total = at;
}

static int pack_pickle(struct packet *p, PyObject *object)
{
    PyObject *append, *args, *keywords, *pickle = NULL;

    p->buffers = PyList_New(0);
    append = p->buffers ? PyObject_GetAttrString(p->buffers, "append") : NULL;
    args = PyTuple_Pack(2, object, protocol_5);
    keywords = append ? Py_BuildValue("{s:O}", "buffer_callback", append) : NULL;
    if (args && keywords)
        pickle = PyObject_Call(dumps, args, keywords);
    Py_XDECREF(append);
    Py_XDECREF(args);
    Py_XDECREF(keywords);
    if (!pickle)
        return -1;
    if (PyList_Size(p->buffers) == 0)
        return pack(p, KIND_PICKLE, PyBytes_AsString(pickle), (size_t)PyBytes_Size(pickle), pickle);
    p->owner = pickle;
    if (view_buffers(p, PyList_Size(p->buffers)) < 0)
        return -1;
    lay_out(p, PyBytes_AsString(pickle), (size_t)PyBytes_Size(pickle));
    return 0;
}

static int pack_object(struct packet *p, PyObject *object)
{
    int packed = 1;

    *p = (struct packet){.pieces = p->few};
    if (PyLong_CheckExact(object))
        packed = pack_int(p, object);
    else if (PyFloat_CheckExact(object))
        packed = pack_float(p, object);
    else if (PyUnicode_CheckExact(object))
        packed = pack_str(p, object);
    else if (PyBytes_CheckExact(object))
        packed = pack(p, KIND_BYTES, PyBytes_AsString(object), (size_t)PyBytes_Size(object), NULL);
    else if (object == Py_None || PyBool_Check(object))
        packed = pack_single(p, object);
    return packed == 1 ? pack_pickle(p, object) : packed;
}

int object_send(struct producer *producer, PyObject *object, int64_t timeout_ns)
{
    struct packet p;
    bool outside = false;
    int result = RAISED;

    if (pack_object(&p, object) == 0 && producer_enter(producer, timeout_ns) == 0) {
        result = producer_put_pieces(producer, p.pieces, p.count, p.total, timeout_ns, &outside);
        if (!outside)
            gate_leave(&producer->gate);
    }
    packet_free(&p);
    return result;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static PyObject *nonsense(void)
{
    PyErr_SetString(PyExc_ValueError, "the message is no object: it was not sent by send()");
    return NULL;
}

static PyObject *unpack_long(const unsigned char *data, size_t length)
{
    PyObject *from = PyObject_GetAttrString((PyObject *)&PyLong_Type, "from_bytes");
    PyObject *args = Py_BuildValue("(y#s)", (const char *)data, (Py_ssize_t)length, "little");
    PyObject *keywords = Py_BuildValue("{s:O}", "signed", Py_True);
    PyObject *value = from && args && keywords ? PyObject_Call(from, args, keywords) : NULL;

    Py_XDECREF(from);
    Py_XDECREF(args);
    Py_XDECREF(keywords);
    return value;
}

static PyObject *unpack_single(const unsigned char *data, size_t length)
{
    PyObject *const values[] = {Py_None, Py_False, Py_True};

    return length == 1 && data[0] < 3 ? Py_NewRef(values[data[0]]) : nonsense();
}

static PyObject *unpickle_plain(const unsigned char *data, size_t length)
{
    PyObject *view = PyMemoryView_FromMemory((char *)data, (Py_ssize_t)length, PyBUF_READ);
    PyObject *object = view ? PyObject_CallFunctionObjArgs(loads, view, NULL) : NULL;

    Py_XDECREF(view);
    return object;
}

/* Buffer i of the view of a message; NULL with an exception. `copy`: a bytearray of its own. */
static PyObject *buffer_at(PyObject *view, uint64_t offset, uint64_t length, bool copy)
{
    PyObject *from = PyLong_FromUnsignedLongLong(offset);
    PyObject *to = PyLong_FromUnsignedLongLong(offset + length);
    PyObject *slice = from && to ? PySlice_New(from, to, NULL) : NULL;
    PyObject *part = slice ? PyObject_GetItem(view, slice) : NULL;

    Py_XDECREF(from);
    Py_XDECREF(to);
    Py_XDECREF(slice);
    if (part && copy) {
        PyObject *own = copy_of(part);

        Py_DECREF(part);
        part = own;
    }
    return part;
}

static PyObject *buffers_of(PyObject *view, const unsigned char *table, size_t count, size_t total,
                            bool copy)
{
    PyObject *buffers = PyList_New(0);

    for (size_t i = 0; buffers && i < count; i++) {
        uint64_t entry[2];
        PyObject *buffer;

        memcpy(entry, table + 16 + 16 * i, sizeof entry);
        buffer = entry[0] > total || entry[1] > total - entry[0]
                     ? nonsense()
                     : buffer_at(view, entry[0], entry[1], copy);
        if (!buffer || PyList_Append(buffers, buffer) < 0)
            Py_CLEAR(buffers);
        Py_XDECREF(buffer);
    }
    return buffers;
}

/* `view` shows the whole message, of `total` bytes at `data`. */
static PyObject *unpickle_buffers(PyObject *view, const unsigned char *data, size_t total,
                                  bool copy)
{
    PyObject *buffers, *pickle, *args = NULL, *keywords = NULL, *object = NULL;
    uint64_t length;
    uint32_t count;

    if (total < 16)
        return nonsense();
    memcpy(&count, data + 4, sizeof count);
    memcpy(&length, data + 8, sizeof length);
    if (count > (total - 16) / 16 || length > total - 16 - 16 * (size_t)count)
        return nonsense();
    buffers = buffers_of(view, data, count, total, copy);
    if (!buffers)
        return NULL;
    pickle = buffer_at(view, 16 + 16 * (uint64_t)count, length, false);
    args = pickle ? PyTuple_Pack(1, pickle) : NULL;
    keywords = Py_BuildValue("{s:O}", "buffers", buffers);
    if (args && keywords)
        object = PyObject_Call(loads, args, keywords);
    Py_DECREF(buffers);
    Py_XDECREF(pickle);
    Py_XDECREF(args);
    Py_XDECREF(keywords);
    return object;
}

/* A view of the message that may outlive it, and where it shows it. */
static PyObject *lasting_view(struct consumer *c, const struct streamx_message *m)
{
    struct lease *lease = c->revocable ? NULL : lease_new(&c->leases, m->data, m->len, m->seq);
    PyObject *owner = (PyObject *)lease, *view;

    if (!owner && PyErr_Occurred())
        return NULL;
    if (!owner)
        owner = consumer_copy(c, m->data, m->len);
    view = owner ? PyMemoryView_FromObject(owner) : NULL;
    Py_XDECREF(owner);
    return view;
}

static PyObject *receive_buffers(struct consumer *c, const struct streamx_message *m, bool copy)
{
    PyObject *view = lasting_view(c, m), *object;
    Py_buffer buffer;

    if (!view)
        return NULL;
    if (PyObject_GetBuffer(view, &buffer, PyBUF_SIMPLE) < 0) {
        Py_DECREF(view);
        return NULL;
    }
    object = unpickle_buffers(view, buffer.buf, (size_t)buffer.len, copy);
    PyBuffer_Release(&buffer);
    Py_DECREF(view);
    return object;
}

static PyObject *unpack(const unsigned char *data, size_t total, bool unpickle)
{
    size_t length = total - 1;
    uint64_t word = 0;
    double value;

    switch (data[0]) {
    case KIND_INT:
    case KIND_FLOAT:
        if (length != sizeof word)
            return nonsense();
        memcpy(&word, data + 1, sizeof word);
        memcpy(&value, &word, sizeof value);
        return data[0] == KIND_INT ? PyLong_FromLongLong((long long)word)
                                   : PyFloat_FromDouble(value);
    case KIND_STR:
        return PyUnicode_DecodeUTF8((const char *)data + 1, (Py_ssize_t)length, NULL);
    case KIND_BYTES:
        return bytes_from(data + 1, length);
    case KIND_SINGLE:
        return unpack_single(data + 1, length);
    case KIND_LONG:
        return unpack_long(data + 1, length);
    case KIND_PICKLE:
        if (unpickle)
            return unpickle_plain(data + 1, length);
        break;
    case KIND_BUFFERS:
        break;
    default:
        return nonsense();
    }
    PyErr_SetString(PyExc_TypeError, "a pickled object, which this consumer does not take");
    return NULL;
}

PyObject *object_receive(struct consumer *c, const struct streamx_message *m, bool copy,
                         bool unpickle)
{
    const unsigned char *data = m->data;
    PyObject *own = NULL, *object;

    if (m->len == 0)
        return nonsense();
    if (c->revocable) {
        own = consumer_copy(c, data, m->len);
        if (!own)
            return NULL;
        data = (const unsigned char *)PyBytes_AsString(own);
    }
    object = data[0] == KIND_BUFFERS && unpickle ? receive_buffers(c, m, copy)
                                                 : unpack(data, m->len, unpickle);
    Py_XDECREF(own);
    return object;
}

int object_init(PyObject *module)
{
    PyObject *pickle = PyImport_ImportModule("pickle");

    (void)module;
    dumps = pickle ? PyObject_GetAttrString(pickle, "dumps") : NULL;
    loads = pickle ? PyObject_GetAttrString(pickle, "loads") : NULL;
    protocol_5 = PyLong_FromLong(5);
    Py_XDECREF(pickle);
    return dumps && loads && protocol_5 ? 0 : -1;
}
