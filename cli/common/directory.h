/* SPDX-License-Identifier: MIT */
/* Where the streams are, for messages. */
#ifndef SX_DIRECTORY_H
#define SX_DIRECTORY_H

const char *sx_directory(void);

#endif /* SX_DIRECTORY_H */
