/* SPDX-License-Identifier: MIT */
/*
 * A program that knows nothing but the installed header: valid C11 and C++11, with every warning
 * on. Both sides in one process; its exit status tells whether the value came through.
 */
#include <streamx.h>

#include <stdio.h>
#include <string.h>

struct sample {
    uint32_t id;
    double value;
};

STREAMX_DEFINE_TYPED(samples, struct sample)

static int untyped(void)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int count = 0;

    if (streamx_create(&producer, "foreign", NULL) != 0 ||
        streamx_subscribe(&consumer, "foreign", NULL, STREAMX_NOWAIT) != 0 ||
        streamx_put(producer, "hello", 5, STREAMX_NOWAIT) != 0)
        return 1;
    if (streamx_close(producer, STREAMX_NOWAIT) != -ETIMEDOUT)
        return 2;
    streamx_for_each(consumer, &message)
        count += message.len == 5 && memcmp(message.data, "hello", 5) == 0;
    streamx_unsubscribe(consumer);
    return count == 1 ? 0 : 3;
}

static int typed(void)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct sample sample = {7, 0.5}, got = {0, 0};

    if (samples_create(&producer, "foreign", NULL) != 0 ||
        samples_subscribe(&consumer, "foreign", NULL, STREAMX_NOWAIT) != 0 ||
        samples_put(producer, &sample, STREAMX_NOWAIT) != 0 ||
        samples_next(consumer, &got, STREAMX_NOWAIT) != 1)
        return 4;
    streamx_unsubscribe(consumer);
    streamx_abandon(producer);
    if (streamx_remove("foreign", 0) != 0)
        return 5;
    return got.id == 7 && got.value == 0.5 ? 0 : 6;
}

int main(void)
{
    int failed = untyped();

    if (failed == 0)
        failed = typed();
    printf("%s: %d\n", streamx_version(), failed);
    return failed;
}
