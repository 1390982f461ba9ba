/* SPDX-License-Identifier: MIT */
/* Reads streamx-pub's command line into a struct, and refuses what makes no sense. */
#include "pub/options.h"

#include "common/exit_status.h"
#include "common/quantity.h"
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "streamx-pub"
#define SEATS_DEFAULT 64u /* the library's */

static const char help[] =
    "Usage: " PROGRAM " [OPTION]... NAME [FILE]...\n"
    "Publish standard input, or each TEXT and FILE as one message, to the stream NAME.\n"
    "Every subscriber gets every message; what none of them has taken is kept for the next.\n"
    "\n" CLI_OPTIONS_FRAMING_HELP
    "  -r, --raw[=SIZE]        a message is what one read gives, at most SIZE bytes\n"
    "  -w, --whole             all of standard input is one message\n"
    "  -M, --message=TEXT      publish TEXT; standard input is read only if it is a FILE, '-'\n"
    "\n"
    "Stream:\n"
    "  -s, --slots=N           publications that the ring holds (1; with --raw, or\n"
    "                          of lines that come from a file, 4)\n"
    "  -m, --max-size=SIZE     the longest message, for which memory is reserved (else up to 1G,\n"
    "                          for which memory is taken when it comes)\n"
    "      --oversize=fail     end with status 65 at a longer one (this is the default)\n"
    "      --oversize=skip     leave it out, and say at the end how many were\n"
    "      --oversize=split    publish it in pieces of SIZE\n"
    "  -S, --share             publish beside others that share the stream, each message whole\n"
    "      --any-owner         with -S: also to a stream that another user has made\n"
    "  -C, --continue          take up the stream of a publisher that died, where it stopped\n"
    "  -W, --wait-consumers=N  publish nothing before N subscribers were there at one time (1)\n"
    "      --max-consumers=N   let at most N subscribers in at one time (64)\n"
    "      --mode=OCTAL        permissions of the stream (0600)\n"
    "      --slow=block        wait for slow subscribers (this is the default)\n"
    "      --slow=evict=DUR    throw out a subscriber that is waited for longer than DUR\n"
    "      --timestamps        stamp each message with the time\n"
    "\n"
    "Running:\n"
    "  -t, --timeout=DUR       give up when subscribers are waited for longer than DUR\n"
    "  -n, --count=N           end after N messages\n"
    "  -R, --rate=N            at most N messages per second\n"
    "  -x, --exit-when-alone   end when the last subscriber has left\n"
    "  -T, --tee               copy the input to standard output\n"
    "  -p, --progress          show the progress on standard error, if that is a terminal\n"
    "  -q, --quiet             say nothing on standard error\n"
    "  -v, --verbose           say what is going on there\n"
    "  -h, --help              show this and end\n"
    "  -V, --version           show the version and end\n"
    "\n"
    "A FILE of '-' is standard input, split into messages. DUR is a number with ms, s, m,\n"
    "h or d (s if missing), SIZE one with K, M or G (or KiB, MiB, GiB) for powers of 1024.\n"
    "The stream ends for its subscribers at the end of input, at -n or by -x; whatever else "
    "ends\n" PROGRAM " shows there as a crash (exit status 3), never as an end.\n"
    "\n"
    "Exit status: 0 done, 1 input/output or system failure, 2 usage, 3 (with -x) the subscribers\n"
    "left before they had everything, 65 a message too long or bad framing, 73 the stream exists "
    "or\n"
    "cannot be made, 77 not permitted, 124 timeout, 128+n ended by signal n.\n";

static const char letters[] = CLI_OPTIONS_COMMON_LETTERS "r::M:s:m:SCW:t:n:R:xTp";

static const struct option long_options[] = {
    CLI_OPTIONS_COMMON,
    {"raw", optional_argument, NULL, 'r'},
    {"message", required_argument, NULL, 'M'},
    {"slots", required_argument, NULL, 's'},
    {"max-size", required_argument, NULL, 'm'},
    {"share", no_argument, NULL, 'S'},
    {"continue", no_argument, NULL, 'C'},
    {"wait-consumers", required_argument, NULL, 'W'},
    {"timeout", required_argument, NULL, 't'},
    {"count", required_argument, NULL, 'n'},
    {"rate", required_argument, NULL, 'R'},
    {"exit-when-alone", no_argument, NULL, 'x'},
    {"tee", no_argument, NULL, 'T'},
    {"progress", no_argument, NULL, 'p'},
    {"max-consumers", required_argument, NULL, CLI_OPTION_MAX_CONSUMERS},
    {"any-owner", no_argument, NULL, CLI_OPTION_ANY_OWNER},
    {"mode", required_argument, NULL, CLI_OPTION_MODE},
    {"oversize", required_argument, NULL, CLI_OPTION_OVERSIZE},
    {"slow", required_argument, NULL, CLI_OPTION_SLOW},
    {"timestamps", no_argument, NULL, CLI_OPTION_TIMESTAMPS},
    {NULL, 0, NULL, 0},
};

static int set_slots(struct cli_pub_options *options, const char *text)
{
    uint64_t value;

    if (!cli_quantity_count(text, 1, STREAMX_SLOTS_MAX, &value))
        return cli_options_bad_number("--slots", text, "a number from 1 to 65536");
    options->stream.slots = (uint32_t)value;
    return CLI_OPTIONS_GO_ON;
}

static int set_slot_size(struct cli_pub_options *options, const char *text)
{
    uint64_t value;

    if (!cli_quantity_size(text, 1, STREAMX_SLOT_SIZE_MAX, &value))
        return cli_options_bad_number("--max-size", text, "a size from 1 to 1G");
    options->stream.slot_size = (uint32_t)value;
    options->slot_size_given = true;
    return CLI_OPTIONS_GO_ON;
}

static int set_oversize(struct cli_pub_options *options, const char *text)
{
    static const char *const ways[] = {
        [CLI_OVERSIZE_FAIL] = "fail",
        [CLI_OVERSIZE_SKIP] = "skip",
        [CLI_OVERSIZE_SPLIT] = "split",
    };

    for (unsigned way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        if (strcmp(text, ways[way]) == 0) {
            options->oversize = (enum cli_oversize)way;
            return CLI_OPTIONS_GO_ON;
        }
    }
    return cli_options_bad_number("--oversize", text, "fail, skip or split");
}

static int set_wait_consumers(struct cli_pub_options *options, const char *text)
{
    uint64_t value;

    if (!cli_quantity_count(text, 0, STREAMX_CONSUMERS_MAX, &value))
        return cli_options_bad_number("--wait-consumers", text, "a number from 0 to 4096");
    options->stream.min_consumers = (uint32_t)value;
    return CLI_OPTIONS_GO_ON;
}

static int set_max_consumers(struct cli_pub_options *options, const char *text)
{
    uint64_t value;

    if (!cli_quantity_count(text, 1, STREAMX_CONSUMERS_MAX, &value))
        return cli_options_bad_number("--max-consumers", text, "a number from 1 to 4096");
    options->stream.max_consumers = (uint32_t)value;
    return CLI_OPTIONS_GO_ON;
}

/* Who is waited for must find a seat. */
static int check_consumers(struct cli_pub_options *options)
{
    uint32_t wanted = options->stream.min_consumers, seats = options->stream.max_consumers;

    if (seats != 0 && wanted > seats)
        return cli_report_usage("--wait-consumers=%u is more than --max-consumers=%u", wanted,
                                seats);
    if (seats == 0 && wanted > SEATS_DEFAULT)
        options->stream.max_consumers = STREAMX_CONSUMERS_MAX;
    return CLI_OPTIONS_GO_ON;
}

static int set_limits(struct cli_pub_options *options, int option, const char *text)
{
    if (option == 't' && !cli_quantity_duration(text, &options->timeout_ns))
        return cli_options_bad_number("--timeout", text, "a time such as 500ms, 2s or 1m");
    if (option == 'n' && !cli_quantity_count(text, 0, UINT64_MAX - 1, &options->count))
        return cli_options_bad_number("--count", text, "a number of messages");
    if (option == 'R' && !cli_quantity_count(text, 1, 1000000000, &options->rate))
        return cli_options_bad_number("--rate", text, "a number from 1 to 1000000000");
    return CLI_OPTIONS_GO_ON;
}

static int set_mode(struct cli_pub_options *options, const char *text)
{
    uint32_t mode;

    if (!cli_quantity_mode(text, &mode) || mode == 0)
        return cli_options_bad_number("--mode", text, "an octal number up to 777");
    if ((mode & 0600) != 0600)
        return cli_options_bad_number("--mode", text, "one that lets the owner read and write");
    options->stream.mode = mode;
    return CLI_OPTIONS_GO_ON;
}

static int set_slow(struct cli_pub_options *options, const char *text)
{
    static const char evict[] = "evict=";

    if (strcmp(text, "block") == 0) {
        options->stream.evict_after_ns = 0;
        return CLI_OPTIONS_GO_ON;
    }
    if (strncmp(text, evict, sizeof evict - 1) != 0 ||
        !cli_quantity_duration(text + sizeof evict - 1, &options->stream.evict_after_ns) ||
        options->stream.evict_after_ns == 0)
        return cli_options_bad_number("--slow", text, "'block' or 'evict=DUR'");
    return CLI_OPTIONS_GO_ON;
}

static int apply(struct cli_pub_options *options, int option, const char *argument)
{
    switch (option) {
    case 'M':
        options->texts[options->text_count++] = argument;
        return CLI_OPTIONS_GO_ON;
    case 's':
        return set_slots(options, argument);
    case 'm':
        return set_slot_size(options, argument);
    case 'S':
        options->stream.flags |= STREAMX_SHARED;
        return CLI_OPTIONS_GO_ON;
    case 'C':
        options->stream.flags |= STREAMX_RESUME;
        return CLI_OPTIONS_GO_ON;
    case 'W':
        return set_wait_consumers(options, argument);
    case 't':
    case 'n':
    case 'R':
        return set_limits(options, option, argument);
    case 'x':
        options->stream.flags |= STREAMX_PIPE;
        return CLI_OPTIONS_GO_ON;
    case 'T':
        options->tee = true;
        return CLI_OPTIONS_GO_ON;
    case 'p':
        options->progress = true;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_MAX_CONSUMERS:
        return set_max_consumers(options, argument);
    case CLI_OPTION_ANY_OWNER:
        options->stream.flags |= STREAMX_ANY_USER;
        return CLI_OPTIONS_GO_ON;
    case CLI_OPTION_MODE:
        return set_mode(options, argument);
    case CLI_OPTION_OVERSIZE:
        return set_oversize(options, argument);
    case CLI_OPTION_SLOW:
        return set_slow(options, argument);
    case CLI_OPTION_TIMESTAMPS:
        options->stream.flags |= STREAMX_TIMESTAMPS;
        return CLI_OPTIONS_GO_ON;
    default:
        return cli_options_common_apply(&options->common, option, argument);
    }
}

/* Raw reads go straight into a slot. */
static int check_raw(struct cli_pub_options *options)
{
    size_t read_size = options->common.framing.read_size;

    if (read_size == 0)
        return CLI_OPTIONS_GO_ON;
    if (options->slot_size_given && read_size > options->stream.slot_size)
        return cli_report_usage("--raw=%zu is more than --max-size=%u", read_size,
                                options->stream.slot_size);
    if (!options->slot_size_given)
        options->stream.slot_size = (uint32_t)read_size;
    return CLI_OPTIONS_GO_ON;
}

void cli_pub_options_free(struct cli_pub_options *options)
{
    free(options->texts);
}

int cli_pub_options_parse(struct cli_pub_options *options, int argc, char **argv)
{
    int option, result;

    *options = (struct cli_pub_options){.timeout_ns = STREAMX_FOREVER, .count = UINT64_MAX};
    options->stream.min_consumers = 1;
    options->texts = calloc((size_t)argc + 1, sizeof *options->texts); /* more than there can be */
    if (!options->texts) {
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
    result = cli_options_name(argv[optind]);
    if (result != CLI_OPTIONS_GO_ON)
        return result;
    options->name = argv[optind];
    options->files = argv + optind + 1;
    options->file_count = argc - optind - 1;
    if ((options->stream.flags & (STREAMX_ANY_USER | STREAMX_SHARED)) == STREAMX_ANY_USER)
        return cli_report_usage("--any-owner is for streams that are shared (--share)");
    result = check_consumers(options);
    return result == CLI_OPTIONS_GO_ON ? check_raw(options) : result;
}
