/* SPDX-License-Identifier: MIT */
/*
 * Named points at which a test can have the process kill itself. Compiled in with
 * SX_CRASH_POINTS only; otherwise nothing is left of them.
 */
#ifndef SX_CRASH_H
#define SX_CRASH_H

#ifdef SX_CRASH_POINTS
void sx_crash_point(const char *name);
#define SX_CRASH_POINT(name) sx_crash_point(#name)
#else
#define SX_CRASH_POINT(name) ((void)0)
#endif

#endif
