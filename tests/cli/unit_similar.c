/* SPDX-License-Identifier: MIT */
/* Names that were mistyped: how far they are from what was meant, and which one that is. */
#include "common/similar.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

START_TEST(distance_counts_slips_of_the_finger)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } pairs[] = {
        {"", "", 0},          {"words", "words", 0},  {"wrods", "words", 1},
        {"word", "words", 1}, {"wordss", "words", 1}, {"wards", "words", 1},
        {"", "abc", 3},       {"abc", "cba", 2},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ck_assert_uint_eq(cli_similar_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
        ck_assert_uint_eq(cli_similar_distance(pairs[i].b, pairs[i].a), pairs[i].distance);
    }
}
END_TEST

START_TEST(nearest_stream_is_found_and_a_distant_one_is_not)
{
    struct streamx_producer *words, *other;
    char similar[STREAMX_NAME_MAX + 1], longest[STREAMX_NAME_MAX + 1];

    memset(longest, 'x', STREAMX_NAME_MAX);
    longest[STREAMX_NAME_MAX] = '\0';
    ck_assert(!cli_similar_stream(similar, "wrods"));
    ck_assert_int_eq(streamx_create(&words, "words", NULL), 0);
    ck_assert_int_eq(streamx_create(&other, longest, NULL), 0);
    ck_assert(cli_similar_stream(similar, "wrods"));
    ck_assert_str_eq(similar, "words");
    ck_assert(!cli_similar_stream(similar, "temperature"));
    ck_assert(!cli_similar_stream(similar, "quite another"));
    longest[7] = 'y';
    ck_assert(cli_similar_stream(similar, longest));
    ck_assert_uint_eq(strlen(similar), STREAMX_NAME_MAX);
    streamx_close(words, STREAMX_NOWAIT);
    streamx_close(other, STREAMX_NOWAIT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("similar", distance_counts_slips_of_the_finger,
                     nearest_stream_is_found_and_a_distant_one_is_not);
}
