/* SPDX-License-Identifier: MIT */
/* Who is waited for: the answer to "why has my pipeline stopped?" */
#ifndef SX_STREAMX_BLAME_H
#define SX_STREAMX_BLAME_H

#include "tool/streamx_look.h"
#include "tool/streamx_pipe.h"

enum sx_blame_who {
    SX_BLAME_NOBODY,   /* values flow, or the stream is over */
    SX_BLAME_CONSUMER, /* the producer waits for this consumer to acknowledge */
    SX_BLAME_BEHIND,   /* this consumer is behind, and nothing moves, but nobody waits for it yet */
    SX_BLAME_ATTACH,   /* the producer waits for consumers to attach */
    SX_BLAME_PRODUCER  /* the consumers have everything, and wait for the producer */
};

struct sx_blame {
    enum sx_blame_who who;
    const struct sx_look_consumer *consumer; /* CONSUMER, BEHIND: the furthest behind */
    size_t others;                           /* CONSUMER: how many more hold the producer up */
    bool has_wait;                           /* whether `waited_ns` is known */
    uint64_t waited_ns;
};

/* Finds out who is waited for. Without rates nobody knows whether a stream is idle. */
void sx_blame_find(struct sx_blame *blame, const struct sx_look_stream *stream);

/*
 * Who is waited for by the one that is waited for, in a pipe: the reader of a consumer's output
 * that is full, the writer of a producer's input. False: nobody, or it cannot be told.
 */
bool sx_blame_beyond(struct sx_pipe_peer *peer, const struct sx_blame *blame,
                     const struct sx_look_stream *stream);

/* The same in a few words, such as "sleep (pid 12, stopped) 3.2 s"; "-" for nobody. */
void sx_blame_brief(char *text, size_t size, const struct sx_look_stream *stream);

/* The same as a sentence; and who is beyond as another one, empty if nobody is. */
void sx_blame_sentence(char *text, size_t size, const struct sx_look_stream *stream);
void sx_blame_sentence_beyond(char *text, size_t size, const struct sx_look_stream *stream);

#endif /* SX_STREAMX_BLAME_H */
