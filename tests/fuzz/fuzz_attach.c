/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: whatever the bytes of a stream's file are, no call of either side leaves its
 * mappings, sends a signal, waits beyond its timeout, or crashes.
 *
 * An input is a program. Its first byte chooses an honest file to begin with, and whether its
 * producer seems to live; each further one an action: change the file (patch.c), change its size,
 * or make one call of the public interface, on up to two consumers and two producers. So bytes
 * change before, between and after the calls of one handle. Nothing runs at the same time: that is
 * fuzz_live.
 *
 * The file never shrinks while it is mapped: that ends its users with SIGBUS, as documented.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "kernel/liveness.h"
#include "templates.h"

#define ACTIONS_MAX 24
#define CONSUMERS 2u
#define PRODUCERS 2u
#define SHORT_NS INT64_C(5000)

struct world {
    struct feed feed;
    struct terrain terrain; /* of the file at hand */
    int fd;                 /* the file, as the hostile peer has it */
    int lock_fd;            /* holds the locks of peers that are not there */
    struct streamx_producer *producers[PRODUCERS];
    struct streamx_producer **producer; /* of this action */
    struct streamx_consumer *consumers[CONSUMERS];
    bool taps[CONSUMERS]; /* which of them are */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int64_t timeout(struct world *world)
{
    return feed_below(&world->feed, 8) == 7 ? SHORT_NS : STREAMX_NOWAIT;
}

/* ---- the hostile peer ------------------------------------------------------------------------ */

static void open_again(struct world *world)
{
    if (world->fd >= 0)
        close(world->fd);
    world->fd = open(stream_file(), O_RDWR | O_CLOEXEC);
}

static void lay_out(struct world *world)
{
    uint8_t first = feed_byte(&world->feed);
    const struct template *template = template_at((first & 0x7f) % TEMPLATES);
    size_t size = template->terrain.file_bytes;

    world->terrain = template->terrain;
    world->fd = open(stream_file(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (world->fd < 0 || pwrite(world->fd, template->bytes, size, 0) != (ssize_t)size)
        abort();
    world->lock_fd = open(stream_file(), O_RDWR | O_CLOEXEC);
    if (first & 0x80)
        sx_liveness_share(world->lock_fd, SX_LOCK_PRODUCER);
}

static bool mapped(const struct world *world)
{
    return world->producers[0] || world->producers[1] || world->consumers[0] || world->consumers[1];
}

static void resize(struct world *world)
{
    int64_t change = (int16_t)feed_number(&world->feed, 2);
    int64_t size = (int64_t)world->terrain.file_bytes + change;
    struct stat status;

    if (size < 0 || fstat(world->fd, &status) != 0)
        return;
    if (size >= status.st_size || !mapped(world))
        (void)!ftruncate(world->fd, size);
}

static void pretend_life(struct world *world)
{
    uint8_t which = feed_byte(&world->feed);
    int64_t byte = which < 64    ? SX_LOCK_PRODUCER
                   : which < 128 ? SX_LOCK_SEAT + which - 64
                                 : SX_LOCK_CONSUMER + which - 128;

    if (which & 1)
        sx_liveness_hold(world->lock_fd, byte);
    else
        sx_liveness_release(world->lock_fd, byte);
}

/* ---- consumers ------------------------------------------------------------------------------- */

static struct streamx_consumer **some_consumer(struct world *world)
{
    return &world->consumers[feed_below(&world->feed, CONSUMERS)];
}

static void subscribe(struct world *world)
{
    struct streamx_consumer **consumer = some_consumer(world);
    uint8_t how = feed_byte(&world->feed);
    const struct streamx_subscribe_options options = {
        .start = how % 4,
        .spin_ns = how & 4 ? -1 : 0,
        .type = how & 8 ? "t/8" : NULL,
        .label = how & 16 ? "label" : NULL,
        .flags = (how & 32 ? STREAMX_TAP : 0) | (how & 64 ? STREAMX_PATIENT : 0),
    };

    if (!*consumer)
        world->taps[consumer - world->consumers] = how & 32;
    if (!*consumer)
        streamx_subscribe(consumer, STREAM, &options, timeout(world));
}

/* The messages behind the first, as the contract has them: each end is read once. */
static void walk(const struct streamx_parts *parts)
{
    const volatile uint32_t *ends = parts->ends;
    uint64_t begin = parts->first.len;

    for (unsigned i = 0; i + 1 < parts->count; i++) {
        uint64_t end = ends[i];

        begin += parts->gap;
        if (end < begin || end > parts->bytes)
            return; /* the memory contradicts itself */
        guard_touch((const unsigned char *)parts->base + begin, end - begin);
        begin = end;
    }
}

static void receive_parts(struct world *world)
{
    unsigned index = feed_below(&world->feed, CONSUMERS), most = feed_below(&world->feed, 5);
    struct streamx_parts parts;

    if (!world->consumers[index] ||
        streamx_take_parts(world->consumers[index], &parts, most, timeout(world)) != 1)
        return;
    if (parts.count < 1 || parts.count > most)
        abort();
    if (guard_covers(parts.first.data, parts.first.len) == world->taps[index])
        abort();
    guard_touch(parts.first.data, parts.first.len + parts.first.gap);
    walk(&parts);
}

static void receive(struct world *world, bool next)
{
    unsigned index = feed_below(&world->feed, CONSUMERS);
    struct streamx_consumer *consumer = world->consumers[index];
    struct streamx_message message;
    int result;

    if (!consumer)
        return;
    result = next ? streamx_next(consumer, &message, timeout(world))
                  : streamx_take(consumer, &message, timeout(world));
    /* what is handed out is readable, all of it, and lies where it is said to */
    if (result == 1 && guard_covers(message.data, message.len + message.gap) == world->taps[index])
        abort();
    if (result == 1)
        guard_touch(message.data, message.len + message.gap);
}

static void acknowledge(struct world *world)
{
    struct streamx_consumer *consumer = *some_consumer(world);
    uint64_t seq = feed_byte(&world->feed);

    if (consumer)
        streamx_ack(consumer, seq == 255 ? feed_number(&world->feed, 8) : seq);
}

static void unsubscribe(struct world *world)
{
    struct streamx_consumer **consumer = some_consumer(world);

    streamx_unsubscribe(*consumer);
    *consumer = NULL;
}

/* ---- the producer ---------------------------------------------------------------------------- */

static void create(struct world *world)
{
    const struct template *template = template_at(feed_below(&world->feed, TEMPLATES));

    struct stat status;

    if (*world->producer || streamx_create(world->producer, STREAM, &template->options) != 0)
        return;
    open_again(world);
    /* unless it has come into one of another shape */
    if (world->fd >= 0 && fstat(world->fd, &status) == 0 &&
        (uint64_t)status.st_size == template->terrain.file_bytes)
        world->terrain = template->terrain;
}

/* Short, or as long as some pages. */
static size_t length(struct world *world)
{
    size_t len = feed_byte(&world->feed);

    return len < 240 ? len : (len - 239) * 1024;
}

static void put(struct world *world)
{
    static const char bytes[16384];
    size_t len = length(world);
    unsigned n = feed_below(&world->feed, 6);
    const struct iovec one = {(void *)(uintptr_t)bytes, len};
    const struct iovec batch[] = {one, one, one, one, one};

    if (!*world->producer)
        return;
    streamx_stamp(*world->producer, len);
    if (n == 0)
        streamx_put(*world->producer, bytes, len, timeout(world));
    else
        streamx_putv(*world->producer, batch, n, timeout(world));
}

/* Good parts and bad ones. */
static void publish_parts(struct world *world, uint32_t len)
{
    uint32_t ends[4];
    unsigned n = feed_below(&world->feed, 5), gap = feed_byte(&world->feed) % 4;

    for (unsigned i = 0; i < 4; i++)
        ends[i] = feed_byte(&world->feed) % (len + 1);
    if (streamx_publish_parts(*world->producer, ends, n, gap) != 0)
        streamx_discard(*world->producer);
}

static void lend(struct world *world)
{
    size_t capacity, len = length(world);
    void *data;

    if (!*world->producer)
        return;
    if ((len % 2
             ? streamx_loan(*world->producer, &data, &capacity, timeout(world))
             : streamx_loan_at_least(*world->producer, len, &data, &capacity, timeout(world))) != 0)
        return;
    if (!guard_covers(data, capacity) || (len % 2 == 0 && capacity < len))
        abort();
    memset(data, 'l', capacity);
    if (len % 8 == 7)
        streamx_discard(*world->producer);
    else if (len % 8 == 6)
        publish_parts(world, (uint32_t)len);
    else
        streamx_publish(*world->producer, len);
}

static void wait_for(struct world *world)
{
    unsigned events = feed_below(&world->feed, 16);

    if (*world->producer)
        streamx_wait(*world->producer, events, timeout(world));
}

static void drain(struct world *world)
{
    if (*world->producer)
        streamx_drain(*world->producer, timeout(world));
}

/* The descriptors for event loops: their readiness is renewed by the NOWAIT calls. */
static void poll_fds(struct world *world)
{
    struct streamx_consumer *consumer = *some_consumer(world);
    unsigned events = feed_below(&world->feed, 16);
    struct pollfd fds[] = {{.fd = -1, .events = POLLIN}, {.fd = -1, .events = POLLIN}};

    if (consumer)
        fds[0].fd = streamx_consumer_fd(consumer);
    if (*world->producer)
        fds[1].fd = streamx_producer_fd(*world->producer, events);
    poll(fds, 2, 0);
}

static void finish(struct world *world)
{
    if (feed_byte(&world->feed) & 1)
        streamx_close(*world->producer, timeout(world));
    else
        streamx_abandon(*world->producer);
    *world->producer = NULL;
}

/* ---- those who look -------------------------------------------------------------------------- */

static int see_consumer(const struct streamx_consumer_info *info, void *arg)
{
    size_t *seen = arg;

    if (strnlen(info->label, sizeof info->label) == sizeof info->label)
        abort();
    return ++*seen > STREAMX_CONSUMERS_MAX ? 1 : 0;
}

static int see_producer(const struct streamx_producer_info *info, void *arg)
{
    size_t *seen = arg;

    if (strnlen(info->label, sizeof info->label) == sizeof info->label || info->has_turn > 1)
        abort();
    return ++*seen > STREAMX_PRODUCERS_MAX ? 1 : 0;
}

static int see_name(const char *name, void *arg)
{
    (void)arg;
    return strlen(name) > 255;
}

static void look(struct world *world)
{
    struct streamx_info info;
    size_t seen = 0, producers = 0;

    if (streamx_inspect(STREAM, &info, sizeof info) == 0 &&
        (strnlen(info.name, sizeof info.name) == sizeof info.name ||
         strnlen(info.type, sizeof info.type) == sizeof info.type))
        abort();
    if (streamx_inspect_consumers(STREAM, see_consumer, &seen) == 1)
        abort();
    if (streamx_inspect_producers(STREAM, see_producer, &producers) == 1)
        abort();
    if (feed_byte(&world->feed) == 0 && streamx_list(see_name, NULL) != 0)
        abort();
}

static void remove_name(struct world *world)
{
    streamx_remove(STREAM, feed_byte(&world->feed) & 1 ? STREAMX_FORCE : 0);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void relabel(struct world *world)
{
    struct streamx_consumer *consumer = *some_consumer(world);

    if (consumer)
        streamx_relabel(consumer, "another label");
}

/* Below 64: which call in the lower four bits, and above them whose. */
static void act(struct world *world)
{
    static void (*const calls[16])(struct world *) = {
        subscribe, unsubscribe, acknowledge, create,       put,      lend,  wait_for, finish,
        look,      remove_name, resize,      pretend_life, poll_fds, drain, relabel,  receive_parts,
    };
    uint8_t action = feed_byte(&world->feed);

    world->producer = &world->producers[action / 16 % PRODUCERS];
    if (action >= 128)
        patch(world->fd, &world->terrain, &world->feed);
    else if (action >= 64)
        receive(world, action & 1);
    else
        calls[action % 16](world);
}

static void clean_up(struct world *world)
{
    for (unsigned i = 0; i < CONSUMERS; i++)
        streamx_unsubscribe(world->consumers[i]);
    for (unsigned i = 0; i < PRODUCERS; i++)
        streamx_abandon(world->producers[i]);
    close(world->fd);
    close(world->lock_fd);
    unlink(stream_file());
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct world world = {.feed = {bytes, size}, .fd = -1, .lock_fd = -1};

    lay_out(&world);
    for (int i = 0; i < ACTIONS_MAX && !feed_empty(&world.feed); i++)
        act(&world);
    clean_up(&world);
    return 0;
}
