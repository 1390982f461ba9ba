/* SPDX-License-Identifier: MIT */
/* The token that a process has and its forked children do not. */
#include "kernel/process.h"

#include <string.h>

#include "support.h"

START_TEST(token_stays_the_same)
{
    uint64_t token = sx_process_token();

    ck_assert_uint_ne(token, 0);
    ck_assert_uint_eq(sx_process_token(), token);
    ck_assert(sx_process_is(token));
}
END_TEST

static void child(struct link parent, void *arg)
{
    uint64_t *token = arg;

    say(parent, sx_process_is(*token));
    say(parent, sx_process_token() != *token);
    say(parent, sx_process_is(sx_process_token()));
    say(parent, sx_process_is(*token));
}

START_TEST(forked_child_has_another_one)
{
    uint64_t token = sx_process_token();
    struct child forked = child_start(child, &token);

    ck_assert_int_eq(hear(forked.link), 0);
    ck_assert_int_eq(hear(forked.link), 1);
    ck_assert_int_eq(hear(forked.link), 1);
    ck_assert_int_eq(hear(forked.link), 0);
    child_join(&forked);
    ck_assert(sx_process_is(token));
}
END_TEST

START_TEST(name_is_cut_to_fit)
{
    char name[4];

    sx_process_name(name, sizeof name);
    ck_assert_uint_eq(strlen(name), 3);
}
END_TEST

int main(void)
{
    return RUN_TESTS("process", token_stays_the_same, forked_child_has_another_one,
                     name_is_cut_to_fit);
}
