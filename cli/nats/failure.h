/* SPDX-License-Identifier: MIT */
/* Why something with the server did not work, and what that means for the bridge. */
#ifndef SX_NATS_FAILURE_H
#define SX_NATS_FAILURE_H

#include <nats/nats.h>

#define SX_FAILURE_TEXT 256

enum sx_failure_kind {
    SX_FAILURE_NONE,
    SX_FAILURE_PASSING, /* no server, or one that is busy starting: worth another try */
    SX_FAILURE_ABSENT,  /* the server has no such stream or consumer */
    SX_FAILURE_REFUSED, /* not permitted, or not to be trusted */
    SX_FAILURE_UNFIT,   /* a JetStream stream that is not as it must be */
    SX_FAILURE_SYSTEM   /* nothing that the server could help with */
};

struct sx_failure {
    enum sx_failure_kind kind;
    char text[SX_FAILURE_TEXT]; /* never holds a secret */
};

/* Returns `failure->kind`, so that a function can end with it. */
__attribute__((format(printf, 3, 4))) enum sx_failure_kind
sx_failure_set(struct sx_failure *failure, enum sx_failure_kind kind, const char *format, ...);

/* What a status of libnats, and an error code of JetStream or 0, means. `what` was being done. */
enum sx_failure_kind sx_failure_of(struct sx_failure *failure, const char *what, natsStatus status,
                                   jsErrCode code);

/* The exit status that fits. */
int sx_failure_status(enum sx_failure_kind kind);

#endif /* SX_NATS_FAILURE_H */
