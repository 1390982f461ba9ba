/* SPDX-License-Identifier: MIT */
/* Numbers on the command line. Each returns false, and stores nothing, on garbage or overflow. */
#ifndef CLI_QUANTITY_H
#define CLI_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* A plain decimal number, `least` to `most`. */
bool cli_quantity_count(const char *text, uint64_t least, uint64_t most, uint64_t *count);

/* Bytes: a decimal number, then K, M or G (or KiB, MiB, GiB) for powers of 1024, or nothing. */
bool cli_quantity_size(const char *text, uint64_t least, uint64_t most, uint64_t *bytes);

/* A time: a decimal number, perhaps with a fraction, then us, ms, s, m (or min), h or d; bare
 * numbers are seconds. */
bool cli_quantity_duration(const char *text, int64_t *duration_ns);

/* Permission bits: octal digits, at most 0777. */
bool cli_quantity_mode(const char *text, uint32_t *mode);

#endif /* CLI_QUANTITY_H */
