/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that becomes readable when a futex word is woken, a process ends, or a time comes.
 *
 * It stays readable until sx_notice_begin, and may become so for no cause. Behind it is an io_uring
 * (notice_ring.c), or, where that is not available, a thread (notice_thread.c). The caller
 * announces itself to whoever wakes the word, looks at its condition once more, and then arms; or
 * fires, if the condition holds already.
 *
 *     sx_notice_begin(&notice, anew);
 *     sx_notice_watch(&notice, pid) ...          only if `anew`
 *     sx_notice_arm(&notice, &word, value, due)   or sx_notice_fire(&notice)
 */
#ifndef SX_NOTICE_H
#define SX_NOTICE_H

#include "waiting/notice_means.h"

/* The descriptor, made when first asked for; or -errno. It belongs to the notice. */
int sx_notice_open(struct sx_notice *notice);

/* Opens it for a word that is armed on the caller's ring, with no use of the descriptor. Needs the
 * io_uring: -EOPNOTSUPP. */
int sx_notice_open_for_caller(struct sx_notice *notice);

/* Is what is armed another thread's? Then it is armed anew: see notice_ring.c. */
bool sx_notice_is_foreign(const struct sx_notice *notice);

/* Not readable from now on. `anew`: forgets which processes are watched. True: it is time to look
 * who has died, because one that was watched has ended or because it was not looked for long. */
bool sx_notice_begin(struct sx_notice *notice, bool anew);

/* Readable when that process ends. One that cannot be watched (0 never can) is looked for by the
 * tick. */
void sx_notice_watch(struct sx_notice *notice, uint32_t pid);

/* Readable when the word is woken, or if it is not `value`; and at `due_ns` at the latest. `seen`:
 * whoever changes the condition is certain to wake it; if not, a tick takes its place. */
void sx_notice_arm(struct sx_notice *notice, const _Atomic uint32_t *word, uint32_t value,
                   int64_t due_ns, bool seen);

/* Readable now. */
void sx_notice_fire(struct sx_notice *notice);

/* `own` as of sx_own_ring_close. */
void sx_notice_close(struct sx_notice *notice, bool own);

#endif
