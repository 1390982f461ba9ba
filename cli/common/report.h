/* SPDX-License-Identifier: MIT */
/* What the programs say on standard error. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#define CLI_REPORT_QUIET (-1) /* bad usage only */
#define CLI_REPORT_NORMAL 0   /* failures */
#define CLI_REPORT_VERBOSE 1  /* and what is going on */

/* Names the program in every later message. */
void cli_report_program(const char *program);

/* How much is said: one of the values above. */
void cli_report_level(int level);

/* A failure: "PROGRAM: MESSAGE". Not said when quiet. */
__attribute__((format(printf, 1, 2))) void cli_report(const char *format, ...);

/* Said only when verbose. */
__attribute__((format(printf, 1, 2))) void cli_report_detail(const char *format, ...);

/* In answer to a request; always said. */
__attribute__((format(printf, 1, 2))) void cli_report_answer(const char *format, ...);

/*
 * Draws a line on the terminal, in place of the last one drawn. Messages go above it. NULL leaves
 * the last one where it is for good.
 */
void cli_report_draw(const char *line);

/* A mistake on the command line, with a pointer to --help; always said. Returns the status. */
__attribute__((format(printf, 1, 2))) int cli_report_usage(const char *format, ...);

/* The exit status of one whose output nobody reads any more: it dies of SIGPIPE; or, where that was
 * ignored when it was started, says so, as of the stream `name` if that is not NULL. */
int cli_report_reader_gone(const char *name);

/* Writes --help's or --version's text to standard output, and returns the exit status. */
int cli_report_text(const char *text);

#endif /* CLI_REPORT_H */
