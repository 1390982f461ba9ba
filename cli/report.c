/* SPDX-License-Identifier: MIT */
/*
 * Messages on standard error, each written by one write(2), so that those of programs that share a
 * terminal or a log do not get mixed up. Control bytes in what is named (a file, a bad stream name)
 * are shown as '?', so that no argument can make a message look like two.
 */
#include "report.h"

#include "exit_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 2048

static const char *program_name = "streamx";
static int verbosity = SX_REPORT_NORMAL;

void sx_report_program(const char *program)
{
    program_name = program;
}

void sx_report_level(int level)
{
    verbosity = level;
}

static void say(const char *format, va_list arguments)
{
    char message[MESSAGE_MAX];
    size_t used = (size_t)snprintf(message, sizeof message, "%s: ", program_name);
    ssize_t written;

    vsnprintf(message + used, sizeof message - used - 1, format, arguments);
    used = strlen(message);
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)message[i] < ' ' || message[i] == 127)
            message[i] = '?';
    message[used++] = '\n';
    written = write(STDERR_FILENO, message, used);
    (void)written; /* there is nowhere left to complain */
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
