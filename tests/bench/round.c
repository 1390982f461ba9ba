/* SPDX-License-Identifier: MIT */
/*
 * A round: forks the sender and the receivers, lets them set up, starts the sender, and collects
 * what they found in shared memory. A part that fails, or that takes far too long, ends the round,
 * and nothing is taken from it. That is said and counted: a peer may be excused one, streamx is
 * not.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define FAILURES_MOST 2u
#define WARM_VALUES 40 /* of a paced sender, at least */
#define VALUES 200
#define PARTS_MOST (CONSUMERS_MOST + 2)
#define FAREWELL_NS INT64_C(1000000000)
#define PATIENCE_NS INT64_C(10000000000)
#define LOOK_MS 50
#define DISTANCE_WARM_NS INT64_C(2000000)
#define DISTANCE_NS INT64_C(6000000)

static struct share *shares; /* the sender's, then the receivers' */

struct cast {
    pid_t pids[PARTS_MOST];            /* 0: has ended */
    struct pollfd endings[PARTS_MOST]; /* pidfds; -1, which poll passes over, likewise */
    unsigned count;
    int ready[2], go[2];
};

static int64_t usage_ns(const struct rusage *usage)
{
    return ((int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
           ((int64_t)usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

void share_begin(struct share *share)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    share->cpu_ns = -usage_ns(&usage);
    share->switches_voluntary = -usage.ru_nvcsw;
    share->switches_forced = -usage.ru_nivcsw;
    share->began_ns = now_ns();
}

void share_end(struct share *share, uint64_t values)
{
    struct rusage usage;

    share->ended_ns = now_ns();
    getrusage(RUSAGE_SELF, &usage);
    share->cpu_ns += usage_ns(&usage);
    share->switches_voluntary += usage.ru_nvcsw;
    share->switches_forced += usage.ru_nivcsw;
    share->values = values;
    share->done = true;
}

void role_ready(struct role *role)
{
    must_errno(write(role->ready_fd, "r", 1), "write");
}

void role_begin(struct role *role)
{
    char byte;

    role_ready(role);
    if (read(role->go_fd, &byte, 1) != 1)
        wrong("the round was given up");
}

/* On its own processor, if there are just two processes. */
static void take_place(const struct entry *entry, unsigned part)
{
    if (settings.real_time)
        take_real_time();
    if (entry->consumers == 1 && !entry->busy_neighbour)
        pin_to(settings.cpus[part]);
}

static int64_t at_least(int64_t ns, int64_t least_ns)
{
    return ns < least_ns ? least_ns : ns;
}

static void play(const struct entry *entry, unsigned part, const struct cast *cast)
{
    struct role role = {.entry = entry,
                        .index = part - 1,
                        .share = &shares[part],
                        .ready_fd = cast->ready[1],
                        .go_fd = cast->go[0],
                        .warm_ns = at_least(settings.warm_ns, WARM_VALUES * entry->pace_ns),
                        .measured_ns = at_least(settings.measured_ns, VALUES * entry->pace_ns)};

    close(cast->go[1]);
    take_place(entry, part);
    if (part == 0)
        entry->transport->send(&role);
    else
        entry->transport->receive(&role);
    _exit(EXIT_SUCCESS);
}

static void compute_for_ever(void)
{
    for (volatile uint64_t i = 0;; i++)
        ;
}

static void start(struct cast *cast, const struct entry *entry, unsigned part)
{
    pid_t parent = getpid(), pid = fork();

    must_errno(pid, "fork");
    if (pid > 0) {
        cast->endings[cast->count].fd = pidfd_open(pid, 0);
        must_errno(cast->endings[cast->count].fd, "pidfd_open");
        cast->endings[cast->count].events = POLLIN;
        cast->pids[cast->count++] = pid;
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    if (part > entry->consumers)
        compute_for_ever();
    play(entry, part, cast);
}

/* Until one of them is ready, or there is no more hope. */
static bool hear_one(int fd, int64_t give_up_ns)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int64_t left_ns = give_up_ns - now_ns();
    char byte;

    return left_ns > 0 && poll(&poll_fd, 1, (int)(left_ns / 1000000)) == 1 &&
           read(fd, &byte, 1) == 1;
}

static bool give_up(const struct entry *entry, const char *why)
{
    fprintf(stderr, "bench: %s, %zu bytes, %u slots, to %u: %s\n", entry->transport->name,
            entry->payload, entry->slots, entry->consumers, why);
    return false;
}

/* For whoever has to find out why: what each part that is still there does. */
static void describe(const struct cast *cast)
{
    static const char *const files[] = {"syscall", "wchan"};
    char path[64], line[256];

    for (unsigned i = 0; i < cast->count; i++) {
        if (cast->pids[i] == 0)
            continue;
        fprintf(stderr, "bench:   part %u, %s, at rest in:", i,
                shares[i].done            ? "done"
                : shares[i].began_ns != 0 ? "past the mark"
                                          : "before the mark");
        for (unsigned f = 0; f < 2; f++) {
            FILE *file;

            snprintf(path, sizeof path, "/proc/%d/%s", (int)cast->pids[i], files[f]);
            file = fopen(path, "r");
            if (file && fgets(line, sizeof line, file))
                fprintf(stderr, " %.*s", (int)strcspn(line, "\n"), line);
            if (file)
                fclose(file);
        }
        fprintf(stderr, "\n");
    }
}

static bool all_done(const struct entry *entry)
{
    for (unsigned i = 0; i <= entry->consumers; i++)
        if (!shares[i].done)
            return false;
    return true;
}

static void forget(struct cast *cast, unsigned part)
{
    cast->pids[part] = 0;
    close(cast->endings[part].fd);
    cast->endings[part].fd = -1;
}

/* One has ended: which? With success? */
static bool ended_well(struct cast *cast, const struct entry *entry, pid_t pid, int status)
{
    for (unsigned i = 0; i < cast->count; i++)
        if (cast->pids[i] == pid) {
            forget(cast, i);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return give_up(entry, i == 0 ? "the sender failed" : "a receiver failed");
        }
    return true;
}

/* All parts end by themselves, with success. A peer with threads of its own may take too long for
 * that when everything has been said and counted; it is dismissed then. (Who looks more often takes
 * a processor from a part each time, and an answer that comes meanwhile finds nobody asleep.) */
static bool await_ends(struct cast *cast, const struct entry *entry, int64_t give_up_ns)
{
    int64_t enough_ns = give_up_ns;

    for (unsigned parts = entry->consumers + 1; parts > 0;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid > 0 && !ended_well(cast, entry, pid, status))
            return false;
        if (pid > 0) {
            parts--;
            continue;
        }
        poll(cast->endings, cast->count, LOOK_MS);
        if (!all_done(entry) || !entry->transport->own_threads)
            enough_ns = now_ns() + FAREWELL_NS;
        if (now_ns() > enough_ns)
            return true;
        if (now_ns() > give_up_ns) {
            describe(cast);
            return give_up(entry, shares[0].done ? "does not end" : "makes no progress");
        }
    }
    return true;
}

static bool perform(struct cast *cast, const struct entry *entry)
{
    int64_t give_up_ns = now_ns() + settings.warm_ns + settings.measured_ns + PATIENCE_NS;
    unsigned parts = entry->consumers + 1;

    for (unsigned i = 0; i < parts + entry->busy_neighbour; i++)
        start(cast, entry, i);
    close(cast->ready[1]);
    cast->ready[1] = -1;
    for (unsigned i = 0; i < parts; i++)
        if (!hear_one(cast->ready[0], give_up_ns))
            return give_up(entry, "is not ready");
    must_errno(write(cast->go[1], "g", 1), "write");
    return await_ends(cast, entry, give_up_ns);
}

static void dismiss(struct cast *cast)
{
    for (unsigned i = 0; i < cast->count; i++) {
        if (cast->pids[i] == 0)
            continue;
        kill(cast->pids[i], SIGKILL);
        waitpid(cast->pids[i], NULL, 0);
        forget(cast, i);
    }
    close(cast->ready[0]);
    if (cast->ready[1] >= 0)
        close(cast->ready[1]);
    close(cast->go[0]);
    close(cast->go[1]);
}

/* The median of what all receivers noted in this round. */
static double delay_ns(const struct entry *entry)
{
    static struct histogram delays;

    memset(&delays, 0, sizeof delays);
    for (unsigned i = 1; i <= entry->consumers; i++)
        histogram_add(&delays, &shares[i].delays);
    return delays.count ? histogram_percentile(&delays, 0.5) : 0;
}

static void collect(struct entry *entry)
{
    struct round_result *result = &entry->results[entry->rounds++];
    const struct share *sender = &shares[0];
    double values = (double)sender->values;

    result->cpu_sender_ns = (double)sender->cpu_ns / values;
    result->switches_sender = (double)sender->switches_voluntary * 1000 / values;
    for (unsigned i = 1; i <= entry->consumers; i++) {
        const struct share *share = &shares[i];
        double rate = (double)share->values * 1e9 / (double)(share->ended_ns - share->began_ns);

        if (i == 1 || rate < result->rate)
            result->rate = rate;
        result->cpu_receiver_ns += (double)share->cpu_ns / values / entry->consumers;
        result->switches_receiver +=
            (double)share->switches_voluntary * 1000 / values / entry->consumers;
    }
    result->delay_ns = delay_ns(entry);
    for (unsigned i = 0; i <= entry->consumers; i++)
        histogram_add(&entry->all_delays, &shares[i].delays);
}

/* All have done the whole, and count alike. */
static bool complete(const struct entry *entry)
{
    for (unsigned i = 0; i <= entry->consumers; i++)
        if (!shares[i].done || shares[i].values == 0 || shares[i].values != shares[0].values)
            return give_up(entry, "the parts count differently");
    return true;
}

/* False: nothing was found. */
static bool run_round(struct entry *entry)
{
    struct cast cast = {0};
    unsigned rounds = entry->rounds;

    memset(shares, 0, (CONSUMERS_MOST + 1) * sizeof *shares);
    must_errno(pipe(cast.ready), "pipe");
    must_errno(pipe(cast.go), "pipe");
    if (entry->transport->prepare && !entry->transport->prepare(entry))
        entry->rounds_failed = FAILURES_MOST;
    else if (perform(&cast, entry) && complete(entry))
        collect(entry);
    else
        entry->rounds_failed++;
    dismiss(&cast);
    if (entry->transport->clean)
        entry->transport->clean(entry);
    return entry->rounds > rounds;
}

/* One stroke of the bare cache line, measured shortly; 0 if it could not be. */
static double distance_ns(void)
{
    const struct settings usual = settings;
    struct entry entry = {.transport = &transport_line,
                          .kind = ECHO,
                          .waiting = SPINNING,
                          .payload = transport_line.payload_most,
                          .slots = 1,
                          .batch = 1,
                          .consumers = 1};
    bool found;

    settings.warm_ns = DISTANCE_WARM_NS;
    settings.measured_ns = DISTANCE_NS;
    found = run_round(&entry);
    settings = usual;
    return found ? 1e9 / entry.results[0].rate / 2 : 0;
}

void run_contest(struct entry *const *entries, unsigned count, double *distances_ns)
{
    if (!shares)
        shares = shared_memory((CONSUMERS_MOST + 1) * sizeof *shares);
    for (unsigned round = 0; round < settings.rounds; round++) {
        distances_ns[round] = distance_ns();
        for (unsigned turn = 0; turn < count; turn++) {
            struct entry *entry = entries[round % 2 == 0 ? turn : count - 1 - turn];

            if (entry->rounds_failed < FAILURES_MOST && run_round(entry))
                entry->rate_by_round[round] = entry->results[entry->rounds - 1].rate;
        }
    }
}
