/* SPDX-License-Identifier: MIT */
/* Memory for views that outlive their message. */
#ifndef STREAMX_PYTHON_WINDOW_H
#define STREAMX_PYTHON_WINDOW_H

#include "core.h"

/*
 * A second mapping of the stream's memory, for whatever outlives a message: memoryviews that were
 * kept, arrays that were made from them. What is in a window never changes under them. See
 * window.c.
 */
struct window;

/* The shared mapping around an address; false: it is not in one. */
bool window_find(const void *address, const unsigned char **start, size_t *length);

/* A window of this mapping; NULL: there can be none. */
struct window *window_open(const unsigned char *mapping, size_t length, bool writable);
struct window *window_hold(struct window *window);
void window_drop(struct window *window);

/* Where in the window `address` is seen; NULL: `length` bytes from there are not all in it. */
unsigned char *window_at(const struct window *window, const void *address, size_t length);

struct range {
    unsigned char *start;
    size_t length;
};

/* Makes these ranges of the window private copies of what is in them now, at the same addresses,
 * and lets go of the stream's memory. -1: no memory, nothing has changed. */
int window_freeze(struct window *window, const struct range *ranges, size_t count);

/* Makes windows of the parent's harmless in a forked child. */
void window_forked(struct window *window);

#endif
