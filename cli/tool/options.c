/* SPDX-License-Identifier: MIT */
/* Reads streamx's command line: a command, its options, its names, in any order. */
#include "tool/options.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/options.h"
#include "common/quantity.h"
#include "common/report.h"
#include "tool/doctor.h"
#include "tool/inspect.h"
#include "tool/remove.h"
#include "tool/top.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "streamx"
#define COMMANDS "list, info, top, rm, gc, fan, doctor and help"

static const char help[] =
    "Usage: " PROGRAM " list [-J] [--names] [--interval=DUR]\n"
    "       " PROGRAM " info [-J] [--interval=DUR] NAME\n"
    "       " PROGRAM " top [-n N] [--interval=DUR]\n"
    "       " PROGRAM " rm [-J] [--force] NAME...\n"
    "       " PROGRAM " gc [-J] [--force]\n"
    "       " PROGRAM " doctor [-J]\n"
    "       " PROGRAM " fan [OPTION]... COMMAND...\n"
    "Look at streams without disturbing them, and remove what is left of dead ones.\n"
    "\n"
    "  list                    one line per stream: who puts, how fast, who is waited for\n"
    "  info                    one stream: each consumer, how far behind, for how long waited for\n"
    "  top                     all streams and consumers, live; q quits\n"
    "  rm                      remove the names of streams; who is attached goes on undisturbed\n"
    "  gc                      show the streams whose producer has died and that nobody reads;\n"
    "                          with --force remove them, with all that nobody has acknowledged\n"
    "  doctor                  what this machine gives, and what follows for speed and for notice\n"
    "                          of deaths; 1 if no stream can be made and used\n"
    "  fan                     give standard input to several shell commands; see fan --help\n"
    "  ls                      the same as list\n"
    "  help                    show this and end\n"
    "\n"
    "  -i, --interval=DUR      time between the two looks that give the rates (200ms; top: 1s);\n"
    "                          with 0 there is one look, and no rates (top: 50ms)\n"
    "  -n, --count=N           top: end after N updates\n"
    "      --names             list: names only, one per line\n"
    "  -f, --force             rm: also the name of a live stream; gc: remove indeed\n"
    "      --any               fan: end with 0 if any command did\n"
    "  -J, --json              one line of JSON\n"
    "  -q, --quiet             say nothing on standard error\n"
    "  -h, --help              show this and end\n"
    "  -V, --version           show the version and end\n"
    "\n"
    "DUR is a number with ms, s, m, h or d (s if missing).\n"
    "\n"
    "Exit status: 0 done, 1 input/output or system failure, 2 usage, 69 no such stream, 73 rm of "
    "a\n"
    "live stream without --force, 77 not permitted, 128+n ended by signal n.\n";

#define OPTION_NAMES 256

static const char letters[] = "i:n:fJqhV";

static const struct option long_options[] = {
    {"interval", required_argument, NULL, 'i'},
    {"count", required_argument, NULL, 'n'},
    {"names", no_argument, NULL, OPTION_NAMES},
    {"force", no_argument, NULL, 'f'},
    {"json", no_argument, NULL, 'J'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* What each command takes besides -q, -h and -V. */
static const struct command {
    const char *name;
    int (*run)(const struct cli_tool_options *options);
    int least_names, most_names;
    int64_t interval_ns;
    bool interval, count, names, force, json;
} commands[] = {
    {"list", cli_tool_list, 0, 0, 200 * CLI_CLOCK_MILLISECOND, true, false, true, false, true},
    {"ls", cli_tool_list, 0, 0, 200 * CLI_CLOCK_MILLISECOND, true, false, true, false, true},
    {"info", cli_tool_info, 1, 1, 200 * CLI_CLOCK_MILLISECOND, true, false, false, false, true},
    {"top", cli_tool_top, 0, 0, CLI_CLOCK_SECOND, true, true, false, false, false},
    {"rm", cli_tool_rm, 1, INT32_MAX, 0, false, false, false, true, true},
    {"gc", cli_tool_gc, 0, 0, 0, false, false, false, true, true},
    {"doctor", cli_tool_doctor, 0, 0, 0, false, false, false, false, true},
};

static int apply(struct cli_tool_options *options, int option, const char *text)
{
    struct cli_options_common common = {.program = PROGRAM, .help = help};

    switch (option) {
    case 'i':
        if (!cli_quantity_duration(text, &options->interval_ns))
            return cli_options_bad_number("--interval", text, "a time such as 500ms, 2s or 1m");
        return CLI_OPTIONS_GO_ON;
    case 'n':
        if (!cli_quantity_count(text, 1, UINT64_MAX, &options->count))
            return cli_options_bad_number("--count", text, "a number of updates, at least 1");
        return CLI_OPTIONS_GO_ON;
    case 'f':
        options->force = true;
        return CLI_OPTIONS_GO_ON;
    case 'J':
        options->json = true;
        return CLI_OPTIONS_GO_ON;
    case OPTION_NAMES:
        options->names_only = true;
        return CLI_OPTIONS_GO_ON;
    default:
        return cli_options_common_apply(&common, option, text);
    }
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static int refuse(const char *option, const struct command *command)
{
    return cli_report_usage("%s has no meaning for '%s'", option, command->name);
}

/* `interval_ns` is negative when it was not given. */
static int check_options(struct cli_tool_options *options, const struct command *command)
{
    if (options->interval_ns >= 0 && !command->interval)
        return refuse("--interval", command);
    if (options->count > 0 && !command->count)
        return refuse("--count", command);
    if (options->names_only && !command->names)
        return refuse("--names", command);
    if (options->force && !command->force)
        return refuse("--force", command);
    if (options->json && !command->json)
        return refuse("--json", command);
    if (options->json && options->names_only)
        return cli_report_usage("only one of --json and --names can be given");
    if (options->interval_ns < 0)
        options->interval_ns = command->interval_ns;
    return CLI_OPTIONS_GO_ON;
}

static int check_names(const struct cli_tool_options *options, const struct command *command)
{
    int result = CLI_OPTIONS_GO_ON;

    if (options->name_count < command->least_names)
        return cli_options_name(NULL);
    if (options->name_count > command->most_names)
        return cli_report_usage("%s: unexpected argument '%s'", command->name,
                                options->names[command->most_names]);
    for (int i = 0; i < options->name_count && result == CLI_OPTIONS_GO_ON; i++)
        result = cli_options_name(options->names[i]);
    return result;
}

int cli_tool_options_parse(struct cli_tool_options *options, int argc, char **argv)
{
    const struct command *command;
    int option, result;

    *options = (struct cli_tool_options){.interval_ns = -1};
    if (argc > 0)
        argv[0] = (char *)PROGRAM; /* getopt_long starts its messages with it */
    while ((option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        result = apply(options, option, optarg);
        if (result != CLI_OPTIONS_GO_ON)
            return result;
    }
    if (optind >= argc) {
        cli_report_usage("the command is missing: " COMMANDS);
        dprintf(STDERR_FILENO, "\n%s", help);
        return CLI_STATUS_USAGE;
    }
    if (strcmp(argv[optind], "help") == 0)
        return cli_report_text(help);
    command = find_command(argv[optind]);
    if (!command)
        return cli_report_usage("no such command: '%s'; the commands are " COMMANDS, argv[optind]);
    options->command = command->run;
    options->names = argv + optind + 1;
    options->name_count = argc - optind - 1;
    result = check_options(options, command);
    return result == CLI_OPTIONS_GO_ON ? check_names(options, command) : result;
}
