/* SPDX-License-Identifier: MIT */
/* Whose file is it? */
#ifndef SX_OWNER_H
#define SX_OWNER_H

#include <sys/types.h>

/* Is a file that shows this owner this user's? 1 or 0; or -errno, from looking into /proc. */
int sx_owner_is_us(uid_t owner);

#endif
