/* SPDX-License-Identifier: MIT */
/*
 * Where all memory is to be locked (mlockall(MCL_FUTURE), as programs with deadlines do) the kernel
 * touches every page of a new mapping, and so takes memory for all that a sparse file may ever
 * hold: gigabytes, which others then lack. What cannot be touched is left alone; so such a file is
 * mapped without any right at first. The rights that come later fill only what is private; pages
 * are locked as they are used.
 */
#define _GNU_SOURCE
#include "kernel/mapping.h"

#include <errno.h>
#include <sys/mman.h>

void *sx_mapping_make(int fd, size_t bytes, int protection, bool holes)
{
    void *base = mmap(NULL, bytes, holes ? PROT_NONE : protection, MAP_SHARED, fd, 0);
    int saved;

    if (base == MAP_FAILED)
        return NULL;
    if (madvise(base, bytes, MADV_DONTFORK) == 0 &&
        (!holes || mprotect(base, bytes, protection) == 0))
        return base;
    saved = errno;
    munmap(base, bytes);
    errno = saved;
    return NULL;
}
