/* SPDX-License-Identifier: MIT */
#ifndef CLI_STANDARD_FDS_H
#define CLI_STANDARD_FDS_H

/*
 * Makes sure that descriptors 0, 1 and 2 are taken, so that nothing opened later becomes standard
 * input or output by accident. One that was closed still fails with EBADF when it is used. -errno,
 * or 0.
 */
int cli_standard_fds_reserve(void);

#endif /* CLI_STANDARD_FDS_H */
