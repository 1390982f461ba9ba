/* SPDX-License-Identifier: MIT */
/*
 * What is in a value, and the look at it that every receiver takes of every value.
 *
 * The first word is the value's number, with a note in its two topmost bits; the following words
 * are made from the first and their place. A value of up to 4 KiB is written and read word by word;
 * of a larger one, the first and last page's first words and one word in each page between (the
 * bytes between them are carried along). A loaned one has only its first and last word, since a
 * loan leaves it to its user how much to write.
 */
#ifndef STREAMX_BENCH_CONTENT_H
#define STREAMX_BENCH_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTE_SHIFT 62
#define NUMBER_MASK ((UINT64_C(1) << NOTE_SHIFT) - 1)

enum note { NOTE_NONE = 0, NOTE_MARK = 1, NOTE_LAST = 2 };

#define PAGE_WORDS 512u
#define WORDS_EACH 512u /* up to here each word counts */

static inline uint64_t content_word(uint64_t head, size_t place)
{
    return head + place * UINT64_C(0x9E3779B97F4A7C15);
}

static inline void content_fill_words(uint64_t *words, size_t count, size_t step, uint64_t head)
{
    for (size_t i = step; i < count; i += step)
        words[i] = content_word(head, i);
    words[0] = head;
}

/* `ends`: only the first and the last word. */
static inline void content_fill(void *data, size_t bytes, uint64_t number, enum note note,
                                bool ends)
{
    uint64_t *words = data, head = number | (uint64_t)note << NOTE_SHIFT;
    size_t count = bytes / sizeof *words;

    if (count == 4)
        content_fill_words(words, 4, 1, head);
    else if (count == 8)
        content_fill_words(words, 8, 1, head);
    else if (!ends)
        content_fill_words(words, count, count <= WORDS_EACH ? 1 : PAGE_WORDS, head);
    words[0] = head;
    if (count > 1)
        words[count - 1] = content_word(head, count - 1);
}

static inline bool content_words_right(const uint64_t *words, size_t count, size_t step,
                                       uint64_t head)
{
    uint64_t differing = 0;

    for (size_t i = step; i < count; i += step)
        differing |= words[i] ^ content_word(head, i);
    return differing == 0;
}

static inline enum note content_note(const void *data)
{
    return (enum note)(*(const uint64_t *)data >> NOTE_SHIFT);
}

/* Is this the value of that number, whole? */
static inline bool content_right(const void *data, size_t bytes, uint64_t number, bool ends)
{
    const uint64_t *words = data;
    uint64_t head = words[0];
    size_t count = bytes / sizeof *words;

    if ((head & NUMBER_MASK) != number)
        return false;
    if (count == 4)
        return content_words_right(words, 4, 1, head);
    if (count == 8)
        return content_words_right(words, 8, 1, head);
    if (count > 1 && words[count - 1] != content_word(head, count - 1))
        return false;
    return ends || content_words_right(words, count, count <= WORDS_EACH ? 1 : PAGE_WORDS, head);
}

#endif
