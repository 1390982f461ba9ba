/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel, by the very calls that the library makes; and the library, by a stream.
 * Everything that is opened is closed again.
 */
#define _GNU_SOURCE
#include "tool/machine.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <streamx.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define OP_FUTEX_WAIT 51u /* since 6.7; older headers do not name it */

/* ---- the kernel ------------------------------------------------------------------------------ */

static unsigned count_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static bool ring_knows_futex(int ring)
{
    const unsigned count = OP_FUTEX_WAIT + 1;
    struct io_uring_probe *probe = calloc(1, sizeof *probe + count * sizeof probe->ops[0]);
    bool knows = probe &&
                 syscall(SYS_io_uring_register, ring, IORING_REGISTER_PROBE, probe, count) == 0 &&
                 (probe->ops[OP_FUTEX_WAIT].flags & IO_URING_OP_SUPPORTED);

    free(probe);
    return knows;
}

static void look_at_io_uring(struct cli_machine *machine)
{
    struct io_uring_params params;
    int ring;

    memset(&params, 0, sizeof params);
    ring = (int)syscall(SYS_io_uring_setup, 4, &params);
    machine->io_uring = ring < 0 ? errno : 0;
    if (ring < 0)
        return;
    /* A filter may let a ring be made and not used. */
    if (syscall(SYS_io_uring_enter, ring, 0, 0, 0, NULL, 0) < 0)
        machine->io_uring = errno;
    else
        machine->ring_futex = ring_knows_futex(ring);
    close(ring);
}

static void look_at_calls(struct cli_machine *machine)
{
    long barriers = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    machine->membarrier = barriers > 0 && (barriers & MEMBARRIER_CMD_GLOBAL_EXPEDITED);
    machine->pidfd = pidfd < 0 ? errno : 0;
    if (pidfd >= 0)
        close(pidfd);
    /* No words at all are refused as such, where the call is known. */
    machine->futex_waitv = syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno == EINVAL;
    look_at_io_uring(machine);
}

static bool is_filtered(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    int mode = 0;

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Seccomp: %d", &mode) == 1)
            break;
    if (file)
        fclose(file);
    return mode != 0;
}

static uint64_t limit(int resource)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return CLI_MACHINE_UNLIMITED;
    return limit.rlim_cur;
}

/* ---- the directory --------------------------------------------------------------------------- */

static const char *name_of_file_system(unsigned long magic)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {
        {0x01021994, "tmpfs"},   {0xef53, "ext4"},      {0x58465342, "xfs"},  {0x9123683e, "btrfs"},
        {0x794c7630, "overlay"}, {0x65735546, "fuse"},  {0x6969, "nfs"},      {0x2fc12fc1, "zfs"},
        {0xf2f52010, "f2fs"},    {0x858458f6, "ramfs"}, {0xff534d42, "cifs"}, {0x01021997, "9p"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].magic == magic)
            return known[i].name;
    return "unknown";
}

static void look_at_directory(struct cli_machine *machine)
{
    struct statfs status;

    machine->file_system = "unknown";
    if (statfs(streamx_directory(), &status) != 0) {
        machine->directory = errno;
        return;
    }
    machine->file_system = name_of_file_system((unsigned long)status.f_type);
    machine->free_bytes = (uint64_t)status.f_bavail * (uint64_t)status.f_bsize;
}

/* One message from a producer to a consumer, both in this process. 0 or an error number. */
static int pass_a_message(struct streamx_producer *producer, const char *name)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int failed = streamx_subscribe(&consumer, name, NULL, STREAMX_NOWAIT);

    if (failed != 0)
        return -failed;
    failed = streamx_put(producer, "x", 1, STREAMX_NOWAIT);
    if (failed == 0)
        failed = streamx_next(consumer, &message, STREAMX_NOWAIT) == 1 ? 0 : -EIO;
    streamx_unsubscribe(consumer);
    return -failed;
}

static int try_a_stream(void)
{
    const struct streamx_options options = {.slot_size = 64};
    struct streamx_producer *producer;
    char name[64];
    int failed;

    snprintf(name, sizeof name, "doctor.%d", (int)getpid());
    failed = -streamx_create(&producer, name, &options);
    if (failed != 0)
        return failed;
    failed = pass_a_message(producer, name);
    streamx_close(producer, STREAMX_NOWAIT);
    return failed;
}

void cli_machine_look(struct cli_machine *machine)
{
    memset(machine, 0, sizeof *machine);
    uname(&machine->system);
    machine->processors = count_processors();
    machine->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    look_at_calls(machine);
    machine->filtered = is_filtered();
    machine->open_files = limit(RLIMIT_NOFILE);
    machine->file_bytes = limit(RLIMIT_FSIZE);
    machine->address_bytes = limit(RLIMIT_AS);
    look_at_directory(machine);
    machine->stream = try_a_stream();
}
