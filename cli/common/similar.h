/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMILAR_H
#define CLI_SIMILAR_H

#include <stdbool.h>
#include <streamx.h>

/*
 * Finds the stream whose name is most like `name`, which is none, as far as somebody may have
 * mistyped the one for the other. False: there is no such stream.
 */
bool cli_similar_stream(char similar[STREAMX_NAME_MAX + 1], const char *name);

/* How many letters must be put in, left out, exchanged or swapped with their neighbour. */
unsigned cli_similar_distance(const char *a, const char *b);

#endif /* CLI_SIMILAR_H */
