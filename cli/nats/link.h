/* SPDX-License-Identifier: MIT */
/*
 * The bridge's connection to the server, whatever becomes of it.
 *
 *     DOWN -> OPENING -> UP -> (lost) DOWN
 *                  UP -> SURVEYING -> UP
 *
 * To open is to connect, to subscribe to an inbox of one's own, and to survey what is there. All
 * of that blocks, so that a thread does it; the program goes on meanwhile, and hears signals. A
 * thread that comes to no end (in a TLS handshake with a server that was stopped, say) is left to
 * itself, and another tries.
 */
#ifndef SX_NATS_LINK_H
#define SX_NATS_LINK_H

#include "nats/failure.h"
#include "nats/jetstream.h"
#include "nats/server.h"

#include <stdbool.h>
#include <stdint.h>

enum sx_link_state { SX_LINK_DOWN, SX_LINK_OPENING, SX_LINK_UP, SX_LINK_SURVEYING };

typedef enum sx_failure_kind sx_survey_fn(natsConnection *nc,
                                          const struct sx_jetstream_options *options,
                                          struct sx_jetstream_facts *facts,
                                          struct sx_failure *failure);

struct sx_link_job;

struct sx_link {
    const struct sx_server_options *server;
    const struct sx_jetstream_options *jetstream;
    sx_survey_fn *survey;
    char name[256]; /* as the server shows it */
    int fd;         /* readable when something has come, or an attempt has ended */
    enum sx_link_state state;
    natsConnection *nc;
    natsSubscription *sub;
    struct sx_mailbox *mailbox;
    char inbox[128];
    struct sx_jetstream_facts facts; /* as of the last survey */
    bool unsent; /* something was published since the last flush: set by whoever publishes */
    struct sx_link_job *job;
    int64_t retry_ns;   /* DOWN: when to try again */
    int64_t backoff_ns; /* how long to wait after the next failure */
    int64_t give_up_ns; /* OPENING: when to leave the thread to itself */
    int64_t down_since_ns;
};

enum sx_link_event {
    SX_LINK_NOTHING,
    SX_LINK_OPENED,  /* UP, after OPENING or SURVEYING: there are new facts */
    SX_LINK_TROUBLE, /* an attempt has failed, see `failure`; DOWN */
};

/* The members of the first block must be filled in. -errno, or 0. */
int sx_link_init(struct sx_link *link);
void sx_link_close(struct sx_link *link);

/* What is due: to be called whenever `fd` is readable or sx_link_due has come. */
enum sx_link_event sx_link_run(struct sx_link *link, struct sx_failure *failure);
int64_t sx_link_due(const struct sx_link *link);

/*
 * Sends on what was published since the last call. The library would do so too, but only after it has
 * waited a millisecond for more: for a program that is about to sleep that is a millisecond lost.
 */
void sx_link_flush(struct sx_link *link);

/* UP: look again at what is there. */
void sx_link_look_again(struct sx_link *link);

/* Lets the connection go, and tries anew, at once for the first time. */
void sx_link_lose(struct sx_link *link);

#endif /* SX_NATS_LINK_H */
