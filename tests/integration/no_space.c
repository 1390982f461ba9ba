/* SPDX-License-Identifier: MIT */
/*
 * A full file system shows in create, and never as a signal later. Needs a small file system of its
 * own, in a mount namespace; skipped where that is not permitted.
 */
#include "streams.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { FILE_SYSTEM_BYTES = 1 << 20 };

static bool write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

    if (fd >= 0)
        close(fd);
    return written;
}

/* Both ids are mapped: where one is not, no file can be made. Groups only once they cannot be
 * changed any more. */
static bool map_ids(uid_t uid, gid_t gid)
{
    char uid_map[64], gid_map[64];

    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)uid);
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)gid);
    return write_line("/proc/self/uid_map", uid_map) &&
           write_line("/proc/self/setgroups", "deny") && write_line("/proc/self/gid_map", gid_map);
}

static bool enter_mount_namespace(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (uid == 0 && unshare(CLONE_NEWNS) == 0)
        return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    return map_ids(uid, gid) && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool mount_small(const char *path)
{
    return mount("none", path, "tmpfs", 0, "size=1m") == 0;
}

static bool permitted(void)
{
    return enter_mount_namespace() && mount_small("/tmp");
}

static void use_small_file_system(void)
{
    ck_assert(mount_small(stream_dir()));
}

static void leave_small_file_system(void)
{
    ck_assert_int_eq(umount(stream_dir()), 0);
}

START_TEST(full_file_system_is_an_error)
{
    const struct streamx_options too_large = {.slot_size = 2 * FILE_SYSTEM_BYTES};
    const struct streamx_options half = {.slot_size = FILE_SYSTEM_BYTES / 2};
    struct streamx_producer *producer, *other;

    use_small_file_system();
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(streamx_create(&producer, "s", &too_large), -ENOSPC);
    producer = make_stream("s", &half);
    ck_assert_int_eq(streamx_create(&other, "t", &half), -ENOSPC);
    ck_assert(!name_exists("t"));
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    leave_small_file_system();
}
END_TEST

static void fill_file_system(void)
{
    static const char block[4096];
    int fd;

    fd = open(stream_path("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
}

START_TEST(what_create_reserved_is_there_on_a_full_file_system)
{
    const struct streamx_options options = {.slots = 8, .slot_size = 65536};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    static char bytes[65536];

    use_small_file_system();
    producer = make_stream("s", &options);
    fill_file_system();
    consumer = join("s");
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(streamx_put(producer, bytes, sizeof bytes, STREAMX_NOWAIT), 0);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(try_take(consumer), 1);
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    leave_small_file_system();
}
END_TEST

START_TEST(no_room_for_a_long_message_is_an_error_and_nothing_is_lost)
{
    const struct streamx_options options = {
        .slots = 2, .slot_size = 8 * FILE_SYSTEM_BYTES, .reserve_size = 16384};
    const struct streamx_subscribe_options oldest = {.start = STREAMX_START_OLDEST};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer, *late;
    static char bytes[2 * FILE_SYSTEM_BYTES];
    const struct iovec batch[2] = {{bytes, FILE_SYSTEM_BYTES}, {bytes, 10}};
    size_t capacity;
    uint64_t before;
    void *data;

    use_small_file_system();
    producer = make_stream("s", &options);
    consumer = join("s");
    put_text(producer, "one");
    put_text(producer, "two");
    next_text(consumer, 1, "one");
    next_text(consumer, 2, "two");
    ack_all(consumer);
    before = look("s").memory_bytes;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(streamx_put(producer, bytes, sizeof bytes, STREAMX_NOWAIT), -ENOSPC);
        ck_assert_int_eq(streamx_put(producer, bytes, sizeof bytes, PATIENCE), -ENOSPC);
        ck_assert_int_eq(streamx_putv(producer, batch, 2, STREAMX_NOWAIT), -ENOSPC);
        ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), -ENOSPC);
        ck_assert_int_eq(
            streamx_loan_at_least(producer, sizeof bytes, &data, &capacity, STREAMX_NOWAIT),
            -ENOSPC);
    }
    ck_assert_uint_eq(look("s").memory_bytes, before);
    ck_assert_uint_eq(look("s").published, 2);
    ck_assert_int_eq(streamx_subscribe(&late, "s", &oldest, PATIENCE), 0);
    next_text(late, 1, "one"); /* the slot was not taken for what could not be put */
    streamx_unsubscribe(late);
    put_text(producer, "three");
    next_text(consumer, 3, "three");
    ack_all(consumer);
    ck_assert_int_eq(streamx_put(producer, bytes, FILE_SYSTEM_BYTES / 2, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 1);
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    leave_small_file_system();
}
END_TEST

START_TEST(parts_whose_ends_find_no_room_leave_the_loan_open)
{
    const struct streamx_options options = {.slot_size = FILE_SYSTEM_BYTES, .reserve_size = 65536};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    static uint32_t ends[60000];
    size_t capacity;
    void *data;

    for (uint32_t i = 0; i < 60000; i++)
        ends[i] = i + 1;
    use_small_file_system();
    producer = make_stream("s", &options);
    consumer = join("s");
    ck_assert_int_eq(streamx_loan_at_least(producer, 60000, &data, &capacity, STREAMX_NOWAIT), 0);
    memset(data, 'x', 60000);
    fill_file_system();
    ck_assert_int_eq(streamx_publish_parts(producer, ends, 60000, 0), -ENOSPC);
    ck_assert_int_eq(try_put(producer), -EBUSY);
    ck_assert_int_eq(streamx_publish_parts(producer, ends, 2, 0), 0);
    next_text(consumer, 1, "x");
    next_text(consumer, 2, "x");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(unlink(stream_path("filler")), 0);
    leave_small_file_system();
}
END_TEST

int main(void)
{
    if (!permitted()) {
        puts("skipped: no mount namespace permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("no_space", full_file_system_is_an_error,
                     what_create_reserved_is_there_on_a_full_file_system,
                     no_room_for_a_long_message_is_an_error_and_nothing_is_lost,
                     parts_whose_ends_find_no_room_leave_the_loan_open);
}
