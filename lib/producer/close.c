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
#include "memory/position.h"
#include "memory/wake.h"
#include "producer/turn.h"
#include "producer/wait.h"

/* An open loan is given back, and the turn with it. */
static void put_down(struct streamx_producer *p)
{
    p->loaned = false;
    if (p->turn.holding)
        sx_turn_end(p);
}

/* Leaves the others alone, if there are any. True: there are none, and everybody learns that
 * nothing more will come. */
static bool leave(struct streamx_producer *p, enum sx_state ending)
{
    put_down(p);
    if (p->turn.sole)
        sx_turn_share(p);
    if (!p->shared)
        sx_roster_end(&p->segment, &p->turn.post, ending);
    else if (!sx_roster_leave(&p->segment, &p->turn.post, ending))
        return false;
    /* Pairs 5 and 6: between the state and the look at seats and name. */
    sx_barrier_full();
    sx_wake_consumers(p->segment.control);
    return true;
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
    put_down(p);
    deadline_ns = sx_clock_deadline(bad ? STREAMX_NOWAIT : timeout_ns);
    held = sx_producer_wait(p, STREAMX_DRAINED, deadline_ns);
    /* If another process holds the lock on the name, the name stays, and counts as absent. */
    if (leave(p, SX_STATE_CLOSED))
        sx_name_release(&p->segment, unbind_deadline(deadline_ns));
    sx_producer_free(p);
    if (bad)
        return -EINVAL;
    if (held > 0)
        return 0;
    return held == -EAGAIN ? -ETIMEDOUT : held;
}

/* Is nothing left for anybody, neither a message nor a stream to take up? */
static bool spent(const struct streamx_producer *p)
{
    struct sx_position position;
    struct sx_tally tally;

    if (p->segment.shape.flags & STREAMX_RESUME)
        return false;
    sx_position_read(&p->segment, &position);
    sx_registry_tally_all(&p->segment, &tally);
    return !sx_after(position.last_seq, tally.acknowledged);
}

void streamx_abandon(struct streamx_producer *p)
{
    if (!p)
        return;
    if (sx_segment_ours(&p->segment) && leave(p, SX_STATE_ABANDONED) && spent(p))
        sx_name_release(&p->segment, 0);
    sx_producer_free(p);
}
