/* SPDX-License-Identifier: MIT */
/*
 * How far a slot is backed stands in shared memory, so that whichever producer fills it knows: it
 * is raised after the memory was taken, and lowered before it is given back. Who dies in between
 * leaves memory that nobody counts on, and that the next one to need it is given again. It is never
 * believed that memory is there which is not.
 */
#define _GNU_SOURCE
#include "memory/backing.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory/reserve.h"
#include "memory/store.h"

static uint64_t page_bytes(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t body_at(const struct sx_shape *shape, uint32_t slot)
{
    return shape->slots_offset + slot * shape->slot_stride + sizeof(struct sx_frame);
}

static struct sx_backing *backing_of(const struct sx_shape *shape, const struct sx_control *control,
                                     uint32_t slot)
{
    return (struct sx_backing *)(void *)((unsigned char *)control + shape->backing_offset) + slot;
}

/* ---- at the beginning ------------------------------------------------------------------------ */

/* Where the reserve of a slot ends in the file. */
static uint64_t reserve_end(const struct sx_shape *shape, uint32_t slot)
{
    return body_at(shape, slot) + shape->reserve_size;
}

int sx_backing_reserve(int fd, const struct sx_shape *shape)
{
    uint64_t rest = shape->slots * (uint64_t)(shape->slot_size - shape->reserve_size);
    uint64_t from = 0, page = page_bytes();
    int failed = sx_reserve_check(fd, shape->segment_bytes, shape->segment_bytes - rest);

    if (failed)
        return failed;
    if (!sx_backing_is_partial(shape))
        return sx_reserve_range(fd, 0, shape->segment_bytes);
    if (SX_TRY(backing_length, ftruncate(fd, (off_t)shape->segment_bytes)) != 0)
        return -errno;
    for (uint32_t slot = 0; slot < shape->slots && !failed; slot++) {
        bool last = slot + 1 == shape->slots;
        uint64_t end = reserve_end(shape, slot);
        uint64_t next = last ? shape->segment_bytes : body_at(shape, slot + 1);

        /* Together with the next one, where there is no whole page between. */
        if (!last && next - end < 2 * page)
            continue;
        failed = sx_reserve_range(fd, from, end);
        from = next - sizeof(struct sx_frame);
    }
    return failed;
}

/* ---- when it is needed ----------------------------------------------------------------------- */

uint64_t sx_backing_size(const struct sx_shape *shape, const struct sx_control *control,
                         uint32_t slot)
{
    uint64_t bytes;

    if (!sx_backing_is_partial(shape))
        return shape->slot_size;
    /* Relaxed: our own, or stored by who filled the slot before us and gave the right to us. */
    bytes = atomic_load_explicit(&backing_of(shape, control, slot)->bytes, memory_order_relaxed);
    bytes = bytes < shape->slot_size ? bytes : shape->slot_size;
    return bytes > shape->reserve_size ? bytes : shape->reserve_size;
}

uint64_t sx_backing_used(const struct sx_shape *shape, const struct sx_control *control,
                         uint32_t slot)
{
    return atomic_load_explicit(&backing_of(shape, control, slot)->used_seq, memory_order_relaxed);
}

/* Whole pages within the slot, from that much of its body on; by the mapping, so that no descriptor
 * is needed. (A file system that cannot do it keeps them, which is no harm: they are taken again
 * when they are needed.) */
static void punch(const struct sx_shape *shape, struct sx_control *control, uint32_t slot,
                  uint64_t bytes)
{
    unsigned char *file = (unsigned char *)control - SX_PAGE;
    uint64_t page = page_bytes();
    uint64_t from = (body_at(shape, slot) + bytes + page - 1) / page * page;
    uint64_t to = (body_at(shape, slot) + shape->slot_size) / page * page;
    int saved = errno;

    if (from < to)
        (void)SX_TRY(backing_punch, madvise(file + from, to - from, MADV_REMOVE));
    errno = saved;
}

int sx_backing_take(int fd, const struct sx_shape *shape, struct sx_control *control, uint32_t slot,
                    uint64_t need)
{
    struct sx_backing *backing = backing_of(shape, control, slot);
    uint64_t have = sx_backing_size(shape, control, slot), body = body_at(shape, slot);
    uint64_t page = page_bytes();
    /* To the end of the page, which is taken in any case. */
    uint64_t end = (body + need + page - 1) / page * page - body;
    int failed;

    end = end < shape->slot_size ? end : shape->slot_size;
    failed = sx_reserve_range(fd, body + have, body + end);
    if (failed) {
        punch(shape, control, slot, have);
        return failed;
    }
    /* Relaxed: for who may fill the slot next, who learns of that by other words. */
    SX_STORE(backing_raise, &backing->bytes, end, memory_order_relaxed);
    return 0;
}

void sx_backing_use(const struct sx_shape *shape, struct sx_control *control, uint32_t slot,
                    uint64_t seq)
{
    struct sx_backing *backing = backing_of(shape, control, slot);

    SX_STORE(backing_use, &backing->used_seq, seq, memory_order_relaxed);
}

void sx_backing_give_back(const struct sx_shape *shape, struct sx_control *control, uint32_t slot)
{
    struct sx_backing *backing = backing_of(shape, control, slot);

    SX_STORE(backing_lower, &backing->bytes, 0, memory_order_relaxed);
    punch(shape, control, slot, shape->reserve_size);
}
