/* SPDX-License-Identifier: MIT */
/*
 * Every wait of the programs: for input, for the stream, for a signal, for a deadline, for whoever
 * reads standard output to go away; always for all of them that matter at once.
 *
 * Results, beside those of the call waited in:
 *   -EINTR      a signal was caught (see signals.h)
 *   -ETIMEDOUT  the deadline passed
 */
#ifndef CLI_LOOP_H
#define CLI_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <streamx.h>

/*
 * Has `tick` called every `period_ns` (0: never), and soon after SIGUSR1, then with `asked`: from
 * within the waits here, and from cli_loop_tick, for those who do not wait.
 */
void cli_loop_on_tick(void (*tick)(void *arg, bool asked), void *arg, int64_t period_ns);
void cli_loop_tick(void);

/* Has `call` called when a wait of cli_loop_producer has lasted a second, once for each. */
void cli_loop_on_long_wait(void (*call)(void *arg), void *arg);

/*
 * Waits until a read from `fd` would not block; 0. With `producer`, also until all its consumers
 * have gone: -EPIPE.
 */
int cli_loop_input(int fd, struct streamx_producer *producer, int64_t deadline_ns);

/* Whether a read from `fd` would not block right now. */
bool cli_loop_input_ready(int fd);

/* Waits until one of `events` holds; results as of streamx_wait. */
int cli_loop_producer(struct streamx_producer *producer, unsigned events, int64_t deadline_ns);

/* Takes a message; results as of streamx_take. -EPIPE: nobody reads standard output any more. */
int cli_loop_take(struct streamx_consumer *consumer, struct streamx_message *message,
                  int64_t deadline_ns);

/*
 * Waits until a NOWAIT call of one of the consumers may give something, each of which has a
 * descriptor and has given -EAGAIN since then; or until `watch_fd`, if not -1, is readable. 0, also
 * for no cause; -EPIPE as above.
 */
int cli_loop_any(struct streamx_consumer *const *consumers, size_t count, int watch_fd,
                 int64_t deadline_ns);

/* Waits for the time alone; 0 when it has come. With `producer` as in cli_loop_input. */
int cli_loop_until(struct streamx_producer *producer, int64_t time_ns);

#endif /* CLI_LOOP_H */
