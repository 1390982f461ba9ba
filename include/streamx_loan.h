/* SPDX-License-Identifier: MIT */
/*
 * Putting without a copy: a slot of the ring is lent, filled where it lies, and published.
 * streamx.h includes this, and what it says of every call holds here too.
 */
#ifndef STREAMX_LOAN_H
#define STREAMX_LOAN_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/*
 * Lends the next free slot. On 0, `*data` points at `*capacity` (the slot size) writable bytes in
 * shared memory, aligned to 32 bytes, of undefined content, until streamx_publish or
 * streamx_discard. Waits and fails like streamx_put. The slot has left the ring from here on: what
 * it held is gone for those who attach later, also if the loan is discarded. Where less is reserved
 * than the slot size, this takes the memory of all of the slot.
 *
 * In a SHARED stream the other producers wait meanwhile; two handles of one thread can so block
 * each other for good. In a SHARED or RESUME stream the slot is to be filled by this process's own
 * instructions and by calls that have returned, not by a device or another process: what is written
 * late, after this process has died, would hit a successor's message.
 */
int streamx_loan(struct streamx_producer *producer, void **data, size_t *capacity,
                 int64_t timeout_ns);

/*
 * The same for a message of at least `size` bytes: takes no more memory than that needs.
 * `*capacity` is at least `size`, and what may be written; it is the slot size where all of that is
 * reserved.
 *
 *   -EMSGSIZE  more than the slot size; found before anything is waited for
 *   else as of streamx_loan
 */
int streamx_loan_at_least(struct streamx_producer *producer, size_t size, void **data,
                          size_t *capacity, int64_t timeout_ns);

/*
 * Publishes the first `len` bytes of the open loan as one message. Does not block.
 *
 *   -EINVAL    no loan is open
 *   -EMSGSIZE  longer than the capacity that was lent; the loan stays open
 *   -EPERM     forked child
 */
int streamx_publish(struct streamx_producer *producer, size_t len);

/*
 * Publishes the open loan as `n` messages at once, where they lie, with something between them: the
 * first begins at 0, each other one `gap` bytes (0 to 255) behind the end of the one before it, and
 * message i ends at `ends[i]`. What lies in the gaps belongs to no message; consumers find it by
 * streamx_message.gap. `ends` need not outlive the call. Does not block.
 *
 *   0          published
 *   -EINVAL    no loan is open, n is 0, a gap beyond 255, or ends that overlap or run backwards
 *   -EMSGSIZE  the last end plus 8 n is more than the slot size (with n = 1: the last end is), or
 *              the last end is beyond the capacity that was lent
 *   -ENOSPC    the ends reach beyond what is backed, and the file system has no room
 *   -EPERM     forked child
 * The loan stays open on failure.
 */
int streamx_publish_parts(struct streamx_producer *producer, const uint32_t ends[], unsigned n,
                          unsigned gap);

/* Gives the open loan back unpublished; nothing happens without one. Does not block. */
void streamx_discard(struct streamx_producer *producer);

#endif /* STREAMX_LOAN_H */
