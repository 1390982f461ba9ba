/* SPDX-License-Identifier: MIT */
/* Certainly dead, or maybe alive: locks that go with their holder, and the second witness. */
#define _GNU_SOURCE
#include "kernel/liveness.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/process.h"
#include "support.h"

#define BYTE 1000

static int file(void)
{
    int fd = open(stream_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    return fd;
}

/* Another description of the same file. */
static int again(int fd)
{
    char path[32];
    int other;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    other = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    return other;
}

START_TEST(lock_is_seen_by_others_and_excludes_them)
{
    int fd = file(), other = again(fd);

    ck_assert(!sx_liveness_held(other, BYTE));
    ck_assert_int_eq(sx_liveness_hold(fd, BYTE), 0);
    ck_assert(sx_liveness_held(other, BYTE));
    ck_assert(!sx_liveness_held(other, BYTE + 1));
    ck_assert_int_eq(sx_liveness_hold(other, BYTE), -EAGAIN);
    sx_liveness_release(fd, BYTE);
    ck_assert(!sx_liveness_held(other, BYTE));
    close(fd);
    close(other);
}
END_TEST

START_TEST(mapping_alone_keeps_the_lock)
{
    int fd = file(), other = again(fd);
    void *page;

    ck_assert_int_eq(ftruncate(fd, 4096), 0);
    page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    ck_assert_int_eq(sx_liveness_hold(fd, BYTE), 0);
    close(fd);
    ck_assert(sx_liveness_held(other, BYTE));
    munmap(page, 4096);
    ck_assert(!sx_liveness_held(other, BYTE));
    close(other);
}
END_TEST

static void hold(struct link parent, void *arg)
{
    int fd = again(*(int *)arg);

    ck_assert_int_eq(sx_liveness_hold(fd, BYTE), 0);
    say(parent, getpid());
    hear(parent);
}

static struct sx_peer peer_of(const struct child *child)
{
    return (struct sx_peer){.lock_byte = BYTE,
                            .pid_namespace = sx_process_pid_namespace(),
                            .pid = (uint32_t)child->pid};
}

START_TEST(holder_is_alive_until_it_is_killed)
{
    int fd = file();
    struct child holder = child_start(hold, &fd);
    struct sx_peer peer = peer_of(&holder);

    hear(holder.link);
    ck_assert(!sx_liveness_dead(fd, &peer, peer.pid_namespace));
    child_stop(&holder);
    ck_assert(!sx_liveness_dead(fd, &peer, peer.pid_namespace));
    child_kill(&holder);
    ck_assert(sx_liveness_dead(fd, &peer, peer.pid_namespace));
    close(fd);
}
END_TEST

START_TEST(lock_that_outlives_its_process_is_overruled_by_the_second_witness)
{
    int fd = file(), kept = again(fd);
    struct child holder = child_start(hold, &fd);
    struct sx_peer peer = peer_of(&holder);

    hear(holder.link);
    child_kill(&holder);
    /* As if a child had been forked in the instant before the mapping was marked. */
    ck_assert_int_eq(sx_liveness_hold(kept, BYTE), 0);
    ck_assert(sx_liveness_dead(fd, &peer, peer.pid_namespace));
    /* Its number means nothing in another namespace, or in an unknown one. */
    ck_assert(!sx_liveness_dead(fd, &peer, peer.pid_namespace + 1));
    ck_assert(!sx_liveness_dead(fd, &peer, 0));
    close(kept);
    close(fd);
}
END_TEST

START_TEST(false_pids_are_not_believed_to_be_dead)
{
    const uint32_t pids[] = {0, UINT32_MAX, (uint32_t)1 << 31};
    int fd = file(), kept = again(fd);

    ck_assert_int_eq(sx_liveness_hold(kept, BYTE), 0);
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        struct sx_peer peer = {BYTE, sx_process_pid_namespace(), pids[i]};
        ck_assert(!sx_liveness_dead(fd, &peer, peer.pid_namespace));
    }
    close(kept);
    close(fd);
}
END_TEST

int main(void)
{
    return RUN_TESTS("liveness", lock_is_seen_by_others_and_excludes_them,
                     mapping_alone_keeps_the_lock, holder_is_alive_until_it_is_killed,
                     lock_that_outlives_its_process_is_overruled_by_the_second_witness,
                     false_pids_are_not_believed_to_be_dead);
}
