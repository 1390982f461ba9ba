/* SPDX-License-Identifier: MIT */
/* Memory that is 0 when it is taken, belongs to one alone, and is 0 in a forked child again. */
#include "kernel/wiped.h"

#include <string.h>

#include "support.h"

#define PIECES 100u /* more than a few pages of them */
#define FULL 0xa5

static bool is_zero(const unsigned char *piece)
{
    for (unsigned i = 0; i < SX_WIPED_BYTES; i++)
        if (piece[i] != 0)
            return false;
    return true;
}

/* Fills it to its last byte: what others have would be hit. */
static unsigned char *take_and_fill(void)
{
    unsigned char *piece = sx_wiped_take();

    ck_assert_ptr_nonnull(piece);
    ck_assert_uint_eq((uintptr_t)piece % SX_WIPED_BYTES, 0);
    ck_assert(is_zero(piece));
    memset(piece, FULL, SX_WIPED_BYTES);
    return piece;
}

START_TEST(piece_is_zero_and_nobody_elses)
{
    unsigned char *pieces[PIECES];

    for (unsigned i = 0; i < PIECES; i++)
        pieces[i] = take_and_fill(); /* so they are not those before, which are full */
    for (unsigned i = 0; i < PIECES; i += 2)
        sx_wiped_give(pieces[i]);
    for (unsigned i = 1; i < PIECES; i += 2)
        ck_assert_int_eq(pieces[i][SX_WIPED_BYTES - 1], FULL);
    for (unsigned i = 0; i < PIECES; i += 2)
        pieces[i] = take_and_fill();
    for (unsigned i = 0; i < PIECES; i++)
        sx_wiped_give(pieces[i]);
    sx_wiped_give(NULL);
}
END_TEST

/* Those that were given back come first: what is needed at one time is all that there ever is. */
START_TEST(piece_that_was_given_back_is_taken_again)
{
    unsigned char *first = take_and_fill();

    sx_wiped_give(first);
    for (unsigned i = 0; i < PIECES; i++) {
        ck_assert_ptr_eq(take_and_fill(), first);
        sx_wiped_give(first);
    }
}
END_TEST

static void look_and_take(struct link parent, void *arg)
{
    unsigned char **pieces = arg, *piece;
    bool fresh = true;

    for (unsigned i = 0; i < PIECES; i++)
        fresh &= is_zero(pieces[i]);
    say(parent, fresh);
    /* What is taken here is none that the parent has: its handles would become ours. */
    for (unsigned i = 0; i < PIECES; i++)
        take_and_fill();
    for (unsigned i = 0; i < PIECES; i++)
        fresh &= is_zero(pieces[i]);
    say(parent, fresh);
    sx_wiped_give(pieces[0]);
    while ((piece = sx_wiped_take()) != pieces[0] && piece)
        ;
    say(parent, piece != NULL);
}

START_TEST(forked_child_finds_it_wiped_and_still_taken)
{
    unsigned char *pieces[PIECES];
    struct child child;

    for (unsigned i = 0; i < PIECES; i++)
        pieces[i] = take_and_fill();
    child = child_start(look_and_take, pieces);
    ck_assert_int_eq(hear(child.link), 1);
    ck_assert_int_eq(hear(child.link), 1);
    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
    for (unsigned i = 0; i < PIECES; i++) {
        ck_assert_int_eq(pieces[i][0], FULL);
        sx_wiped_give(pieces[i]);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("wiped", piece_is_zero_and_nobody_elses,
                     piece_that_was_given_back_is_taken_again,
                     forked_child_finds_it_wiped_and_still_taken);
}
