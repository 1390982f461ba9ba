/* SPDX-License-Identifier: MIT */
/*
 * The fast path makes no system call: a process that holds both ends of a stream forbids itself
 * all but writing and exiting, on pain of death, and goes on putting and taking. There is always
 * room and always a value, so nothing has a reason to wait.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "streams.h"

#define SLOTS 64
#define ROUNDS 1000
#define BATCH 4

#define ALLOW(call)                                                                                \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Whether this kernel lets it. */
static bool forbid_system_calls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_write),
        ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct ends {
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
};

/* Puts until the ring is half full, and takes it all; false if anything is not as it must be. */
typedef bool work_fn(struct ends *ends);

static bool take_all(struct ends *ends, unsigned count)
{
    struct streamx_message message;

    for (unsigned i = 0; i < count; i++)
        if (streamx_next(ends->consumer, &message, STREAMX_FOREVER) != 1 || message.len != 8)
            return false;
    return true;
}

static bool put_and_next(struct ends *ends)
{
    for (unsigned i = 0; i < SLOTS / 2; i++)
        if (streamx_put(ends->producer, "12345678", 8, STREAMX_FOREVER) != 0)
            return false;
    return take_all(ends, SLOTS / 2);
}

static bool take_and_ack(struct ends *ends)
{
    struct streamx_message message;

    for (unsigned i = 0; i < SLOTS / 2; i++)
        if (streamx_put(ends->producer, "12345678", 8, STREAMX_NOWAIT) != 0)
            return false;
    for (unsigned i = 0; i < SLOTS / 2; i++)
        if (streamx_take(ends->consumer, &message, STREAMX_NOWAIT) != 1 ||
            (i % 2 == 1 && streamx_ack(ends->consumer, message.seq) != 0))
            return false;
    return true;
}

static bool batch(struct ends *ends)
{
    struct iovec messages[BATCH];

    for (unsigned i = 0; i < BATCH; i++)
        messages[i] = (struct iovec){(char[]){"12345678"}, 8};
    for (unsigned i = 0; i < SLOTS / 2; i++)
        if (streamx_putv(ends->producer, messages, BATCH, STREAMX_FOREVER) != 0)
            return false;
    return take_all(ends, BATCH * SLOTS / 2);
}

static bool loan_and_publish(struct ends *ends)
{
    size_t capacity;
    void *data;

    for (unsigned i = 0; i < SLOTS / 2; i++) {
        if (streamx_loan(ends->producer, &data, &capacity, STREAMX_FOREVER) != 0)
            return false;
        memcpy(data, "12345678", 8);
        if (streamx_publish(ends->producer, 8) != 0)
            return false;
    }
    return take_all(ends, SLOTS / 2);
}

/* Must sleep, and so be caught. */
static bool overfill(struct ends *ends)
{
    for (unsigned i = 0; i <= SLOTS; i++)
        streamx_put(ends->producer, "12345678", 8, BRIEFLY);
    return true;
}

/* The child's status: of its first calls, made before anything is forbidden, some may be slow. */
static int status_of(work_fn *work)
{
    const struct streamx_options options = {.slots = SLOTS, .slot_size = 64};
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct ends ends;

        if (streamx_create(&ends.producer, "quiet", &options) != 0 ||
            streamx_subscribe(&ends.consumer, "quiet", NULL, STREAMX_FOREVER) != 0 ||
            !put_and_next(&ends) || streamx_ack(ends.consumer, 0) != 0)
            _exit(EXIT_FAILURE);
        if (!forbid_system_calls())
            _exit(EXIT_SKIPPED);
        for (unsigned i = 0; i < ROUNDS; i++)
            if (!work(&ends))
                _exit(EXIT_FAILURE);
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(streamx_remove("quiet", STREAMX_FORCE), 0);
    return status;
}

static bool skipped(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;
}

static void expect_quiet(work_fn *work)
{
    int status = status_of(work);

    if (skipped(status))
        return;
    ck_assert_msg(!WIFSIGNALED(status), "killed by signal %d: a system call", WTERMSIG(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(put_and_next_make_no_system_call)
{
    expect_quiet(put_and_next);
}
END_TEST

START_TEST(take_and_ack_make_no_system_call)
{
    expect_quiet(take_and_ack);
}
END_TEST

START_TEST(batches_make_no_system_call)
{
    expect_quiet(batch);
}
END_TEST

START_TEST(loans_make_no_system_call)
{
    expect_quiet(loan_and_publish);
}
END_TEST

START_TEST(a_put_that_sleeps_is_caught)
{
    int status = status_of(overfill);

    if (skipped(status))
        return;
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

int main(void)
{
    return RUN_TESTS("no_system_call", put_and_next_make_no_system_call,
                     take_and_ack_make_no_system_call, batches_make_no_system_call,
                     loans_make_no_system_call, a_put_that_sleeps_is_caught);
}
