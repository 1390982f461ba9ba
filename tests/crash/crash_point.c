/* SPDX-License-Identifier: MIT */
/* What stands behind SX_CRASH_POINT in the library that is built for these tests. */
#include "crash_point.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "memory/store.h"

static const char *armed;
static void (*recorder)(const char *name);
static int passes_left, signal_sent;

void arm_crash_point(const char *name, int nth, int signal)
{
    armed = name;
    passes_left = nth;
    signal_sent = signal;
}

void record_crash_points(void (*passed)(const char *name))
{
    recorder = passed;
}

void sx_crash_point(const char *name)
{
    if (recorder)
        recorder(name);
    if (armed && strcmp(name, armed) == 0 && --passes_left == 0)
        kill(getpid(), signal_sent);
}
