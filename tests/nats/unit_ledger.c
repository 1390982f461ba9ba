/* SPDX-License-Identifier: MIT */
/* What `in` has in hand: kept in order, whatever order it comes in. */
#include "nats/ledger.h"
#include "support.h"

#include <stdio.h>

static struct bridge_ledger ledger;
static bool failed;

static bool receive(uint64_t js_seq, uint64_t through)
{
    char reply[32];
    natsMsg *msg = NULL;

    snprintf(reply, sizeof reply, "ack.%llu", (unsigned long long)js_seq);
    ck_assert_int_eq(nats_Open(-1), NATS_OK); /* its messages are of no use without */
    ck_assert_int_eq(natsMsg_Create(&msg, "subject", reply, "12345", 5), NATS_OK);
    return bridge_ledger_add(&ledger, js_seq, msg, through, &failed);
}

static void check_unput(size_t i, uint64_t js_seq)
{
    const struct bridge_entry *entry = bridge_ledger_unput(&ledger, i);

    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->js_seq, js_seq);
}

START_TEST(late_ones_are_sorted_in)
{
    for (uint64_t js_seq = 10; js_seq > 5; js_seq--)
        ck_assert(receive(js_seq, 0));
    for (size_t i = 0; i < 5; i++)
        check_unput(i, 6 + i);
    ck_assert_uint_eq(ledger.bytes, 25);
    bridge_ledger_close(&ledger);
}
END_TEST

START_TEST(what_comes_again_is_one_entry)
{
    ck_assert(receive(1, 0));
    ck_assert(receive(2, 0));
    ck_assert(!receive(1, 0));
    ck_assert_uint_eq(bridge_ledger_count(&ledger), 2);
    bridge_ledger_put(&ledger, 1, 7);
    ck_assert(!receive(1, 0)); /* also once it is put */
    ck_assert_uint_eq(bridge_ledger_count(&ledger), 2);
    check_unput(0, 2);
    bridge_ledger_close(&ledger);
}
END_TEST

START_TEST(told_in_order_and_only_when_acknowledged)
{
    for (uint64_t js_seq = 1; js_seq <= 4; js_seq++)
        receive(js_seq, 0);
    bridge_ledger_put(&ledger, 2, 5);
    bridge_ledger_put(&ledger, 1, 6);
    ck_assert_ptr_null(bridge_ledger_done(&ledger, 4));
    ck_assert_uint_eq(bridge_ledger_done(&ledger, 5)->js_seq, 1);
    bridge_ledger_forget(&ledger);
    ck_assert_str_eq(bridge_ledger_done(&ledger, 5)->reply, "ack.2");
    bridge_ledger_forget(&ledger);
    ck_assert_ptr_null(bridge_ledger_done(&ledger, 5));
    ck_assert_uint_eq(bridge_ledger_done(&ledger, 6)->js_seq, 3);
    bridge_ledger_forget(&ledger);
    ck_assert_ptr_null(bridge_ledger_done(&ledger, 100)); /* not put */
    ck_assert_uint_eq(ledger.bytes, 5);
    bridge_ledger_close(&ledger);
}
END_TEST

START_TEST(what_an_earlier_bridge_put_comes_before_what_is_new)
{
    receive(11, 0);
    receive(9, 3);
    receive(10, 3);
    check_unput(0, 11);
    ck_assert_uint_eq(bridge_ledger_done(&ledger, 3)->js_seq, 9);
    bridge_ledger_close(&ledger);
}
END_TEST

START_TEST(goes_on_for_long)
{
    for (uint64_t js_seq = 1; js_seq <= 10000; js_seq++) {
        receive(js_seq, 0);
        bridge_ledger_put(&ledger, 1, js_seq);
        if (js_seq > 100) {
            ck_assert_uint_eq(bridge_ledger_done(&ledger, js_seq)->js_seq, js_seq - 100);
            bridge_ledger_forget(&ledger);
        }
    }
    ck_assert_uint_eq(bridge_ledger_count(&ledger), 100);
    ck_assert_uint_le(ledger.room, 512);
    ck_assert(!failed);
    bridge_ledger_close(&ledger);
}
END_TEST

int main(void)
{
    return RUN_TESTS("ledger", late_ones_are_sorted_in, what_comes_again_is_one_entry,
                     told_in_order_and_only_when_acknowledged,
                     what_an_earlier_bridge_put_comes_before_what_is_new, goes_on_for_long);
}
