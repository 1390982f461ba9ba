/* SPDX-License-Identifier: MIT */
/*
 * Views that outlive their message.
 *
 * A memoryview or an array into the ring may be kept for longer than its message is in hand, and
 * longer than the handle: Python cannot take it back. What it shows must neither go away nor
 * change, and it must hold nobody up for ever. So views are not given out of the library's mapping,
 * which goes with the handle, but of a second mapping of the same pages that belongs to us: a
 * window (mremap(2) with an old size of 0). It costs nothing while a message is in hand. When the
 * slot is to be given back although there are views of it, the window is frozen: the pages that
 * they look at are replaced, under the same addresses and in one step, by private copies, and the
 * rest is unmapped. The next message opens a new window.
 *
 * Like the library's own mapping, a window is not inherited by fork: its file description holds the
 * lock that tells others that we live. Before a fork in which views exist all windows are frozen
 * (module.c), so that the child has the copies.
 */
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gate.h"

struct window {
    unsigned references;
    bool frozen, writable;
    unsigned forks;       /* as of the process that mapped it */
    unsigned char *start; /* what is mapped now */
    size_t length;
    const unsigned char *library; /* where the library has the same */
    size_t library_length;
};

/* The shared mapping around an address. */
bool window_find(const void *address, const unsigned char **start, size_t *length)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], shared;
    unsigned long from, to;
    bool found = false, begins = true;

    while (maps && !found && fgets(line, sizeof line, maps)) {
        bool whole = strchr(line, '\n') != NULL;

        if (begins && sscanf(line, "%lx-%lx %*c%*c%*c%c", &from, &to, &shared) == 3 &&
            from <= (uintptr_t)address && (uintptr_t)address < to) {
            *start = (const unsigned char *)from;
            *length = to - from;
            found = true;
        }
        begins = whole;
    }
    if (maps)
        fclose(maps);
    return found && shared == 's';
}

struct window *window_open(const unsigned char *mapping, size_t length, bool writable)
{
    struct window *window = calloc(1, sizeof *window);
    void *again;

    if (!window)
        return NULL;
    again = mremap((void *)mapping, 0, length, MREMAP_MAYMOVE);
    if (again == MAP_FAILED) {
        free(window);
        return NULL;
    }
    madvise(again, length, MADV_DONTFORK); /* inherited from the library's, too */
    window->references = 1;
    window->forks = fork_count;
    window->writable = writable;
    window->start = again;
    window->length = window->library_length = length;
    window->library = mapping;
    return window;
}

struct window *window_hold(struct window *window)
{
    window->references++;
    return window;
}

void window_drop(struct window *window)
{
    if (!window || --window->references > 0)
        return;
    /* A child of fork has the frozen ones only; elsewhere something else may lie by now. */
    if (window->length > 0 && (window->frozen || window->forks == fork_count))
        munmap(window->start, window->length);
    free(window);
}

unsigned char *window_at(const struct window *window, const void *address, size_t length)
{
    size_t offset = (size_t)((const unsigned char *)address - window->library);

    if (window->frozen || (const unsigned char *)address < window->library ||
        offset > window->library_length || length > window->library_length - offset)
        return NULL;
    return window->start + offset;
}

/* The pages that the ranges lie in, from the first to the last. */
static void span_of(const struct range *ranges, size_t count, unsigned char **start, size_t *length)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = UINTPTR_MAX, to = 0;

    for (size_t i = 0; i < count; i++) {
        uintptr_t begin = (uintptr_t)ranges[i].start, end = begin + ranges[i].length;

        from = begin < from ? begin : from;
        to = end > to ? end : to;
    }
    from &= ~(page - 1);
    to = (to + page - 1) & ~(page - 1);
    *start = (unsigned char *)from;
    *length = to > from ? to - from : 0;
}

static void trim(struct window *window, unsigned char *start, size_t length)
{
    unsigned char *end = window->start + window->length;

    if (start > window->start)
        munmap(window->start, (size_t)(start - window->start));
    if (start + length < end)
        munmap(start + length, (size_t)(end - (start + length)));
    window->start = start;
    window->length = length;
}

int window_freeze(struct window *window, const struct range *ranges, size_t count)
{
    unsigned char *start, *copy;
    size_t length;

    span_of(ranges, count, &start, &length);
    copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0);
    if (copy == MAP_FAILED)
        return -1;
    for (size_t i = 0; i < count; i++)
        memcpy(copy + (ranges[i].start - start), ranges[i].start, ranges[i].length);
    /* Moved over the window in one step: who looks meanwhile sees the same bytes before and
     * after. */
    if ((!window->writable && mprotect(copy, length, PROT_READ) != 0) ||
        mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED) {
        munmap(copy, length);
        return -1;
    }
    trim(window, start, length);
    window->frozen = true;
    return 0;
}

void window_forked(struct window *window)
{
    if (window->frozen || window->length == 0)
        return;
    /* An open loan's: what the child has of it is memory, and nobody else's. */
    if (mmap(window->start, window->length, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
             0) != window->start)
        window->length = 0;
    window->frozen = true;
}
