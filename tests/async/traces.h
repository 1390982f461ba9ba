/* SPDX-License-Identifier: MIT */
/* What this process holds in the kernel: its descriptors, and what lies in its rings. */
#ifndef STREAMX_ASYNC_TRACES_H
#define STREAMX_ASYNC_TRACES_H

#include "support.h"

struct traces {
    int descriptors;
    int requests;    /* that its rings were given and that have not completed, of whatever kind */
    int completions; /* that lie in its rings, or did not fit in */
};

/* An entry that completes without saying so (IOSQE_CQE_SKIP_SUCCESS) counts for ever. */
struct traces traces_now(void);

/* Now, or in a moment: the kernel tidies up behind a completion. */
void ck_assert_no_more_traces_than(const struct traces *before);

#endif
