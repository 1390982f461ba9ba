/* SPDX-License-Identifier: MIT */
/* In place of watch_ring.c where there is no liburing: nothing is ever armed. */
#include "watch.h"

int watch_ring_prepare_next(struct streamx_consumer *consumer)
{
    (void)consumer;
    return -EOPNOTSUPP;
}

int watch_ring_prepare_wait(struct streamx_producer *producer, unsigned events)
{
    (void)producer;
    (void)events;
    return -EOPNOTSUPP;
}

bool rings_can_be_armed(void)
{
    return false;
}

struct watch_ring *watch_ring_open(void)
{
    ck_abort_msg("no liburing");
    return NULL;
}

void watch_ring_close(struct watch_ring *ring)
{
    (void)ring;
}

void watch_ring_consumer(struct watch_ring *ring, struct streamx_consumer *consumer)
{
    (void)ring;
    (void)consumer;
}

int watch_ring_refused(struct watch_ring *ring, struct streamx_consumer *consumer)
{
    (void)ring;
    (void)consumer;
    return -EOPNOTSUPP;
}

void watch_ring_producer(struct watch_ring *ring, struct streamx_producer *producer,
                         unsigned events)
{
    (void)ring;
    (void)producer;
    (void)events;
}
