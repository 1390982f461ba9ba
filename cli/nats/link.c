/* SPDX-License-Identifier: MIT */
/*
 * One thread for each attempt, and a job that both sides hold: whoever lets go last frees it. What
 * the thread has opened is in the job until the program takes it over; if that has turned away, the
 * thread closes it again.
 *
 * Every thread of libnats is made from here, directly or not, with all signals blocked, so that
 * the program's handlers run in the program's own thread.
 */
#include "nats/link.h"

#include "common/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FIRST_BACKOFF_NS (50 * CLI_CLOCK_MILLISECOND)
#define LAST_BACKOFF_NS (2 * CLI_CLOCK_SECOND)
#define PATIENCE_NS (30 * CLI_CLOCK_SECOND) /* with a thread: longer than its calls take */

struct bridge_link_job {
    pthread_t thread; /* known to the link alone */
    pthread_mutex_t mutex;
    unsigned holders;
    bool done;
    bool deserted; /* nobody will take over what it opens */
    int fd;
    const struct bridge_link *link; /* its options, which stay as they are */
    natsConnection *nc;
    natsSubscription *sub;
    struct bridge_mailbox *mailbox;
    char inbox[128];
    struct bridge_wish wish;
    struct bridge_jetstream_facts facts;
    struct bridge_failure failure;
};

int bridge_link_init(struct bridge_link *link)
{
    link->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (link->fd < 0)
        return -errno;
    link->state = BRIDGE_LINK_DOWN;
    link->backoff_ns = FIRST_BACKOFF_NS;
    link->retry_ns = link->down_since_ns = cli_clock_now();
    return 0;
}

static void close_connection(natsConnection **nc, natsSubscription **sub,
                             struct bridge_mailbox **mailbox)
{
    natsSubscription_Destroy(*sub);
    natsConnection_Destroy(*nc);
    bridge_mailbox_drop(*mailbox);
    *sub = NULL;
    *nc = NULL;
    *mailbox = NULL;
}

static void drop_job(struct bridge_link_job *job)
{
    bool last;

    pthread_mutex_lock(&job->mutex);
    last = --job->holders == 0;
    pthread_mutex_unlock(&job->mutex);
    if (!last)
        return;
    close_connection(&job->nc, &job->sub, &job->mailbox);
    pthread_mutex_destroy(&job->mutex);
    free(job);
}

static natsStatus subscribe(struct bridge_link_job *job)
{
    char subject[sizeof job->inbox + 2];
    natsInbox *inbox = NULL;
    natsStatus s = natsInbox_Create(&inbox);

    if (s != NATS_OK)
        return s;
    snprintf(job->inbox, sizeof job->inbox, "%s", (const char *)inbox);
    natsInbox_Destroy(inbox);
    snprintf(subject, sizeof subject, "%s.*", job->inbox);
    s = natsConnection_Subscribe(&job->sub, job->nc, subject, bridge_mailbox_message, job->mailbox);
    if (s != NATS_OK)
        return s;
    s = natsSubscription_SetOnCompleteCB(job->sub, bridge_mailbox_no_more,
                                         bridge_mailbox_hold(job->mailbox));
    if (s != NATS_OK) {
        bridge_mailbox_drop(job->mailbox);
        return s;
    }
    return natsSubscription_SetPendingLimits(job->sub, -1, -1);
}

static enum bridge_failure_kind open_connection(struct bridge_link_job *job)
{
    enum bridge_failure_kind kind;
    natsStatus s;

    job->mailbox = bridge_mailbox_new(job->fd);
    if (!job->mailbox)
        return bridge_failure_set(&job->failure, BRIDGE_FAILURE_SYSTEM, "%s", strerror(ENOMEM));
    kind = bridge_server_connect(&job->nc, job->link->server, job->link->name, job->mailbox,
                                 &job->failure);
    if (kind != BRIDGE_FAILURE_NONE)
        return kind;
    s = subscribe(job);
    return s == NATS_OK ? BRIDGE_FAILURE_NONE : bridge_failure_of(&job->failure, "inbox", s, 0);
}

static void *work(void *arg)
{
    const uint64_t one = 1;
    struct bridge_link_job *job = arg;
    enum bridge_failure_kind kind = BRIDGE_FAILURE_NONE;
    ssize_t written;
    int fd = job->fd;
    bool deserted;

    if (!job->nc)
        kind = open_connection(job);
    if (kind == BRIDGE_FAILURE_NONE)
        kind = job->link->survey(job->nc, job->link->jetstream, &job->wish, &job->facts,
                                 &job->failure);
    job->failure.kind = kind;
    nats_ReleaseThreadMemory();
    pthread_mutex_lock(&job->mutex);
    job->done = true;
    deserted = job->deserted;
    pthread_mutex_unlock(&job->mutex);
    drop_job(job);
    if (!deserted) {
        written = write(fd, &one, sizeof one);
        (void)written; /* cannot fail: the counter is far from full */
    }
    return NULL;
}

static struct bridge_link_job *new_job(const struct bridge_link *link)
{
    struct bridge_link_job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    pthread_mutex_init(&job->mutex, NULL);
    job->holders = 2;
    job->fd = link->fd;
    job->link = link;
    job->wish = link->wish;
    job->nc = link->nc;
    job->sub = link->sub;
    job->mailbox = link->mailbox;
    memcpy(job->inbox, link->inbox, sizeof job->inbox);
    return job;
}

/* Gives the connection, if there is one, to a thread, together with the work. */
static int start(struct bridge_link *link)
{
    struct bridge_link_job *job = new_job(link);
    int error;

    if (!job)
        return ENOMEM;
    error = pthread_create(&job->thread, NULL, work, job);
    if (error != 0) {
        pthread_mutex_destroy(&job->mutex);
        free(job);
        return error;
    }
    link->nc = NULL;
    link->sub = NULL;
    link->mailbox = NULL;
    link->job = job;
    link->give_up_ns = cli_clock_after(PATIENCE_NS);
    return 0;
}

static void desert(struct bridge_link *link)
{
    pthread_detach(link->job->thread);
    pthread_mutex_lock(&link->job->mutex);
    link->job->deserted = true;
    pthread_mutex_unlock(&link->job->mutex);
    drop_job(link->job);
    link->job = NULL;
}

static void go_down(struct bridge_link *link)
{
    if (link->state != BRIDGE_LINK_DOWN && link->state != BRIDGE_LINK_OPENING)
        link->down_since_ns = cli_clock_now();
    close_connection(&link->nc, &link->sub, &link->mailbox);
    link->state = BRIDGE_LINK_DOWN;
    link->retry_ns = cli_clock_after(link->backoff_ns);
    link->backoff_ns =
        link->backoff_ns * 2 < LAST_BACKOFF_NS ? link->backoff_ns * 2 : LAST_BACKOFF_NS;
}

static enum bridge_link_event trouble(struct bridge_link *link)
{
    go_down(link);
    return BRIDGE_LINK_TROUBLE;
}

static bool is_done(struct bridge_link_job *job)
{
    bool done;

    pthread_mutex_lock(&job->mutex);
    done = job->done;
    pthread_mutex_unlock(&job->mutex);
    return done;
}

/* What the thread has opened and found out is the link's; there is no job any more. The thread is
 * waited for: it gives back memory of libnats's, which exit(3) gives back too. */
static void take_results(struct bridge_link *link, struct bridge_failure *failure)
{
    struct bridge_link_job *job = link->job;

    pthread_join(job->thread, NULL);
    link->nc = job->nc;
    link->sub = job->sub;
    link->mailbox = job->mailbox;
    link->facts = job->facts;
    memcpy(link->inbox, job->inbox, sizeof link->inbox);
    *failure = job->failure;
    job->nc = NULL;
    job->sub = NULL;
    job->mailbox = NULL;
    drop_job(job);
    link->job = NULL;
}

static enum bridge_link_event take_over(struct bridge_link *link, struct bridge_failure *failure)
{
    bool done = is_done(link->job);

    if (!done && cli_clock_until(link->give_up_ns, 1) > 0)
        return BRIDGE_LINK_NOTHING;
    if (!done) {
        desert(link);
        bridge_failure_set(failure, BRIDGE_FAILURE_PASSING, "no answer");
        return trouble(link);
    }
    take_results(link, failure);
    if (failure->kind != BRIDGE_FAILURE_NONE)
        return trouble(link);
    link->state = BRIDGE_LINK_UP;
    link->backoff_ns = FIRST_BACKOFF_NS;
    return BRIDGE_LINK_OPENED;
}

enum bridge_link_event bridge_link_run(struct bridge_link *link, struct bridge_failure *failure)
{
    int error;

    if (link->job)
        return take_over(link, failure);
    if (link->state != BRIDGE_LINK_DOWN || cli_clock_until(link->retry_ns, 1) > 0)
        return BRIDGE_LINK_NOTHING;
    error = start(link);
    if (error != 0) {
        bridge_failure_set(failure, BRIDGE_FAILURE_PASSING, "no thread: %s", strerror(error));
        return trouble(link);
    }
    link->state = BRIDGE_LINK_OPENING;
    return BRIDGE_LINK_NOTHING;
}

int64_t bridge_link_due(const struct bridge_link *link)
{
    if (link->job)
        return link->give_up_ns;
    return link->state == BRIDGE_LINK_DOWN ? link->retry_ns : CLI_CLOCK_NEVER;
}

/* The library's only way to send at once is together with a question; the answer may come later. */
void bridge_link_flush(struct bridge_link *link)
{
    if (link->unsent && link->nc)
        natsConnection_FlushTimeout(link->nc, 1);
    link->unsent = false;
}

void bridge_link_look_again(struct bridge_link *link)
{
    if (link->state != BRIDGE_LINK_UP)
        return;
    if (start(link) == 0)
        link->state = BRIDGE_LINK_SURVEYING;
    else
        bridge_link_lose(link);
}

void bridge_link_lose(struct bridge_link *link)
{
    if (link->job)
        desert(link);
    go_down(link);
}

void bridge_link_close(struct bridge_link *link)
{
    if (link->job)
        desert(link);
    close_connection(&link->nc, &link->sub, &link->mailbox);
}
