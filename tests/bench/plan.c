/* SPDX-License-Identifier: MIT */
/*
 * The contests. In each, the first entry is what the others are compared with: the floor where
 * there is one (which does the same work without the guarantees), else streamx. Spinning and parked
 * entries are never in one contest; only where the question is whether the default (tuned) harms is
 * it beside the parked ones.
 *
 * One sender and one receiver have a processor each, with all their threads; where there are more
 * of them, or a neighbour, the kernel places them.
 */
#include "plan.h"

#define CONTESTS_MOST 120u
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct contest contests[CONTESTS_MOST];
unsigned contest_count;

static struct entry entries[CONTESTS_MOST * 6];
static unsigned entry_count;

static struct contest *add_contest(const char *name, const char *title)
{
    struct contest *contest = &contests[contest_count++];

    if (contest_count > CONTESTS_MOST)
        wrong("too many contests");
    *contest = (struct contest){.name = name, .title = title};
    return contest;
}

/* What is not said is 1: slots, values at once, receivers; or 64 bytes. */
static void add(struct contest *contest, const struct transport *transport, struct entry model)
{
    struct entry *entry = &entries[entry_count++];

    if (entry_count > COUNT_OF(entries) || contest->count == ENTRIES_MOST)
        wrong("too many entries");
    *entry = model;
    entry->transport = transport;
    entry->slots += !entry->slots;
    entry->batch += !entry->batch;
    entry->consumers += !entry->consumers;
    if (entry->payload == 0)
        entry->payload = transport->payload_most < 64 ? transport->payload_most : 64;
    contest->entries[contest->count++] = entry;
}

/* Those peers that can do this work. */
static void add_peers(struct contest *contest, struct entry model)
{
    const struct transport *const peers[] = {
#ifdef HAVE_ICEORYX
        &transport_iceoryx,
#endif
#ifdef HAVE_ZMQ
        &transport_zmq,
#endif
#ifdef HAVE_NNG
        &transport_nng,
#endif
        &transport_pipe,    &transport_socketpair, &transport_mq,
    };
    unsigned consumers = model.consumers ? model.consumers : 1;
    size_t payload = model.payload ? model.payload : 64;

    for (unsigned i = 0; i < COUNT_OF(peers); i++)
        if ((model.waiting != SPINNING || peers[i]->spins) &&
            consumers <= peers[i]->consumers_most && payload <= peers[i]->payload_most)
            add(contest, peers[i], model);
}

static void plan_lock_step(void)
{
    struct contest *contest = add_contest("lockstep-spinning", "lock-step, one slot, spinning");

    add(contest, &transport_line, (struct entry){.kind = ECHO, .waiting = SPINNING});
    add(contest, &transport_streamx, (struct entry){.waiting = SPINNING, .payload = 32});
    contest = add_contest("lockstep-tuned", "lock-step, one slot, the default way of waiting");
    add(contest, &transport_line, (struct entry){.kind = ECHO, .waiting = SPINNING});
    add(contest, &transport_streamx, (struct entry){.waiting = TUNED, .payload = 32});
    contest = add_contest("lockstep-parked", "lock-step, one slot, parked");
    add(contest, &transport_futex, (struct entry){.kind = ECHO, .waiting = PARKED});
    add(contest, &transport_streamx, (struct entry){.waiting = PARKED, .payload = 32});
}

static void plan_latency(const char *name, const char *title, enum kind kind, enum waiting waiting)
{
    const struct entry model = {.kind = kind, .waiting = waiting, .slots = 4, .delays = true};
    struct contest *contest = add_contest(name, title);

    add(contest, waiting == PARKED ? &transport_futex : &transport_line, model);
    add(contest, &transport_streamx, model);
    add_peers(contest, model);
}

static void plan_latencies(void)
{
    plan_latency("echo-spinning", "there and back, 64 B, spinning", ECHO, SPINNING);
    plan_latency("echo-parked", "there and back, 64 B, parked", ECHO, PARKED);
    plan_latency("age-spinning", "age on arrival, 64 B, 5,000/s, spinning", PACED, SPINNING);
    plan_latency("age-parked", "age on arrival, 64 B, 5,000/s, parked", PACED, PARKED);
}

static void plan_streaming(void)
{
    const struct entry spinning = {.waiting = SPINNING, .slots = 1024};
    const struct entry parked = {.waiting = PARKED, .slots = 1024};
    struct contest *contest = add_contest("stream-spinning", "streaming, 64 B, spinning");

    add(contest, &transport_streamx, spinning);
    add_peers(contest, spinning);
    contest = add_contest("stream-parked", "streaming, 64 B, parked");
    add(contest, &transport_streamx, parked);
    add_peers(contest, parked);
}

/* streamx beside the bare ring. */
static void add_beside_ring(const char *name, const char *title, struct entry model)
{
    struct contest *contest = add_contest(name, title);

    add(contest, &transport_ring, model);
    add(contest, &transport_streamx, model);
}

static void plan_beside_ring(void)
{
    static const struct {
        const char *name;
        unsigned slots, batch;
        size_t copied; /* in and out; 0: 32 bytes, read in place */
        bool whole;
    } works[] = {
        {"ring-1", 1, 1, 0, false},
        {"ring-4", 4, 1, 0, false},
        {"ring-16", 16, 1, 0, false},
        {"ring-64", 64, 1, 0, false},
        {"ring-256", 256, 1, 0, false},
        {"ring-1024", 1024, 1, 0, false},
        {"ring-4096", 4096, 1, 0, false},
        {"ring-batch-16", 1024, 16, 0, false},
        {"ring-batch-64", 1024, 64, 0, false},
        {"ring-batch-256", 1024, 256, 0, false},
        {"ring-whole-16", 1024, 16, 0, true},
        {"ring-whole-64", 1024, 64, 0, true},
        {"ring-whole-256", 1024, 256, 0, true},
        {"ring-copy-4Ki", 4, 1, 4096, false},
        {"ring-copy-64Ki", 4, 1, 65536, false},
        {"ring-copy-1Mi", 4, 1, 1 << 20, false},
        {"ring-copy-16Mi", 4, 1, 16 << 20, false},
    };

    for (unsigned i = 0; i < COUNT_OF(works); i++)
        add_beside_ring(works[i].name,
                        works[i].copied ? "copied in and out, spinning, beside a bare ring"
                                        : "32 B, spinning, beside a bare ring",
                        (struct entry){.waiting = SPINNING,
                                       .payload = works[i].copied ? works[i].copied : 32,
                                       .way = works[i].copied  ? COPIED
                                              : works[i].whole ? WHOLE
                                                               : COPIED_IN,
                                       .slots = works[i].slots,
                                       .batch = works[i].batch});
}

static void plan_fan_out_beside_ring(void)
{
    static const unsigned counts[] = {2, 4, 16, 64};
    static const char *const names[] = {"ring-to-2", "ring-to-4", "ring-to-16", "ring-to-64"};

    for (unsigned i = 0; i < COUNT_OF(counts); i++)
        add_beside_ring(names[i], "fan-out, 64 B, 1,024 slots, by default, beside a bare ring",
                        (struct entry){.waiting = TUNED, .slots = 1024, .consumers = counts[i]});
}

/* Four and 64 consumers by turns: what each costs more in a crowd. */
static void plan_crowd_cost(void)
{
    struct contest *contest =
        add_contest("crowd-cost", "four consumers, then 64: the cost of each");

    add(contest, &transport_streamx,
        (struct entry){.waiting = TUNED, .slots = 1024, .consumers = 4});
    add(contest, &transport_streamx,
        (struct entry){.waiting = TUNED, .slots = 1024, .consumers = 64});
}

/* Few slots, parked: does a wake serve as many values as there are? */
static void plan_shallow(void)
{
    struct contest *contest = add_contest("shallow-16", "16 slots, 8 B, parked, beside a pipe");
    struct entry model = {.waiting = PARKED, .payload = 8, .slots = 16};

    add(contest, &transport_pipe, model);
    add(contest, &transport_streamx, model);
    contest = add_contest("shallow-4", "4 slots, 8 B, parked, beside a pipe");
    model.slots = 4;
    add(contest, &transport_pipe, model);
    add(contest, &transport_streamx, model);
}

/* Values that come by themselves: what does it give, and cost, to expect them? */
static void plan_beats(void)
{
    static const struct {
        const char *name, *title;
        int64_t pace_ns;
        enum jitter jitter;
    } beats[] = {
        {"beat-1000", "age on arrival, 1 kHz with 5 % jitter: the default beside parked", 1000000,
         JITTERED},
        {"beat-200", "age on arrival, 200 Hz with 5 % jitter: the default beside parked", 5000000,
         JITTERED},
        {"beat-random", "age on arrival, 1 kHz at random: the default beside parked", 1000000,
         RANDOM},
    };

    for (unsigned i = 0; i < COUNT_OF(beats); i++) {
        struct contest *contest = add_contest(beats[i].name, beats[i].title);
        struct entry model = {.kind = PACED,
                              .waiting = PARKED,
                              .slots = 4,
                              .pace_ns = beats[i].pace_ns,
                              .jitter = beats[i].jitter};

        add(contest, &transport_streamx, model);
        model.waiting = TUNED;
        add(contest, &transport_streamx, model);
    }
}

static void plan_batches(void)
{
    static const unsigned sizes[] = {1, 4, 16, 64, 256};
    struct contest *contest = add_contest("batch", "batches, 32 B, 1,024 slots, spinning");

    for (unsigned i = 0; i < COUNT_OF(sizes); i++)
        add(contest, &transport_streamx,
            (struct entry){.waiting = SPINNING, .payload = 32, .slots = 1024, .batch = sizes[i]});
}

static void plan_shared(void)
{
    struct contest *contest =
        add_contest("shared", "one producer, 32 B, 1,024 slots, spinning: shared beside unshared");
    struct entry model = {.waiting = SPINNING, .payload = 32, .slots = 1024};

    add(contest, &transport_streamx, model);
    add(contest, &transport_shared, model);
}

static void plan_slots(bool quick)
{
    static const unsigned depths[] = {1, 2, 4, 16, 64, 256, 1024, 4096};
    static const char *const names[] = {"slots-spinning", "slots-parked"};
    static const enum waiting waitings[] = {SPINNING, PARKED};

    for (unsigned w = 0; w < 2; w++) {
        struct contest *contest =
            add_contest(names[w], w == 0 ? "by slots, 32 B, spinning" : "by slots, 32 B, parked");

        for (unsigned i = 0; i < COUNT_OF(depths); i += quick ? 2 : 1)
            add(contest, &transport_streamx,
                (struct entry){.waiting = waitings[w], .payload = 32, .slots = depths[i]});
        if (quick)
            continue;
        add(contest, &transport_streamx,
            (struct entry){.waiting = waitings[w], .payload = 32, .slots = 65536});
    }
}

static void plan_fan_out(bool quick)
{
    static const unsigned counts[] = {1, 4, 64, 2, 8, 16};
    struct contest *contest =
        add_contest("fanout", "fan-out, 64 B, 1,024 slots, the default way of waiting");

    for (unsigned i = 0; i < (quick ? 3 : COUNT_OF(counts)); i++)
        add(contest, &transport_streamx,
            (struct entry){.waiting = TUNED, .slots = 1024, .consumers = counts[i]});
    for (unsigned i = 1; i < (quick ? 2 : 3); i++) {
        const struct entry model = {.waiting = TUNED, .slots = 1024, .consumers = counts[i]};

        contest = add_contest(i == 1 ? "fanout-4" : "fanout-64",
                              i == 1 ? "four receivers, 64 B" : "64 receivers, 64 B");
        add(contest, &transport_streamx, model);
        add_peers(contest, model);
    }
}

static void plan_payloads(bool quick)
{
    static const size_t sizes[] = {8,    64,    1024,   1u << 20, 512,
                                   4096, 32768, 262144, 4u << 20, 16u << 20};
    static const char *const names[] = {
        "payload-8",   "payload-64",   "payload-1Ki",   "payload-1Mi", "payload-512",
        "payload-4Ki", "payload-32Ki", "payload-256Ki", "payload-4Mi", "payload-16Mi"};
    static const char *const parked[] = {
        "payload-parked-8",   "payload-parked-64",  "payload-parked-1Ki",  "payload-parked-1Mi",
        "payload-parked-512", "payload-parked-4Ki", "payload-parked-32Ki", "payload-parked-256Ki",
        "payload-parked-4Mi", "payload-parked-16Mi"};

    for (unsigned i = 0; i < (quick ? 4 : COUNT_OF(sizes)); i++) {
        struct entry model = {.waiting = SPINNING, .payload = sizes[i], .slots = 4};
        struct contest *contest = add_contest(names[i], "by payload, 4 slots, spinning");

        add(contest, &transport_memcpy, model);
        model.way = COPIED;
        add(contest, &transport_streamx, model);
        model.way = LOANED;
        add(contest, &transport_streamx, model);
#ifdef HAVE_ICEORYX
        if (!quick && model.payload <= transport_iceoryx.payload_most)
            add(contest, &transport_iceoryx, model);
#endif
        if (quick)
            continue;
        contest = add_contest(parked[i], "by payload, 4 slots, parked");
        model.waiting = PARKED;
        model.way = COPIED;
        add(contest, &transport_streamx, model);
        add(contest, &transport_pipe, model);
#ifdef HAVE_ZMQ
        add(contest, &transport_zmq, model);
#endif
    }
}

/* A loan is not copied: small ones and large ones by turns. */
static void plan_loaned(void)
{
    struct contest *contest = add_contest("loaned", "loaned, 4 slots, spinning: 1 KiB, then 1 MiB");
    struct entry model = {.waiting = SPINNING, .way = LOANED, .payload = 1024, .slots = 4};

    add(contest, &transport_streamx, model);
    model.payload = 1u << 20;
    add(contest, &transport_streamx, model);
}

/* More runnable processes than processors: does spinning harm? */
static void plan_crowds(void)
{
    static const struct {
        const char *name, *title;
        unsigned slots, consumers;
        bool busy_neighbour;
    } crowds[] = {
        {"crowd-lockstep", "four receivers, one slot: the default beside parked", 1, 4, false},
        {"crowd-shallow", "four receivers, 4 slots: the default beside parked", 4, 4, false},
        {"crowd-stream", "four receivers, 1,024 slots: the default beside parked", 1024, 4, false},
        {"neighbour-lockstep",
         "one receiver and a busy neighbour, one slot: the default beside parked", 1, 1, true},
        {"neighbour-stream",
         "one receiver and a busy neighbour, 1,024 slots: the default beside parked", 1024, 1,
         true},
    };

    for (unsigned i = 0; i < COUNT_OF(crowds); i++) {
        struct contest *contest = add_contest(crowds[i].name, crowds[i].title);
        struct entry model = {.waiting = PARKED,
                              .slots = crowds[i].slots,
                              .consumers = crowds[i].consumers,
                              .busy_neighbour = crowds[i].busy_neighbour};

        add(contest, &transport_streamx, model);
        model.waiting = TUNED;
        add(contest, &transport_streamx, model);
        model.waiting = PARKED;
        if (model.slots > 1) /* a pipe has no lock-step */
            add(contest, &transport_pipe, model);
    }
}

void plan_contests(bool quick)
{
    plan_lock_step();
    plan_latencies();
    plan_streaming();
    plan_beside_ring();
    plan_fan_out_beside_ring();
    plan_crowd_cost();
    plan_shallow();
    plan_beats();
    plan_batches();
    plan_shared();
    plan_slots(quick);
    plan_fan_out(quick);
    plan_payloads(quick);
    plan_loaned();
    plan_crowds();
}
