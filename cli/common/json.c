/* SPDX-License-Identifier: MIT */
/* What the programs' JSON has in common. */
#include "common/json.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

json_t *cli_json_text(const char *text)
{
    size_t len = strlen(text), used = 0;
    char *valid = malloc(len * (sizeof replacement - 1) + 1);
    json_t *made;

    if (!valid)
        return NULL;
    while (len > 0) {
        uint32_t code;
        size_t length = cli_text_character(text, len, &code), step = length > 0 ? length : 1;
        size_t added = length > 0 ? length : sizeof replacement - 1;

        memcpy(valid + used, length > 0 ? text : replacement, added);
        used += added;
        text += step;
        len -= step;
    }
    made = json_stringn(valid, used);
    free(valid);
    return made;
}
