/* SPDX-License-Identifier: MIT */
/*
 * Messages on standard error, each written by one write(2), so that those of programs that share a
 * terminal or a log do not get mixed up. Control characters in what is named (a file, a bad stream
 * name) are shown as '?', so that no argument can make a message look like two.
 */
#include "common/report.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/output.h"
#include "common/signals.h"
#include "common/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MESSAGE_MAX 2048
#define PATIENCE_MS 1000
#define CLEAR_LINE "\r\033[K" /* to its start, and blank */

static const char *program_name = "streamx";
static int verbosity = CLI_REPORT_NORMAL;
static bool line_drawn;

void cli_report_program(const char *program)
{
    program_name = program;
}

void cli_report_level(int level)
{
    verbosity = level;
}

/*
 * Waits for room if somebody made standard error non-blocking, but not for ever: it is only talk.
 */
static void put(const char *text, size_t len)
{
    struct pollfd polled = {.fd = STDERR_FILENO, .events = POLLOUT};

    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, text, len);

        if (written > 0) {
            text += written;
            len -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            if (poll(&polled, 1, PATIENCE_MS) == 0)
                return;
        } else if (written == 0 || errno != EINTR) {
            return; /* there is nowhere left to complain */
        }
    }
}

static void say(const char *format, va_list arguments)
{
    char message[MESSAGE_MAX];
    size_t start = line_drawn ? strlen(CLEAR_LINE) : 0, used = start;

    memcpy(message, CLEAR_LINE, start);
    used += (size_t)snprintf(message + used, sizeof message - used, "%s: ", program_name);
    vsnprintf(message + used, sizeof message - used - 1, format, arguments);
    cli_text_clean(message + start);
    used = strlen(message);
    message[used++] = '\n';
    put(message, used);
    line_drawn = false;
}

void cli_report(const char *format, ...)
{
    va_list arguments;

    if (verbosity < CLI_REPORT_NORMAL)
        return;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void cli_report_detail(const char *format, ...)
{
    va_list arguments;

    if (verbosity < CLI_REPORT_VERBOSE)
        return;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void cli_report_answer(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

/* Cuts the text to what fits into one line of the terminal: a line that is wrapped round cannot be
 * drawn over. */
static void fit(char *text)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        text[cli_text_fitting(text, strlen(text), size.ws_col - 1u)] = '\0';
}

void cli_report_draw(const char *line)
{
    char text[MESSAGE_MAX];

    if (!line) {
        if (line_drawn)
            put("\n", 1);
        line_drawn = false;
        return;
    }
    snprintf(text, sizeof text, CLEAR_LINE "%s", line);
    cli_text_clean(text + strlen(CLEAR_LINE));
    fit(text + strlen(CLEAR_LINE));
    put(text, strlen(text));
    line_drawn = true;
}

int cli_report_usage(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    dprintf(STDERR_FILENO, "Try '%s --help' for more information.\n", program_name);
    return CLI_STATUS_USAGE;
}

int cli_report_reader_gone(const char *name)
{
    if (!cli_signals_pipe_ignored())
        return CLI_STATUS_SIGNAL + SIGPIPE;
    cli_report("%s%sstandard output: %s", name ? name : "", name ? ": " : "", strerror(EPIPE));
    return CLI_STATUS_FAILED;
}

int cli_report_text(const char *text)
{
    int failed = cli_output_plain(STDOUT_FILENO, text, strlen(text), CLI_CLOCK_NEVER);

    if (failed == 0)
        return CLI_STATUS_DONE;
    cli_report("standard output: %s", strerror(-failed));
    return CLI_STATUS_FAILED;
}
