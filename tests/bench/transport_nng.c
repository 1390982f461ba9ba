/* SPDX-License-Identifier: MIT */
/*
 * nng: a pair of sockets over ipc, which is what nng has without drops; to one receiver. Both
 * directions of an echo use the same pair.
 */
#include <unistd.h>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include "loops.h"

struct end {
    nng_socket socket;
    void *held;
    size_t held_bytes;
};

static void must_nng(int failed, const char *what)
{
    if (failed)
        wrong(what);
}

static const char *address(void)
{
    static char text[4200];

    snprintf(text, sizeof text, "ipc://%s", path_of("nng"));
    return text;
}

static void send_message(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    must_nng(nng_send(end->socket, (void *)(uintptr_t)data, bytes, 0), "nng_send");
}

static size_t receive(void *context, const void **data)
{
    struct end *end = context;

    if (end->held)
        nng_free(end->held, end->held_bytes);
    must_nng(nng_recv(end->socket, &end->held, &end->held_bytes, NNG_FLAG_ALLOC), "nng_recv");
    *data = end->held;
    return end->held_bytes;
}

static void open_pair(struct end *end, bool listens)
{
    must_nng(nng_pair0_open(&end->socket), "nng_pair0_open");
    nng_socket_set_int(end->socket, NNG_OPT_SENDBUF, 1024);
    nng_socket_set_int(end->socket, NNG_OPT_RECVBUF, 1024);
    nng_socket_set_size(end->socket, NNG_OPT_RECVMAXSZ, 0);
    if (listens)
        must_nng(nng_listen(end->socket, address(), NULL, 0), "nng_listen");
    else
        must_nng(nng_dial(end->socket, address(), NULL, NNG_FLAG_NONBLOCK), "nng_dial");
}

/* Leaving drops what is under way. So the receiver says that it has all, and leaves when the sender
 * has left. */
static void leave(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)pipe;
    (void)event;
    (void)context;
    _exit(EXIT_SUCCESS);
}

static void play_sender(struct role *role)
{
    struct end end = {0};
    const void *farewell;

    open_pair(&end, true);
    role_begin(role);
    if (role->entry->kind == ECHO)
        send_values(role, &end, send_message, NULL, receive, &end);
    else
        send_values(role, &end, send_message, NULL, NULL, NULL);
    receive(&end, &farewell);
    nng_close(end.socket);
}

static void play_receiver(struct role *role)
{
    struct end end = {0};
    const void *nothing;

    open_pair(&end, false);
    role_ready(role);
    if (role->entry->kind == ECHO)
        receive_values(role, &end, receive, send_message, &end);
    else
        receive_values(role, &end, receive, NULL, NULL);
    must_nng(nng_pipe_notify(end.socket, NNG_PIPE_EV_REM_POST, leave, NULL), "nng_pipe_notify");
    send_message(&end, "bye", 3);
    receive(&end, &nothing);
    nng_close(end.socket);
}

static void clean(struct entry *entry)
{
    (void)entry;
    unlink(path_of("nng"));
}

const struct transport transport_nng = {.name = "nng",
                                        .own_threads = true,
                                        .payload_most = 1u << 30,
                                        .consumers_most = 1,
                                        .send = play_sender,
                                        .receive = play_receiver,
                                        .clean = clean};
