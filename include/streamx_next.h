/* SPDX-License-Identifier: MIT */
/*
 * The part of streamx_next that needs no call: streamx.h includes this.
 *
 * A message of 32 bytes crosses between two processors in the time of a few calls, and in a batch
 * in about that of one. So what is met most is done by a few instructions in the program: the next
 * message of a batch of messages of one length without gaps, and a single message as long as the
 * one before. For that a consumer's handle begins with what they need to know. Whether any of it is
 * to be done here is up to the library; where it is not, or anything else is met, its function is
 * called.
 *
 * Acknowledging within a batch is one store. Nobody has to be woken after it: what a producer waits
 * for is always the last message of a publication, and that one is never acknowledged so, because
 * by then nothing is left that could be offered. Any other acknowledgment is followed by a look
 * whether a producer sleeps; then the function is called, which makes it once more and wakes.
 *
 * Nothing of this is for programs to use but streamx_next itself. With STREAMX_NO_INLINE defined
 * before streamx.h is included, every streamx_next is a call.
 */
#ifndef STREAMX_NEXT_H
#define STREAMX_NEXT_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/* How far a consumer has taken, what of the open batch is offered, and where the next publication
 * will be. In a tap, which has nothing in hand, `cursor` and `wanted` are NULL. */
struct streamx_offer {
    uint64_t taken;      /* seq of the last message handed out */
    uint64_t hand;       /* 1, and the messages handed out last that are not acknowledged */
    const uint64_t *one; /* `hand` with one of them; but in a forked child the kernel has wiped this
                            word, so that everything is a call there, and refused */

    /* Of a batch. */
    uint64_t through; /* seq of the last one offered; none are, if it is not after `taken` */
    const unsigned char *end; /* behind the last byte of that one */
    uint64_t each;            /* bytes of each message */
    uint64_t fetch;           /* with each, what lies so many bytes behind it is fetched */
    uint64_t *cursor; /* where the consumer says through which seq it has acknowledged: doubled */
    uint64_t time_ns; /* of them all */

    /* Of what is not: the ring of slots. */
    const uint64_t *wanted; /* not 0: a producer sleeps */
    const uint64_t *quick;  /* as `one`, or a 0 while this need be a call anyway */
    uint64_t next;          /* the publication that comes next; */
    const void *slot;       /* where it will be, */
    const void *first;      /* which is followed by the next one, */
    const void *last;       /* so many bytes behind it: */
    uint64_t stride;        /* but the last one by the first */
    uint64_t bytes;         /* of all of them */
    uint64_t single;        /* what a slot says that holds one message, of the length before */
    uint64_t runs_from;     /* publications after this one are fetched before their turn, */
    uint64_t ahead;         /* so many bytes ahead */
    uint64_t call_at;       /* and before this one it is to be called */
};

/* What a slot begins with, in front of its message. */
struct streamx_slot {
    uint64_t publication; /* as `next`, once it is there */
    uint64_t time_ns;
    uint64_t seq;
    uint64_t extent; /* as `single`: its length above, its number below; never so where the message
                        does not follow at once */
};

/* The library's streamx_next by another name. It numbers those structs, and what is done with them
 * below: a library with which that is done otherwise does not have the name, and the program does
 * not start with it. */
int streamx_next_5(struct streamx_consumer *consumer, struct streamx_message *message,
                   int64_t timeout_ns);

#ifndef STREAMX_NO_INLINE

#define STREAMX_IN_LINE extern inline __attribute__((gnu_inline, always_inline))

/* By a call. (The caller's message is no argument of it, so that it need not be in memory.) */
STREAMX_IN_LINE int streamx_next_called(struct streamx_consumer *consumer,
                                        struct streamx_message *message, int64_t timeout_ns)
{
    struct streamx_message found;
    int result = streamx_next_5(consumer, &found, timeout_ns);

    if (result == 1)
        *message = found;
    return result;
}

/* Is one message in hand, and this the process whose word that is? Relaxed: it changes in a forked
 * child only, before anything else does there. */
STREAMX_IN_LINE int streamx_next_has_one(const struct streamx_offer *offer, const uint64_t *word)
{
    return __builtin_expect(__atomic_load_n(word, __ATOMIC_RELAXED) == offer->hand, 1) != 0;
}

/* Of a batch that is offered. False: to be called. */
STREAMX_IN_LINE int streamx_next_offered(struct streamx_offer *offer,
                                         struct streamx_message *message)
{
    uint64_t taken = offer->taken, left = offer->through - taken;

    if (!streamx_next_has_one(offer, offer->one))
        return 0;
    /* Release: our reading of the message comes before; pairs with the acquire of who looks at
     * the cursors. */
    __atomic_store_n(offer->cursor, taken << 1, __ATOMIC_RELEASE);
    offer->taken = taken + 1;
    message->data = offer->end - left * offer->each;
    message->len = offer->each;
    message->seq = taken + 1;
    message->time_ns = offer->time_ns;
    message->gap = message->reserved[0] = message->reserved[1] = message->reserved[2] = 0;
    __builtin_prefetch((const void *)((uintptr_t)message->data + offer->fetch), 0, 3);
    return 1;
}

/* A single one. False: to be called; then the one before may have been acknowledged. (Also behind
 * what is offered of a batch that goes on: what the next slot holds is not the next message.) */
STREAMX_IN_LINE int streamx_next_single(struct streamx_offer *offer,
                                        struct streamx_message *message)
{
    const struct streamx_slot *slot = (const struct streamx_slot *)offer->slot;
    const char *ahead;
    uint64_t seq = offer->taken + 1, next = offer->next;

    if (!streamx_next_has_one(offer, offer->quick) || __builtin_expect(next == offer->call_at, 0))
        return 0;
    __atomic_store_n(offer->cursor, offer->taken << 1, __ATOMIC_RELEASE);
    /* Pair 2 of the protocol: a producer that goes to sleep makes this processor pass a barrier
     * between its own store and its look. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(offer->wanted, __ATOMIC_RELAXED) != 0, 0))
        return 0;
    /* Acquire: what the slot holds. The rest is published by it. */
    if (__builtin_expect(__atomic_load_n(&slot->publication, __ATOMIC_ACQUIRE) != next ||
                             __atomic_load_n(&slot->extent, __ATOMIC_RELAXED) != offer->single ||
                             __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) != seq,
                         0)) {
        offer->hand = 1;
        return 0;
    }
    offer->taken = seq;
    message->data = slot + 1;
    message->len = offer->single >> 32;
    message->seq = seq;
    message->time_ns = __atomic_load_n(&slot->time_ns, __ATOMIC_RELAXED);
    message->gap = message->reserved[0] = message->reserved[1] = message->reserved[2] = 0;
    offer->next = ++next;
    ahead = (const char *)(slot == offer->last ? offer->first : (const char *)slot + offer->stride);
    offer->slot = ahead;
    if (__builtin_expect((int64_t)(next - offer->runs_from) > 0, 0)) {
        ahead += offer->ahead;
        if (ahead > (const char *)offer->last)
            ahead -= offer->bytes;
        __builtin_prefetch(ahead, 0, 3);
    }
    return 1;
}

/* The definition for inlining, and for nothing else: for its address it is the library's function
 * too. */
STREAMX_IN_LINE int streamx_next(struct streamx_consumer *consumer, struct streamx_message *message,
                                 int64_t timeout_ns)
{
    struct streamx_offer *offer = (struct streamx_offer *)(void *)consumer;
    int done = timeout_ns >= STREAMX_FOREVER;

    if (__builtin_expect(done, 1))
        done = (int64_t)(offer->through - offer->taken) > 0 ? streamx_next_offered(offer, message)
                                                            : streamx_next_single(offer, message);
    return __builtin_expect(done, 1) ? 1 : streamx_next_called(consumer, message, timeout_ns);
}

#undef STREAMX_IN_LINE

#endif

#endif
