/* SPDX-License-Identifier: MIT */
/*
 * Messages on standard error, each written by one write(2), so that those of programs that share a
 * terminal or a log do not get mixed up. Control bytes in what is named (a file, a bad stream name)
 * are shown as '?', so that no argument can make a message look like two.
 */
#include "common/report.h"

#include "common/exit_status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MESSAGE_MAX 2048
#define CLEAR_LINE "\r\033[K" /* to its start, and blank */

static const char *program_name = "streamx";
static int verbosity = SX_REPORT_NORMAL;
static bool line_drawn;

void sx_report_program(const char *program)
{
    program_name = program;
}

void sx_report_level(int level)
{
    verbosity = level;
}

static void put(const char *text, size_t len)
{
    ssize_t written = write(STDERR_FILENO, text, len);

    (void)written; /* there is nowhere left to complain */
}

static void show_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

static void say(const char *format, va_list arguments)
{
    char message[MESSAGE_MAX];
    size_t start = line_drawn ? strlen(CLEAR_LINE) : 0, used = start;

    memcpy(message, CLEAR_LINE, start);
    used += (size_t)snprintf(message + used, sizeof message - used, "%s: ", program_name);
    vsnprintf(message + used, sizeof message - used - 1, format, arguments);
    used = strlen(message);
    show_controls(message + start);
    message[used++] = '\n';
    put(message, used);
    line_drawn = false;
}

void sx_report(const char *format, ...)
{
    va_list arguments;

    if (verbosity < SX_REPORT_NORMAL)
        return;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void sx_report_detail(const char *format, ...)
{
    va_list arguments;

    if (verbosity < SX_REPORT_VERBOSE)
        return;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void sx_report_answer(const char *format, ...)
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

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return;
    for (size_t columns = 0; *text != '\0'; text++) {
        bool continues = ((unsigned char)*text & 0xc0) == 0x80; /* a UTF-8 character */

        if (!continues && ++columns == size.ws_col) {
            *text = '\0';
            return;
        }
    }
}

void sx_report_draw(const char *line)
{
    char text[MESSAGE_MAX];

    if (!line) {
        if (line_drawn)
            put("\n", 1);
        line_drawn = false;
        return;
    }
    snprintf(text, sizeof text, CLEAR_LINE "%s", line);
    show_controls(text + strlen(CLEAR_LINE));
    fit(text + strlen(CLEAR_LINE));
    put(text, strlen(text));
    line_drawn = true;
}

int sx_report_usage(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    dprintf(STDERR_FILENO, "Try '%s --help' for more information.\n", program_name);
    return SX_STATUS_USAGE;
}

int sx_report_text(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        sx_report("standard output: %m");
        return SX_STATUS_FAILED;
    }
    return SX_STATUS_DONE;
}
