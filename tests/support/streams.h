/* SPDX-License-Identifier: MIT */
/*
 * Shorthand for what nearly every test of the public interface does; each call here fails the test
 * if the call behind it does anything else than what its name says.
 */
#ifndef STREAMX_TEST_STREAMS_H
#define STREAMX_TEST_STREAMS_H

#include "support.h"

#include <streamx.h>

/* A stream with these options (NULL: the defaults), with this ring depth; a consumer of it, with
 * this start. */
struct streamx_producer *make_stream(const char *name, const struct streamx_options *options);
struct streamx_producer *make_ring(const char *name, uint32_t slots);
struct streamx_consumer *join(const char *name);
struct streamx_consumer *join_at(const char *name, uint32_t start);

/* Puts a string without its NUL; puts strings as one batch. */
void put_text(struct streamx_producer *producer, const char *text);
#define PUT_BATCH(producer, ...) put_batch(producer, (const char *[]){__VA_ARGS__, NULL})
void put_batch(struct streamx_producer *producer, const char *const *texts);

/* The put of one byte, NOWAIT: its result. */
int try_put(struct streamx_producer *producer);

/* Takes a message, which must be this one, without acknowledging; likewise by next. */
void take_text(struct streamx_consumer *consumer, uint64_t seq, const char *text);
void next_text(struct streamx_consumer *consumer, uint64_t seq, const char *text);

/* Acknowledges everything in hand. */
void ack_all(struct streamx_consumer *consumer);

/* The results of take and next, NOWAIT, when there is nothing to see. */
int try_take(struct streamx_consumer *consumer);
int try_next(struct streamx_consumer *consumer);

/* A look at the stream, which must be there. */
struct streamx_info look(const char *name);

/* Whether the stream's producer sleeps until this message is acknowledged. */
bool waits_for(const char *name, uint64_t seq);

/* Whether there is a file under the stream's name. */
bool name_exists(const char *name);

#endif
