/* SPDX-License-Identifier: MIT */
/* The public half of an NKEY, which libnats wants beside the file that holds the seed. */
#ifndef BRIDGE_NKEY_H
#define BRIDGE_NKEY_H

#include <stdbool.h>

#define BRIDGE_NKEY_TEXT 57 /* 56 characters of base32, and a NUL */

/* Reads the user's seed from the file. -errno of open(2) or read(2), -EINVAL = no seed, or 0. */
int bridge_nkey_public(char public_key[BRIDGE_NKEY_TEXT], const char *seed_file);

#endif /* BRIDGE_NKEY_H */
