/* SPDX-License-Identifier: MIT */
/* Choosing where a process kills itself. */
#ifndef STREAMX_TEST_CRASH_POINT_H
#define STREAMX_TEST_CRASH_POINT_H

/* This process gets the signal, SIGKILL or SIGSTOP, when it passes that point for the nth time from
 * now on. */
void arm_crash_point(const char *name, int nth, int signal);

/* From now on, this process calls that at each point. */
void record_crash_points(void (*passed)(const char *name));

#endif
