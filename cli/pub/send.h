/* SPDX-License-Identifier: MIT */
/* streamx-pub's side of the stream. */
#ifndef CLI_PUB_SEND_H
#define CLI_PUB_SEND_H

#include "pub/state.h"

#include <sys/uio.h>

/* Waits until one of `events` holds. A verdict. */
int cli_send_await(struct cli_pub *pub, unsigned events);

/* Publishes messages that fit into one publication. A verdict. */
int cli_send(struct cli_pub *pub, const struct iovec *messages, unsigned count);

/* Lends a slot for so much, or for `least` where there is no memory for that, to be finished by
 * cli_send_loaned or streamx_discard. A verdict. */
int cli_send_loan(struct cli_pub *pub, size_t size, size_t least, void **data, size_t *capacity);
int cli_send_loaned(struct cli_pub *pub, size_t len);

/* Publishes what was lent as `n` messages where they lie, the delimiters between them. A
 * verdict. */
int cli_send_parts(struct cli_pub *pub, const uint32_t *ends, unsigned n);

/* How many more messages --count allows, `most` at most. */
unsigned cli_send_left(const struct cli_pub *pub, unsigned most);

/* Waits until --rate allows a message, and lowers `*count` to what it allows. A verdict. */
int cli_send_pace(struct cli_pub *pub, unsigned *count);

/* What a failed wait means: reports it. A verdict. */
int cli_send_failed(struct cli_pub *pub, int error);

/* --tee. A verdict; that of a failure is CLI_PUB_MORE, and `tee_failed` tells. */
int cli_send_tee(struct cli_pub *pub, const void *data, size_t len);

#endif /* CLI_PUB_SEND_H */
