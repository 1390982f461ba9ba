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
#ifndef BRIDGE_LINK_H
#define BRIDGE_LINK_H

#include "nats/failure.h"
#include "nats/jetstream.h"
#include "nats/server.h"

#include <stdbool.h>
#include <stdint.h>

enum bridge_link_state {
    BRIDGE_LINK_DOWN,
    BRIDGE_LINK_OPENING,
    BRIDGE_LINK_UP,
    BRIDGE_LINK_SURVEYING
};

typedef enum bridge_failure_kind bridge_survey_fn(natsConnection *nc,
                                                  const struct bridge_jetstream_options *options,
                                                  const struct bridge_wish *wish,
                                                  struct bridge_jetstream_facts *facts,
                                                  struct bridge_failure *failure);

struct bridge_link_job;

struct bridge_link {
    const struct bridge_server_options *server;
    const struct bridge_jetstream_options *jetstream;
    bridge_survey_fn *survey;
    char name[256]; /* as the server shows it */
    int fd;         /* readable when something has come, or an attempt has ended */
    enum bridge_link_state state;
    natsConnection *nc;
    natsSubscription *sub;
    struct bridge_mailbox *mailbox;
    char inbox[128];
    struct bridge_wish wish;             /* for the next survey */
    struct bridge_jetstream_facts facts; /* as of the last one */
    bool unsent; /* something was published since the last flush: set by whoever publishes */
    struct bridge_link_job *job;
    int64_t retry_ns;   /* DOWN: when to try again */
    int64_t backoff_ns; /* how long to wait after the next failure */
    int64_t give_up_ns; /* OPENING: when to leave the thread to itself */
    int64_t down_since_ns;
};

enum bridge_link_event {
    BRIDGE_LINK_NOTHING,
    BRIDGE_LINK_OPENED,  /* UP, after OPENING or SURVEYING: there are new facts */
    BRIDGE_LINK_TROUBLE, /* an attempt has failed, see `failure`; DOWN */
};

/* The members of the first block must be filled in. -errno, or 0. */
int bridge_link_init(struct bridge_link *link);
void bridge_link_close(struct bridge_link *link);

/* What is due: to be called whenever `fd` is readable or bridge_link_due has come. */
enum bridge_link_event bridge_link_run(struct bridge_link *link, struct bridge_failure *failure);
int64_t bridge_link_due(const struct bridge_link *link);

/*
 * Sends on what was published since the last call. The library would do so too, but only after it
 * has waited a millisecond for more: for a program that is about to sleep that is a millisecond
 * lost.
 */
void bridge_link_flush(struct bridge_link *link);

/* UP: look again at what is there. */
void bridge_link_look_again(struct bridge_link *link);

/* Lets the connection go, and tries anew, at once for the first time. */
void bridge_link_lose(struct bridge_link *link);

#endif /* BRIDGE_LINK_H */
