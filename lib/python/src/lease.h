/* SPDX-License-Identifier: MIT */
/* What counts the views of a message or loan. */
#ifndef STREAMX_PYTHON_LEASE_H
#define STREAMX_PYTHON_LEASE_H

#include "core.h"
#include "window.h"

/* What views of a piece of a window hang on. */
struct lease {
    PyObject_HEAD struct window *window;
    struct leases *list; /* that it is in, or NULL */
    struct lease *previous, *next;
    unsigned char *start;
    size_t length;
    uint64_t seq;
    bool writable;
    Py_ssize_t exports; /* views that are there now */
    PyObject **view;    /* where its message or loan keeps a view of it, or NULL */
    PyObject *kept;     /* that view, of a message that is gone; a cycle, which unlisting ends */
};

/* A handle's leases, by rising seq, and the window that they are in. `returned` is called when the
 * last view of one of them has gone. */
struct leases {
    struct lease *first, *last;
    struct window *window;
    const unsigned char
        *mapping; /* where the library has what the windows show; NULL: not known yet */
    size_t mapping_length;
    bool writable;
    void (*returned)(struct leases *leases);
};

int lease_init(PyObject *module);

/* A new lease of these bytes of the library's mapping. NULL without an exception: there can be no
 * window here; NULL with one: no memory. */
struct lease *lease_new(struct leases *leases, const void *data, size_t length, uint64_t seq);

/* Takes away the views that messages up to `through` keep, so that they raise; leases without views
 * leave the list. Those that remain have views of somebody else's. */
void leases_release(struct leases *leases, uint64_t through);

/* Lets all leases that have views keep copies, and forget the list. -1: no memory; nothing done. */
int leases_freeze(struct leases *leases);

/* The lease is no longer anybody's concern but of its views. */
void lease_leave(struct lease *lease);

/* Its message is going, and leaves it the view that it kept (the reference, too), so that this can
 * be taken back all the same. */
void lease_keep(struct lease *lease, PyObject *view);

#endif
