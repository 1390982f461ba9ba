/* SPDX-License-Identifier: MIT */
/* Two rings: messages in hand, and what is under way of them. */
#include "nats/window.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int sx_window_open(struct sx_window *window, uint32_t room, size_t most_bytes)
{
    *window = (struct sx_window){.room = room, .most_bytes = most_bytes};
    window->messages = calloc(room, sizeof *window->messages);
    window->transmissions = calloc(room, sizeof *window->transmissions);
    if (window->messages && window->transmissions)
        return 0;
    sx_window_close(window);
    return -ENOMEM;
}

void sx_window_close(struct sx_window *window)
{
    free(window->messages);
    free(window->transmissions);
    *window = (struct sx_window){.room = 0};
}

static struct sx_window_message *message_at(const struct sx_window *window, uint64_t place)
{
    return window->messages + place % window->room;
}

static struct sx_window_transmission *transmission_at(const struct sx_window *window,
                                                      uint64_t number)
{
    return window->transmissions + number % window->room;
}

bool sx_window_is_empty(const struct sx_window *window)
{
    return window->first == window->end;
}

bool sx_window_has_room(const struct sx_window *window)
{
    return sx_window_is_empty(window) ||
           (window->end - window->first < window->room && window->bytes < window->most_bytes);
}

static bool is_stored(const struct sx_window_message *message)
{
    return message->stored == message->parts;
}

/* Passes by what is stored already, and begins with the first part that is not. */
static void begin_at(struct sx_window *window, uint64_t place)
{
    while (place < window->end && is_stored(message_at(window, place)))
        place++;
    window->next = place;
    window->next_part = place < window->end ? message_at(window, place)->stored : 0;
}

void sx_window_add(struct sx_window *window, const struct sx_window_message *message)
{
    assert(window->end - window->first < window->room && message->parts > 0);
    *message_at(window, window->end++) = *message;
    window->bytes += message->len;
    if (window->next + 1 == window->end)
        begin_at(window, window->next);
}

const struct sx_window_message *sx_window_next(const struct sx_window *window, uint64_t most,
                                               uint32_t *part)
{
    uint64_t under_way = window->sent_end - window->sent_first;

    if (window->refused || window->next == window->end || under_way >= most ||
        under_way >= window->room)
        return NULL;
    *part = window->next_part;
    return message_at(window, window->next);
}

/* Moves on to what is to be sent after the part at hand. */
static void step(struct sx_window *window)
{
    if (++window->next_part == message_at(window, window->next)->parts)
        begin_at(window, window->next + 1);
}

uint64_t sx_window_sent(struct sx_window *window)
{
    uint64_t number = window->sent_end++;

    *transmission_at(window, number) =
        (struct sx_window_transmission){.message = window->next, .part = window->next_part};
    window->unanswered++;
    step(window);
    return number;
}

/*
 * Takes the answered ones off the front. A part counts as stored only if those before it do, so that `stored`
 * is where to begin again.
 */
static void settle(struct sx_window *window)
{
    while (window->sent_first != window->sent_end) {
        struct sx_window_transmission *oldest = transmission_at(window, window->sent_first);
        struct sx_window_message *message = message_at(window, oldest->message);

        if (oldest->answer == SX_WINDOW_UNANSWERED)
            return;
        if (oldest->answer == SX_WINDOW_STORED && oldest->message >= window->first &&
            message->stored == oldest->part)
            message->stored++;
        window->sent_first++;
    }
}

bool sx_window_answered(struct sx_window *window, uint64_t number, enum sx_window_answer answer)
{
    struct sx_window_transmission *transmission = transmission_at(window, number);

    if (number - window->sent_first >= window->sent_end - window->sent_first ||
        transmission->answer != SX_WINDOW_UNANSWERED)
        return false;
    transmission->answer = (uint8_t)answer;
    window->unanswered--;
    window->refused = window->refused || answer == SX_WINDOW_REFUSED;
    settle(window);
    return true;
}

bool sx_window_is_stuck(const struct sx_window *window)
{
    return window->refused && window->unanswered == 0;
}

void sx_window_rewind(struct sx_window *window)
{
    window->sent_first = window->sent_end;
    window->unanswered = 0;
    window->refused = false;
    begin_at(window, window->first);
}

void sx_window_known(struct sx_window *window, uint64_t seq, uint32_t part, uint32_t parts)
{
    for (uint64_t place = window->first; place < window->end; place++) {
        struct sx_window_message *message = message_at(window, place);

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

uint64_t sx_window_release(struct sx_window *window, bool *ended)
{
    uint64_t seq = 0;

    while (window->first < window->end) {
        struct sx_window_message *message = message_at(window, window->first);

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
