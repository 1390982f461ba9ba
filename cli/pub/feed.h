/* SPDX-License-Identifier: MIT */
/* From a source into the stream. */
#ifndef CLI_PUB_FEED_H
#define CLI_PUB_FEED_H

#include "pub/source.h"

/* Publishes everything in the source. A verdict; CLI_PUB_MORE: go on with the next source. */
int cli_feed(struct cli_pub *pub, struct cli_source *source);

#endif /* CLI_PUB_FEED_H */
