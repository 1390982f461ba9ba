/* SPDX-License-Identifier: MIT */
/*
 * Where `streamx top` shows what it sees: a terminal, drawn over and over; or, if that cannot place
 * its cursor, or is not ours (standard input or output is another thing, or this runs in the
 * background), one text after another. What is not ours is neither read nor changed.
 */
#ifndef CLI_TOOL_SCREEN_H
#define CLI_TOOL_SCREEN_H

#include <stdint.h>

/* What cli_screen_rest ended by. */
enum cli_screen_event { CLI_SCREEN_TIME, CLI_SCREEN_REDRAW, CLI_SCREEN_QUIT, CLI_SCREEN_SIGNAL };

/* After cli_signals_install, whose descriptor is watched too. */
void cli_screen_open(void);

/* Shows lines of text under a title. -errno of standard output, or 0. */
int cli_screen_draw(const char *title, const char *text);

/* Waits for a key, a signal, a change of size, or the time. */
enum cli_screen_event cli_screen_rest(int64_t deadline_ns);

/* Gives the terminal back as it was. */
void cli_screen_close(void);

#endif /* CLI_TOOL_SCREEN_H */
