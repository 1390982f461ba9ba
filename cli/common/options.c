/* SPDX-License-Identifier: MIT */
/* The options that the programs share: framing, verbosity, help; and the name. */
#include "common/options.h"

#include "common/escape.h"
#include "common/exit_status.h"
#include "common/quantity.h"
#include "common/report.h"

#include <stdio.h>
#include <streamx.h>
#include <string.h>

static void set_delimiter(struct cli_framing *framing, char byte)
{
    framing->delimiter[0] = byte;
    framing->delimiter_len = 1;
}

void cli_options_common_init(struct cli_options_common *common, const char *program,
                             const char *help)
{
    *common = (struct cli_options_common){.program = program, .help = help};
    common->framing.kind = CLI_FRAMING_LINE;
    set_delimiter(&common->framing, '\n');
}

static int choose_framing(struct cli_options_common *common, enum cli_framing_kind kind)
{
    if (common->framing_given && common->framing.kind != kind)
        return cli_report_usage("only one of --null, --delimiter, --length-prefixed, --raw and "
                                "--whole can be given");
    common->framing = (struct cli_framing){.kind = kind};
    common->framing_given = true;
    return CLI_OPTIONS_GO_ON;
}

static int choose_delimiter(struct cli_options_common *common, const char *text)
{
    struct cli_framing *framing = &common->framing;
    int result = choose_framing(common, CLI_FRAMING_STRING);

    if (result != CLI_OPTIONS_GO_ON)
        return result;
    if (!cli_escape_expand(text, framing->delimiter, sizeof framing->delimiter,
                           &framing->delimiter_len) ||
        framing->delimiter_len == 0)
        return cli_report_usage(
            "bad delimiter '%s': 1 to %d bytes, with \\n \\t \\r \\e \\0 \\NNN \\xNN \\\\", text,
            CLI_FRAMING_DELIMITER_MAX);
    return CLI_OPTIONS_GO_ON;
}

static int choose_raw(struct cli_options_common *common, const char *text)
{
    uint64_t bytes = 0;
    int result = choose_framing(common, CLI_FRAMING_RAW);

    if (result != CLI_OPTIONS_GO_ON)
        return result;
    if (text && !cli_quantity_size(text, 1, STREAMX_SLOT_SIZE_MAX, &bytes))
        return cli_options_bad_number("--raw", text, "a size from 1 to 1G");
    common->framing.read_size = (size_t)bytes;
    return CLI_OPTIONS_GO_ON;
}

static int show_version(const struct cli_options_common *common)
{
    char text[128];

    snprintf(text, sizeof text, "%s %s\n", common->program, streamx_version());
    return cli_report_text(text);
}

int cli_options_common_apply(struct cli_options_common *common, int option, const char *argument)
{
    int result = CLI_OPTIONS_GO_ON;

    switch (option) {
    case '0':
        result = choose_framing(common, CLI_FRAMING_NUL);
        set_delimiter(&common->framing, '\0');
        return result;
    case 'd':
        return choose_delimiter(common, argument);
    case 'L':
        return choose_framing(common, CLI_FRAMING_LENGTH);
    case 'r':
        return choose_raw(common, argument);
    case 'w':
        return choose_framing(common, CLI_FRAMING_WHOLE);
    case 'q':
        cli_report_level(CLI_REPORT_QUIET);
        return result;
    case 'v':
        cli_report_level(CLI_REPORT_VERBOSE);
        return result;
    case 'h':
        return cli_report_text(common->help);
    case 'V':
        return show_version(common);
    default: /* getopt_long has said what is wrong */
        fprintf(stderr, "Try '%s --help' for more information.\n", common->program);
        return CLI_STATUS_USAGE;
    }
}

int cli_options_name(const char *name)
{
    struct streamx_info info;

    if (!name)
        return cli_report_usage("the stream's name is missing");
    /* the library knows what a name is; whether there is such a stream does not matter here */
    if (streamx_inspect(name, &info, sizeof info) == -EINVAL)
        return cli_report_usage(
            "bad stream name '%s': 1 to %d bytes, no '/', no control bytes, not "
            "starting with '.'",
            name, STREAMX_NAME_MAX);
    return CLI_OPTIONS_GO_ON;
}

int cli_options_bad_number(const char *option, const char *argument, const char *expected)
{
    return cli_report_usage("%s: '%s' is not %s", option, argument, expected);
}
