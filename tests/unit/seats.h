/* SPDX-License-Identifier: MIT */
/* A linked segment to try seats on, without a producer's handle. */
#ifndef STREAMX_TEST_SEATS_H
#define STREAMX_TEST_SEATS_H

#include <stdio.h>

#include "memory/name.h"
#include "memory/registry.h"
#include "support.h"

static inline void make_segment(struct sx_segment *segment, uint32_t seats, uint32_t slots)
{
    struct sx_header header = {
        .slots = slots, .slot_size = 64, .reserve_size = 64, .max_consumers = seats, .name = "s"};
    char *path;

    ck_assert_int_eq(sx_name_path("s", &path), 0);
    ck_assert_int_eq(sx_segment_create(segment, path, &header, 0600), 0);
    ck_assert_int_eq(sx_name_link(segment), 0);
}

static inline void drop_segment(struct sx_segment *segment)
{
    ck_assert_int_eq(sx_name_unbind(segment->path, segment->fd, 0), 0);
    sx_segment_close(segment);
}

static inline void open_segment(struct sx_segment *segment)
{
    ck_assert_int_eq(sx_segment_open(segment, stream_path("s"), "s", false), 0);
}

#endif
