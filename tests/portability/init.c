/* SPDX-License-Identifier: MIT */
/*
 * The first and only program of a virtual machine: runs the tests that /tests lists, a line each
 * with the seconds, the name and the command, separated by tabs; prints a line for each, and what a
 * failed one said; and switches the machine off. Static, so that it needs nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT "/tmp/output"
#define ARGUMENTS 16

static void set_up(void)
{
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"}, {"fd/0", "/dev/stdin"}};

    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mkdir("/dev/shm", 01777);
    mount("shm", "/dev/shm", "tmpfs", 0, "mode=1777");
    mkdir("/tmp", 0); /* not mounted: a build tree may lie below it */
    chmod("/tmp", 01777);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (symlink(links[i][0], links[i][1]) != 0 && errno != EEXIST)
            perror(links[i][1]);
    setenv("PATH", "/usr/bin:/usr/sbin:/bin:/sbin", 1);
    setenv("HOME", "/tmp", 1);
}

static void execute(char **command)
{
    int null = open("/dev/null", O_RDONLY),
        output = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    setsid();
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(command[0], command);
    perror(command[0]);
    _exit(127);
}

static void tell_output(void)
{
    FILE *output = fopen(OUTPUT, "r");
    char line[512];

    while (output && fgets(line, sizeof line, output))
        printf("   | %s", line);
    if (output)
        fclose(output);
}

/* The test's status; -1 if it took too long. Orphans are reaped on the way. */
static int wait_for(pid_t test, int seconds)
{
    int status;

    for (long rounds = 0; rounds < seconds * 100L; rounds++) {
        pid_t ended;

        while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
            if (ended == test)
                return status;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
    kill(-test, SIGKILL);
    waitpid(test, &status, 0);
    return -1;
}

static void run(char *line)
{
    char *words[ARGUMENTS + 1] = {NULL}, *rest = line;
    struct timespec begun, ended;
    int count = 0, status;
    pid_t test;

    while (count < ARGUMENTS && (words[count] = strsep(&rest, "\t\n")) && *words[count])
        count++;
    words[count] = NULL;
    if (count < 3)
        return;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    fflush(stdout);
    test = fork();
    if (test == 0)
        execute(&words[2]);
    status = wait_for(test, atoi(words[0]));
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%s %s %lds\n",
           status == 0                                      ? "PASSED"
           : status == -1                                   ? "TIMEOUT"
           : WIFEXITED(status) && WEXITSTATUS(status) == 77 ? "SKIPPED"
                                                            : "FAILED",
           words[1], (long)(ended.tv_sec - begun.tv_sec));
    if (status != 0)
        tell_output();
}

int main(void)
{
    char line[4096];
    struct utsname name;
    FILE *tests;

    set_up();
    tests = fopen("/tests", "re");
    uname(&name);
    printf("UP %s %s, pages of %ld\n", name.release, name.machine, sysconf(_SC_PAGESIZE));
    while (tests && fgets(line, sizeof line, tests))
        run(line);
    printf("DOWN\n");
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
