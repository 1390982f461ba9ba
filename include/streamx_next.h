/* SPDX-License-Identifier: MIT */
/*
 * The part of streamx_next that needs no call: streamx.h includes this.
 *
 * A message of 32 bytes crosses between two processors, in a batch, in about the time that a call
 * takes. So a batch of messages of one length, without gaps, is handed out by a few instructions
 * for each. For that a consumer's handle begins with what the library offers of the batch that is
 * open. Whether it offers anything is up to the library. Where it does not, or anything but the
 * most common case is met, its function is called.
 *
 * Acknowledging is one store here. Nobody has to be woken after it: what a producer waits for is
 * always the last message of a publication, and that one is never acknowledged here, because by
 * then nothing is left that could be offered.
 *
 * Nothing of this is for programs to use but streamx_next itself. With STREAMX_NO_INLINE defined
 * before streamx.h is included, every streamx_next is a call.
 */
#ifndef STREAMX_NEXT_H
#define STREAMX_NEXT_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/* How far a consumer has taken, and what of the open batch is offered. The addresses are NULL in a
 * tap, to which nothing is. */
struct streamx_offer {
    uint64_t taken;   /* seq of the last message handed out */
    uint64_t in_hand; /* messages handed out last that are not acknowledged */
    uint64_t through; /* seq of the last one offered; none are, if it is not after `taken` */
    const unsigned char *end; /* behind the last byte of that one */
    uint64_t each;            /* bytes of each message */
    uint64_t time_ns;         /* of them all */
    uint64_t *cursor; /* where the consumer says through which seq it has acknowledged: doubled */
    const uint64_t *wanted;  /* not 0: a producer sleeps */
    const uint64_t *process; /* loses its value in a forked child, */
    uint64_t token;          /* which is this */
};

/* The library's streamx_next by another name. It numbers that struct, and what is done with it
 * below: a library with which that is done otherwise does not have the name, and the program does
 * not start with it. */
int streamx_next_1(struct streamx_consumer *consumer, struct streamx_message *message,
                   int64_t timeout_ns);

#ifndef STREAMX_NO_INLINE

/* The definition for inlining, and for nothing else: where that is not done, and for its address,
 * it is the library's function too. */
extern inline __attribute__((gnu_inline)) int
streamx_next(struct streamx_consumer *consumer, struct streamx_message *message, int64_t timeout_ns)
{
    struct streamx_offer *offer = (struct streamx_offer *)(void *)consumer;
    uint64_t taken = offer->taken, left = offer->through - taken;

    /* Relaxed, both. `process` changes in a forked child only, before anything else does there.
     * `wanted` is looked at only because the library takes it away when nobody sleeps for it any
     * more; else streamx_inspect would show it until the batch ends. */
    if (__builtin_expect((int64_t)left <= 0 || offer->in_hand != 1 ||
                             timeout_ns < STREAMX_FOREVER ||
                             __atomic_load_n(offer->process, __ATOMIC_RELAXED) != offer->token ||
                             __atomic_load_n(offer->wanted, __ATOMIC_RELAXED) != 0,
                         0))
        return streamx_next_1(consumer, message, timeout_ns);
    /* Release: our reading of the message comes before; pairs with the acquire of who looks at
     * the cursors. */
    __atomic_store_n(offer->cursor, taken << 1, __ATOMIC_RELEASE);
    offer->taken = taken + 1;
    message->data = offer->end - left * offer->each;
    message->len = offer->each;
    message->seq = taken + 1;
    message->time_ns = offer->time_ns;
    message->gap = message->reserved[0] = message->reserved[1] = message->reserved[2] = 0;
    return 1;
}

#endif

#endif
