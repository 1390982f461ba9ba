/* SPDX-License-Identifier: MIT */
/* Where the streams are, for messages. */
#ifndef CLI_DIRECTORY_H
#define CLI_DIRECTORY_H

const char *cli_directory(void);

#endif /* CLI_DIRECTORY_H */
