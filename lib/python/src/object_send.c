/* SPDX-License-Identifier: MIT */
/*
 * send(): an object as a message, in the form that object.h describes. A packet is the pieces that
 * make up the message and whatever owns their bytes until they are in the slot.
 */
#include "object_send.h"

#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "errors.h"
#include "object.h"

static PyObject *dumps, *protocol_5;

/* Bytes, and where in the message they go. */
struct piece {
    const void *data;
    size_t length, offset;
};

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

        at = (at + BUFFER_ALIGNMENT - 1) & ~(size_t)(BUFFER_ALIGNMENT - 1);
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

static void copy_pieces(unsigned char *to, const struct packet *p)
{
    for (size_t i = 0; i < p->count; i++)
        memcpy(to + p->pieces[i].offset, p->pieces[i].data, p->pieces[i].length);
}

/* Waits for a slot, and writes the pieces there. */
static int put_packet(struct producer *producer, const struct packet *p, int64_t timeout_ns,
                      bool *outside)
{
    struct call call = {.p = producer, .events = STREAMX_ROOM, .size = p->total};
    int result = producer_lend(&call, timeout_ns, outside);

    if (result < 0)
        return result;
    if (p->total < COPY_MUCH) {
        copy_pieces(call.data, p);
    } else {
        Py_BEGIN_ALLOW_THREADS copy_pieces(call.data, p);
        Py_END_ALLOW_THREADS
    }
    return streamx_publish(producer->handle, p->total);
}

int object_send(struct producer *producer, PyObject *object, int64_t timeout_ns)
{
    struct packet p;
    bool outside = false;
    int result = RAISED;

    if (pack_object(&p, object) == 0 && producer_enter(producer, timeout_ns) == 0) {
        result = put_packet(producer, &p, timeout_ns, &outside);
        producer_leave(producer, outside);
    }
    packet_free(&p);
    return result;
}

int object_send_init(PyObject *module)
{
    PyObject *pickle = PyImport_ImportModule("pickle");

    (void)module;
    dumps = pickle ? PyObject_GetAttrString(pickle, "dumps") : NULL;
    protocol_5 = PyLong_FromLong(5);
    Py_XDECREF(pickle);
    return dumps && protocol_5 ? 0 : -1;
}
