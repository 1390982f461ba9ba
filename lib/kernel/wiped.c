/* SPDX-License-Identifier: MIT */
/*
 * Which pieces of a page are in use is noted in memory that fork copies: what a parent has taken is
 * not handed out in its child, where its handles still point at it.
 *
 * Pages are never given back: there are as few as the pieces needed at one time. No lock, so that
 * none can be held when another thread forks; at worst that costs the child a piece, or a page.
 */
#define _GNU_SOURCE
#include "kernel/wiped.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES (32 * SX_WIPED_BYTES)

struct page {
    struct page *next; /* the one before */
    unsigned char *pieces;
    _Atomic uint32_t in_use; /* a bit for each */
};

static _Atomic(struct page *) pages; /* the newest one */

static unsigned char *map_wiped(void)
{
    void *bytes =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED)
        return NULL;
    if (madvise(bytes, PAGE_BYTES, MADV_WIPEONFORK) == 0)
        return bytes;
    munmap(bytes, PAGE_BYTES);
    return NULL;
}

/* The first one that is free; NULL: none is. */
static void *take_from(struct page *page)
{
    uint32_t in_use = atomic_load_explicit(&page->in_use, memory_order_relaxed), first;

    do {
        first = ~in_use & (in_use + 1);
        if (first == 0)
            return NULL;
        /* Acquire pairs with the release in sx_wiped_give: it is 0. */
    } while (!atomic_compare_exchange_weak_explicit(&page->in_use, &in_use, in_use | first,
                                                    memory_order_acquire, memory_order_relaxed));
    return page->pieces + (unsigned)__builtin_ctz(first) * SX_WIPED_BYTES;
}

/* Its first piece is in use. */
static void *take_from_new_page(void)
{
    struct page *page = calloc(1, sizeof *page);

    if (!page)
        return NULL;
    page->pieces = map_wiped();
    if (!page->pieces) {
        free(page);
        return NULL;
    }
    atomic_init(&page->in_use, 1);
    page->next = atomic_load_explicit(&pages, memory_order_relaxed);
    /* Release pairs with the acquires below: what the page is. */
    while (!atomic_compare_exchange_weak_explicit(&pages, &page->next, page, memory_order_release,
                                                  memory_order_relaxed))
        ;
    return page->pieces;
}

void *sx_wiped_take(void)
{
    struct page *page = atomic_load_explicit(&pages, memory_order_acquire);
    void *piece;

    for (; page; page = page->next)
        if ((piece = take_from(page)))
            return piece;
    return take_from_new_page();
}

void sx_wiped_give(void *piece)
{
    struct page *page = atomic_load_explicit(&pages, memory_order_acquire);
    uint64_t at = 0;

    for (; page; page = page->next) {
        at = (uint64_t)((uintptr_t)piece - (uintptr_t)page->pieces);
        if (at < PAGE_BYTES)
            break;
    }
    if (!page)
        return;
    memset(piece, 0, SX_WIPED_BYTES);
    /* Release: behind the wiping. */
    atomic_fetch_and_explicit(&page->in_use, ~(UINT32_C(1) << at / SX_WIPED_BYTES),
                              memory_order_release);
}
