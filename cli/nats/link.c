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

#define FIRST_BACKOFF_NS (50 * SX_CLOCK_MILLISECOND)
#define LAST_BACKOFF_NS (2 * SX_CLOCK_SECOND)
#define PATIENCE_NS (30 * SX_CLOCK_SECOND) /* with a thread: longer than its calls take */

struct sx_link_job {
    pthread_mutex_t mutex;
    unsigned holders;
    bool done;
    bool deserted; /* nobody will take over what it opens */
    int fd;
    const struct sx_link *link; /* its options, which stay as they are */
    natsConnection *nc;
    natsSubscription *sub;
    struct sx_mailbox *mailbox;
    char inbox[128];
    struct sx_jetstream_facts facts;
    struct sx_failure failure;
};

int sx_link_init(struct sx_link *link)
{
    link->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (link->fd < 0)
        return -errno;
    link->state = SX_LINK_DOWN;
    link->backoff_ns = FIRST_BACKOFF_NS;
    link->retry_ns = link->down_since_ns = sx_clock_now();
    return 0;
}

static void close_connection(natsConnection **nc, natsSubscription **sub,
                             struct sx_mailbox **mailbox)
{
    natsSubscription_Destroy(*sub);
    natsConnection_Destroy(*nc);
    sx_mailbox_drop(*mailbox);
    *sub = NULL;
    *nc = NULL;
    *mailbox = NULL;
}

static void drop_job(struct sx_link_job *job)
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

static natsStatus subscribe(struct sx_link_job *job)
{
    char subject[sizeof job->inbox + 2];
    natsInbox *inbox = NULL;
    natsStatus s = natsInbox_Create(&inbox);

    if (s != NATS_OK)
        return s;
    snprintf(job->inbox, sizeof job->inbox, "%s", (const char *)inbox);
    natsInbox_Destroy(inbox);
    snprintf(subject, sizeof subject, "%s.*", job->inbox);
    s = natsConnection_Subscribe(&job->sub, job->nc, subject, sx_mailbox_message, job->mailbox);
    if (s != NATS_OK)
        return s;
    s = natsSubscription_SetOnCompleteCB(job->sub, sx_mailbox_no_more,
                                         sx_mailbox_hold(job->mailbox));
    if (s != NATS_OK) {
        sx_mailbox_drop(job->mailbox);
        return s;
    }
    return natsSubscription_SetPendingLimits(job->sub, -1, -1);
}

static enum sx_failure_kind open_connection(struct sx_link_job *job)
{
    enum sx_failure_kind kind;
    natsStatus s;

    job->mailbox = sx_mailbox_new(job->fd);
    if (!job->mailbox)
        return sx_failure_set(&job->failure, SX_FAILURE_SYSTEM, "%s", strerror(ENOMEM));
    kind = sx_server_connect(&job->nc, job->link->server, job->link->name, job->mailbox,
                             &job->failure);
    if (kind != SX_FAILURE_NONE)
        return kind;
    s = subscribe(job);
    return s == NATS_OK ? SX_FAILURE_NONE : sx_failure_of(&job->failure, "inbox", s, 0);
}

static void *work(void *arg)
{
    const uint64_t one = 1;
    struct sx_link_job *job = arg;
    enum sx_failure_kind kind = SX_FAILURE_NONE;
    ssize_t written;
    int fd = job->fd;
    bool deserted;

    if (!job->nc)
        kind = open_connection(job);
    if (kind == SX_FAILURE_NONE)
        kind = job->link->survey(job->nc, job->link->jetstream, &job->facts, &job->failure);
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

/* Gives the connection, if there is one, to a thread, together with the work. */
static int start(struct sx_link *link)
{
    struct sx_link_job *job = calloc(1, sizeof *job);
    pthread_t thread;
    int error;

    if (!job)
        return ENOMEM;
    pthread_mutex_init(&job->mutex, NULL);
    job->holders = 2;
    job->fd = link->fd;
    job->link = link;
    job->nc = link->nc;
    job->sub = link->sub;
    job->mailbox = link->mailbox;
    memcpy(job->inbox, link->inbox, sizeof job->inbox);
    error = pthread_create(&thread, NULL, work, job);
    if (error != 0) {
        free(job);
        return error;
    }
    pthread_detach(thread);
    link->nc = NULL;
    link->sub = NULL;
    link->mailbox = NULL;
    link->job = job;
    link->give_up_ns = sx_clock_after(PATIENCE_NS);
    return 0;
}

static void desert(struct sx_link *link)
{
    pthread_mutex_lock(&link->job->mutex);
    link->job->deserted = true;
    pthread_mutex_unlock(&link->job->mutex);
    drop_job(link->job);
    link->job = NULL;
}

static void go_down(struct sx_link *link)
{
    if (link->state != SX_LINK_DOWN && link->state != SX_LINK_OPENING)
        link->down_since_ns = sx_clock_now();
    close_connection(&link->nc, &link->sub, &link->mailbox);
    link->state = SX_LINK_DOWN;
    link->retry_ns = sx_clock_after(link->backoff_ns);
    link->backoff_ns =
        link->backoff_ns * 2 < LAST_BACKOFF_NS ? link->backoff_ns * 2 : LAST_BACKOFF_NS;
}

static enum sx_link_event trouble(struct sx_link *link)
{
    go_down(link);
    return SX_LINK_TROUBLE;
}

static enum sx_link_event take_over(struct sx_link *link, struct sx_failure *failure)
{
    struct sx_link_job *job = link->job;
    bool done;

    pthread_mutex_lock(&job->mutex);
    done = job->done;
    pthread_mutex_unlock(&job->mutex);
    if (!done && sx_clock_until(link->give_up_ns, 1) > 0)
        return SX_LINK_NOTHING;
    if (!done) {
        desert(link);
        sx_failure_set(failure, SX_FAILURE_PASSING, "%s: no answer", link->server->shown);
        return trouble(link);
    }
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
    if (failure->kind != SX_FAILURE_NONE)
        return trouble(link);
    link->state = SX_LINK_UP;
    link->backoff_ns = FIRST_BACKOFF_NS;
    return SX_LINK_OPENED;
}

enum sx_link_event sx_link_run(struct sx_link *link, struct sx_failure *failure)
{
    int error;

    if (link->job)
        return take_over(link, failure);
    if (link->state != SX_LINK_DOWN || sx_clock_until(link->retry_ns, 1) > 0)
        return SX_LINK_NOTHING;
    error = start(link);
    if (error != 0) {
        sx_failure_set(failure, SX_FAILURE_PASSING, "no thread: %s", strerror(error));
        return trouble(link);
    }
    link->state = SX_LINK_OPENING;
    return SX_LINK_NOTHING;
}

int64_t sx_link_due(const struct sx_link *link)
{
    if (link->job)
        return link->give_up_ns;
    return link->state == SX_LINK_DOWN ? link->retry_ns : SX_CLOCK_NEVER;
}

/* The library's only way to send at once is together with a question; the answer may come later. */
void sx_link_flush(struct sx_link *link)
{
    if (link->unsent && link->nc)
        natsConnection_FlushTimeout(link->nc, 1);
    link->unsent = false;
}

void sx_link_look_again(struct sx_link *link)
{
    if (link->state != SX_LINK_UP)
        return;
    if (start(link) == 0)
        link->state = SX_LINK_SURVEYING;
    else
        sx_link_lose(link);
}

void sx_link_lose(struct sx_link *link)
{
    if (link->job)
        desert(link);
    go_down(link);
}

void sx_link_close(struct sx_link *link)
{
    if (link->job)
        desert(link);
    close_connection(&link->nc, &link->sub, &link->mailbox);
}
