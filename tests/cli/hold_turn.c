/* SPDX-License-Identifier: MIT */
/*
 * hold_turn NAME lend|wait: comes into a shared stream, and has its turn, with a slot lent, until
 * standard input ends; or puts a message, which may have to wait for its turn.
 */
#include <streamx.h>
#include <string.h>
#include <unistd.h>

static int lend(struct streamx_producer *producer)
{
    size_t capacity;
    void *data;
    char byte;
    int result = streamx_loan(producer, &data, &capacity, STREAMX_FOREVER);

    while (result == 0 && read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    streamx_discard(producer);
    return result;
}

int main(int argc, char **argv)
{
    const struct streamx_options options = {
        .slots = 4, .slot_size = 64, .flags = STREAMX_SHARED, .min_consumers = 1};
    struct streamx_producer *producer;
    int result;

    if (argc != 3 || streamx_create(&producer, argv[1], &options) != 0)
        return 2;
    if (strcmp(argv[2], "lend") == 0)
        result = lend(producer);
    else
        result = streamx_put(producer, "put", 3, STREAMX_FOREVER);
    if (streamx_close(producer, STREAMX_FOREVER) != 0)
        return 1;
    return result ? 1 : 0;
}
