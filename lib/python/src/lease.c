/* SPDX-License-Identifier: MIT */
/*
 * Leases: what counts the views of one message or loan.
 *
 * The views' buffers belong to the lease, which therefore hears when the last one goes. It is apart
 * from the message that it is for, so that a message can keep a view of itself without a cycle.
 *
 *   listed, no views    a message that is in hand and has not been looked at lately
 *   listed, views       its slot is not given back before the views have gone or it is frozen
 *   not listed          frozen, or done with: nobody waits for its views
 */
#include "lease.h"

#include <stdlib.h>

static PyTypeObject *lease_type;

static void unlist(struct lease *lease)
{
    struct leases *list = lease->list;

    if (!list)
        return;
    *(lease->previous ? &lease->previous->next : &list->first) = lease->next;
    *(lease->next ? &lease->next->previous : &list->last) = lease->previous;
    lease->list = NULL;
    lease->previous = lease->next = NULL;
}

static void enlist(struct leases *list, struct lease *lease)
{
    struct lease *after = list->last;

    while (after && after->seq > lease->seq)
        after = after->previous;
    lease->list = list;
    lease->previous = after;
    lease->next = after ? after->next : list->first;
    *(after ? &after->next : &list->first) = lease;
    *(lease->next ? &lease->next->previous : &list->last) = lease;
}

/* The window that shows these bytes, of the list's or a new one. */
static unsigned char *place(struct leases *list, const void *data, size_t length)
{
    unsigned char *start = list->window ? window_at(list->window, data, length) : NULL;

    if (start)
        return start;
    if (list->window && leases_freeze(list) < 0)
        return NULL;
    if (!list->mapping && !window_find(data, &list->mapping, &list->mapping_length))
        return NULL;
    list->window = window_open(list->mapping, list->mapping_length, list->writable);
    return list->window ? window_at(list->window, data, length) : NULL;
}

struct lease *lease_new(struct leases *list, const void *data, size_t length, uint64_t seq)
{
    unsigned char *start = place(list, data, length);
    struct lease *lease;

    if (!start)
        return NULL;
    lease = PyObject_New(struct lease, lease_type);
    if (!lease)
        return NULL;
    lease->window = window_hold(list->window);
    lease->start = start;
    lease->length = length;
    lease->seq = seq;
    lease->writable = list->writable;
    lease->exports = 0;
    lease->view = NULL;
    lease->kept = NULL;
    enlist(list, lease);
    return lease;
}

/* Nobody takes its view back any more; the lease may go with it. */
void lease_leave(struct lease *lease)
{
    PyObject *kept = lease->kept;

    unlist(lease);
    lease->kept = NULL;
    Py_XDECREF(kept);
}

void lease_keep(struct lease *lease, PyObject *view)
{
    lease->view = NULL;
    if (view && lease->list && Py_REFCNT(view) > 1)
        lease->kept = view;
    else
        Py_XDECREF(view);
}

/* The view that can be taken back: a reference, or NULL. */
static PyObject *own_view(struct lease *lease)
{
    PyObject **place = lease->view && *lease->view ? lease->view : &lease->kept;
    PyObject *view = *place;

    *place = NULL;
    return view;
}

/* Takes back the view that a message keeps of itself. What others have made of it remains. */
static void take_back(struct lease *lease)
{
    PyObject *view = own_view(lease);

    if (!view)
        return;
    if (Py_REFCNT(view) > 1) { /* else it goes, and what it shows with it */
        PyObject *released = PyObject_CallMethod(view, "release", NULL);

        if (released)
            Py_DECREF(released);
        else
            PyErr_Clear(); /* BufferError: something was made of it */
    }
    Py_DECREF(view);
}

void leases_release(struct leases *list, uint64_t through)
{
    for (struct lease *lease = list->first, *next; lease && lease->seq <= through; lease = next) {
        Py_INCREF((PyObject *)lease);
        take_back(lease);
        next = lease->next;
        if (lease->exports == 0)
            lease_leave(lease);
        Py_DECREF((PyObject *)lease);
    }
}

static bool shows(const struct lease *lease)
{
    return lease->exports > 0 && lease->length > 0;
}

static struct range *ranges_of(const struct leases *list, size_t *count)
{
    struct range *ranges;
    size_t n = 0;

    for (const struct lease *lease = list->first; lease; lease = lease->next)
        n += shows(lease);
    *count = n;
    if (n == 0)
        return NULL;
    ranges = malloc(n * sizeof *ranges);
    n = 0;
    for (const struct lease *lease = list->first; ranges && lease; lease = lease->next)
        if (shows(lease))
            ranges[n++] = (struct range){lease->start, lease->length};
    return ranges;
}

int leases_freeze(struct leases *list)
{
    size_t count;
    struct range *ranges = ranges_of(list, &count);
    int failed = 0;

    if (!list->window)
        return 0;
    if (count > 0)
        failed = ranges ? window_freeze(list->window, ranges, count) : -1;
    free(ranges);
    if (failed)
        return -1;
    while (list->first)
        lease_leave(list->first);
    window_drop(list->window);
    list->window = NULL;
    return 0;
}

/* ---- the type -------------------------------------------------------------------------------- */

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    struct lease *lease = (struct lease *)self;

    if (PyBuffer_FillInfo(view, self, lease->start, (Py_ssize_t)lease->length, !lease->writable,
                          flags) < 0)
        return -1;
    lease->exports++;
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    struct lease *lease = (struct lease *)self;

    (void)view;
    if (--lease->exports == 0 && lease->list && lease->list->returned)
        lease->list->returned(lease->list);
}

static void dealloc(PyObject *self)
{
    struct lease *lease = (struct lease *)self;
    PyTypeObject *type = Py_TYPE(self);

    unlist(lease);
    window_drop(lease->window);
    PyObject_Free(self);
    Py_DECREF(type);
}

int lease_init(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, dealloc},
        {Py_bf_getbuffer, get_buffer},
        {Py_bf_releasebuffer, release_buffer},
        {0, NULL},
    };
    static PyType_Spec spec = {
        .name = "streamx._core._Lease",
        .basicsize = sizeof(struct lease),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        .slots = slots,
    };

    lease_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return lease_type ? 0 : -1;
}
