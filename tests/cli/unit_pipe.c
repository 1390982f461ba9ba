/* SPDX-License-Identifier: MIT */
/* Whether the pipe behind a process is full: what tells a stuck output where the kernel does not
 * say in which call a process sleeps. */
#include "support.h"
#include "tool/pipe.h"

#include <fcntl.h>
#include <unistd.h>

static void write_into(struct link parent, void *arg)
{
    ck_assert_int_eq(dup2(*(int *)arg, STDOUT_FILENO), STDOUT_FILENO);
    say(parent, 1);
    hear(parent);
}

START_TEST(full_pipe_is_told_from_one_with_room)
{
    static char page[4096];
    struct child writer;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    writer = child_start(write_into, &ends[1]);
    ck_assert_int_eq(hear(writer.link), 1);
    ck_assert(!cli_pipe_is_full((uint32_t)writer.pid));
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], page, sizeof page) > 0)
        ;
    ck_assert(cli_pipe_is_full((uint32_t)writer.pid));
    ck_assert_int_gt(read(ends[0], page, sizeof page), 0);
    ck_assert(!cli_pipe_is_full((uint32_t)writer.pid));
    say(writer.link, 1);
    child_join(&writer);
}
END_TEST

START_TEST(output_that_is_no_pipe_is_never_full)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct child writer = child_start(write_into, &null);

    ck_assert_int_eq(hear(writer.link), 1);
    ck_assert(!cli_pipe_is_full((uint32_t)writer.pid));
    child_kill(&writer);
    close(null);
}
END_TEST

int main(void)
{
    return RUN_TESTS("pipe", full_pipe_is_told_from_one_with_room,
                     output_that_is_no_pipe_is_never_full);
}
