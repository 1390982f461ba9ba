/* SPDX-License-Identifier: MIT */
/* The token, and the memory, that a process has and its forked children do not. */
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

/* Of memory whose first WIPED bytes a child loses. Both parts are longer than a page. */
enum { WIPED = 70016, SIZE = 150000 };

static bool all_are(const unsigned char *from, const unsigned char *to, unsigned char expected)
{
    while (from < to && *from == expected)
        from++;
    return from == to;
}

static void look_at_memory(struct link parent, void *arg)
{
    unsigned char *memory = arg;

    ck_assert(all_are(memory, memory + WIPED, 0));
    ck_assert(all_are(memory + WIPED, memory + SIZE, 1));
    memset(memory, 2, SIZE);
    say(parent, 1);
    sx_process_free(memory, WIPED, SIZE);
}

START_TEST(forked_child_loses_the_first_part_of_the_memory)
{
    unsigned char *memory = sx_process_allocate(WIPED, SIZE);
    struct child forked;

    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq((uintptr_t)memory % 16, 0);
    ck_assert(all_are(memory, memory + SIZE, 0));
    memset(memory, 1, SIZE);
    forked = child_start(look_at_memory, memory);
    ck_assert_int_eq(hear(forked.link), 1);
    child_join(&forked);
    ck_assert(all_are(memory, memory + SIZE, 1));
    sx_process_free(memory, WIPED, SIZE);
    sx_process_free(NULL, WIPED, SIZE);
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
                     forked_child_loses_the_first_part_of_the_memory, name_is_cut_to_fit);
}
