/* SPDX-License-Identifier: MIT */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

/*
 * The text as a JSON string. Names, labels and command lines may hold bytes that are not UTF-8;
 * each of them becomes U+FFFD. NULL if there is no memory.
 */
json_t *cli_json_text(const char *text);

/*
 * Like json_dump_callback, compact, but that C1 control characters, which some terminals obey, are
 * written as escapes.
 */
int cli_json_dump(const json_t *value, json_dump_callback_t call, void *arg);

#endif /* CLI_JSON_H */
