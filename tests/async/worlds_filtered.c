/* SPDX-License-Identifier: MIT */
/*
 * Worlds made by filters, as container runtimes install them. EPERM from io_uring_setup is also
 * what kernel.io_uring_disabled=2 answers; that switch is everybody's, so a test leaves it alone.
 */
#include "without.h"
#include "worlds.h"

#include <sys/syscall.h>

const struct world worlds[] = {
    {.name = "everything"},
    {.name = "io_uring forbidden",
     .without_rings = true,
     .spared = true,
     .lacks = {{SYS_io_uring_setup, EPERM}}},
    {.name = "no io_uring", .without_rings = true, .lacks = {{SYS_io_uring_setup, ENOSYS}}},
    {.name = "no io_uring, no futex_waitv",
     .without_rings = true,
     .spared = true,
     .lacks = {{SYS_io_uring_setup, ENOSYS}, {SYS_futex_waitv, ENOSYS}}},
    {.name = "no pidfd", .spared = true, .lacks = {{SYS_pidfd_open, ENOSYS}}},
    {.name = "io_uring is made and not entered",
     .without_rings = true,
     .lacks = {{SYS_io_uring_enter, EPERM}}},
    {.name = "nothing new",
     .without_rings = true,
     .lacks = {{SYS_io_uring_setup, ENOSYS},
               {SYS_futex_waitv, ENOSYS},
               {SYS_pidfd_open, ENOSYS},
               {SYS_membarrier, ENOSYS}}},
};
const unsigned world_count = sizeof worlds / sizeof worlds[0];

bool world_enter(const struct world *world)
{
    for (int i = 0; i < LACKS_MAX && world->lacks[i].system_call != 0; i++)
        if (!without(world->lacks[i].system_call, world->lacks[i].error))
            return false;
    return true;
}
