/* SPDX-License-Identifier: MIT */
/* What both directions have in common: the link, and what becomes of the program when it fails. */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H

#include "nats/link.h"
#include "nats/options.h"

#include <stdbool.h>
#include <stdint.h>

#define BRIDGE_MORE (-1) /* go on; else an exit status */

struct bridge {
    const struct bridge_options *options;
    struct bridge_link link;
    int64_t deadline_ns; /* --timeout */
    int64_t wait_ns;     /* until when what is not there is waited for */
    bool was_up;         /* the server has been reached once */
    bool said;           /* that it is away */
};

/* -errno, or 0. */
int bridge_open(struct bridge *bridge, const struct bridge_options *options,
                bridge_survey_fn *survey);
void bridge_close(struct bridge *bridge);

/* Runs the link. `*opened`: there are new facts. BRIDGE_MORE, or an exit status. */
int bridge_run_link(struct bridge *bridge, bool *opened);
bool bridge_is_up(const struct bridge *bridge);

/* The connection is of no use any more; `why` is said when verbose. */
void bridge_lose(struct bridge *bridge, const char *why);

/* A message from the mailbox that tells of its end. */
int bridge_mail_ended(struct bridge *bridge, enum bridge_mail mail, const char *forbidden);

/* Sleeps until something comes, but not beyond `until_ns`. BRIDGE_MORE, or an exit status. */
int bridge_rest(struct bridge *bridge, int stream_fd, int64_t until_ns);

#endif /* BRIDGE_BRIDGE_H */
