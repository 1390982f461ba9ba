/* SPDX-License-Identifier: MIT */
/* Python's values as the library's, and the arguments of calls. */
#ifndef STREAMX_PYTHON_CONVERT_H
#define STREAMX_PYTHON_CONVERT_H

#include "core.h"

/* From so many bytes on, they are copied without the GIL: below, giving it away and getting it back
 * costs more than the copy. */
#define COPY_MUCH ((size_t)64 * 1024)

int convert_init(PyObject *module);

/*
 * Seconds, or None for ever, as a timeout of the library's: 0. The package's own POLL: 1; it does
 * not wait, and what would block returns POLL again, which costs less than an exception. -1 with
 * ValueError or TypeError set.
 */
int timeout_from(PyObject *seconds, int64_t *timeout_ns);
extern PyObject *poll_sentinel;

/* Seconds, or None, as a duration option; `none` is what None stands for. */
int duration_from(PyObject *seconds, int64_t none, int64_t *ns);

/* For spin: None self-tuned, 0 never. */
int spin_from(PyObject *seconds, int64_t *spin_ns);

/* Arguments of a METH_FASTCALL | METH_KEYWORDS method: fills `out[i]` with the one called
 * `names[i]`, borrowed, NULL if it was not given. The first `required` must be. */
int arguments(const char *function, PyObject *const *args, Py_ssize_t given, PyObject *keywords,
              const char *const *names, int count, int required, PyObject **out);

/* A str without NUL as UTF-8, borrowed from it; NULL with an exception set. */
const char *text_from(PyObject *text, const char *what);

/* Likewise, of an option: NULL and None are no text. -1 with an exception set. */
int optional_text_from(PyObject *text, const char *what, const char **utf8);

/* An object that has its name already is not made again: -1 with RuntimeError. */
int refuse_again(PyObject *name);

/* Copies, made without the GIL if there is much of it: what is copied must stay. */
PyObject *bytes_from(const void *data, size_t length);
PyObject *copy_of(PyObject *source); /* a bytearray of what has a buffer */

int64_t clock_ns(void); /* CLOCK_MONOTONIC */

#endif
