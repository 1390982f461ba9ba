/* SPDX-License-Identifier: MIT */
/* Choosing where a process kills itself. */
#ifndef STREAMX_TEST_CRASH_POINT_H
#define STREAMX_TEST_CRASH_POINT_H

/* From now on, this process is killed when it passes that point for the nth time. */
void arm_crash_point(const char *name, int nth);

#endif
