/* SPDX-License-Identifier: MIT */
/* What the command lines have in common. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "common/framing.h"

#include <getopt.h>
#include <stdbool.h>

/* A parser returns this to go on, or the exit status to end with. */
#define CLI_OPTIONS_GO_ON (-1)

/* Values of long options without a letter. */
enum cli_option {
    CLI_OPTION_TIMESTAMPS = 256,
    CLI_OPTION_MODE,
    CLI_OPTION_SLOW,
    CLI_OPTION_NO_WAIT,
    CLI_OPTION_FROM,
    CLI_OPTION_ACK,
    CLI_OPTION_FOLLOW,
    CLI_OPTION_MAX_CONSUMERS,
    CLI_OPTION_TAP,
    CLI_OPTION_OVERSIZE,
    CLI_OPTION_GLOB,
    CLI_OPTION_ANY_OWNER
};

/* For getopt_long's tables. Each program has an -r of its own. */
#define CLI_OPTIONS_COMMON_LETTERS "0d:LwqvhV"
/* clang-format off */
#define CLI_OPTIONS_COMMON                                                                         \
    {"null", no_argument, NULL, '0'},                                                              \
    {"delimiter", required_argument, NULL, 'd'},                                                   \
    {"length-prefixed", no_argument, NULL, 'L'},                                                   \
    {"whole", no_argument, NULL, 'w'},                                                             \
    {"quiet", no_argument, NULL, 'q'},                                                             \
    {"verbose", no_argument, NULL, 'v'},                                                           \
    {"help", no_argument, NULL, 'h'},                                                              \
    {"version", no_argument, NULL, 'V'}
/* clang-format on */

#define CLI_OPTIONS_FRAMING_HELP                                                                   \
    "Framing (one of these; the default is one message per line):\n"                               \
    "  -0, --null              messages end with a NUL byte\n"                                     \
    "  -d, --delimiter=STR     messages end with STR; escapes are \\n \\t \\r \\e \\0 \\\\, "      \
    "octal \\NNN\n"                                                                                \
    "                          and hexadecimal \\xNN\n"                                            \
    "  -L, --length-prefixed   each message follows its length, 32 bits big-endian\n"

struct cli_options_common {
    const char *program;
    const char *help;
    bool framing_given;
    struct cli_framing framing;
};

void cli_options_common_init(struct cli_options_common *common, const char *program,
                             const char *help);

/* Handles one of the common options; '?' as well. */
int cli_options_common_apply(struct cli_options_common *common, int option, const char *argument);

/* Checks a stream's name; NULL = there is none. */
int cli_options_name(const char *name);

/* For a number that is refused: says so, naming the option. */
int cli_options_bad_number(const char *option, const char *argument, const char *expected);

#endif /* CLI_OPTIONS_H */
