/* SPDX-License-Identifier: MIT */
/*
 * Where `streamx top` shows its pictures: a terminal, drawn over and over; or, if that cannot place
 * its cursor or standard output is none, one picture after another.
 */
#ifndef SX_STREAMX_SCREEN_H
#define SX_STREAMX_SCREEN_H

#include <stdint.h>

/* What sx_screen_rest ended by. */
enum sx_screen_event { SX_SCREEN_TIME, SX_SCREEN_REDRAW, SX_SCREEN_QUIT, SX_SCREEN_SIGNAL };

/* After sx_signals_install, whose descriptor is watched too. */
void sx_screen_open(void);

/* Shows lines of text under a title. -errno of standard output, or 0. */
int sx_screen_draw(const char *title, const char *text);

/* Waits for a key, a signal, a change of size, or the time. */
enum sx_screen_event sx_screen_rest(int64_t deadline_ns);

/* Gives the terminal back as it was. */
void sx_screen_close(void);

#endif /* SX_STREAMX_SCREEN_H */
