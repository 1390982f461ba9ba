/* SPDX-License-Identifier: MIT */
/*
 * SIGINT, SIGTERM and SIGHUP end a program in good order: it finishes the message in hand, leaves
 * the stream, and then dies of that very signal, so that its parent sees why.
 * What was ignored when it was started stays ignored. SIGUSR1 asks for a line about how far it is.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* Catches them, and ignores SIGPIPE, which shows as EPIPE instead. -errno, or 0. */
int cli_signals_install(void);

/* Catches one more, likewise: one that must not leave a mess behind. -errno, or 0. */
int cli_signals_catch(int signal);

/* Whether SIGPIPE was ignored already when the program was started. */
bool cli_signals_pipe_ignored(void);

/* The first one caught, or 0. */
int cli_signals_caught(void);

/* Whether SIGUSR1 came since the last call. */
bool cli_signals_status_wanted(void);

/* Readable once one was caught. */
int cli_signals_fd(void);

/* From now on a blocked write(2) is interrupted at this time, again and again. */
void cli_signals_deadline(int64_t deadline_ns);

/*
 * Whether what is in hand should be left undone: a second signal came, or a second has passed since
 * the first. Until then an interrupted write is taken up again.
 */
bool cli_signals_impatient(void);

/* Ends the program with this exit status, or by the signal that the status stands for. */
_Noreturn void cli_signals_exit(int status);

#endif /* CLI_SIGNALS_H */
