/* SPDX-License-Identifier: MIT */
/* Why something with the server did not work, and what that means for the bridge. */
#ifndef BRIDGE_FAILURE_H
#define BRIDGE_FAILURE_H

#include <nats/nats.h>

#define BRIDGE_FAILURE_TEXT 256

enum bridge_failure_kind {
    BRIDGE_FAILURE_NONE,
    BRIDGE_FAILURE_PASSING, /* no server, or one that is busy starting: worth another try */
    BRIDGE_FAILURE_ABSENT,  /* the server has no such stream or consumer */
    BRIDGE_FAILURE_REFUSED, /* not permitted, or not to be trusted */
    BRIDGE_FAILURE_UNFIT,   /* a JetStream stream that is not as it must be */
    BRIDGE_FAILURE_SYSTEM   /* nothing that the server could help with */
};

struct bridge_failure {
    enum bridge_failure_kind kind;
    char text[BRIDGE_FAILURE_TEXT]; /* never holds a secret */
};

/* Returns `failure->kind`, so that a function can end with it. */
__attribute__((format(printf, 3, 4))) enum bridge_failure_kind
bridge_failure_set(struct bridge_failure *failure, enum bridge_failure_kind kind,
                   const char *format, ...);

/* What a status of libnats, and an error code of JetStream or 0, means. `what` was being done; it
 * may be NULL. */
enum bridge_failure_kind bridge_failure_of(struct bridge_failure *failure, const char *what,
                                           natsStatus status, jsErrCode code);

/* The exit status that fits. */
int bridge_failure_status(enum bridge_failure_kind kind);

#endif /* BRIDGE_FAILURE_H */
