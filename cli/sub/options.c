/* SPDX-License-Identifier: MIT */
/* Reads streamx-sub's command line into a struct, and refuses what makes no sense. */
#include "sub/options.h"

#include "common/exit_status.h"
#include "common/quantity.h"
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "streamx-sub"

static const char help[] =
    "Usage: " PROGRAM " [OPTION]... NAME...\n"
    "Write the messages of the stream NAME, or of several, to standard output.\n"
    "Waits for the streams to appear, and ends when all of them have ended.\n"
    "\n" CLI_OPTIONS_FRAMING_HELP
    "  -r, --raw[=SIZE]        nothing between messages; SIZE is for streamx-pub alone\n"
    "  -w, --whole             like --raw\n"
    "  -f, --format=FMT        write FMT for each message: %p payload, %l its length, %s sequence\n"
    "                          number, %n stream, %T time in nanoseconds, %I time in ISO 8601,\n"
    "                          %x payload in hex, %b in base64, %% a percent sign, and the "
    "escapes\n"
    "                          above. %T and %I need a stream with --timestamps\n"
    "  -J, --json              write a JSON object per line: stream, seq, len, payload "
    "(payload_b64\n"
    "                          if it is not UTF-8), ts if there are timestamps\n"
    "\n"
    "Running:\n"
    "      --from=WHERE        where to begin: next, the first message that no subscriber has\n"
    "                          acknowledged (default); new, the next one published; latest, the\n"
    "                          newest in the ring; oldest, the oldest in the ring\n"
    "      --tap               look on without being waited for; what is overwritten before it\n"
    "                          is read is missed, and its number said at the end\n"
    "      --no-wait           do not wait for the streams to appear\n"
    "      --follow            at a stream's end wait for the next one of that name, all of which "
    "is\n"
    "                          received by all that follow\n"
    "      --glob=PATTERN      also every stream whose name matches, and that is there or appears\n"
    "                          later; each NAME with *, ? or [ is a pattern then\n"
    "      --any-owner         accept streams of other users than this one and root\n"
    "  -n, --count=N           end after N messages\n"
    "  -t, --timeout=DUR       end after DUR\n"
    "  -i, --idle-timeout=DUR  end after DUR without a message\n"
    "  -u, --unbuffered        write each message by itself\n"
    "      --ack=write         acknowledge messages once they are written (default)\n"
    "      --ack=receive       acknowledge them before that\n"
    "  -q, --quiet             say nothing on standard error\n"
    "  -v, --verbose           say what is going on there\n"
    "  -h, --help              show this and end\n"
    "  -V, --version           show the version and end\n"
    "\n"
    "DUR is a number with ms, s, m, h or d (s if missing). Output is written as soon as nothing "
    "more is\n"
    "at hand.\n"
    "\n"
    "Exit status: 0 done, 1 input/output or system failure, 2 usage, 3 the publisher died without\n"
    "an end of the stream, or threw this subscriber out, 69 no such stream (--no-wait), 77 not\n"
    "permitted, 124 timeout, 128+n ended by signal n.\n";

/* -r takes no size, so that -rn1 is -r -n1; --raw does, for those who give both sides the same. */
static const char letters[] = CLI_OPTIONS_COMMON_LETTERS "rn:t:i:uf:J";

static const struct option long_options[] = {
    CLI_OPTIONS_COMMON,
    {"raw", optional_argument, NULL, 'r'},
    {"count", required_argument, NULL, 'n'},
    {"timeout", required_argument, NULL, 't'},
    {"idle-timeout", required_argument, NULL, 'i'},
    {"unbuffered", no_argument, NULL, 'u'},
    {"format", required_argument, NULL, 'f'},
    {"json", no_argument, NULL, 'J'},
    {"no-wait", no_argument, NULL, CLI_OPTION_NO_WAIT},
    {"from", required_argument, NULL, CLI_OPTION_FROM},
    {"ack", required_argument, NULL, CLI_OPTION_ACK},
    {"glob", required_argument, NULL, CLI_OPTION_GLOB},
    {"any-owner", no_argument, NULL, CLI_OPTION_ANY_OWNER},
    {"follow", no_argument, NULL, CLI_OPTION_FOLLOW},
    {"tap", no_argument, NULL, CLI_OPTION_TAP},
    {NULL, 0, NULL, 0},
};

static int set_limits(struct cli_sub_options *options, int option, const char *text)
{
    if (option == 'n' && !cli_quantity_count(text, 0, UINT64_MAX - 1, &options->count))
        return cli_options_bad_number("--count", text, "a number of messages");
    if (option == 't' && !cli_quantity_duration(text, &options->timeout_ns))
        return cli_options_bad_number("--timeout", text, "a time such as 500ms, 2s or 1m");
    if (option == 'i' && !cli_quantity_duration(text, &options->idle_timeout_ns))
        return cli_options_bad_number("--idle-timeout", text, "a time such as 500ms, 2s or 1m");
    return CLI_OPTIONS_GO_ON;
}

static int set_from(struct cli_sub_options *options, const char *text)
{
    static const char *const starts[] = {
        [STREAMX_START_NEXT] = "next",
        [STREAMX_START_NEW] = "new",
        [STREAMX_START_LATEST] = "latest",
        [STREAMX_START_OLDEST] = "oldest",
    };

    for (uint32_t start = 0; start < sizeof starts / sizeof starts[0]; start++) {
        if (strcmp(text, starts[start]) == 0) {
            options->stream.start = start;
            return CLI_OPTIONS_GO_ON;
        }
    }
    return cli_options_bad_number("--from", text, "next, new, latest or oldest");
}

static int set_ack(struct cli_sub_options *options, const char *text)
{
    options->acknowledge_first = strcmp(text, "receive") == 0;
    if (!options->acknowledge_first && strcmp(text, "write") != 0)
        return cli_options_bad_number("--ack", text, "receive or write");
    return CLI_OPTIONS_GO_ON;
}

static int set_format(struct cli_sub_options *options, const char *text)
{
    const char *wrong = text;

    cli_format_free(options->format);
    options->format = NULL;
    if (cli_format_parse(&options->format, text, &wrong) == 0)
        return CLI_OPTIONS_GO_ON;
    return cli_report_usage("--format: unknown token or escape at '%s'", wrong);
}

/* The ways to write a message exclude each other. */
static int check_output(const struct cli_sub_options *options)
{
    if (options->json + (options->format != NULL) + options->common.framing_given > 1)
        return cli_report_usage("only one of --format, --json and a framing can be given");
    return CLI_OPTIONS_GO_ON;
}

static int apply(struct cli_sub_options *options, int option, const char *argument)
{
    switch (option) {
    case 'n':
    case 't':
    case 'i':
        return set_limits(options, option, argument);
    case 'u':
        options->unbuffered = true;
        return CLI_OPTIONS_GO_ON;
    case 'f':
        return set_format(options, argument);
    case 'J':
        options->json = true;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_NO_WAIT:
        options->no_wait = true;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_FROM:
        return set_from(options, argument);
    case CLI_OPTION_ACK:
        return set_ack(options, argument);
    case CLI_OPTION_GLOB:
        options->patterns[options->pattern_count++] = argument;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_ANY_OWNER:
        options->stream.flags |= STREAMX_ANY_OWNER;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_FOLLOW:
        options->follow = true;
        options->stream.flags |= STREAMX_PATIENT;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_TAP:
        options->tap = true;
        /* whose it is says the mode; a tap writes nothing that could do anybody harm */
        options->stream.flags |= STREAMX_TAP | STREAMX_ANY_OWNER;
        return CLI_OPTIONS_GO_ON;
    default:
        return cli_options_common_apply(&options->common, option, argument);
    }
}

/* With --glob what looks like a pattern is one. */
static int read_names(struct cli_sub_options *options, char **operands)
{
    bool globs = options->pattern_count > 0;
    int result = CLI_OPTIONS_GO_ON;

    if (!*operands && !globs)
        return cli_options_name(NULL);
    for (; *operands && result == CLI_OPTIONS_GO_ON; operands++) {
        if (globs && strpbrk(*operands, "*?[")) {
            options->patterns[options->pattern_count++] = *operands;
        } else {
            options->names[options->name_count++] = *operands;
            result = cli_options_name(*operands);
        }
    }
    return result;
}

void cli_sub_options_free(struct cli_sub_options *options)
{
    cli_format_free(options->format);
    free(options->patterns);
    free(options->names);
}

int cli_sub_options_parse(struct cli_sub_options *options, int argc, char **argv)
{
    int option, result;

    *options = (struct cli_sub_options){
        .timeout_ns = STREAMX_FOREVER, .idle_timeout_ns = STREAMX_FOREVER, .count = UINT64_MAX};
    options->names = calloc((size_t)argc + 1, sizeof *options->names); /* more than there can be */
    options->patterns = calloc((size_t)argc + 1, sizeof *options->patterns);
    if (!options->names || !options->patterns) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    cli_options_common_init(&options->common, PROGRAM, help);
    if (argc > 0)
        argv[0] = (char *)PROGRAM; /* getopt_long starts its messages with it */
    while ((option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        result = apply(options, option, optarg);
        if (result != CLI_OPTIONS_GO_ON)
            return result;
    }
    result = read_names(options, argv + optind);
    return result == CLI_OPTIONS_GO_ON ? check_output(options) : result;
}
