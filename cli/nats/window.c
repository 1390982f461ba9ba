/* SPDX-License-Identifier: MIT */
/* Two rings: messages in hand, and what is under way of them. */
#include "nats/window.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int bridge_window_open(struct bridge_window *window, uint32_t room, size_t most_bytes)
{
    *window = (struct bridge_window){.room = room, .most_bytes = most_bytes};
    window->messages = calloc(room, sizeof *window->messages);
    window->transmissions = calloc(room, sizeof *window->transmissions);
    if (window->messages && window->transmissions)
        return 0;
    bridge_window_close(window);
    return -ENOMEM;
}

void bridge_window_close(struct bridge_window *window)
{
    free(window->messages);
    free(window->transmissions);
    *window = (struct bridge_window){.room = 0};
}

static struct bridge_window_message *message_at(const struct bridge_window *window, uint64_t place)
{
    return window->messages + place % window->room;
}

static struct bridge_window_transmission *transmission_at(const struct bridge_window *window,
                                                          uint64_t number)
{
    return window->transmissions + number % window->room;
}

bool bridge_window_is_empty(const struct bridge_window *window)
{
    return window->first == window->end;
}

bool bridge_window_has_room(const struct bridge_window *window)
{
    return bridge_window_is_empty(window) ||
           (window->end - window->first < window->room && window->bytes < window->most_bytes);
}

static bool is_stored(const struct bridge_window_message *message)
{
    return message->stored == message->parts;
}

/* Passes by what is stored already, and begins with the first part that is not. */
static void begin_at(struct bridge_window *window, uint64_t place)
{
    while (place < window->end && is_stored(message_at(window, place)))
        place++;
    window->next = place;
    window->next_part = place < window->end ? message_at(window, place)->stored : 0;
}

void bridge_window_add(struct bridge_window *window, const struct bridge_window_message *message)
{
    assert(window->end - window->first < window->room && message->parts > 0);
    *message_at(window, window->end++) = *message;
    window->bytes += message->len;
    if (window->next + 1 == window->end)
        begin_at(window, window->next);
}

const struct bridge_window_message *bridge_window_next(const struct bridge_window *window,
                                                       uint64_t most, uint32_t *part)
{
    uint64_t under_way = window->sent_end - window->sent_first;

    if (window->refused || window->next == window->end || under_way >= most ||
        under_way >= window->room)
        return NULL;
    *part = window->next_part;
    return message_at(window, window->next);
}

/* Moves on to what is to be sent after the part at hand. */
static void step(struct bridge_window *window)
{
    if (++window->next_part == message_at(window, window->next)->parts)
        begin_at(window, window->next + 1);
}

uint64_t bridge_window_sent(struct bridge_window *window)
{
    uint64_t number = window->sent_end++;

    *transmission_at(window, number) =
        (struct bridge_window_transmission){.message = window->next, .part = window->next_part};
    window->unanswered++;
    step(window);
    return number;
}

/*
 * Takes the answered ones off the front. A part counts as stored only if those before it do, so
 * that `stored` is where to begin again.
 */
static void settle(struct bridge_window *window)
{
    while (window->sent_first != window->sent_end) {
        struct bridge_window_transmission *oldest = transmission_at(window, window->sent_first);
        struct bridge_window_message *message = message_at(window, oldest->message);

        if (oldest->answer == BRIDGE_WINDOW_UNANSWERED)
            return;
        if (oldest->answer == BRIDGE_WINDOW_STORED && oldest->message >= window->first &&
            message->stored == oldest->part)
            message->stored++;
        window->sent_first++;
    }
}

bool bridge_window_answered(struct bridge_window *window, uint64_t number,
                            enum bridge_window_answer answer)
{
    struct bridge_window_transmission *transmission = transmission_at(window, number);

    if (number - window->sent_first >= window->sent_end - window->sent_first ||
        transmission->answer != BRIDGE_WINDOW_UNANSWERED)
        return false;
    transmission->answer = (uint8_t)answer;
    window->unanswered--;
    window->refused = window->refused || answer == BRIDGE_WINDOW_REFUSED;
    settle(window);
    return true;
}

bool bridge_window_is_stuck(const struct bridge_window *window)
{
    return window->refused && window->unanswered == 0;
}

void bridge_window_rewind(struct bridge_window *window)
{
    window->sent_first = window->sent_end;
    window->unanswered = 0;
    window->refused = false;
    begin_at(window, window->first);
}

void bridge_window_known(struct bridge_window *window, uint64_t seq, uint32_t part, uint32_t parts)
{
    for (uint64_t place = window->first; place < window->end; place++) {
        struct bridge_window_message *message = message_at(window, place);

        if (message->seq > seq)
            return;
        if (message->end)
            continue; /* bears the seq of the last message */
        if (message->seq < seq || part == parts)
            message->stored = message->parts;
        else if (part > message->stored && part < message->parts && message->parts == parts)
            message->stored = part;
    }
}

uint64_t bridge_window_release(struct bridge_window *window, bool *ended)
{
    uint64_t seq = 0;

    while (window->first < window->end) {
        struct bridge_window_message *message = message_at(window, window->first);

        if (!is_stored(message))
            break;
        if (message->end)
            *ended = true;
        else
            seq = message->seq;
        window->bytes -= message->len;
        window->first++;
    }
    return seq;
}
