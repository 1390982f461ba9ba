/* SPDX-License-Identifier: MIT */
#ifndef CLI_DENIED_H
#define CLI_DENIED_H

#include <stddef.h>

/* What is to be done with a stream. */
enum cli_denied_use {
    CLI_DENIED_READ,   /* looked at */
    CLI_DENIED_ATTACH, /* read and written: subscribed to, or published to beside its publishers */
    CLI_DENIED_ENTER,  /* likewise, and no option helps: --any-owner is given, or there is none */
    CLI_DENIED_REPLACE /* its name taken, or removed */
};

/*
 * Says why the library has refused the stream `name` (-EPERM, -EACCES): because of what it is, of
 * which permission is missing, or of whose it is.
 */
void cli_denied_reason(char *text, size_t size, const char *name, enum cli_denied_use use);

#endif /* CLI_DENIED_H */
