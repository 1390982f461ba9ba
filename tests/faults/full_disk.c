/* SPDX-License-Identifier: MIT */
/*
 * A file system that fills up while a stream runs is no concern of the stream: its memory is its
 * own since create. Each on a real disk file system in a file; skipped where mounts are not
 * permitted.
 */
#include "mounts.h"
#include "streams.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOT_BYTES = 256 * 1024, SLOTS = 8, ROUNDS = 3 };

/* Dirty pages reach the disk, so that the next store to each asks the file system again. */
static void write_back(void)
{
    sync();
}

static void put_and_take(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    static char data[SLOT_BYTES];
    struct streamx_message message;

    for (int i = 0; i < SLOTS; i++) {
        memset(data, 'a' + i, sizeof data);
        ck_assert_int_eq(streamx_put(producer, data, sizeof data, PATIENCE), 0);
        ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
        ck_assert_uint_eq(message.len, sizeof data);
        ck_assert_int_eq(memcmp(message.data, data, sizeof data), 0);
        ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    }
}

/* In a child, which a signal would end. */
static void stream_while_it_fills(struct link parent, void *arg)
{
    const struct streamx_options options = {.slots = SLOTS, .slot_size = SLOT_BYTES};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");

    (void)parent;
    (void)arg;
    put_and_take(producer, consumer);
    fill_up(stream_path("filler"));
    for (int i = 0; i < ROUNDS; i++) {
        write_back();
        put_and_take(producer, consumer);
    }
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}

static void on(const char *type, unsigned megabytes)
{
    struct child child;

    if (!mount_image(stream_dir(), type, megabytes)) {
        printf("no %s here\n", type);
        return;
    }
    child = child_start(stream_while_it_fills, NULL);
    child_join(&child);
    unmount(stream_dir());
}

START_TEST(full_ext4_is_no_signal)
{
    on("ext4", 64);
}
END_TEST

START_TEST(full_xfs_is_no_signal)
{
    on("xfs", 320);
}
END_TEST

START_TEST(full_btrfs_is_no_signal)
{
    on("btrfs", 128);
}
END_TEST

int main(void)
{
    if (!mounts_enter()) {
        puts("skipped: no mount namespace permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("full_disk", full_ext4_is_no_signal, full_xfs_is_no_signal,
                     full_btrfs_is_no_signal);
}
