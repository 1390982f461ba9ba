/* SPDX-License-Identifier: MIT */
/*
 * Example: a file goes through a stream into another file, and no byte is copied by either program.
 *
 *   zero_copy FROM TO
 *
 * The producer has io_uring read straight into the slot that it was lent, and publishes what came.
 * The consumer keeps up to eight messages in hand (take), has io_uring write them out from where
 * they lie, and acknowledges as the writes complete: a slot is refilled only when its bytes are
 * out. Both wait for their stream on the same ring as for their file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <streamx_uring.h>

#define STREAM "zero_copy"
#define IN_HAND 8u
#define SLOT_BYTES 16384u
#define STREAM_READY UINT64_C(1000) /* user data; the numbers below are those of writes */

static struct io_uring ring;

static int need(int result, const char *what)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

/* The next completion that is ours: whose it is, and its result. */
static uint64_t completed(int *result)
{
    struct io_uring_cqe *completion;
    uint64_t user_data;

    do {
        int failed = io_uring_submit(&ring);

        if (failed >= 0)
            failed = io_uring_wait_cqe(&ring, &completion);
        if (failed == -EINTR)
            continue;
        need(failed, "io_uring");
        user_data = completion->user_data;
        *result = completion->res;
        io_uring_cqe_seen(&ring, completion);
        if (user_data != UINT64_MAX) /* streamx's own */
            return user_data;
    } while (true);
}

static void arm(int armed)
{
    if (armed == -EOPNOTSUPP)
        exit(77); /* before kernel 6.7, or forbidden */
    need(armed, "arm");
}

/* ---- the producer: from the file into the slots -------------------------------------------- */

static void *borrow(struct streamx_producer *producer, size_t *room)
{
    void *slot;
    int result, failed;

    while ((failed = streamx_loan(producer, &slot, room, STREAMX_NOWAIT)) == -EAGAIN) {
        arm(streamx_arm_wait(producer, &ring, STREAMX_ROOM, STREAM_READY));
        completed(&result);
    }
    need(failed, "loan");
    return slot;
}

static void produce(int file)
{
    const struct streamx_options options = {
        .slots = IN_HAND, .slot_size = SLOT_BYTES, .min_consumers = 1};
    struct streamx_producer *producer;
    uint64_t offset = 0;
    int length;

    need(streamx_create(&producer, STREAM, &options), "create");
    do {
        size_t room;
        void *slot = borrow(producer, &room);
        struct io_uring_sqe *entry = io_uring_get_sqe(&ring);

        io_uring_prep_read(entry, file, slot, (unsigned)room, offset);
        entry->user_data = 0;
        completed(&length);
        need(length, "read");
        if (length > 0)
            need(streamx_publish(producer, (size_t)length), "publish");
        offset += (uint64_t)length;
    } while (length > 0);
    streamx_discard(producer); /* the last loan, which the end of the file left empty */
    need(streamx_close(producer, STREAMX_FOREVER), "close");
}

/* ---- the consumer: from the slots into the file -------------------------------------------- */

/* The messages in hand, by seq modulo IN_HAND. */
struct writes {
    struct streamx_consumer *consumer;
    int file;
    uint64_t taken, acknowledged; /* seqs */
    uint64_t offset;
    bool written[IN_HAND];
    size_t length[IN_HAND];
    bool armed;
};

static void start_write(struct writes *writes, const struct streamx_message *message)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    unsigned i = message->seq % IN_HAND;

    io_uring_prep_write(entry, writes->file, message->data, (unsigned)message->len, writes->offset);
    entry->user_data = i;
    writes->written[i] = false;
    writes->length[i] = message->len;
    writes->offset += message->len;
    writes->taken = message->seq;
}

/* Writes may complete in any order; an acknowledgment is for all messages up to one. */
static void acknowledge(struct writes *writes)
{
    uint64_t seq = writes->acknowledged;

    while (seq < writes->taken && writes->written[(seq + 1) % IN_HAND])
        seq++;
    if (seq > writes->acknowledged)
        need(streamx_ack(writes->consumer, seq), "ack");
    writes->acknowledged = seq;
}

/* Takes as many as the hand holds. False: the stream has ended. */
static bool take_all(struct writes *writes)
{
    struct streamx_message message;
    int got = 1;

    while (writes->taken - writes->acknowledged < IN_HAND &&
           (got = streamx_take(writes->consumer, &message, STREAMX_NOWAIT)) == 1)
        start_write(writes, &message);
    if (got == -EAGAIN && !writes->armed) {
        arm(streamx_arm_next(writes->consumer, &ring, STREAM_READY));
        writes->armed = true;
    } else if (got != -EAGAIN) {
        need(got, "take");
    }
    return got != 0;
}

static void consume(int file)
{
    struct writes writes = {.file = file};
    bool more = true;

    need(streamx_subscribe(&writes.consumer, STREAM, NULL, STREAMX_FOREVER), "subscribe");
    while ((more = more && take_all(&writes)) || writes.acknowledged < writes.taken) {
        int result;
        uint64_t who = completed(&result);

        if (who == STREAM_READY) {
            writes.armed = false;
        } else {
            if (need(result, "write") != (int)writes.length[who])
                need(-EIO, "short write");
            writes.written[who] = true;
            acknowledge(&writes);
        }
    }
    streamx_unsubscribe(writes.consumer);
}

#define OP_FUTEX_WAITV 53 /* since kernel 6.7; older headers do not name it */

/* Whether this kernel's io_uring can wait for a stream. */
static bool can_wait(void)
{
    struct io_uring_probe *probe = io_uring_get_probe();
    bool can = probe && io_uring_opcode_supported(probe, OP_FUTEX_WAITV);

    io_uring_free_probe(probe);
    return can;
}

int main(int argc, char **argv)
{
    int from = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, status;
    int to = from >= 0 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    pid_t child;

    if (to < 0) {
        fputs("usage: zero_copy FROM TO\n", stderr);
        return 2;
    }
    if (!can_wait())
        return 77; /* before there is a child, which would wait for its other half */
    child = fork();
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (io_uring_queue_init(64, &ring, 0) != 0)
        return 77;
    if (child == 0) {
        produce(from);
        return EXIT_SUCCESS;
    }
    consume(to);
    io_uring_queue_exit(&ring);
    waitpid(child, &status, 0);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
