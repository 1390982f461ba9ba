/* SPDX-License-Identifier: MIT */
/* When a child has ended: see witness.h. */
#include "witness.h"
#include "watch.h"

#include <poll.h>
#include <stdio.h>

/* Of the two seconds until the look around, what PROMPTLY leaves. */
#define AT_ONCE ((int64_t)300 * 1000 * 1000)

static void await_end(struct link parent, void *arg)
{
    const struct child *doomed = arg;
    struct pollfd end = {.fd = doomed->link.in}; /* what is in the pipe does not matter */

    while (poll(&end, 1, -1) < 0 && errno == EINTR)
        ;
    ck_assert(end.revents & POLLHUP);
    say(parent, now_ns());
}

struct child witness_start(const struct child *doomed)
{
    return child_start(await_end, &(struct child){.link = doomed->link});
}

void witness_was_told_promptly(struct child *witness, struct child *doomed, int64_t due_ns)
{
    int64_t told_ns = now_ns(), ended_ns = hear(witness->link);
    long long late_ms = (told_ns - ended_ns) / 1000000, slow_ms = (ended_ns - due_ns) / 1000000;

    ck_assert_msg(told_ns - ended_ns < PROMPTLY, "told %lld ms after the end, which took %lld ms",
                  late_ms, slow_ms);
    if (ended_ns - due_ns > AT_ONCE)
        printf("# an end that took %lld ms: told %lld ms after it, perhaps by the look around\n",
               slow_ms, late_ms);
    fflush(stdout);
    child_join(witness);
    child_kill(doomed);
}
