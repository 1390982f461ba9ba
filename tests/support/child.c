/* SPDX-License-Identifier: MIT */
/*
 * Child processes of a test, each with a pipe in both directions.
 *
 * A child reports by numbers; a failed ck_assert in it reaches libcheck through the file that it
 * shares with the test, and the test notices by the exit status or by the silence. What holds is
 * not written there (see leave_mark).
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t running[256];

static void remember(pid_t pid)
{
    for (size_t i = 0; i < sizeof running / sizeof running[0]; i++) {
        if (running[i] == 0) {
            running[i] = pid;
            return;
        }
    }
    ck_abort_msg("too many children");
}

static void forget(pid_t pid)
{
    for (size_t i = 0; i < sizeof running / sizeof running[0]; i++) {
        if (running[i] == pid)
            running[i] = 0;
    }
}

/* Whether a process or thread is blocked in a system call, by its file; `gone` if it has none. */
static bool rests(const char *stat_path, bool gone)
{
    char line[512] = "";
    const char *name_end;
    FILE *stat_file = fopen(stat_path, "re");
    bool told;

    if (!stat_file)
        return gone;
    told = fgets(line, sizeof line, stat_file) != NULL;
    fclose(stat_file);
    if (!told)
        return gone;
    name_end = strrchr(line, ')');
    ck_assert_ptr_nonnull(name_end);
    return name_end[2] == 'S';
}

bool thread_rests(pid_t thread)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    return rests(path, true);
}

static bool other_threads_rest(void)
{
    DIR *threads = opendir("/proc/self/task");
    struct dirent *entry;
    bool rest = true;

    ck_assert_ptr_nonnull(threads);
    while (rest && (entry = readdir(threads))) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10); /* 0: "." and ".." */

        rest = thread == 0 || thread == gettid() || thread_rests(thread);
    }
    closedir(threads);
    return rest;
}

static void live_as_child(struct link parent, void (*run)(struct link, void *), void *arg)
{
    memset(running, 0, sizeof running); /* those are siblings */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(parent, arg);
    children_end();
    _exit(0);
}

struct child child_start(void (*run)(struct link parent, void *arg), void *arg)
{
    struct child child;
    int down[2], up[2];

    ck_assert_int_eq(pipe2(down, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(up, O_CLOEXEC), 0);
    /* The library's thread calls nothing that a child would miss. But with a sanitizer a thread
     * that begins allocates, by locks which the child would find taken for ever. */
    WAIT_UNTIL(other_threads_rest());
    child.pid = fork();
    ck_assert_int_ge(child.pid, 0);
    if (child.pid == 0) {
        close(down[1]);
        close(up[0]);
        live_as_child((struct link){.in = down[0], .out = up[1]}, run, arg);
    }
    close(down[0]);
    close(up[1]);
    child.link = (struct link){.in = up[0], .out = down[1], .peer = child.pid};
    remember(child.pid);
    return child;
}

static void close_link(struct child *child)
{
    close(child->link.in);
    close(child->link.out);
    forget(child->pid);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

void child_join(struct child *child)
{
    int status;

    WAIT_FOR(long_run() ? 30 * PATIENCE : 4 * PATIENCE, has_ended(child->pid));
    ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with status 0x%x",
                  (unsigned)status);
    close_link(child);
}

void child_kill(struct child *child)
{
    ck_assert_int_eq(kill(child->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child->pid, NULL, 0), child->pid);
    close_link(child);
}

void child_stop(const struct child *child)
{
    int status;

    ck_assert_int_eq(kill(child->pid, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(child->pid, &status, WUNTRACED), child->pid);
    ck_assert(WIFSTOPPED(status));
}

void child_continue(const struct child *child)
{
    ck_assert_int_eq(kill(child->pid, SIGCONT), 0);
}

bool child_asleep(const struct child *child)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)child->pid);
    return rests(path, false);
}

void say(struct link link, int64_t number)
{
    ck_assert_int_eq(write(link.out, &number, sizeof number), sizeof number);
}

static bool readable(struct link link, int timeout_ms)
{
    return poll(&(struct pollfd){.fd = link.in, .events = POLLIN}, 1, timeout_ms) == 1;
}

bool heard(struct link link)
{
    return readable(link, 0);
}

int64_t hear(struct link link)
{
    int64_t number, give_up_ns = now_ns() + PATIENCE;
    int look_ms = link.peer == 0 ? 1000 : 10; /* a crowd of idle children costs nothing */

    while (!readable(link, look_ms)) {
        ck_assert_msg(now_ns() < give_up_ns, "nothing to hear");
        ck_assert_msg(link.peer == 0 || !has_ended(link.peer) || heard(link),
                      "the child ended without a word");
    }
    ck_assert_msg(read(link.in, &number, sizeof number) == sizeof number, "the other end has gone");
    return number;
}

void children_end(void)
{
    for (size_t i = 0; i < sizeof running / sizeof running[0]; i++) {
        if (running[i] == 0)
            continue;
        kill(running[i], SIGKILL);
        waitpid(running[i], NULL, 0);
        running[i] = 0;
    }
}
