/* SPDX-License-Identifier: MIT */
/* Reads fan's command line. What it takes over from streamx-pub is checked there. */
#include "tool/fan_options.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "streamx"
#define WORDS_MAX 32 /* of an argument list that is made here, options given twice replaced */

static const char help[] =
    "Usage: " PROGRAM " fan [OPTION]... COMMAND...\n"
    "Give standard input to several COMMANDs at once, each a line for the shell: all of it to "
    "each\n"
    "of them, at the pace of the slowest. One that ends takes none of the others along.\n"
    "\n" CLI_OPTIONS_FRAMING_HELP
    "  -r, --raw[=SIZE]        bytes as they come, at most SIZE at a time\n"
    "\n"
    "  -s, --slots=N           publications that may be under way (1; with --raw, or\n"
    "                          of lines that come from a file, 4)\n"
    "  -m, --max-size=SIZE     the longest message\n"
    "      --any               end with 0 if any COMMAND did\n"
    "  -q, --quiet             say nothing on standard error\n"
    "  -h, --help              show this and end\n"
    "  -V, --version           show the version and end\n"
    "\n"
    "Exit status: the highest of the COMMANDs', 128+n for one that signal n ended; 1 or 65 if the\n"
    "input fails, 2 usage.\n";

#define OPTION_ANY 256

static const char letters[] = "+0d:Lr::s:m:qhV"; /* '+': what follows the first COMMAND is one */

static const struct option long_options[] = {
    {"null", no_argument, NULL, '0'},
    {"delimiter", required_argument, NULL, 'd'},
    {"length-prefixed", no_argument, NULL, 'L'},
    {"raw", optional_argument, NULL, 'r'},
    {"slots", required_argument, NULL, 's'},
    {"max-size", required_argument, NULL, 'm'},
    {"any", no_argument, NULL, OPTION_ANY},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* A word of an argument list, made of an option and its value; to be freed. */
static char *word(const char *option, const char *value)
{
    char *made = NULL;

    if (asprintf(&made, "%s%s", option, value ? value : "") < 0)
        return NULL;
    return made;
}

static int append(char **argv, char *made)
{
    size_t count = 0;

    while (argv[count])
        count++;
    if (!made || count + 1 >= WORDS_MAX) {
        free(made);
        return cli_report_usage("fan: too many options");
    }
    argv[count] = made;
    return CLI_OPTIONS_GO_ON;
}

/* How both sides have the messages in their bytes. */
static int set_framing(struct cli_fan_options *options, int option, const char *value)
{
    char letter[] = {'-', (char)option, '\0'};
    int result = append(options->pub_argv, word(letter, value));

    /* whatever one read was, the bytes come out one after another */
    return result == CLI_OPTIONS_GO_ON
               ? append(options->sub_argv, word(letter, option == 'r' ? NULL : value))
               : result;
}

static int apply(struct cli_fan_options *options, int option, const char *value)
{
    struct cli_options_common common = {.program = PROGRAM, .help = help};

    switch (option) {
    case '0':
    case 'd':
    case 'L':
    case 'r':
        return set_framing(options, option, value);
    case 's':
        return append(options->pub_argv, word("--slots=", value));
    case 'm':
        return append(options->pub_argv, word("--max-size=", value));
    case OPTION_ANY:
        options->any = true;
        return CLI_OPTIONS_GO_ON;
    case 'q':
        options->quiet = true;
        return cli_options_common_apply(&common, option, value);
    default:
        return cli_options_common_apply(&common, option, value);
    }
}

/* What both argument lists end with. */
static int finish(struct cli_fan_options *options)
{
    char number[16];
    int result;

    snprintf(number, sizeof number, "%d", options->command_count);
    snprintf(options->name, sizeof options->name, "fan.%d.%llx", (int)getpid(),
             (unsigned long long)cli_clock_now());
    if ((result = append(options->pub_argv, word("--exit-when-alone", NULL))) !=
            CLI_OPTIONS_GO_ON ||
        (result = append(options->pub_argv, word("--wait-consumers=", number))) !=
            CLI_OPTIONS_GO_ON ||
        (result = append(options->pub_argv, word(options->name, NULL))) != CLI_OPTIONS_GO_ON)
        return result;
    return append(options->sub_argv, word(options->name, NULL));
}

static int start(struct cli_fan_options *options)
{
    options->pub_argv = calloc(WORDS_MAX + 1, sizeof *options->pub_argv);
    options->sub_argv = calloc(WORDS_MAX + 1, sizeof *options->sub_argv);
    if (!options->pub_argv || !options->sub_argv) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    options->pub_argv[0] = options->sub_argv[0] = (char *)PROGRAM;
    return CLI_OPTIONS_GO_ON;
}

int cli_fan_options_parse(struct cli_fan_options *options, int argc, char **argv)
{
    int option, result;

    *options = (struct cli_fan_options){.any = false};
    result = start(options);
    argv[0] = (char *)PROGRAM; /* getopt_long starts its messages with it */
    while (result == CLI_OPTIONS_GO_ON &&
           (option = getopt_long(argc, argv, letters, long_options, NULL)) != -1)
        result = apply(options, option, optarg);
    if (result != CLI_OPTIONS_GO_ON)
        return result;
    options->commands = argv + optind;
    options->command_count = argc - optind;
    if (options->command_count == 0)
        return cli_report_usage("fan: the commands are missing");
    if (options->command_count > (int)STREAMX_CONSUMERS_MAX)
        return cli_report_usage("fan: more than %u commands", STREAMX_CONSUMERS_MAX);
    return finish(options);
}

static void free_words(char **argv)
{
    for (size_t i = 1; argv && argv[i]; i++) /* but for the program's name */
        free(argv[i]);
    free(argv);
}

void cli_fan_options_free(struct cli_fan_options *options)
{
    free_words(options->pub_argv);
    free_words(options->sub_argv);
}
