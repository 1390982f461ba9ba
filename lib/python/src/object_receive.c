/* SPDX-License-Identifier: MIT */
/*
 * receive(): the object that a message was sent as. Every number in it is checked before use; what
 * it says besides is the business of pickle.
 */
#include "object_receive.h"

#include <string.h>

#include "convert.h"
#include "errors.h"
#include "object.h"

static PyObject *loads;

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

int object_receive_init(PyObject *module)
{
    PyObject *pickle = PyImport_ImportModule("pickle");

    (void)module;
    loads = pickle ? PyObject_GetAttrString(pickle, "loads") : NULL;
    Py_XDECREF(pickle);
    return loads ? 0 : -1;
}
