/* SPDX-License-Identifier: MIT */
/*
 * The library's negative results as exceptions: OSError's own subclasses where Python has one for
 * the number, and a few of the package's.
 */
#include "errors.h"

#include <errno.h>
#include <string.h>

static PyObject *producer_died, *evicted, *too_long, *type_mismatch;

static PyObject *make(PyObject *module, const char *name, const char *doc, PyObject *first,
                      PyObject *second)
{
    PyObject *bases = second ? PyTuple_Pack(2, first, second) : PyTuple_Pack(1, first);
    PyObject *made = bases ? PyErr_NewExceptionWithDoc(name, doc, bases, NULL) : NULL;

    Py_XDECREF(bases);
    if (made && PyModule_AddObjectRef(module, strrchr(name, '.') + 1, made) < 0)
        Py_CLEAR(made);
    return made;
}

int errors_init(PyObject *module)
{
    producer_died = make(module, "streamx.ProducerDied",
                         "The producer died or abandoned the stream without ending it. Everything "
                         "that it had\npublished was handed out before.",
                         PyExc_ConnectionError, NULL);
    evicted = make(module, "streamx.Evicted",
                   "This consumer held the producer up for longer than the stream allows. What it "
                   "had in\nhand is void, and nobody waits for it any more.",
                   PyExc_ConnectionError, NULL);
    too_long = make(module, "streamx.MessageTooLong", "The message is longer than a slot.",
                    PyExc_OSError, PyExc_ValueError);
    type_mismatch =
        make(module, "streamx.TypeMismatch", "The stream carries another type tag, or none.",
             PyExc_OSError, PyExc_TypeError);
    return producer_died && evicted && too_long && type_mismatch ? 0 : -1;
}

/* Which class and which words. */
static PyObject *class_of(int error, const char **words)
{
    switch (error) {
    case EOWNERDEAD:
        *words = "the producer died without an end of the stream";
        return producer_died;
    case ESTALE:
        *words = "evicted: the producer was held up for too long";
        return evicted;
    case EMSGSIZE:
        *words = "message longer than a slot";
        return too_long;
    case EPROTOTYPE:
        *words = "the stream has another type";
        return type_mismatch;
    case EPIPE:
        *words = "every consumer has gone";
        break;
    case EAGAIN:
        *words = "would block";
        break;
    case ETIMEDOUT:
        *words = "timed out";
        break;
    case EEXIST:
        *words = "a live stream of this name exists";
        break;
    case ENOENT:
        *words = "no such stream";
        break;
    case EUSERS:
        *words = "every seat is taken";
        break;
    case EPROTO:
        *words = "a stream of another layout version, or one that contradicts itself";
        break;
    default:
        *words = strerror(error);
    }
    return PyExc_OSError;
}

PyObject *raise_result(int result, PyObject *name)
{
    const char *words;
    PyObject *class, *value;

    if (result == RAISED)
        return NULL;
    if (result == -EINVAL) {
        PyErr_SetString(PyExc_ValueError, "the library refuses an argument");
        return NULL;
    }
    if (result == -ENOMEM)
        return PyErr_NoMemory();
    class = class_of(-result, &words);
    value = name ? PyObject_CallFunction(class, "isO", -result, words, name)
                 : PyObject_CallFunction(class, "is", -result, words);
    if (value) {
        PyErr_SetObject((PyObject *)Py_TYPE(value), value);
        Py_DECREF(value);
    }
    return NULL;
}
