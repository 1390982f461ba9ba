/* SPDX-License-Identifier: MIT */
/*
 * iceoryx, publisher blocking while a subscriber's queue is full. Spinning: subscribers poll for
 * chunks; parked: they sleep in a wait set. (A blocked publisher polls in either case; that is
 * iceoryx's own.) Its daemon is started for each round, so that a round that fails leaves nothing
 * behind for the next.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iceoryx_binding_c/api.h>

#include "loops.h"

#define QUEUE 256u /* the most that it can be built with, as Debian does */

static pid_t daemon_pid;
static FILE *said; /* its output; open while it runs, so that it may say more */

struct end {
    iox_pub_storage_t publisher_storage;
    iox_sub_storage_t subscriber_storage;
    iox_ws_storage_t set_storage;
    iox_pub_t publisher;
    iox_sub_t subscriber;
    iox_ws_t set;
    const void *held;
    void *loaned;
    size_t payload;
};

/* Waits until the daemon says that it is ready. */
static bool start_daemon(struct entry *entry)
{
    char line[256] = "";
    int out[2];

    (void)entry;
    must_errno(pipe(out), "pipe");
    daemon_pid = fork();
    must_errno(daemon_pid, "fork");
    if (daemon_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        execlp("iox-roudi", "iox-roudi", "--monitoring-mode", "off", (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    close(out[1]);
    said = fdopen(out[0], "r");
    while (!strstr(line, "ready for clients") && fgets(line, sizeof line, said))
        ;
    return strstr(line, "ready for clients");
}

static void stop_daemon(struct entry *entry)
{
    (void)entry;
    kill(daemon_pid, SIGTERM);
    waitpid(daemon_pid, NULL, 0);
    fclose(said);
}

static void join_runtime(const char *side, unsigned index)
{
    char name[64];

    snprintf(name, sizeof name, "bench-%s-%u-%d", side, index, (int)getpid());
    iox_set_loglevel(Iceoryx_LogLevel_Off);
    iox_runtime_init(name);
}

static void offer(struct end *end, const char *which)
{
    iox_pub_options_t options;

    iox_pub_options_init(&options);
    options.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
    options.historyCapacity = 0;
    end->publisher = iox_pub_init(&end->publisher_storage, "bench", which, "values", &options);
}

static void subscribe(struct end *end, const struct entry *entry, const char *which)
{
    iox_sub_options_t options;

    iox_sub_options_init(&options);
    options.queueCapacity = entry->slots < QUEUE ? entry->slots : QUEUE;
    options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
    end->subscriber = iox_sub_init(&end->subscriber_storage, "bench", which, "values", &options);
    if (entry->waiting == SPINNING)
        return;
    end->set = iox_ws_init(&end->set_storage);
    if (iox_ws_attach_subscriber_state(end->set, end->subscriber, SubscriberState_HAS_DATA, 0,
                                       NULL) != WaitSetResult_SUCCESS)
        wrong("iox_ws_attach_subscriber_state");
}

static void await_subscribed(struct end *end)
{
    while (iox_sub_get_subscription_state(end->subscriber) != SubscribeState_SUBSCRIBED)
        usleep(1000);
}

static void *loan(void *context)
{
    struct end *end = context;

    if (iox_pub_loan_aligned_chunk(end->publisher, &end->loaned, (uint32_t)end->payload, 8) !=
        AllocationResult_SUCCESS)
        wrong("iox_pub_loan_chunk");
    return end->loaned;
}

static void publish(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    (void)data;
    (void)bytes;
    iox_pub_publish_chunk(end->publisher, end->loaned);
}

static void send_copy(void *context, const void *data, size_t bytes)
{
    memcpy(loan(context), data, bytes);
    publish(context, data, bytes);
}

static size_t receive(void *context, const void **data)
{
    iox_notification_info_t told[1];
    struct end *end = context;
    uint64_t missed;

    if (end->held)
        iox_sub_release_chunk(end->subscriber, end->held);
    while (iox_sub_take_chunk(end->subscriber, &end->held) != ChunkReceiveResult_SUCCESS)
        if (end->set)
            iox_ws_wait(end->set, told, 1, &missed);
    *data = end->held;
    return end->payload; /* a chunk has the size that it was loaned with */
}

static void play_sender(struct role *role)
{
    const struct entry *entry = role->entry;
    static struct end there, back;

    there.payload = back.payload = entry->payload;
    join_runtime("sender", 0);
    offer(&there, "there");
    if (entry->kind == ECHO) {
        subscribe(&back, entry, "back");
        await_subscribed(&back);
    }
    role_begin(role);
    if (entry->kind == ECHO)
        send_values(role, &there, send_copy, NULL, receive, &back);
    else if (entry->way == LOANED)
        send_values(role, &there, publish, loan, NULL, NULL);
    else
        send_values(role, &there, send_copy, NULL, NULL, NULL);
    while (iox_pub_has_subscribers(there.publisher))
        usleep(1000);
}

static void play_receiver(struct role *role)
{
    const struct entry *entry = role->entry;
    static struct end there, back;

    there.payload = back.payload = entry->payload;
    join_runtime("receiver", role->index);
    if (entry->kind == ECHO)
        offer(&back, "back");
    subscribe(&there, entry, "there");
    await_subscribed(&there);
    role_ready(role);
    if (entry->kind == ECHO)
        receive_values(role, &there, receive, send_copy, &back);
    else
        receive_values(role, &there, receive, NULL, NULL);
    iox_sub_unsubscribe(there.subscriber);
}

const struct transport transport_iceoryx = {.name = "iceoryx",
                                            .spins = true,
                                            .payload_most = 1u << 20,
                                            .consumers_most = CONSUMERS_MOST,
                                            .prepare = start_daemon,
                                            .send = play_sender,
                                            .receive = play_receiver,
                                            .clean = stop_daemon};
