/* SPDX-License-Identifier: MIT */
/* The options that streamx-pub and streamx-sub share: framing, verbosity, help; and the name. */
#include "common/options.h"

#include "common/escape.h"
#include "common/exit_status.h"
#include "common/quantity.h"
#include "common/report.h"

#include <stdio.h>
#include <streamx.h>
#include <string.h>

static void set_delimiter(struct sx_framing *framing, char byte)
{
    framing->delimiter[0] = byte;
    framing->delimiter_len = 1;
}

void sx_options_common_init(struct sx_options_common *common, const char *program, const char *help)
{
    *common = (struct sx_options_common){.program = program, .help = help};
    common->framing.kind = SX_FRAMING_LINE;
    set_delimiter(&common->framing, '\n');
}

static int choose_framing(struct sx_options_common *common, enum sx_framing_kind kind)
{
    if (common->framing_given && common->framing.kind != kind)
        return sx_report_usage("only one of --null, --delimiter, --length-prefixed, --raw and "
                               "--whole can be given");
    common->framing = (struct sx_framing){.kind = kind};
    common->framing_given = true;
    return SX_OPTIONS_GO_ON;
}

static int choose_delimiter(struct sx_options_common *common, const char *text)
{
    struct sx_framing *framing = &common->framing;
    int result = choose_framing(common, SX_FRAMING_STRING);

    if (result != SX_OPTIONS_GO_ON)
        return result;
    if (!sx_escape_expand(text, framing->delimiter, sizeof framing->delimiter,
                          &framing->delimiter_len) ||
        framing->delimiter_len == 0)
        return sx_report_usage("bad delimiter '%s': 1 to %d bytes, with \\n \\t \\r \\0 \\\\ \\xNN",
                               text, SX_FRAMING_DELIMITER_MAX);
    return SX_OPTIONS_GO_ON;
}

static int choose_raw(struct sx_options_common *common, const char *text)
{
    uint64_t bytes = 0;
    int result = choose_framing(common, SX_FRAMING_RAW);

    if (result != SX_OPTIONS_GO_ON)
        return result;
    if (text && !sx_quantity_size(text, 1, STREAMX_SLOT_SIZE_MAX, &bytes))
        return sx_options_bad_number("--raw", text, "a size from 1 to 1G");
    common->framing.read_size = (size_t)bytes;
    return SX_OPTIONS_GO_ON;
}

static int show_version(const struct sx_options_common *common)
{
    char text[128];

    snprintf(text, sizeof text, "%s %s\n", common->program, streamx_version());
    return sx_report_text(text);
}

int sx_options_common_apply(struct sx_options_common *common, int option, const char *argument)
{
    int result = SX_OPTIONS_GO_ON;

    switch (option) {
    case '0':
        result = choose_framing(common, SX_FRAMING_NUL);
        set_delimiter(&common->framing, '\0');
        return result;
    case 'd':
        return choose_delimiter(common, argument);
    case 'L':
        return choose_framing(common, SX_FRAMING_LENGTH);
    case 'r':
        return choose_raw(common, argument);
    case 'w':
        return choose_framing(common, SX_FRAMING_WHOLE);
    case 'q':
        sx_report_level(SX_REPORT_QUIET);
        return result;
    case 'v':
        sx_report_level(SX_REPORT_VERBOSE);
        return result;
    case 'h':
        return sx_report_text(common->help);
    case 'V':
        return show_version(common);
    default: /* getopt_long has said what is wrong */
        fprintf(stderr, "Try '%s --help' for more information.\n", common->program);
        return SX_STATUS_USAGE;
    }
}

int sx_options_name(const char *name)
{
    struct streamx_info info;

    if (!name)
        return sx_report_usage("the stream's name is missing");
    /* the library knows what a name is; whether there is such a stream does not matter here */
    if (streamx_inspect(name, &info, sizeof info) == -EINVAL)
        return sx_report_usage("bad stream name '%s': 1 to %d bytes, no '/', no control bytes, not "
                               "starting with '.'",
                               name, STREAMX_NAME_MAX);
    return SX_OPTIONS_GO_ON;
}

int sx_options_bad_number(const char *option, const char *argument, const char *expected)
{
    return sx_report_usage("%s: '%s' is not %s", option, argument, expected);
}
