/* SPDX-License-Identifier: MIT */
/* Names of messages and keys: what is written is read again, and everything else refused. */
#include "nats/message_id.h"
#include "nats/nkey.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void check_id(const struct bridge_message_id *id)
{
    char text[BRIDGE_MESSAGE_ID_MAX];
    struct bridge_message_id read;

    bridge_message_id_format(text, id);
    ck_assert_msg(bridge_message_id_parse(&read, text), "'%s'", text);
    ck_assert_str_eq(read.source.text, id->source.text);
    ck_assert_uint_eq(read.seq, id->seq);
    ck_assert_uint_eq(read.part, id->part);
    ck_assert_uint_eq(read.parts, id->parts);
    ck_assert_int_eq(read.end, id->end);
}

START_TEST(what_is_written_is_read)
{
    struct streamx_info info = {.created_ns = UINT64_MAX};
    struct bridge_message_id id = {.seq = UINT64_MAX, .part = 1, .parts = 1};

    ck_assert_int_eq(bridge_source_of(&id.source, &info), 0);
    check_id(&id);
    id.end = true;
    check_id(&id);
    id.end = false;
    id.part = 7;
    id.parts = 4294967295u;
    check_id(&id);
}
END_TEST

#define SOURCE "0123456789abcdef0123456789abcdef.77"

START_TEST(foreign_names_are_nobodys)
{
    static const char *const foreign[] = {"",
                                          "-",
                                          "1",
                                          "order-17",
                                          "a.1-17",
                                          SOURCE,
                                          SOURCE "-",
                                          SOURCE "-x",
                                          SOURCE "-1.",
                                          SOURCE "-1.2",
                                          SOURCE "-1.2/",
                                          SOURCE "-1.0/2",
                                          SOURCE "-1.3/2",
                                          SOURCE "-1.2/3x",
                                          SOURCE "-1.ends",
                                          SOURCE "- 1",
                                          SOURCE "-18446744073709551616",
                                          SOURCE "-1.4294967296/4294967297",
                                          "0" SOURCE "-1",
                                          SOURCE "x-1",
                                          SOURCE "00000000000000000000000000000000-1"};
    struct bridge_message_id id;

    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        ck_assert_msg(!bridge_message_id_parse(&id, foreign[i]), "'%s'", foreign[i]);
        ck_assert_str_eq(id.source.text, "");
    }
    ck_assert(!bridge_message_id_parse(&id, NULL));
}
END_TEST

static int public_of(char key[BRIDGE_NKEY_TEXT], const char *content)
{
    char path[512];
    int fd, result;

    snprintf(path, sizeof path, "%s/seed", stream_dir());
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    result = bridge_nkey_public(key, path);
    unlink(path);
    return result;
}

/* The seed of 32 bytes 0, 1, 2, ...; its public half is what RFC 8032's algorithm gives. */
#define SEED "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"
#define EXPECTED_PUBLIC "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"

START_TEST(public_key_of_a_seed)
{
    char key[BRIDGE_NKEY_TEXT], changed[] = SEED;

    ck_assert_int_eq(public_of(key, SEED), 0);
    ck_assert_str_eq(key, EXPECTED_PUBLIC);
    ck_assert_int_eq(public_of(key, "# a comment\n" SEED "\n"), 0);
    ck_assert_str_eq(key, EXPECTED_PUBLIC);
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(public_of(key, changed), -EINVAL);
    ck_assert_int_eq(public_of(key, ""), -EINVAL);
    ck_assert_int_eq(bridge_nkey_public(key, "/nonexistent"), -ENOENT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("names", what_is_written_is_read, foreign_names_are_nobodys,
                     public_key_of_a_seed);
}
