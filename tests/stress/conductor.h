/* SPDX-License-Identifier: MIT */
/* The processes of a torture run, and what is done to them: see conductor.c. */
#ifndef STREAMX_STRESS_CONDUCTOR_H
#define STREAMX_STRESS_CONDUCTOR_H

#include "torture.h"

struct figures {
    uint64_t kills; /* of passers */
    uint64_t producer_kills;
    uint64_t stops;
    uint32_t generations;
    int64_t latest_ns; /* by how much the machine woke the conductor too late, at most */
};

/* Runs everything for as long as the options say. True: nothing was wrong. */
bool conduct(struct figures *figures);

#endif
