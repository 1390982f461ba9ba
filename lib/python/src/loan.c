/* SPDX-License-Identifier: MIT */
/*
 * streamx._core.Loan: a slot to be written in place.
 *
 *     with producer.loan(size) as view: ...        published when the block is left, discarded when
 *                                                  it is left by an exception
 *
 * The view is taken back when the slot is published, and raises from then on. An array that was
 * made of it keeps its bytes, and writing to it no longer reaches the stream: see window.c.
 */
#include "loan.h"

#include <errno.h>
#include <string.h>

#include "convert.h"
#include "errors.h"
#include "type.h"

struct loan {
    PyObject_HEAD struct producer *producer;
    void *data; /* of the library's */
    size_t size;
    struct lease *lease;
    PyObject *substitute; /* a bytearray, where there can be no window */
    PyObject *view;
};

static PyTypeObject *loan_type;

/* Neither published nor discarded, and its producer has not been closed. */
static bool is_open(const struct loan *l)
{
    return l->producer->loan == l;
}

static void shut(struct loan *l)
{
    if (is_open(l))
        l->producer->loan = NULL;
}

static int make_view(struct loan *l)
{
    struct leases *leases = &l->producer->leases;

    l->lease = l->size > 0 ? lease_new(leases, l->data, l->size, 1) : NULL;
    if (PyErr_Occurred())
        return -1;
    if (!l->lease) {
        l->substitute = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)l->size);
        if (!l->substitute)
            return -1;
    }
    l->view = PyMemoryView_FromObject(l->lease ? (PyObject *)l->lease : l->substitute);
    if (l->view && l->lease)
        l->lease->view = &l->view;
    return l->view ? 0 : -1;
}

PyObject *loan_new(struct producer *p, void *data, size_t size)
{
    struct loan *l = PyObject_New(struct loan, loan_type);

    if (!l)
        return NULL;
    l->producer = (struct producer *)Py_NewRef((PyObject *)p);
    l->data = data;
    l->size = size;
    l->lease = NULL;
    l->substitute = l->view = NULL;
    if (make_view(l) < 0) {
        Py_DECREF(l);
        return NULL;
    }
    p->loan = l;
    return (PyObject *)l;
}

/* From here on nothing that was made of the view reaches the slot. */
static int take_back(struct loan *l)
{
    struct leases *leases = &l->producer->leases;

    leases_release(leases, UINT64_MAX);
    if (leases->first && leases_freeze(leases) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static int enter(struct loan *l)
{
    if (!is_open(l)) {
        PyErr_SetString(PyExc_ValueError, "the loan is not open any more");
        return -1;
    }
    if (producer_enter(l->producer, STREAMX_FOREVER) < 0)
        return -1;
    if (is_open(l))
        return 0;
    gate_leave(&l->producer->gate);
    return enter(l);
}

static PyObject *publish_bytes(struct loan *l, size_t size)
{
    int result;

    if (size > l->size) {
        PyErr_SetString(PyExc_ValueError, "more than was lent");
        return NULL;
    }
    if (enter(l) < 0)
        return NULL;
    if (l->substitute)
        memcpy(l->data, PyByteArray_AsString(l->substitute), size);
    result = take_back(l) < 0 ? RAISED : streamx_publish(l->producer->handle, size);
    if (result == 0)
        shut(l);
    gate_leave(&l->producer->gate);
    return result == 0 ? Py_NewRef(Py_None) : raise_result(result, l->producer->name);
}

static PyObject *publish(PyObject *self, PyObject *const *args, Py_ssize_t given,
                         PyObject *keywords)
{
    static const char *const names[] = {"size"};
    struct loan *l = (struct loan *)self;
    size_t size = l->size;
    PyObject *wanted;

    if (arguments("publish", args, given, keywords, names, 1, 0, &wanted) < 0)
        return NULL;
    if (wanted && wanted != Py_None) {
        size = PyLong_AsSize_t(wanted);
        if (size == (size_t)-1 && PyErr_Occurred())
            return NULL;
    }
    return publish_bytes(l, size);
}

static PyObject *discard(PyObject *self, PyObject *unused)
{
    struct loan *l = (struct loan *)self;
    int failed;

    (void)unused;
    if (!is_open(l))
        return Py_NewRef(Py_None);
    if (enter(l) < 0)
        return NULL;
    failed = take_back(l);
    if (!failed) {
        streamx_discard(l->producer->handle);
        shut(l);
    }
    gate_leave(&l->producer->gate);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *enter_block(PyObject *self, PyObject *unused)
{
    struct loan *l = (struct loan *)self;

    (void)unused;
    if (l->view && is_open(l))
        return Py_NewRef(l->view);
    PyErr_SetString(PyExc_ValueError, "the loan is not open any more");
    return NULL;
}

/* Published or discarded inside the block: nothing is left to be done. */
static PyObject *exit_block(PyObject *self, PyObject *args)
{
    struct loan *l = (struct loan *)self;
    PyObject *done;

    if (!is_open(l))
        return Py_NewRef(Py_None);
    done = PyTuple_Size(args) > 0 && PyTuple_GetItem(args, 0) != Py_None
               ? discard(self, NULL)
               : publish_bytes(l, l->size);
    return done;
}

static PyObject *get_data(PyObject *self, void *unused)
{
    (void)unused;
    return enter_block(self, NULL);
}

static Py_ssize_t length(PyObject *self)
{
    return (Py_ssize_t)((struct loan *)self)->size;
}

/* Dropped while open: discarded, by whoever next uses the handle if somebody does so now. */
static void dealloc(PyObject *self)
{
    struct loan *l = (struct loan *)self;
    struct producer *p = l->producer;
    PyTypeObject *type = Py_TYPE(self);

    if (l->lease)
        l->lease->view = NULL;
    Py_CLEAR(l->view);
    if (is_open(l)) {
        bool ours = p->gate.forks == fork_count && p->handle;

        shut(l);
        if (ours && leases_freeze(&p->leases) == 0) {
            p->discard = p->gate.busy;
            if (!p->gate.busy)
                streamx_discard(p->handle);
        }
    }
    Py_XDECREF((PyObject *)l->lease);
    Py_XDECREF(l->substitute);
    Py_DECREF((PyObject *)p);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    FAST_METHOD(
        "publish", publish,
        "publish(size=None)\n--\n\nPublishes the first `size` bytes (None: all that was lent) as "
        "one "
        "message.\nDoes not block. ValueError: more than was lent, or not open any more."),
    {"discard", discard, METH_NOARGS, "Gives the slot back unpublished."},
    {"__enter__", enter_block, METH_NOARGS, NULL},
    {"__exit__", exit_block, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"data", get_data, NULL, "The slot: a writable memoryview, of undefined content.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {Py_mp_length, length},
    {Py_tp_doc, "A slot to be written in place: published when its with block is left, "
                "discarded when\nthat is left by an exception."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "streamx.Loan",
    .basicsize = sizeof(struct loan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int loan_init(PyObject *module)
{
    loan_type = type_new(module, &spec, "Loan");
    return loan_type ? 0 : -1;
}
