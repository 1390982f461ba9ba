/* SPDX-License-Identifier: MIT */
/*
 * What a stream's file looks like after a few messages, single and in batches, partly acknowledged,
 * with a consumer attached, and of a shared stream a second producer: made by the library itself,
 * in several shapes, and kept as bytes.
 */
#define _GNU_SOURCE
#include "templates.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct streamx_options shapes[TEMPLATES] = {
    {.slots = 1, .slot_size = 64, .max_consumers = 2},
    {.slots = 4, .slot_size = 128, .max_consumers = 4},
    {.slots = 3, .slot_size = 100, .max_consumers = 3, .flags = STREAMX_TIMESTAMPS, .type = "t/8"},
    {.slots = 8, .slot_size = 32, .max_consumers = 1, .evict_after_ns = 1000},
    {.slots = 2, .slot_size = 256, .max_consumers = 8, .min_consumers = 1, .flags = STREAMX_PIPE},
    {.slots = 16, .slot_size = 1, .max_consumers = 64},
    {.slots = 2, .slot_size = 300, .reserve_size = 20, .max_consumers = 2},
    {.slots = 4, .slot_size = 64, .max_consumers = 3, .flags = STREAMX_RESUME | STREAMX_STAMPS},
    [SHARED_FIRST] = {.slots = 1,
                      .slot_size = 64,
                      .max_consumers = 2,
                      .max_producers = 2,
                      .flags = STREAMX_SHARED},
    {.slots = 4,
     .slot_size = 128,
     .max_consumers = 4,
     .max_producers = 4,
     .flags = STREAMX_SHARED | STREAMX_RESUME | STREAMX_STAMPS},
    {.slots = 3,
     .slot_size = 16000,
     .reserve_size = 50,
     .max_consumers = 2,
     .max_producers = 3,
     .flags = STREAMX_SHARED | STREAMX_RESUME,
     .type = "t/8"},
    {.slots = 8,
     .slot_size = 32,
     .max_consumers = 2,
     .max_producers = 64,
     .flags = STREAMX_SHARED | STREAMX_PIPE,
     .evict_after_ns = 1000},
};

static struct template templates[TEMPLATES];
static char directory[] = "/dev/shm/streamx-fuzz.XXXXXX";
static char file[PATH_MAX];

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void remove_directory(void)
{
    unlink(file);
    rmdir(directory);
}

static void make_directory(void)
{
    check(mkdtemp(directory) != NULL, directory);
    check(setenv("STREAMX_DIR", directory, 1) == 0, "STREAMX_DIR");
    snprintf(file, sizeof file, "%s/streamx." STREAM, directory);
    atexit(remove_directory);
}

static void use_parts(struct streamx_producer *producer)
{
    void *data;
    size_t capacity;

    if (streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT) != 0)
        return;
    memcpy(data, "a\nbc\nd", capacity < 6 ? capacity : 6);
    if (streamx_publish_parts(producer, (const uint32_t[]){1, 4, 6}, 3, 1) != 0)
        streamx_discard(producer);
}

/* Some messages of all kinds, some taken, one of them acknowledged. */
static void use(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    const struct iovec batch[] = {{(void *)"one", 3}, {(void *)"", 0}, {(void *)"three", 5}};
    const struct iovec alike[] = {{(void *)"ab", 2}, {(void *)"cd", 2}, {(void *)"ef", 2}};
    struct streamx_message message;

    for (int i = 0; i < 4; i++) {
        streamx_stamp(producer, 40 + (uint64_t)i);
        streamx_put(producer, "x", 1, STREAMX_NOWAIT);
        streamx_putv(producer, i % 2 == 0 ? batch : alike, 3, STREAMX_NOWAIT);
        use_parts(producer);
        streamx_next(consumer, &message, STREAMX_NOWAIT);
    }
}

static void make(struct template *template, const struct streamx_options *options)
{
    struct streamx_producer *producer, *second = NULL;
    struct streamx_consumer *consumer;
    ssize_t size;
    int fd;

    template->options = *options;
    template->terrain = terrain_of(options);
    check(template->terrain.file_bytes <= TEMPLATE_BYTES_MAX, "a template's size");
    check(streamx_create(&producer, STREAM, options) == 0, "create");
    check(streamx_subscribe(&consumer, STREAM, NULL, STREAMX_NOWAIT) == 0, "subscribe");
    use(producer, consumer);
    if (options->flags & STREAMX_SHARED) {
        check(streamx_create(&second, STREAM, options) == 0, "come in");
        use(second, consumer);
    }
    fd = open(file, O_RDONLY | O_CLOEXEC);
    check(fd >= 0, file);
    size = pread(fd, template->bytes, sizeof template->bytes, 0);
    check(size == (ssize_t) template->terrain.file_bytes, "the file's size");
    close(fd);
    streamx_unsubscribe(consumer);
    streamx_abandon(second);
    streamx_abandon(producer);
    unlink(file);
}

const struct template *template_at(unsigned index)
{
    if (file[0] == '\0') {
        make_directory();
        for (unsigned i = 0; i < TEMPLATES; i++)
            make(&templates[i], &shapes[i]);
    }
    return &templates[index];
}

const char *stream_file(void)
{
    return file;
}
