/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the numbers and escapes of the command line. Nothing is read beyond the text's
 * end, nothing out of bounds is accepted, and what is refused stores nothing.
 */
#include <stdlib.h>

#include "common/escape.h"
#include "common/quantity.h"
#include "feed.h"

#define UNTOUCHED 0x5a5a5a5a

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void read_numbers(const char *text, uint64_t least, uint64_t most)
{
    uint64_t number = UNTOUCHED;
    int64_t duration_ns = UNTOUCHED;
    uint32_t mode = UNTOUCHED;

    if (cli_quantity_count(text, least, most, &number))
        check(number >= least && number <= most);
    else
        check(number == UNTOUCHED);
    number = UNTOUCHED;
    if (cli_quantity_size(text, least, most, &number))
        check(number >= least && number <= most);
    else
        check(number == UNTOUCHED);
    check(cli_quantity_duration(text, &duration_ns) ? duration_ns >= 0 : duration_ns == UNTOUCHED);
    check(cli_quantity_mode(text, &mode) ? mode <= 0777 : mode == UNTOUCHED);
}

static void expand(const char *text, size_t text_len, size_t room)
{
    char *bytes = malloc(room + 1);
    size_t len = 0;
    char byte;

    check(bytes != NULL);
    if (cli_escape_expand(text, bytes, room, &len))
        check(len <= room && len <= text_len);
    free(bytes);
    for (size_t i = 0; i < text_len; i++)
        if (text[i] == '\\')
            check(cli_escape_read(text + i, &byte) <= text_len - i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct feed feed = {bytes, size};
    uint64_t least = feed_byte(&feed), most = feed_number(&feed, feed_below(&feed, 9));
    size_t room = feed_below(&feed, 40);
    /* A copy of its own size, so that a byte too far is one out of bounds. */
    char *text = malloc(feed.left + 1);

    check(text != NULL);
    if (feed.left > 0)
        memcpy(text, feed.bytes, feed.left);
    text[feed.left] = '\0';
    read_numbers(text, least, most < least ? least : most);
    expand(text, strlen(text), room);
    free(text);
    return 0;
}
