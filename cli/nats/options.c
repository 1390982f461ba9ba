/* SPDX-License-Identifier: MIT */
/* Reads streamx-nats' command line into a struct, and refuses what makes no sense. */
#include "nats/options.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/quantity.h"
#include "common/report.h"
#include "nats/option_values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "streamx-nats"
#define WAIT_NS (5 * CLI_CLOCK_SECOND)
#define WINDOW 1024u
#define WINDOW_MAX 4096u
#define BATCH 512
#define ACK_WAIT_NS (30 * CLI_CLOCK_SECOND)
#define SLOTS 16u

static const char help[] =
    "Usage: " PROGRAM " out [OPTION]... NAME SUBJECT\n"
    "   or: " PROGRAM " in [OPTION]... SUBJECT NAME\n"
    "Carry the stream NAME into NATS JetStream, or from there into the stream NAME.\n"
    "\n"
    "The server:\n"
    "  -s, --server=URL        nats://HOST:PORT or tls://HOST:PORT; several, with commas or by\n"
    "                          giving it again (default $NATS_URL, else nats://127.0.0.1:4222)\n"
    "      --user=USER         with the password in the first line of a file, or in\n"
    "      --password-file=F   $NATS_PASSWORD\n"
    "      --creds=FILE        a user's JWT and seed\n"
    "      --nkey=FILE         a user's seed\n"
    "      --tls               TLS or nothing; a tls:// address means that too\n"
    "      --tlsca=FILE        whom to trust, instead of the system's authorities\n"
    "      --tlscert=FILE      a certificate of one's own\n"
    "      --tlskey=FILE       and its key\n"
    "\n"
    "The JetStream stream:\n"
    "      --stream=STREAM     its name (default: the one that takes SUBJECT)\n"
    "      --subject=SUBJECT   instead of the operand; {stream} and %s in it stand for NAME\n"
    "      --create            make it, if there is none that takes SUBJECT; then with\n"
    "      --retention=HOW       limits: messages stay (default); workqueue: until one consumer\n"
    "                            has acknowledged them; interest: until all have (--lossy)\n"
    "      --storage=WHERE       file (default) or memory\n"
    "      --replicas=N          on so many servers (default 1)\n"
    "      --max-msgs=N          so many at most; a full stream holds the bridge up\n"
    "      --max-bytes=SIZE      likewise\n"
    "      --max-age=DUR         discards older ones (--lossy)\n"
    "      --lossy             accept a stream that may discard what nobody has read, and gaps\n"
    "\n"
    "Out:\n"
    "      --chunk             send in parts what is longer than the server takes\n"
    "      --window=N          most messages under way (default 1024)\n"
    "\n"
    "In:\n"
    "      --durable=NAME      the consumer that keeps the place (default: of host and stream)\n"
    "      --from=WHERE        where a consumer that is not there yet begins: all (default), new,\n"
    "                          seq=N, or time=YYYY-MM-DDTHH:MM:SSZ\n"
    "      --batch=N           most messages asked for at a time (default 512)\n"
    "      --ack-wait=DUR      after which the server hands out again what a bridge that is gone\n"
    "                          had (default 30s)\n"
    "      --slots=N           publications that the ring holds (default 16)\n"
    "  -m, --max-size=SIZE     bytes that a slot holds (default 64M, taken when they are needed)\n"
    "  -W, --wait-consumers=N  wait for N subscribers before the first message (default 1)\n"
    "      --mode=OCTAL        permissions of the stream (default 0600)\n"
    "\n"
    "Running:\n"
    "      --follow            after the end of a stream go on with the next one\n"
    "      --wait=DUR          how long to wait at the start for a server and a JetStream stream\n"
    "                          that are not there (default 5s)\n"
    "      --no-wait           wait neither for those nor for the stream NAME\n"
    "  -t, --timeout=DUR       end after DUR\n"
    "  -p, --progress          show on the terminal how far it is\n"
    "  -q, --quiet             say nothing on standard error\n"
    "  -v, --verbose           say what is going on there\n"
    "  -h, --help              show this and end\n"
    "  -V, --version           show the version and end\n"
    "\n"
    "DUR is a number with ms, s or m (s if missing); SIZE one with K, M or G.\n"
    "\n"
    "Exit status: 0 the stream has ended and all of it is there, 1 system failure, or messages "
    "are\n"
    "missing, 2 usage, 3 the publisher died without an end of the stream, 65 a message is too "
    "long,\n"
    "69 no server, or no such stream, 73 the stream on the other side cannot be made or is not "
    "fit,\n"
    "77 not permitted, or a server that is not to be trusted, 124 timeout, 128+n ended by signal "
    "n.\n";

static const char letters[] = "s:m:W:t:pqvhV";

static const struct option long_options[] = {
    {"server", required_argument, NULL, 's'},
    {"user", required_argument, NULL, BRIDGE_OPTION_USER},
    {"password-file", required_argument, NULL, BRIDGE_OPTION_PASSWORD_FILE},
    {"creds", required_argument, NULL, BRIDGE_OPTION_CREDS},
    {"nkey", required_argument, NULL, BRIDGE_OPTION_NKEY},
    {"tls", no_argument, NULL, BRIDGE_OPTION_TLS},
    {"tlsca", required_argument, NULL, BRIDGE_OPTION_TLS_CA},
    {"tlscert", required_argument, NULL, BRIDGE_OPTION_TLS_CERT},
    {"tlskey", required_argument, NULL, BRIDGE_OPTION_TLS_KEY},
    {"stream", required_argument, NULL, BRIDGE_OPTION_STREAM},
    {"subject", required_argument, NULL, BRIDGE_OPTION_SUBJECT},
    {"create", no_argument, NULL, BRIDGE_OPTION_CREATE},
    {"retention", required_argument, NULL, BRIDGE_OPTION_RETENTION},
    {"storage", required_argument, NULL, BRIDGE_OPTION_STORAGE},
    {"replicas", required_argument, NULL, BRIDGE_OPTION_REPLICAS},
    {"max-msgs", required_argument, NULL, BRIDGE_OPTION_MAX_MSGS},
    {"max-bytes", required_argument, NULL, BRIDGE_OPTION_MAX_BYTES},
    {"max-age", required_argument, NULL, BRIDGE_OPTION_MAX_AGE},
    {"lossy", no_argument, NULL, BRIDGE_OPTION_LOSSY},
    {"chunk", no_argument, NULL, BRIDGE_OPTION_CHUNK},
    {"window", required_argument, NULL, BRIDGE_OPTION_WINDOW},
    {"durable", required_argument, NULL, BRIDGE_OPTION_DURABLE},
    {"from", required_argument, NULL, BRIDGE_OPTION_FROM},
    {"batch", required_argument, NULL, BRIDGE_OPTION_BATCH},
    {"ack-wait", required_argument, NULL, BRIDGE_OPTION_ACK_WAIT},
    {"slots", required_argument, NULL, BRIDGE_OPTION_SLOTS},
    {"max-size", required_argument, NULL, 'm'},
    {"wait-consumers", required_argument, NULL, 'W'},
    {"mode", required_argument, NULL, BRIDGE_OPTION_MODE},
    {"follow", no_argument, NULL, BRIDGE_OPTION_FOLLOW},
    {"wait", required_argument, NULL, BRIDGE_OPTION_WAIT},
    {"no-wait", no_argument, NULL, BRIDGE_OPTION_NO_WAIT},
    {"timeout", required_argument, NULL, 't'},
    {"progress", no_argument, NULL, 'p'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int apply_running(struct bridge_options *options, int option, const char *argument)
{
    int64_t window = 0;
    int result;

    switch (option) {
    case BRIDGE_OPTION_CHUNK:
        options->chunk = true;
        return CLI_OPTIONS_GO_ON;
    case BRIDGE_OPTION_WINDOW:
        result = bridge_options_set_number(&window, "--window", argument, WINDOW_MAX);
        options->window = (uint64_t)window;
        return result;
    case BRIDGE_OPTION_FOLLOW:
        options->follow = true;
        return CLI_OPTIONS_GO_ON;
    case BRIDGE_OPTION_WAIT:
        return bridge_options_set_duration(&options->wait_ns, "--wait", argument);
    case BRIDGE_OPTION_NO_WAIT:
        options->wait_ns = 0;
        return CLI_OPTIONS_GO_ON;
    case 't':
        return bridge_options_set_duration(&options->timeout_ns, "--timeout", argument);
    case 'p':
        options->progress = true;
        return CLI_OPTIONS_GO_ON;
    default:
        return cli_options_common_apply(&options->common, option, argument);
    }
}

static int apply(struct bridge_options *options, const char **subject, int option, char *argument)
{
    if (option == BRIDGE_OPTION_SUBJECT) {
        *subject = argument;
        return CLI_OPTIONS_GO_ON;
    }
    if (option == 's' || (option >= BRIDGE_OPTION_USER && option <= BRIDGE_OPTION_TLS_KEY))
        return bridge_options_server(&options->server, option, argument);
    if (option >= BRIDGE_OPTION_STREAM && option <= BRIDGE_OPTION_LOSSY)
        return bridge_options_jetstream(&options->jetstream, option, argument);
    if (option == 'm' || option == 'W' ||
        (option >= BRIDGE_OPTION_DURABLE && option <= BRIDGE_OPTION_MODE))
        return bridge_options_in(&options->jetstream, &options->stream, option, argument);
    return apply_running(options, option, argument);
}

/* Puts the stream's name in, where the pattern asks for it. Bytes that no subject may hold become
 * '_'. */
static bool expand(char subject[BRIDGE_SUBJECT_MAX], const char *pattern, const char *name)
{
    static const char braces[] = "{stream}";
    size_t used = 0;

    while (*pattern != '\0') {
        bool is_name = strncmp(pattern, braces, sizeof braces - 1) == 0;
        size_t skip = is_name ? sizeof braces - 1 : 1;

        if (pattern[0] == '%' && (pattern[1] == 's' || pattern[1] == '%')) {
            is_name = pattern[1] == 's';
            skip = 2;
        }
        for (const char *from = is_name ? name : pattern; *from != '\0'; from++) {
            if (used + 1 >= BRIDGE_SUBJECT_MAX)
                return false;
            subject[used] = *from;
            if (is_name && strchr(" \t*>\"\\", *from))
                subject[used] = '_';
            used++;
            if (!is_name)
                break;
        }
        pattern += skip;
    }
    subject[used] = '\0';
    return true;
}

/* Words of at least one byte with dots between, and no wildcards: what can be published to. */
static bool is_subject(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || text[0] == '.' || text[len - 1] == '.' || strstr(text, ".."))
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 127 || strchr("*>\"\\", *text))
            return false;
    return true;
}

static int set_operands(struct bridge_options *options, const char *subject, int count,
                        char **operands)
{
    const char *name, *pattern = subject;

    if (count < (subject ? 1 : 2))
        return cli_report_usage(options->out ? "out needs NAME and SUBJECT"
                                             : "in needs SUBJECT and NAME");
    if (count > (subject ? 1 : 2))
        return cli_report_usage("'%s' is too much", operands[subject ? 1 : 2]);
    name = operands[subject || options->out ? 0 : 1];
    if (!pattern)
        pattern = operands[options->out ? 1 : 0];
    options->name = name;
    if (!expand(options->jetstream.subject, pattern, name) ||
        !is_subject(options->jetstream.subject))
        return cli_report_usage("bad subject '%s': words with dots between, without blanks and "
                                "wildcards, at most %d bytes",
                                pattern, BRIDGE_SUBJECT_MAX - 1);
    return cli_options_name(name);
}

/* Two machines that take the same subject are two consumers. */
static void name_durable(struct bridge_options *options)
{
    char host[65] = "host", *durable = options->jetstream.durable;

    if (*durable != '\0')
        return;
    if (gethostname(host, sizeof host) != 0)
        snprintf(host, sizeof host, "host");
    host[sizeof host - 1] = '\0';
    snprintf(durable, sizeof options->jetstream.durable, "streamx-%s-%.180s", host, options->name);
    for (; *durable != '\0'; durable++)
        if (strchr(".*> \t/\\\"", *durable) || (unsigned char)*durable < ' ')
            *durable = '_';
}

static int check(struct bridge_options *options)
{
    const struct bridge_jetstream_options *jetstream = &options->jetstream;

    if (!bridge_server_environment(&options->server))
        return cli_report_usage("NATS_URL: not an address of the form nats://HOST:PORT or "
                                "tls://HOST:PORT");
    if ((jetstream->retention == js_InterestPolicy || jetstream->max_age_ns > 0) &&
        !jetstream->lossy)
        return cli_report_usage("--retention=interest and --max-age discard what nobody has read: "
                                "they need --lossy");
    if (options->server.tls_key && !options->server.tls_cert)
        return cli_report_usage("--tlskey needs --tlscert");
    name_durable(options);
    return CLI_OPTIONS_GO_ON;
}

static void set_defaults(struct bridge_options *options)
{
    *options = (struct bridge_options){
        .wait_ns = WAIT_NS, .timeout_ns = STREAMX_FOREVER, .window = WINDOW};
    options->jetstream.max_msgs = options->jetstream.max_bytes = -1;
    options->jetstream.replicas = 1;
    options->jetstream.batch = BATCH;
    options->jetstream.ack_wait_ns = ACK_WAIT_NS;
    options->stream.slots = SLOTS;
    options->stream.min_consumers = 1;
}

int bridge_options_parse(struct bridge_options *options, int argc, char **argv)
{
    const char *subject = NULL;
    int option, result;

    set_defaults(options);
    cli_options_common_init(&options->common, PROGRAM, help);
    cli_report_program(PROGRAM);
    if (argc > 0)
        argv[0] = (char *)PROGRAM; /* getopt_long starts its messages with it */
    while ((option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        result = apply(options, &subject, option, optarg);
        if (result != CLI_OPTIONS_GO_ON)
            return result;
    }
    if (optind == argc || (strcmp(argv[optind], "out") != 0 && strcmp(argv[optind], "in") != 0))
        return cli_report_usage("the first operand must be out or in");
    options->out = strcmp(argv[optind], "out") == 0;
    result = set_operands(options, subject, argc - optind - 1, argv + optind + 1);
    return result == CLI_OPTIONS_GO_ON ? check(options) : result;
}
