/* SPDX-License-Identifier: MIT */
/*
 * Where all memory is to be locked (mlockall(MCL_FUTURE), as programs with deadlines do) the kernel
 * touches every page of a new mapping, and so takes memory for all that a sparse file may ever hold:
 * gigabytes, which others then lack. What cannot be touched is left alone; so such a file is mapped
 * without any right at first, and locked page by page, as pages are used.
 */
#define _GNU_SOURCE
#include "kernel/mapping.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void *unmap(void *base, size_t bytes)
{
    int saved = errno;

    munmap(base, bytes);
    errno = saved;
    return NULL;
}

/* Is new memory locked as a whole? The kernel does not say, but a page of it is there then before
 * anybody has touched it. */
static bool locks_all(void)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char there = 0;
    void *page = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return errno == EAGAIN; /* no more may be */
    if (mincore(page, bytes, &there) != 0)
        there = 1;
    unmap(page, bytes);
    return there & 1;
}

/* Gives a mapping the rights that it has been made without. */
static bool open_up(void *base, size_t bytes, int protection)
{
    int saved = errno;

    if (locks_all() && mlock2(base, bytes, MLOCK_ONFAULT) != 0)
        munlock(base, bytes);
    errno = saved;
    return mprotect(base, bytes, protection) == 0;
}

void *sx_mapping_make(int fd, size_t bytes, int protection, bool holes)
{
    void *base = mmap(NULL, bytes, holes ? PROT_NONE : protection, MAP_SHARED, fd, 0);

    if (base == MAP_FAILED)
        return NULL;
    if (madvise(base, bytes, MADV_DONTFORK) != 0 || (holes && !open_up(base, bytes, protection)))
        return unmap(base, bytes);
    return base;
}
