/* SPDX-License-Identifier: MIT */
/*
 * An array with a beginning that moves. Messages come in order but for those that are handed out
 * once more, so that an entry is nearly always added at the end.
 */
#include "nats/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

static void free_entry(struct bridge_entry *entry)
{
    natsMsg_Destroy(entry->msg);
    free(entry->reply);
}

void bridge_ledger_close(struct bridge_ledger *ledger)
{
    for (size_t i = ledger->first; i < ledger->end; i++)
        free_entry(ledger->entries + i);
    free(ledger->entries);
    *ledger = (struct bridge_ledger){.room = 0};
}

size_t bridge_ledger_count(const struct bridge_ledger *ledger)
{
    return ledger->end - ledger->first;
}

/* Makes room for one more at the end: by moving all to the front where that is worth it. */
static bool make_room(struct bridge_ledger *ledger)
{
    size_t count = bridge_ledger_count(ledger), room = ledger->room;
    struct bridge_entry *grown = ledger->entries;

    if (ledger->end < room)
        return true;
    if (count * 2 > room || room == 0) {
        room = room ? 2 * room : FIRST_ROOM;
        grown = realloc(ledger->entries, room * sizeof *grown);
        if (!grown)
            return false;
    }
    memmove(grown, grown + ledger->first, count * sizeof *grown);
    ledger->entries = grown;
    ledger->room = room;
    ledger->put -= ledger->first;
    ledger->end = count;
    ledger->first = 0;
    return true;
}

/* Where the sequence number is, or belongs. */
static size_t place_of(const struct bridge_ledger *ledger, uint64_t js_seq)
{
    size_t place = ledger->end;

    while (place > ledger->first && ledger->entries[place - 1].js_seq >= js_seq)
        place--;
    return place;
}

static size_t length_of(const struct bridge_entry *entry)
{
    return (size_t)natsMsg_GetDataLength(entry->msg);
}

static void insert(struct bridge_ledger *ledger, size_t place, const struct bridge_entry *entry)
{
    memmove(ledger->entries + place + 1, ledger->entries + place,
            (ledger->end - place) * sizeof *entry);
    ledger->entries[place] = *entry;
    ledger->end++;
    if (entry->through > 0) {
        assert(place <= ledger->put); /* what is put comes before what is not */
        ledger->put++;
        natsMsg_Destroy(entry->msg);
        ledger->entries[place].msg = NULL;
    } else {
        assert(place >= ledger->put);
        ledger->bytes += length_of(entry);
    }
}

/* The server waits on the newest subject; the message itself is as it was. */
static void again(struct bridge_entry *entry, struct bridge_entry *newer)
{
    char *reply = entry->reply;

    entry->reply = newer->reply;
    newer->reply = reply;
    free_entry(newer);
}

bool bridge_ledger_add(struct bridge_ledger *ledger, uint64_t js_seq, natsMsg *msg,
                       uint64_t through, bool *failed)
{
    struct bridge_entry entry = {.js_seq = js_seq, .through = through, .msg = msg};
    size_t place = place_of(ledger, js_seq);

    entry.reply = strdup(natsMsg_GetReply(msg));
    if (!entry.reply) {
        *failed = true;
    } else if (place < ledger->end && ledger->entries[place].js_seq == js_seq) {
        again(ledger->entries + place, &entry);
        return false;
    } else if (make_room(ledger)) {
        insert(ledger, place_of(ledger, js_seq), &entry);
        return true;
    } else {
        *failed = true;
    }
    free_entry(&entry);
    return false;
}

struct bridge_entry *bridge_ledger_unput(const struct bridge_ledger *ledger, size_t i)
{
    return ledger->put + i < ledger->end ? ledger->entries + ledger->put + i : NULL;
}

void bridge_ledger_put(struct bridge_ledger *ledger, size_t count, uint64_t through)
{
    for (size_t i = 0; i < count; i++) {
        struct bridge_entry *entry = ledger->entries + ledger->put++;

        entry->through = through;
        ledger->bytes -= length_of(entry);
        natsMsg_Destroy(entry->msg);
        entry->msg = NULL;
    }
}

struct bridge_entry *bridge_ledger_done(const struct bridge_ledger *ledger, uint64_t acknowledged)
{
    struct bridge_entry *oldest = ledger->entries + ledger->first;

    if (ledger->first == ledger->put || oldest->through > acknowledged)
        return NULL;
    return oldest;
}

void bridge_ledger_forget(struct bridge_ledger *ledger)
{
    free_entry(ledger->entries + ledger->first++);
}
