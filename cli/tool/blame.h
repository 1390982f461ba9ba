/* SPDX-License-Identifier: MIT */
/* Who is waited for: the answer to "why has my pipeline stopped?" */
#ifndef CLI_TOOL_BLAME_H
#define CLI_TOOL_BLAME_H

#include "tool/look.h"
#include "tool/pipe.h"

enum cli_blame_who {
    CLI_BLAME_NOBODY,   /* messages flow, or the stream is over */
    CLI_BLAME_CONSUMER, /* the producer waits for this consumer to acknowledge */
    CLI_BLAME_BEHIND, /* this consumer is behind, and nothing moves, but nobody waits for it yet */
    CLI_BLAME_ATTACH, /* the producer waits for consumers to attach */
    CLI_BLAME_PRODUCER, /* the consumers have everything, and wait for the producer */
    CLI_BLAME_TURN      /* of a shared stream: this producer has the turn, and others wait for it */
};

struct cli_blame {
    enum cli_blame_who who;
    const struct cli_look_consumer *consumer; /* CONSUMER, BEHIND: the furthest behind */
    const struct cli_look_producer *holder;   /* TURN: who has it */
    const struct cli_look_producer *waiter;   /* TURN: who has waited longest in a call; or NULL */
    size_t others; /* CONSUMER: how many more hold the producer up; TURN: how many more wait */
    bool has_wait; /* whether `waited_ns` is known */
    uint64_t waited_ns;
};

/* Finds out who is waited for. Without rates nobody knows whether a stream is idle. */
void cli_blame_find(struct cli_blame *blame, const struct cli_look_stream *stream);

/*
 * Who is waited for by the one that is waited for, in a pipe: the reader of a consumer's output
 * that is full, the writer of a producer's input. False: nobody, or it cannot be told.
 */
bool cli_blame_beyond(struct cli_pipe_peer *peer, const struct cli_blame *blame,
                      const struct cli_look_stream *stream);

/* Who is waited for in a few words, such as "sleep (pid 12, stopped) 3.2 s"; "-" for nobody. */
void cli_blame_brief(char *text, size_t size, const struct cli_look_stream *stream);

/* As a sentence; and who is beyond as another one, empty if nobody is. */
void cli_blame_sentence(char *text, size_t size, const struct cli_look_stream *stream);
void cli_blame_sentence_beyond(char *text, size_t size, const struct cli_look_stream *stream);

#endif /* CLI_TOOL_BLAME_H */
