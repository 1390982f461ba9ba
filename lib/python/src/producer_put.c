/* SPDX-License-Identifier: MIT */
/* streamx._core.Producer: the calls that put something. */
#include "producer_put.h"

#include <stdlib.h>

#include "convert.h"
#include "errors.h"
#include "loan.h"
#include "object_send.h"
#include "producer.h"

static int attempt_put(void *arg, int64_t timeout_ns)
{
    const struct call *call = arg;

    return streamx_put(call->p->handle, call->messages->iov_base, call->messages->iov_len,
                       timeout_ns);
}

static int attempt_putv(void *arg, int64_t timeout_ns)
{
    const struct call *call = arg;

    return streamx_putv(call->p->handle, call->messages, call->count, timeout_ns);
}

PyObject *producer_put(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    static const char *const names[] = {"data", "timeout"};
    struct producer *p = (struct producer *)self;
    struct iovec message;
    struct call call = {.p = p, .messages = &message, .count = 1, .events = STREAMX_ROOM};
    PyObject *out[2];
    Py_buffer buffer;
    int64_t timeout_ns;
    bool outside = false;
    int result;

    if (arguments("put", args, given, keywords, names, 2, 1, out) < 0 ||
        timeout_from(out[1], &timeout_ns) < 0 ||
        PyObject_GetBuffer(out[0], &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    if (producer_enter(p, timeout_ns) < 0) {
        PyBuffer_Release(&buffer);
        return NULL;
    }
    message = (struct iovec){buffer.buf, (size_t)buffer.len};
    result = producer_run(&call, attempt_put, message.iov_len, timeout_ns, &outside);
    producer_leave(p, outside);
    PyBuffer_Release(&buffer);
    return producer_none_or_error(p, out[1], result);
}

struct batch {
    Py_buffer *buffers;
    struct iovec *messages;
    Py_ssize_t count;
    size_t bytes;
};

static void batch_free(struct batch *batch)
{
    for (Py_ssize_t i = 0; i < batch->count; i++)
        PyBuffer_Release(&batch->buffers[i]);
    free(batch->buffers);
    free(batch->messages);
}

static int batch_fill(struct batch *batch, PyObject *list)
{
    Py_ssize_t count = PyTuple_Size(list);

    *batch = (struct batch){0};
    if (count == 0 || count > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a batch is of at least one message");
        return -1;
    }
    batch->buffers = calloc((size_t)count, sizeof *batch->buffers);
    batch->messages = calloc((size_t)count, sizeof *batch->messages);
    if (!batch->buffers || !batch->messages) {
        batch_free(batch);
        PyErr_NoMemory();
        return -1;
    }
    while (batch->count < count) {
        Py_buffer *buffer = &batch->buffers[batch->count];

        if (PyObject_GetBuffer(PyTuple_GetItem(list, batch->count), buffer, PyBUF_SIMPLE) < 0) {
            batch_free(batch);
            return -1;
        }
        batch->messages[batch->count++] = (struct iovec){buffer->buf, (size_t)buffer->len};
        batch->bytes += (size_t)buffer->len;
    }
    return 0;
}

PyObject *producer_put_many(PyObject *self, PyObject *const *args, Py_ssize_t given,
                            PyObject *keywords)
{
    static const char *const names[] = {"messages", "timeout"};
    struct producer *p = (struct producer *)self;
    struct call call = {.p = p, .events = STREAMX_ROOM};
    struct batch batch;
    PyObject *out[2], *list;
    int64_t timeout_ns;
    bool outside = false;
    int result = RAISED;

    if (arguments("put_many", args, given, keywords, names, 2, 1, out) < 0 ||
        timeout_from(out[1], &timeout_ns) < 0)
        return NULL;
    list = PySequence_Tuple(out[0]);
    if (!list)
        return NULL;
    if (batch_fill(&batch, list) == 0) {
        call.messages = batch.messages;
        call.count = (unsigned)batch.count;
        if (producer_enter(p, timeout_ns) == 0) {
            result = producer_run(&call, attempt_putv, batch.bytes, timeout_ns, &outside);
            producer_leave(p, outside);
        }
        batch_free(&batch);
    }
    Py_DECREF(list);
    return producer_none_or_error(p, out[1], result);
}

PyObject *producer_send(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    static const char *const names[] = {"object", "timeout"};
    struct producer *p = (struct producer *)self;
    PyObject *out[2];
    int64_t timeout_ns;
    int result;

    if (arguments("send", args, given, keywords, names, 2, 1, out) < 0 ||
        timeout_from(out[1], &timeout_ns) < 0)
        return NULL;
    result = object_send(p, out[0], timeout_ns);
    return producer_none_or_error(p, out[1], result);
}

PyObject *producer_loan(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    static const char *const names[] = {"size", "timeout"};
    struct producer *p = (struct producer *)self;
    struct call call = {.p = p, .events = STREAMX_ROOM};
    PyObject *out[2], *lent;
    int64_t timeout_ns;
    bool outside = false;
    int result;

    if (arguments("loan", args, given, keywords, names, 2, 1, out) < 0 ||
        timeout_from(out[1], &timeout_ns) < 0)
        return NULL;
    call.size = PyLong_AsSize_t(out[0]);
    if (call.size == (size_t)-1 && PyErr_Occurred())
        return NULL;
    if (producer_enter(p, timeout_ns) < 0)
        return NULL;
    result = producer_lend(&call, timeout_ns, &outside);
    lent = producer_polled(out[1], result) ? Py_NewRef(out[1])
           : result < 0                    ? raise_result(result, p->name)
                                           : loan_new(p, call.data, call.size);
    if (result >= 0 && !lent)
        streamx_discard(p->handle);
    producer_leave(p, outside);
    return lent;
}
