/* SPDX-License-Identifier: MIT */
/* Python's values as the library's, and the arguments of calls. */
#include "convert.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "errors.h"

int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Seconds that are not negative, rounded up; what does not fit is `most`. */
static int seconds_from(PyObject *seconds, int64_t most, int64_t *ns)
{
    double value = PyFloat_AsDouble(seconds);

    if (value == -1.0 && PyErr_Occurred())
        return -1;
    if (!(value >= 0)) {
        PyErr_SetString(PyExc_ValueError, "a time must not be negative");
        return -1;
    }
    *ns = value < 9e9 ? (int64_t)ceil(value * 1e9) : most;
    return 0;
}

PyObject *poll_sentinel;

int convert_init(PyObject *module)
{
    poll_sentinel = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    return poll_sentinel ? PyModule_AddObjectRef(module, "POLL", poll_sentinel) : -1;
}

int timeout_from(PyObject *seconds, int64_t *timeout_ns)
{
    if (seconds && seconds == poll_sentinel) {
        *timeout_ns = STREAMX_NOWAIT;
        return 1;
    }
    if (seconds == NULL || seconds == Py_None) {
        *timeout_ns = STREAMX_FOREVER;
        return 0;
    }
    return seconds_from(seconds, STREAMX_FOREVER, timeout_ns);
}

int duration_from(PyObject *seconds, int64_t none, int64_t *ns)
{
    if (seconds == NULL || seconds == Py_None) {
        *ns = none;
        return 0;
    }
    return seconds_from(seconds, INT64_MAX, ns);
}

int spin_from(PyObject *seconds, int64_t *spin_ns)
{
    if (duration_from(seconds, -1, spin_ns) < 0)
        return -1;
    if (seconds == NULL || seconds == Py_None)
        *spin_ns = 0; /* self-tuned */
    else if (*spin_ns == 0)
        *spin_ns = -1; /* never */
    return 0;
}

const char *text_from(PyObject *text, const char *what)
{
    Py_ssize_t length;
    const char *utf8;

    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "%s must be str", what);
        return NULL;
    }
    utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    if (utf8 && strlen(utf8) != (size_t)length) {
        PyErr_Format(PyExc_ValueError, "%s must not contain NUL", what);
        return NULL;
    }
    return utf8;
}

int optional_text_from(PyObject *text, const char *what, const char **utf8)
{
    *utf8 = NULL;
    if (text == NULL || text == Py_None)
        return 0;
    *utf8 = text_from(text, what);
    return *utf8 ? 0 : -1;
}

int refuse_again(PyObject *name)
{
    if (name)
        PyErr_SetString(PyExc_RuntimeError, "it is made already");
    return name ? -1 : 0;
}

static int keyword_index(PyObject *keyword, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, names[i]) == 0)
            return i;
    return -1;
}

int arguments(const char *function, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
              const char *const *names, int count, int required, PyObject **out)
{
    Py_ssize_t named = keywords ? PyTuple_Size(keywords) : 0;

    for (int i = 0; i < count; i++)
        out[i] = i < given ? args[i] : NULL;
    if (given > count) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d arguments (%zd given)", function,
                     count, given);
        return -1;
    }
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *keyword = PyTuple_GetItem(keywords, k);
        int i = keyword_index(keyword, names, count);

        if (i < 0 || out[i]) {
            PyErr_Format(PyExc_TypeError,
                         i < 0 ? "%s() got an unexpected keyword argument '%U'"
                               : "%s() got multiple values for argument '%U'",
                         function, keyword);
            return -1;
        }
        out[i] = args[given + k];
    }
    for (int i = 0; i < required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing argument '%s'", function, names[i]);
            return -1;
        }
    return 0;
}

static void copy_without_gil(char *to, const void *from, size_t length)
{
    Py_BEGIN_ALLOW_THREADS memcpy(to, from, length);
    Py_END_ALLOW_THREADS
}

PyObject *bytes_from(const void *data, size_t length)
{
    PyObject *bytes;

    if (length < COPY_MUCH)
        return PyBytes_FromStringAndSize(data, (Py_ssize_t)length);
    bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    if (bytes)
        copy_without_gil(PyBytes_AsString(bytes), data, length);
    return bytes;
}

PyObject *copy_of(PyObject *source)
{
    Py_buffer buffer;
    PyObject *copy;

    if (PyObject_GetBuffer(source, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    copy = PyByteArray_FromStringAndSize(NULL, buffer.len);
    if (copy)
        copy_without_gil(PyByteArray_AsString(copy), buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return copy;
}
