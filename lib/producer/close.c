/* SPDX-License-Identifier: MIT */
/*
 * Ending a stream: close and abandon.
 *
 * An ending is: change `state`, full barrier, wake everybody, then look whether the name may go
 * (README.md, pairs 5 and 6). A consumer that leaves does the same from its side, so that one of
 * the two removes the name.
 */
#include <errno.h>

#include "kernel/clock.h"
#include "memory/name.h"
#include "memory/store.h"
#include "memory/wake.h"
#include "producer/handle.h"
#include "producer/wait.h"

/* Everybody learns that nothing more will come. */
static void end(struct streamx_producer *p, enum sx_state state)
{
    /* Release: who sees the end sees every stamp. */
    SX_STORE(end_state, &p->segment.control->state, (uint32_t)state, memory_order_release);
    /* Pairs 5 and 6: between the state and the look at seats and name. */
    sx_barrier_full();
    sx_wake_consumers(p->segment.control);
}

static int64_t unbind_deadline(int64_t deadline_ns)
{
    int64_t patient_ns = sx_clock_now() + SX_NAME_PATIENCE_NS;

    return deadline_ns < patient_ns ? deadline_ns : patient_ns;
}

int streamx_close(struct streamx_producer *p, int64_t timeout_ns)
{
    bool bad = timeout_ns < STREAMX_FOREVER;
    int64_t deadline_ns;
    int held;

    if (!p)
        return 0;
    if (!sx_segment_ours(&p->segment)) {
        sx_producer_free(p);
        return 0;
    }
    p->loaned = false;
    deadline_ns = sx_clock_deadline(bad ? STREAMX_NOWAIT : timeout_ns);
    held = sx_producer_wait(p, STREAMX_DRAINED, deadline_ns);
    end(p, SX_STATE_CLOSED);
    /* If another process holds the lock on the name, the name stays, and counts as absent. */
    sx_name_unbind_own(&p->segment, unbind_deadline(deadline_ns));
    sx_producer_free(p);
    if (bad)
        return -EINVAL;
    if (held > 0)
        return 0;
    return held == -EAGAIN ? -ETIMEDOUT : held;
}

void streamx_abandon(struct streamx_producer *p)
{
    struct sx_tally tally;

    if (!p)
        return;
    if (sx_segment_ours(&p->segment)) {
        end(p, SX_STATE_ABANDONED);
        sx_registry_tally_all(&p->segment, &tally);
        if (!sx_after(p->last_seq, tally.acknowledged))
            sx_name_unbind_own(&p->segment, 0);
    }
    sx_producer_free(p);
}
