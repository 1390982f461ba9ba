/* SPDX-License-Identifier: MIT */
/* Mapping a file that others map too. */
#ifndef SX_MAPPING_H
#define SX_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Maps the beginning of the file, shared, and not inherited by fork. `holes`: what of the file has
 * no memory is given none by being mapped, even where this process has all its memory locked
 * (mlockall). NULL: as errno says.
 */
void *sx_mapping_make(int fd, size_t bytes, int protection, bool holes);

#endif
