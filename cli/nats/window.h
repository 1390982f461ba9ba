/* SPDX-License-Identifier: MIT */
/*
 * What `out` knows of the messages that it has in hand. Pure: it neither sends nor waits.
 *
 *     taken -> (parts) sent -> (all parts) stored -> released, to be acknowledged in the stream
 *
 * A message is sent as one or several transmissions, each with a number that is never used again,
 * and each stands for one message in JetStream. A transmission that was refused stops the sending:
 * once all that are under way are answered, or their connection is gone, everything from the first
 * one that is not known to be stored goes out again, in order.
 */
#ifndef BRIDGE_WINDOW_H
#define BRIDGE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bridge_window_message {
    const void *data; /* NULL: the end of the stream */
    size_t len;
    uint64_t seq;
    uint32_t parts;  /* as how many it is sent; at least 1 */
    uint32_t stored; /* so many of them, from the first on, are known to be stored */
    bool end;
};

struct bridge_window_transmission {
    uint64_t message; /* its place, counted from the start */
    uint32_t part;    /* from 0 */
    uint8_t answer;   /* enum bridge_window_answer */
};

enum bridge_window_answer { BRIDGE_WINDOW_UNANSWERED, BRIDGE_WINDOW_STORED, BRIDGE_WINDOW_REFUSED };

struct bridge_window {
    struct bridge_window_message *messages; /* rings of `room` each */
    struct bridge_window_transmission *transmissions;
    uint32_t room;
    size_t bytes; /* in hand */
    size_t most_bytes;
    /* places, counted from the start of the run; the place modulo `room` is the index */
    uint64_t first;      /* the oldest message in hand */
    uint64_t next;       /* the one to be sent next, ... */
    uint32_t next_part;  /* ... from this part on */
    uint64_t end;        /* behind the newest */
    uint64_t sent_first; /* the oldest transmission that is not answered */
    uint64_t sent_end;
    uint64_t unanswered;
    bool refused;
};

/* -ENOMEM, or 0. */
int bridge_window_open(struct bridge_window *window, uint32_t room, size_t most_bytes);
void bridge_window_close(struct bridge_window *window);

bool bridge_window_is_empty(const struct bridge_window *window);

/* Whether one more may be taken; one always may if there is none. */
bool bridge_window_has_room(const struct bridge_window *window);
void bridge_window_add(struct bridge_window *window, const struct bridge_window_message *message);

/* The message to be sent next, and which part; NULL if none is to be sent now. At most `most` are
 * under way. */
const struct bridge_window_message *bridge_window_next(const struct bridge_window *window,
                                                       uint64_t most, uint32_t *part);

/* It was sent; returns the transmission's number. */
uint64_t bridge_window_sent(struct bridge_window *window);

/* What was answered. Numbers of transmissions that are not under way are ignored: false. */
bool bridge_window_answered(struct bridge_window *window, uint64_t number,
                            enum bridge_window_answer answer);

/* Whether sending has stopped, and nothing is under way any more. */
bool bridge_window_is_stuck(const struct bridge_window *window);

/* Nothing is under way any more, and sending begins again with the first that is not stored. */
void bridge_window_rewind(struct bridge_window *window);

/* JetStream holds everything through this: all messages before `seq`, and so many parts of it, of
 * so many. */
void bridge_window_known(struct bridge_window *window, uint64_t seq, uint32_t part, uint32_t parts);

/*
 * Lets go of the messages at the front that are stored. Returns the seq of the last of them, which
 * is to be acknowledged, or 0 if there was none. The end of the stream counts as one, and sets
 * `*ended`.
 */
uint64_t bridge_window_release(struct bridge_window *window, bool *ended);

#endif /* BRIDGE_WINDOW_H */
