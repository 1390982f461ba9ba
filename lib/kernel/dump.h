/* SPDX-License-Identifier: MIT */
/* A process that dumps core is dead, and its memory is not: the kernel writes it out first. */
#ifndef SX_DUMP_H
#define SX_DUMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is this process, whose pidfd it is, dumping core, and will none of its threads ever run again?
 * False also if that cannot be told. Some twenty system calls: so it is looked once in a second for
 * each process, and denied in between.
 */
bool sx_dump_under_way(int pidfd, uint32_t pid);

#endif
