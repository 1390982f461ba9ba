/* SPDX-License-Identifier: MIT */
/*
 * What the kernel carries: a pipe, a socket pair that keeps messages apart, a POSIX message queue.
 * A pipe to more than one receiver is one pipe each, written to in turn, as tee does.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loops.h"

#define PIPE_BYTES (1 << 20)

struct end {
    int fds[CONSUMERS_MOST]; /* a receiver has one */
    unsigned count;
    size_t payload;
    unsigned char *buffer;
};

/* [receiver][reading, writing]; pairs: [receiver's, sender's]. The second row of a set carries
 * replies. */
static int there[CONSUMERS_MOST][2], back[2];

static void close_all(struct entry *entry)
{
    for (unsigned i = 0; i < entry->consumers; i++) {
        close(there[i][0]);
        close(there[i][1]);
    }
    close(back[0]);
    close(back[1]);
}

static struct end end_of(const struct entry *entry, int fd)
{
    return (struct end){
        .fds = {fd}, .count = 1, .payload = entry->payload, .buffer = value_buffer(entry->payload)};
}

static struct end all_ends(const struct entry *entry, unsigned side)
{
    struct end end = end_of(entry, there[0][side]);

    for (unsigned i = 0; i < entry->consumers; i++)
        end.fds[i] = there[i][side];
    end.count = entry->consumers;
    return end;
}

static void send_whole(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    for (unsigned i = 0; i < end->count; i++)
        for (size_t done = 0; done < bytes;) {
            ssize_t written = write(end->fds[i], (const unsigned char *)data + done, bytes - done);

            must_errno(written, "write");
            done += (size_t)written;
        }
}

/* A read gives what is there: a pipe keeps no bounds. */
static size_t receive_whole(void *context, const void **data)
{
    struct end *end = context;
    size_t done = 0;

    while (done < end->payload) {
        ssize_t got = read(end->fds[0], end->buffer + done, end->payload - done);

        must_errno(got, "read");
        if (got == 0)
            wrong("the other side has gone");
        done += (size_t)got;
    }
    *data = end->buffer;
    return done;
}

INLINE void send_by(struct role *role, struct end *forth, send_fn *send, receive_fn *receive,
                    struct end *reply)
{
    role_begin(role);
    if (role->entry->kind == ECHO)
        send_values(role, forth, send, NULL, receive, reply);
    else
        send_values(role, forth, send, NULL, NULL, NULL);
}

INLINE void receive_by(struct role *role, struct end *forth, receive_fn *receive, send_fn *send,
                       struct end *reply)
{
    role_ready(role);
    if (role->entry->kind == ECHO)
        receive_values(role, forth, receive, send, reply);
    else
        receive_values(role, forth, receive, NULL, NULL);
}

/* ---- pipe, socketpair ---------------------------------------------------------------------- */

static bool open_pipes(struct entry *entry)
{
    for (unsigned i = 0; i < entry->consumers; i++) {
        must_errno(pipe(there[i]), "pipe");
        fcntl(there[i][1], F_SETPIPE_SZ, PIPE_BYTES); /* more where it is allowed */
    }
    must_errno(pipe(back), "pipe");
    return true;
}

static bool open_pairs(struct entry *entry)
{
    for (unsigned i = 0; i < entry->consumers; i++)
        must_errno(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, there[i]), "socketpair");
    must_errno(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, back), "socketpair");
    return true;
}

static void play_sender(struct role *role)
{
    struct end forth = all_ends(role->entry, 1), reply = end_of(role->entry, back[0]);

    send_by(role, &forth, send_whole, receive_whole, &reply);
}

static void play_receiver(struct role *role)
{
    struct end forth = end_of(role->entry, there[role->index][0]);
    struct end reply = end_of(role->entry, back[1]);

    receive_by(role, &forth, receive_whole, send_whole, &reply);
}

const struct transport transport_pipe = {.name = "pipe",
                                         .payload_most = 1u << 30,
                                         .consumers_most = CONSUMERS_MOST,
                                         .prepare = open_pipes,
                                         .send = play_sender,
                                         .receive = play_receiver,
                                         .clean = close_all};

const struct transport transport_socketpair = {.name = "socketpair",
                                               .payload_most = 65536,
                                               .consumers_most = CONSUMERS_MOST,
                                               .prepare = open_pairs,
                                               .send = play_sender,
                                               .receive = play_receiver,
                                               .clean = close_all};

/* ---- message queue ------------------------------------------------------------------------- */

#define QUEUE_LONG 10 /* what everybody may have */
#define QUEUE_WIDE 8192

static int open_queue(const char *which)
{
    struct mq_attr attributes = {.mq_maxmsg = QUEUE_LONG, .mq_msgsize = QUEUE_WIDE};
    char name[64];
    int fd;

    snprintf(name, sizeof name, "/streamx-bench-%s-%d", which, (int)getpid());
    fd = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (fd >= 0)
        mq_unlink(name); /* it is inherited */
    return fd;
}

static bool open_queues(struct entry *entry)
{
    (void)entry;
    there[0][0] = there[0][1] = open_queue("there");
    back[0] = back[1] = open_queue("back");
    return there[0][0] >= 0 && back[0] >= 0;
}

static void close_queues(struct entry *entry)
{
    (void)entry;
    mq_close(there[0][0]);
    mq_close(back[0]);
}

static void send_queued(void *context, const void *data, size_t bytes)
{
    must_errno(mq_send(((struct end *)context)->fds[0], data, bytes, 0), "mq_send");
}

static size_t receive_queued(void *context, const void **data)
{
    struct end *end = context;
    ssize_t got = mq_receive(end->fds[0], (char *)end->buffer, QUEUE_WIDE, NULL);

    must_errno(got, "mq_receive");
    *data = end->buffer;
    return (size_t)got;
}

static struct end queue_end(const struct entry *entry, int fd)
{
    struct end end = end_of(entry, fd);

    free(end.buffer);
    end.buffer = value_buffer(QUEUE_WIDE);
    return end;
}

static void play_queue_sender(struct role *role)
{
    struct end forth = queue_end(role->entry, there[0][1]);
    struct end reply = queue_end(role->entry, back[0]);

    send_by(role, &forth, send_queued, receive_queued, &reply);
}

static void play_queue_receiver(struct role *role)
{
    struct end forth = queue_end(role->entry, there[0][0]);
    struct end reply = queue_end(role->entry, back[1]);

    receive_by(role, &forth, receive_queued, send_queued, &reply);
}

const struct transport transport_mq = {.name = "POSIX mq",
                                       .payload_most = QUEUE_WIDE,
                                       .consumers_most = 1,
                                       .prepare = open_queues,
                                       .send = play_queue_sender,
                                       .receive = play_queue_receiver,
                                       .clean = close_queues};
