/* SPDX-License-Identifier: MIT */
/*
 * Who produces is dead if its own byte is not locked, or if its process has ended (liveness.c). A
 * place whose holder is only joining may still show its last holder's pid, so that its byte alone
 * counts; and what was read of a place counts only if its owner is the same afterwards.
 */
#include "memory/place.h"

struct sx_peer sx_place_peer(const struct sx_place *place, uint64_t owner)
{
    struct sx_peer peer = {.lock_byte = sx_place_lock_byte(sx_place_attach(owner))};

    if (sx_place_state(owner) == SX_PLACE_JOINING)
        return peer;
    /* Relaxed: stored before the place became active, which the caller's acquire has seen. A
     * successor's may be read instead: the caller looks at the owner again. */
    peer.pid_namespace = atomic_load_explicit(&place->pid_namespace, memory_order_relaxed);
    peer.pid = atomic_load_explicit(&place->pid, memory_order_relaxed);
    return peer;
}

void sx_place_survey(struct sx_survey *survey, int fd, const struct sx_place *place,
                     uint64_t pid_namespace)
{
    /* Acquire: what the holder stored before the step. */
    uint64_t owner = atomic_load_explicit(&place->owner, memory_order_acquire);
    struct sx_peer peer;

    if (sx_place_state(owner) == SX_PLACE_FREE)
        return;
    peer = sx_place_peer(place, owner);
    if (sx_liveness_dead(fd, &peer, pid_namespace) &&
        atomic_load_explicit(&place->owner, memory_order_acquire) == owner) {
        survey->dead++;
        survey->mourned += owner * UINT64_C(0x9e3779b97f4a7c15);
        return;
    }
    survey->living++;
    if (peer.pid == 0)
        survey->unshown++;
}

bool sx_place_orphaned(const struct sx_survey *survey, int fd)
{
    const struct sx_peer anybody = {.lock_byte = SX_LOCK_PRODUCER};

    return (survey->dead > 0 && survey->living == 0) || sx_liveness_dead(fd, &anybody, 0);
}
