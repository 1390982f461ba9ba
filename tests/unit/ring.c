/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on positions: order, slots, cursors and the tally, also where counters wrap.
 */
#include "memory/ring.h"
#include "memory/series.h"

#include "support.h"

#define SEQ_MAX (UINT64_MAX >> 1) /* a cursor's seq has 63 bits */

START_TEST(positions_are_ordered_by_difference)
{
    ck_assert(sx_after(2, 1));
    ck_assert(!sx_after(1, 2));
    ck_assert(!sx_after(7, 7));
}
END_TEST

START_TEST(positions_are_ordered_across_the_wrap)
{
    ck_assert(sx_after(0, UINT64_MAX));
    ck_assert(!sx_after(UINT64_MAX, 0));
    ck_assert(sx_after(5, UINT64_MAX - 5));
    ck_assert(sx_after(0, SEQ_MAX));
    ck_assert(!sx_after(SEQ_MAX, 0));
    ck_assert(sx_after(SEQ_MAX + 1, SEQ_MAX));
}
END_TEST

START_TEST(publications_take_slots_in_turn)
{
    for (uint64_t p = 1; p < 100; p++) {
        ck_assert_uint_eq(sx_ring_index(p, 1), 0);
        ck_assert_uint_eq(sx_ring_index(p + 7, 7), sx_ring_index(p, 7));
        ck_assert_uint_ne(sx_ring_index(p + 1, 7), sx_ring_index(p, 7));
    }
}
END_TEST

START_TEST(oldest_publication_is_the_one_whose_slot_is_next)
{
    ck_assert_uint_eq(sx_ring_oldest(0, 4), 1);
    ck_assert_uint_eq(sx_ring_oldest(3, 4), 1);
    ck_assert_uint_eq(sx_ring_oldest(4, 4), 1);
    ck_assert_uint_eq(sx_ring_oldest(5, 4), 2);
    ck_assert_uint_eq(sx_ring_oldest(9, 1), 9);
    ck_assert_uint_eq(sx_ring_oldest(UINT64_MAX, 4), UINT64_MAX - 3);
}
END_TEST

START_TEST(cursor_carries_its_seq_and_the_evicted_bit)
{
    ck_assert_uint_eq(sx_cursor_seq(sx_cursor_make(12)), 12);
    ck_assert_uint_eq(sx_cursor_seq(sx_cursor_make(SEQ_MAX)), SEQ_MAX);
    ck_assert_uint_eq(sx_cursor_make(12) & SX_CURSOR_EVICTED, 0);
    ck_assert_uint_eq(sx_cursor_seq(sx_cursor_make(12) | SX_CURSOR_EVICTED), 12);
}
END_TEST

START_TEST(wanted_word_is_never_nothing)
{
    ck_assert_uint_ne(sx_wanted_make(0), SX_WANTED_NOTHING);
    ck_assert_uint_eq(sx_wanted_seq(sx_wanted_make(0)), 0);
    ck_assert_uint_eq(sx_wanted_seq(sx_wanted_make(77)), 77);
    ck_assert_uint_eq(sx_wanted_seq(sx_wanted_make(SX_WANTED_NO_SEQ)), SX_WANTED_NO_SEQ);
}
END_TEST

/* The limit for these cursors, seat by seat, and this `acked`. */
static uint64_t limit_of(const uint64_t *cursors, uint32_t n, uint64_t acked)
{
    struct sx_tally tally = {0};

    for (uint32_t i = 0; i < n; i++)
        sx_tally_count(&tally, i, cursors[i]);
    sx_tally_finish(&tally, acked);
    return sx_tally_limit(&tally);
}

START_TEST(slowest_consumer_sets_the_limit)
{
    const uint64_t cursors[] = {sx_cursor_make(9), sx_cursor_make(4), sx_cursor_make(6)};

    ck_assert_uint_eq(limit_of(cursors, 3, 0), 4);
    ck_assert_uint_eq(limit_of(cursors, 3, 100), 4);
}
END_TEST

START_TEST(nobody_attached_leaves_what_somebody_acknowledged)
{
    ck_assert_uint_eq(limit_of(NULL, 0, 0), 0);
    ck_assert_uint_eq(limit_of(NULL, 0, 17), 17);
}
END_TEST

START_TEST(evicted_consumer_holds_nobody_up_but_what_it_acknowledged_counts)
{
    const uint64_t evicted = sx_cursor_make(5) | SX_CURSOR_EVICTED;
    const uint64_t both[] = {evicted, sx_cursor_make(8)};

    ck_assert_uint_eq(limit_of(both, 2, 0), 8);
    ck_assert_uint_eq(limit_of(&evicted, 1, 3), 5);
}
END_TEST

START_TEST(tally_works_across_the_wrap)
{
    const uint64_t cursors[] = {sx_cursor_make(1), sx_cursor_make(SEQ_MAX - 1)};
    struct sx_tally tally = {0};

    sx_tally_count(&tally, 0, cursors[0]);
    sx_tally_count(&tally, 1, cursors[1]);
    sx_tally_finish(&tally, SEQ_MAX);
    ck_assert_uint_eq(tally.slowest, SEQ_MAX - 1);
    ck_assert_uint_eq(tally.slowest_seat, 1);
    ck_assert_uint_eq(tally.acknowledged, 1);
    ck_assert_uint_eq(tally.attached, 2);
}
END_TEST

START_TEST(single_message_fits_if_the_slot_holds_it)
{
    ck_assert(sx_ring_fits(64, 1, 64));
    ck_assert(!sx_ring_fits(65, 1, 64));
    ck_assert(sx_ring_fits(0, 1, 1));
}
END_TEST

START_TEST(batch_fits_with_eight_bytes_a_message)
{
    ck_assert(sx_ring_fits(48, 2, 64));
    ck_assert(!sx_ring_fits(49, 2, 64));
    ck_assert(!sx_ring_fits(UINT64_MAX, 2, 64));
    ck_assert(!sx_ring_fits(0, UINT32_MAX, 1u << 30));
    for (uint32_t n = 2; n < 100; n++)
        for (uint32_t bytes = 0; bytes < 9; bytes++)
            ck_assert_uint_le(sx_ring_taken(bytes, n), bytes + 8u * n);
}
END_TEST

START_TEST(word_of_a_batch_keeps_gap_filler_and_kind_apart)
{
    uint32_t word = sx_gap_make(SX_GAP_MAX, SX_FILLER_MAX) | SX_GAP_ALIKE;

    ck_assert_uint_eq(sx_gap_bytes(word), SX_GAP_MAX);
    ck_assert_uint_eq(sx_gap_filler(word), SX_FILLER_MAX);
    ck_assert(!(sx_gap_make(SX_GAP_MAX, SX_FILLER_MAX) & SX_GAP_ALIKE));
}
END_TEST

START_TEST(messages_that_are_alike_share_what_the_gaps_leave)
{
    ck_assert_uint_eq(sx_ring_each(48, 3, 0), 16);
    ck_assert_uint_eq(sx_ring_each(50, 3, 1), 16);
    ck_assert_uint_eq(sx_ring_each(0, 3, 0), 0);
    ck_assert_uint_eq(sx_ring_each(7, 1, 200), 7);
    ck_assert_uint_eq(sx_ring_each(49, 3, 0), UINT64_MAX);
    ck_assert_uint_eq(sx_ring_each(1, 3, 1), UINT64_MAX);
    ck_assert_uint_eq(sx_ring_each(UINT32_MAX, UINT32_MAX, SX_GAP_MAX), UINT64_MAX);
}
END_TEST

/* Where numbers wrap, too. */
START_TEST(series_goes_on_where_the_one_before_ended)
{
    uint64_t q = UINT64_MAX - 3, seq = UINT64_MAX / 2 - 1, bytes = UINT64_MAX - 100;
    struct sx_series series = {0};

    series.seqs = seq;
    series.bytes = bytes;
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t count = i % 3 + 1, length = i % 2 * 1000 + 1;

        sx_series_change(&series, q, sx_extent_make(count, length));
        ck_assert_uint_eq(sx_series_seq(&series, q), seq);
        ck_assert_uint_eq(sx_series_bytes(&series, q), bytes);
        q += 2;
        seq += 2 * (uint64_t)count;
        bytes += 2 * (uint64_t)length;
        ck_assert_uint_eq(sx_series_seq(&series, q), seq);
        ck_assert_uint_eq(sx_series_bytes(&series, q), bytes);
    }
}
END_TEST

START_TEST(publications_are_acknowledged_one_by_one_across_the_wrap)
{
    for (uint32_t count = 1; count < 6; count++) {
        struct sx_series series = {.extent = sx_extent_make(count, 8)};

        for (uint64_t seq = SEQ_MAX - 4; seq != SEQ_MAX + 5; seq++) {
            uint64_t seventh = seq + UINT64_C(7) * count;

            series.seqs = seq - UINT64_C(1000) * count;
            ck_assert_uint_eq(sx_series_acknowledged(&series, 1000, (seq - 1) & SEQ_MAX), 0);
            ck_assert_uint_eq(sx_series_acknowledged(&series, 1000, seq & SEQ_MAX), 1);
            ck_assert_uint_eq(sx_series_acknowledged(&series, 1000, seventh & SEQ_MAX), 8);
            ck_assert_uint_eq(sx_series_acknowledged(&series, 1000, (seventh - 1) & SEQ_MAX), 7);
            ck_assert_uint_eq(sx_series_acknowledged(&series, 1003, seventh & SEQ_MAX), 5);
            if (count > 1)
                continue;
            ck_assert_int_eq(sx_series_room(&series, 1000, (seq - 3) & SEQ_MAX), -2);
            ck_assert_int_eq(sx_series_room(&series, 1000, (seq - 1) & SEQ_MAX), 0);
            ck_assert_int_eq(sx_series_room(&series, 1000, seq & SEQ_MAX), 1);
            ck_assert_int_eq(sx_series_room(&series, 1003, seventh & SEQ_MAX), 5);
        }
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "ring", positions_are_ordered_by_difference, positions_are_ordered_across_the_wrap,
        publications_take_slots_in_turn, oldest_publication_is_the_one_whose_slot_is_next,
        cursor_carries_its_seq_and_the_evicted_bit, wanted_word_is_never_nothing,
        slowest_consumer_sets_the_limit, nobody_attached_leaves_what_somebody_acknowledged,
        evicted_consumer_holds_nobody_up_but_what_it_acknowledged_counts,
        tally_works_across_the_wrap, single_message_fits_if_the_slot_holds_it,
        batch_fits_with_eight_bytes_a_message, word_of_a_batch_keeps_gap_filler_and_kind_apart,
        messages_that_are_alike_share_what_the_gaps_leave,
        series_goes_on_where_the_one_before_ended,
        publications_are_acknowledged_one_by_one_across_the_wrap);
}
