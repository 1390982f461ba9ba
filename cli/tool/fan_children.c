/* SPDX-License-Identifier: MIT */
/*
 * All children are forked by a process that has no stream yet: a handle does not survive a fork,
 * and need not. Each closes the ends of pipes that are not its own, lest a command never see the
 * end of its input because another one holds the writing end.
 */
#include "tool/fan_children.h"

#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "sub/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_EXECUTE 127 /* as a shell has it */

static int count_words(char **argv)
{
    int count = 0;

    while (argv[count])
        count++;
    return count;
}

/* The subscriber's process: its standard output is the pipe. What is to be said the parent says. */
static _Noreturn void subscribe(const struct cli_fan_options *options)
{
    struct cli_sub sub = {.received = 0};
    int status;

    optind = 0; /* getopt starts anew */
    status = cli_sub_options_parse(&sub.options, count_words(options->sub_argv), options->sub_argv);
    if (status != CLI_OPTIONS_GO_ON)
        _exit(status);
    cli_report_level(CLI_REPORT_QUIET);
    if (cli_signals_install() != 0)
        _exit(CLI_STATUS_FAILED);
    cli_signals_exit(cli_sub_run(&sub));
}

static _Noreturn void execute(const char *command)
{
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    cli_report("sh: %s", strerror(errno));
    _exit(CANNOT_EXECUTE);
}

/* In a child: the descriptor takes the place of `target`, and the ends of other pipes go. */
static void arrange(const struct cli_fan_child *children, int index, int fd, int target)
{
    if (dup2(fd, target) < 0)
        _exit(CLI_STATUS_FAILED);
    for (int i = 0; i < index; i++)
        close(children[i].pipe_fd);
}

static int start_one(struct cli_fan_child *children, int index,
                     const struct cli_fan_options *options)
{
    struct cli_fan_child *child = &children[index];
    int ends[2], nothing;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    child->command = fork();
    if (child->command == 0) {
        arrange(children, index, ends[0], STDIN_FILENO);
        execute(options->commands[index]); /* the rest is closed there */
    }
    child->subscriber = child->command > 0 ? fork() : -1;
    if (child->subscriber == 0) {
        arrange(children, index, ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(nothing, STDIN_FILENO); /* it is the publisher's */
        subscribe(options);
    }
    close(ends[1]);
    child->pipe_fd = ends[0];
    return child->subscriber > 0 ? 0 : -errno;
}

int cli_fan_children_start(struct cli_fan_child *children, const struct cli_fan_options *options)
{
    for (int i = 0; i < options->command_count; i++) {
        int failed = start_one(children, i, options);

        if (failed == 0)
            continue;
        cli_report("fan: cannot start the commands: %s", strerror(-failed));
        return CLI_STATUS_FAILED;
    }
    return CLI_OPTIONS_GO_ON;
}

void cli_fan_children_release(struct cli_fan_child *children, int count)
{
    for (int i = 0; i < count; i++) {
        if (children[i].pipe_fd > 0)
            close(children[i].pipe_fd);
        children[i].pipe_fd = 0;
    }
}

void cli_fan_children_call_off(struct cli_fan_child *children, int count)
{
    for (int i = 0; i < count; i++)
        if (children[i].subscriber > 0)
            kill(children[i].subscriber, SIGTERM);
    cli_fan_children_release(children, count);
}

bool cli_fan_children_lack_one(struct cli_fan_child *children, int count)
{
    for (int i = 0; i < count; i++)
        if (children[i].subscriber <= 0 || waitpid(children[i].subscriber, NULL, WNOHANG) != 0) {
            children[i].subscriber = 0;
            return true;
        }
    return false;
}

/* Waits for one; hands over a signal that comes meanwhile. */
static int wait_for(pid_t pid, struct cli_fan_child *children, int count)
{
    int state = 0, handed_over = 0;

    while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
        int signal = cli_signals_caught();

        for (int i = 0; signal != 0 && signal != handed_over && i < count; i++)
            if (children[i].command > 0)
                kill(children[i].command, signal);
        handed_over = signal;
    }
    return WIFSIGNALED(state) ? CLI_STATUS_SIGNAL + WTERMSIG(state) : WEXITSTATUS(state);
}

void cli_fan_children_wait(struct cli_fan_child *children, int count)
{
    int signal = cli_signals_caught();

    for (int i = 0; i < count; i++)
        if (signal != 0 && children[i].command > 0)
            kill(children[i].command, signal);
    for (int i = 0; i < count; i++) {
        if (children[i].subscriber > 0)
            wait_for(children[i].subscriber, children, count);
        children[i].subscriber = 0;
        if (children[i].command > 0)
            children[i].status = wait_for(children[i].command, children, count);
        children[i].command = 0;
    }
}
