/* SPDX-License-Identifier: MIT */
/*
 * ZeroMQ: XPUB without drops and SUB, over an ipc socket; replies by PUSH and PULL. The publisher
 * begins when it has seen all subscriptions, and ends when it has seen all leave.
 */
#include <unistd.h>

#include <zmq.h>

#include "loops.h"

struct end {
    void *socket;
    zmq_msg_t message;
    bool held;
};

static const char *address(const char *which)
{
    static char text[4200];

    snprintf(text, sizeof text, "ipc://%s", path_of("zmq-%s", which));
    return text;
}

static void *open_socket(void *context, int type, bool binds, const char *which)
{
    void *socket = zmq_socket(context, type);
    int one = 1, most = 1024;

    if (!socket)
        wrong("zmq_socket");
    zmq_setsockopt(socket, ZMQ_SNDHWM, &most, sizeof most);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &most, sizeof most);
    if (type == ZMQ_XPUB) {
        must_errno(zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &one, sizeof one), "ZMQ_XPUB_NODROP");
        /* Tells of everybody who subscribes and leaves, not only of the first and the last. */
        must_errno(zmq_setsockopt(socket, ZMQ_XPUB_VERBOSER, &one, sizeof one),
                   "ZMQ_XPUB_VERBOSER");
    }
    if (type == ZMQ_SUB)
        must_errno(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0), "ZMQ_SUBSCRIBE");
    must_errno(binds ? zmq_bind(socket, address(which)) : zmq_connect(socket, address(which)),
               "zmq_bind or zmq_connect");
    return socket;
}

static void send_message(void *context, const void *data, size_t bytes)
{
    must_errno(zmq_send(((struct end *)context)->socket, data, bytes, 0), "zmq_send");
}

static size_t receive(void *context, const void **data)
{
    struct end *end = context;

    if (end->held)
        zmq_msg_close(&end->message);
    zmq_msg_init(&end->message);
    must_errno(zmq_msg_recv(&end->message, end->socket, 0), "zmq_msg_recv");
    end->held = true;
    *data = zmq_msg_data(&end->message);
    return zmq_msg_size(&end->message);
}

/* Every receiver says that it comes, or leaves. */
static void hear_all(const struct end *end, unsigned consumers)
{
    char said[8];

    for (unsigned i = 0; i < consumers; i++)
        must_errno(zmq_recv(end->socket, said, sizeof said, 0), "a subscription");
}

static void play_sender(struct role *role)
{
    const struct entry *entry = role->entry;
    void *context = zmq_ctx_new();
    struct end there = {.socket = open_socket(context, ZMQ_XPUB, true, "there")}, back = {0};

    if (entry->kind == ECHO)
        back.socket = open_socket(context, ZMQ_PULL, true, "back");
    hear_all(&there, entry->consumers);
    role_begin(role);
    if (entry->kind == ECHO)
        send_values(role, &there, send_message, NULL, receive, &back);
    else
        send_values(role, &there, send_message, NULL, NULL, NULL);
    hear_all(&there, entry->consumers);
    if (back.socket)
        zmq_close(back.socket);
    zmq_close(there.socket);
    zmq_ctx_term(context);
}

static void play_receiver(struct role *role)
{
    void *context = zmq_ctx_new();
    struct end there = {.socket = open_socket(context, ZMQ_SUB, false, "there")}, back = {0};

    if (role->entry->kind == ECHO)
        back.socket = open_socket(context, ZMQ_PUSH, false, "back");
    role_ready(role);
    if (role->entry->kind == ECHO)
        receive_values(role, &there, receive, send_message, &back);
    else
        receive_values(role, &there, receive, NULL, NULL);
    if (back.socket)
        zmq_close(back.socket);
    zmq_msg_close(&there.message);
    zmq_close(there.socket);
    zmq_ctx_term(context);
}

static void clean(struct entry *entry)
{
    (void)entry;
    unlink(path_of("zmq-there"));
    unlink(path_of("zmq-back"));
}

const struct transport transport_zmq = {.name = "ZeroMQ",
                                        .own_threads = true,
                                        .payload_most = 1u << 30,
                                        .consumers_most = CONSUMERS_MOST,
                                        .send = play_sender,
                                        .receive = play_receiver,
                                        .clean = clean};
