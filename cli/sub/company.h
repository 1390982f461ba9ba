/* SPDX-License-Identifier: MIT */
/*
 * The company of those who follow one name on this machine: each of them can tell whether another
 * one, who lives, has not come to the stream yet at which it is itself.
 */
#ifndef CLI_SUB_COMPANY_H
#define CLI_SUB_COMPANY_H

#include <stdint.h>

struct cli_company {
    int fd;       /* -1: not in any */
    uint64_t key; /* of the name in its directory */
};

void cli_company_init(struct cli_company *company);

/* Comes in, as one who is at no stream. Where that is not possible nobody is waited for. */
void cli_company_join(struct cli_company *company, const char *name);

/* Is at the stream that was made at `created_ns` now. */
void cli_company_arrive(struct cli_company *company, uint64_t created_ns);

/* The pid of somebody of the company who is not at that stream; 0: all are. */
uint32_t cli_company_missing(const struct cli_company *company, uint64_t created_ns);

void cli_company_leave(struct cli_company *company);

#endif /* CLI_SUB_COMPANY_H */
