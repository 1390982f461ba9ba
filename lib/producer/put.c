/* SPDX-License-Identifier: MIT */
/* Putting copies of messages into the ring: put, putv. Each is claim, copy, publish. */
#include <errno.h>
#include <string.h>

#include "producer/publish.h"
#include "producer/wait.h"

/* Into a slot that has been claimed. */
static int copy_and_publish(struct streamx_producer *p, const void *data, size_t len)
{
    uint64_t extent = sx_publish_extent(p, 1, len, len);
    size_t taken = sx_extent_begin(extent) + len;
    int failed;

    sx_publish_fetch(p, taken);
    SX_STEP(copy, sx_copy(p->frame->body + sx_extent_begin(extent), data, len));
    failed = sx_publish_stamped(p, extent);
    sx_publish_fetch_next(p, taken);
    return failed;
}

/* Waits for room, or for its turn, or is more than a few words and a stamp. */
SX_APART static int put_at_length(struct streamx_producer *p, const void *data, size_t len,
                                  int64_t timeout_ns)
{
    int failed;

    if (len > p->segment.shape.slot_size)
        return -EMSGSIZE;
    failed = sx_claim_for(p, len, 1, timeout_ns);
    return failed ? failed : copy_and_publish(p, data, len);
}

/* In a shared stream. */
SX_APART static int put_in_turn(struct streamx_producer *p, const void *data, size_t len,
                                int64_t timeout_ns)
{
    if (SX_UNLIKELY(len >= p->turn.quick || !sx_turn_take_pen(p) ||
                    !sx_turn_is_alone(p, sx_producer_spot(p)) || !sx_claim(p)))
        return put_at_length(p, data, len, timeout_ns);
    SX_STEP(turn_copy, sx_copy_small(p->frame->body, data, len));
    return sx_publish_in_turn(p, sx_extent_make(1, (uint32_t)len));
}

/* Likewise, of the length that is told; and there is nothing to it but the pen, which is taken or,
 * by a sole one, only said to be in use. */
SX_IN_LINE int put_at_once(struct streamx_producer *p, const void *data, size_t len,
                           int64_t timeout_ns, bool sole)
{
    struct sx_spot at = sx_producer_spot(p);

    if (SX_UNLIKELY(!sx_turn_take_quickly(p, at, sole)))
        return put_at_length(p, data, len, timeout_ns);
    /* While one is sole nobody else publishes, and what it knows of the ring stays true. */
    if (SX_UNLIKELY((!sole && !sx_turn_is_alone(p, at)) || !sx_claim_unfenced(p, at))) {
        p->turn.holding = true;
        return put_at_length(p, data, len, timeout_ns);
    }
    SX_STEP(turn_quick_copy, sx_copy_small(at.frame->body, data, len));
    p->turn.own_seq = sx_publish_show(p, at, 1, p->told);
    sx_barrier_light(); /* pair 1 */
    if (SX_UNLIKELY(sx_publish_anybody_sleeps(at.control)))
        return sx_publish_tell_and_end_turn(p);
    sx_turn_end_quickly(p, at, sole);
    return 0;
}

SX_APART static int put_at_once_in_turn(struct streamx_producer *p, const void *data, size_t len,
                                        int64_t timeout_ns)
{
    return put_at_once(p, data, len, timeout_ns, false);
}

SX_APART static int put_at_once_as_sole(struct streamx_producer *p, const void *data, size_t len,
                                        int64_t timeout_ns)
{
    return put_at_once(p, data, len, timeout_ns, true);
}

/* What is to be put on the fast path, into a slot that has been claimed. */
SX_IN_LINE int copy_small_and_publish(struct streamx_producer *p, struct sx_spot at,
                                      const void *data, size_t len)
{
    SX_STEP(put_copy, sx_copy_small(at.frame->body, data, len));
    return SX_LIKELY(len == p->quickest) ? sx_publish_unfenced(p, at)
                                         : sx_publish_another(p, sx_extent_make(1, (uint32_t)len));
}

/* What never takes the fast path of a stream that is not shared. */
SX_IN_LINE int put_slowly(struct streamx_producer *p, const void *data, size_t len,
                          int64_t timeout_ns)
{
    bool at_once = len <= SX_SMALL && len == p->turn.quickest; /* which may say that none is */

    if (SX_LIKELY(at_once && p->turn.sole))
        return put_at_once_as_sole(p, data, len, timeout_ns);
    if (at_once)
        return put_at_once_in_turn(p, data, len, timeout_ns);
    if (p->shared)
        return put_in_turn(p, data, len, timeout_ns);
    return put_at_length(p, data, len, timeout_ns);
}

/* There is no room, having spun for it if that was to be; or somebody has come or gone. */
SX_OUT_OF_LINE static int wait_and_put(struct streamx_producer *p, const void *data, size_t len,
                                       int64_t timeout_ns)
{
    int failed = sx_claim_wait(p, (struct sx_need){.bytes = len, .count = 1}, timeout_ns);

    return failed ? failed : copy_and_publish(p, data, len);
}

/* A small one. The next slot is not free yet, or has not been counted: the first is so for most
 * messages in a shallow ring of a fast stream. Or somebody has come or gone. */
SX_APART static int spin_and_put(struct streamx_producer *p, const void *data, size_t len,
                                 int64_t timeout_ns)
{
    struct sx_spot at;

    if (!sx_view_is_free(p) && !(sx_spin_fits(timeout_ns) && sx_producer_spin(p)))
        return wait_and_put(p, data, len, timeout_ns);
    at = sx_producer_spot(p);
    if (SX_UNLIKELY(!sx_claim_unfenced(p, at)))
        return wait_and_put(p, data, len, timeout_ns);
    return copy_small_and_publish(p, at, data, len);
}

/* Not of the length that is told. */
SX_APART static int put_another_length(struct streamx_producer *p, const void *data, size_t len,
                                       int64_t timeout_ns)
{
    struct sx_spot at;

    if (len >= p->quick)
        return put_slowly(p, data, len, timeout_ns);
    at = sx_producer_spot(p);
    if (SX_UNLIKELY(!sx_claim_unfenced(p, at)))
        return spin_and_put(p, data, len, timeout_ns);
    return copy_small_and_publish(p, at, data, len);
}

int streamx_put(struct streamx_producer *p, const void *data, size_t len, int64_t timeout_ns)
{
    int failed = sx_claim_check(p, timeout_ns);
    struct sx_spot at;

    if (SX_UNLIKELY(failed))
        return failed;
    at = sx_producer_spot(p);
    if (SX_UNLIKELY(len > SX_SMALL || len != p->quickest)) /* which may say that none is */
        return put_another_length(p, data, len, timeout_ns);
    if (SX_UNLIKELY(!sx_claim_unfenced(p, at)))
        return spin_and_put(p, data, len, timeout_ns);
    SX_STEP(quick_copy, sx_copy_small(at.frame->body, data, len));
    return sx_publish_unfenced(p, at);
}

/* What a batch comes to. */
struct sum {
    uint64_t bytes; /* UINT64_MAX: more than any slot could hold */
    bool alike;     /* all messages are of one length */
    bool even;      /* and lie one behind the other with the caller, as they will here */
};

/* Place and length of a message, as an iovec has them. */
typedef uint64_t pair __attribute__((vector_size(16)));

_Static_assert(sizeof(struct iovec) == sizeof(pair) && offsetof(struct iovec, iov_len) == 8,
               "an iovec is such a pair");

/* Every fourth message: what the next one is to be, and what was different in those before. Each
 * addition waits for the one before it, so four such columns are looked at side by side. */
struct column {
    pair expected, differing;
};

static inline void look_at(struct column *column, const struct iovec *message, pair step)
{
    pair found;

    memcpy(&found, message, sizeof found);
    column->differing |= found ^ column->expected;
    column->expected += step;
}

/* Both: place and length of all are what follows from the first. */
static bool are_even(const struct iovec *messages, unsigned n)
{
    uint64_t each = messages->iov_len, begin = (uintptr_t)messages->iov_base;
    pair one = {each, 0}, four = {4 * each, 0}, differing;
    struct column a = {.expected = {begin, each}}, b = {.expected = a.expected + one};
    struct column c = {.expected = b.expected + one}, d = {.expected = c.expected + one};
    unsigned i = 0;

    /* Of most that are not, the last one says so. */
    if (messages[n - 1].iov_len != each ||
        (uintptr_t)messages[n - 1].iov_base != begin + each * (n - 1))
        return false;
    for (; i + 4 <= n; i += 4) {
        look_at(&a, &messages[i], four);
        look_at(&b, &messages[i + 1], four);
        look_at(&c, &messages[i + 2], four);
        look_at(&d, &messages[i + 3], four);
    }
    for (; i < n; i++)
        look_at(&a, &messages[i], one);
    differing = a.differing | b.differing | c.differing | d.differing;
    return (differing[0] | differing[1]) == 0;
}

static struct sum sum_of(const struct iovec *messages, unsigned n)
{
    uint64_t each = messages->iov_len, differing = 0, bytes = 0;
    bool even = are_even(messages, n);

    if (even)
        bytes = each * n;
    for (unsigned i = 0; i < n && !even; i++) {
        differing |= messages[i].iov_len ^ each;
        bytes += messages[i].iov_len;
    }
    /* No length has a bit that is in neither; so a sum that wrapped is not believed. */
    if ((each | differing) > UINT32_MAX)
        bytes = UINT64_MAX;
    return (struct sum){.bytes = bytes, .alike = differing == 0, .even = even};
}

/* The table: the gap, which is none, and the ends. */
static void fill_table(_Atomic uint32_t *table, uint32_t each, unsigned n)
{
    SX_STORE(putv_gap_alike, table, SX_GAP_ALIKE, memory_order_relaxed);
    for (unsigned i = 1; i <= n; i++)
        SX_STORE(putv_end_alike, &table[i], i * each, memory_order_relaxed);
}

/* Messages that lie one behind the other with the caller, and will here: they are copied at
 * once. */
struct run {
    unsigned char *to;
    uintptr_t from;
    size_t bytes;
};

static inline void copy_run(const struct run *run)
{
    SX_STEP(putv_copy, sx_copy(run->to, (const void *)run->from, run->bytes));
}

/* Payload and table of a batch that is not even. */
static void fill_uneven(unsigned char *payload, const struct iovec *messages, unsigned n,
                        struct sum sum)
{
    _Atomic uint32_t *table = sx_publish_table(payload, sum.bytes);
    struct run run = {.to = payload, .from = (uintptr_t)messages->iov_base};
    uint32_t end = 0;

    SX_STORE(putv_gap, table++, sum.alike ? SX_GAP_ALIKE : 0, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++) {
        uintptr_t from = (uintptr_t)messages[i].iov_base;

        if (from != run.from + run.bytes) {
            copy_run(&run);
            run = (struct run){.to = payload + end, .from = from};
        }
        run.bytes += messages[i].iov_len;
        end += (uint32_t)messages[i].iov_len;
        SX_STORE(putv_end, &table[i], end, memory_order_relaxed);
    }
    copy_run(&run);
}

/*
 * Does the table of the next publication, an even batch, lie in its slot already? If the last lap
 * was of such batches and of nothing else, each of them has left it there. (Consumers then need not
 * fetch it again.) Not in a shared stream: the slot may have been another one's meanwhile, who
 * filled it and did not publish.
 */
static bool table_lies_there(struct streamx_producer *p, uint64_t extent)
{
    if (extent != p->even_extent || p->next != p->even_next) {
        p->even_extent = extent;
        p->even_since = p->next;
    }
    p->even_next = p->next + 1;
    return !p->shared && p->next - p->even_since >= p->segment.shape.slots;
}

/* Payload and table of an even batch of that extent; how many bytes were written. */
static uint64_t fill_even(struct streamx_producer *p, const struct iovec *messages, unsigned n,
                          uint64_t extent)
{
    unsigned char *payload = p->frame->body + sx_extent_begin(extent);
    uint64_t bytes = sx_extent_bytes(extent);
    bool told = table_lies_there(p, extent);
    uint64_t written = told ? bytes : sx_ring_taken(bytes, n);

    sx_publish_fetch(p, written);
    SX_STEP(putv_copy_even, sx_copy(payload, messages->iov_base, bytes));
    if (!told)
        fill_table(sx_publish_table(payload, bytes), (uint32_t)messages->iov_len, n);
    return written;
}

int streamx_putv(struct streamx_producer *p, const struct iovec *messages, unsigned n,
                 int64_t timeout_ns)
{
    int failed = sx_claim_check(p, timeout_ns);
    uint64_t written, extent;
    struct sum sum;

    if (failed)
        return failed;
    if (n == 0)
        return -EINVAL;
    sum = sum_of(messages, n);
    if (!sx_ring_fits(sum.bytes, n, p->segment.shape.slot_size))
        return -EMSGSIZE;
    failed = sx_claim_for(p, n == 1 ? sum.bytes : sum.bytes + 8 * (uint64_t)n, n, timeout_ns);
    if (failed)
        return failed;
    if (n == 1)
        return copy_and_publish(p, messages->iov_base, messages->iov_len);
    written = sx_ring_taken(sum.bytes, n);
    extent = sx_publish_extent(p, n, sum.bytes, written);
    if (sum.even) {
        written = fill_even(p, messages, n, extent);
    } else {
        sx_publish_fetch(p, written);
        fill_uneven(p->frame->body + sx_extent_begin(extent), messages, n, sum);
    }
    failed = sx_publish_stamped(p, extent);
    sx_publish_fetch_next(p, written);
    return failed;
}

void streamx_stamp(struct streamx_producer *p, uint64_t stamp)
{
    p->stamp = stamp;
}
