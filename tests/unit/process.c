/* SPDX-License-Identifier: MIT */
/* The word that a process has and its forked children do not. */
#include "kernel/process.h"

#include <pthread.h>
#include <string.h>

#include "support.h"

#define THREADS 8u

START_TEST(word_stays_the_same)
{
    const _Atomic uint64_t *word = sx_process_word();

    ck_assert_ptr_nonnull(word);
    ck_assert_ptr_eq(sx_process_word(), word);
    ck_assert(sx_process_is_here(word));
    ck_assert_uint_eq(atomic_load(word), SX_PROCESS_HERE);
}
END_TEST

/* It has another one, made when first asked for; what was its parent's stays lost. */
static void child(struct link parent, void *arg)
{
    const _Atomic uint64_t *inherited = arg, *own;

    say(parent, sx_process_is_here(inherited));
    own = sx_process_word();
    say(parent, own != inherited && sx_process_is_here(own));
    say(parent, sx_process_is_here(inherited));
    say(parent, sx_process_word() == own);
}

START_TEST(forked_child_has_another_one)
{
    const _Atomic uint64_t *word = sx_process_word();
    struct child forked = child_start(child, (void *)(uintptr_t)word);

    ck_assert_int_eq(hear(forked.link), 0);
    ck_assert_int_eq(hear(forked.link), 1);
    ck_assert_int_eq(hear(forked.link), 0);
    ck_assert_int_eq(hear(forked.link), 1);
    child_join(&forked);
    ck_assert(sx_process_is_here(word));
}
END_TEST

/* A child that has made its own word is a parent like any other. */
static void child_with_a_child(struct link parent, void *arg)
{
    const _Atomic uint64_t *own = sx_process_word();
    struct child forked;

    (void)arg;
    forked = child_start(child, (void *)(uintptr_t)own);
    for (unsigned i = 0; i < 4; i++)
        say(parent, hear(forked.link));
    child_join(&forked);
    say(parent, sx_process_is_here(own));
}

START_TEST(so_has_a_childs_child)
{
    struct child forked;

    sx_process_word();
    forked = child_start(child_with_a_child, NULL);
    ck_assert_int_eq(hear(forked.link), 0);
    ck_assert_int_eq(hear(forked.link), 1);
    ck_assert_int_eq(hear(forked.link), 0);
    ck_assert_int_eq(hear(forked.link), 1);
    ck_assert_int_eq(hear(forked.link), 1);
    child_join(&forked);
}
END_TEST

static void *ask(void *arg)
{
    pthread_barrier_wait(arg);
    return (void *)(uintptr_t)sx_process_word();
}

/* A process that has no word yet, whose threads ask for it at the same time. */
static void child_of_threads(struct link parent, void *arg)
{
    const void *words[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    unsigned same = 0;

    (void)arg;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, ask, &barrier);
    for (unsigned i = 0; i < THREADS; i++) {
        void *word;

        pthread_join(threads[i], &word);
        words[i] = word;
    }
    for (unsigned i = 0; i < THREADS; i++)
        same += words[i] == words[0];
    say(parent,
        same == THREADS && sx_process_word() == words[0] && sx_process_is_here(sx_process_word()));
}

/* Also where what the parent had is known. */
START_TEST(all_threads_have_the_same_one)
{
    for (unsigned i = 0; i < 2; i++) {
        struct child forked = child_start(child_of_threads, NULL);

        ck_assert_int_eq(hear(forked.link), 1);
        child_join(&forked);
        sx_process_word();
    }
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
    return RUN_TESTS("process", word_stays_the_same, forked_child_has_another_one,
                     so_has_a_childs_child, all_threads_have_the_same_one, name_is_cut_to_fit);
}
