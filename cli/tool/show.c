/* SPDX-License-Identifier: MIT */
/* Shows streams to people, as tables and sentences. Its form may change; scripts use --json. */
#include "tool/show.h"

#include "common/text.h"
#include "tool/blame.h"
#include "tool/table.h"

#include <stdlib.h>
#include <string.h>

#define SENTENCE 512

/* The process's name, or a dash if it is not known. */
static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

static void set(char cell[CLI_TABLE_CELL], const char *text)
{
    snprintf(cell, CLI_TABLE_CELL, "%s", text);
    cli_text_clean(cell);
}

static void set_number(char cell[CLI_TABLE_CELL], uint64_t number)
{
    snprintf(cell, CLI_TABLE_CELL, "%llu", (unsigned long long)number);
}

static void set_rates(char messages[CLI_TABLE_CELL], char bytes[CLI_TABLE_CELL],
                      const struct cli_look_stream *stream)
{
    set(messages, "-");
    set(bytes, "-");
    if (!stream->has_rates)
        return;
    cli_text_amount(messages, CLI_TABLE_CELL, stream->messages_per_s, 1000);
    cli_text_amount(bytes, CLI_TABLE_CELL, stream->bytes_per_s, 1024);
}

/* ---- list ---- */

static const char list_titles[] =
    "NAME PID COMMAND SLOTS SIZE MESSAGES MESSAGES/s BYTES/s CONSUMERS STATE WAITS-FOR";

static void add_stream(struct cli_table *table, const struct cli_look_stream *stream)
{
    char(*row)[CLI_TABLE_CELL] = cli_table_row(table);

    if (!row)
        return;
    set(row[0], stream->name);
    set(row[9], cli_look_stream_state(stream));
    for (size_t i = 1; i < 11; i++)
        if (i != 9)
            set(row[i], "-");
    if (stream->error != 0)
        return;
    set_number(row[1], stream->info.pid);
    set(row[2], or_dash(stream->process.command));
    set_number(row[3], stream->info.slots);
    cli_text_amount(row[4], CLI_TABLE_CELL, stream->info.slot_size, 1024);
    set_number(row[5], stream->info.published);
    set_rates(row[6], row[7], stream);
    set_number(row[8], stream->info.consumers);
    cli_blame_brief(row[10], CLI_TABLE_CELL, stream);
}

void cli_show_list(FILE *file, const struct cli_look *look)
{
    struct cli_table table;

    cli_table_begin(&table, "lrlrrrrrrll", list_titles);
    for (size_t i = 0; i < look->count; i++)
        add_stream(&table, &look->streams[i]);
    cli_table_print(&table, "", file);
    cli_table_end(&table);
}

/* ---- info ---- */

static void add_consumer(struct cli_table *table, const struct cli_look_consumer *consumer)
{
    char(*row)[CLI_TABLE_CELL] = cli_table_row(table);

    if (!row)
        return;
    snprintf(row[0], CLI_TABLE_CELL, "%u%s", consumer->info.pid,
             consumer->process.elsewhere ? " elsewhere" : "");
    set(row[1], or_dash(consumer->info.label));
    set(row[2], cli_look_consumer_state(consumer));
    set_number(row[3], consumer->info.acknowledged);
    set_number(row[4], consumer->info.behind);
    set(row[5], "-");
    if (consumer->info.waited_ns > 0)
        cli_text_duration(row[5], CLI_TABLE_CELL, consumer->info.waited_ns);
    set(row[6], or_dash(*consumer->process.arguments ? consumer->process.arguments
                                                     : consumer->process.command));
}

static void show_consumers(FILE *file, const char *indent, const struct cli_look_stream *stream)
{
    struct cli_table table;

    if (stream->consumer_count == 0)
        return;
    cli_table_begin(&table, "rllrrrl", "PID LABEL STATE ACKNOWLEDGED BEHIND WAITED COMMAND");
    for (size_t i = 0; i < stream->consumer_count; i++)
        add_consumer(&table, &stream->consumers[i]);
    cli_table_print(&table, indent, file);
    cli_table_end(&table);
}

/* Something that others chose. */
static void show_word(FILE *file, const char *title, const char *word)
{
    char shown[CLI_TABLE_CELL];

    set(shown, word);
    fprintf(file, "%-12s%s\n", title, shown);
}

static const struct cli_look_producer *turn_of(const struct cli_look_stream *stream)
{
    for (size_t i = 0; i < stream->producer_count; i++)
        if (stream->producers[i].info.has_turn)
            return &stream->producers[i];
    return NULL;
}

/* Whose turn it is, or whom it waits behind. */
static void set_turn(char cell[CLI_TABLE_CELL], const struct cli_look_producer *producer,
                     const struct cli_look_producer *holder)
{
    char wait[32];

    set(cell, producer->info.has_turn ? "has it" : "-");
    if (producer->info.has_turn || producer->info.waited_ns == 0)
        return;
    cli_text_duration(wait, sizeof wait, producer->info.waited_ns);
    if (holder)
        snprintf(cell, CLI_TABLE_CELL, "waits %s behind pid %u", wait, holder->info.pid);
    else
        snprintf(cell, CLI_TABLE_CELL, "waits %s", wait);
}

static void show_producers(FILE *file, const char *indent, const struct cli_look_stream *stream)
{
    const struct cli_look_producer *holder = turn_of(stream);
    struct cli_table table;

    if (stream->producer_count == 0)
        return;
    cli_table_begin(&table, "rllll", "PID LABEL STATE TURN COMMAND");
    for (size_t i = 0; i < stream->producer_count; i++) {
        const struct cli_look_producer *producer = &stream->producers[i];
        char(*row)[CLI_TABLE_CELL] = cli_table_row(&table);

        if (!row)
            continue;
        set_number(row[0], producer->info.pid);
        set(row[1], or_dash(producer->info.label));
        set(row[2], cli_look_producer_state(producer));
        set_turn(row[3], producer, holder);
        set(row[4], or_dash(*producer->process.arguments ? producer->process.arguments
                                                         : producer->process.command));
    }
    cli_table_print(&table, indent, file);
    cli_table_end(&table);
}

static void show_producer(FILE *file, const struct cli_look_stream *stream)
{
    const char *command = stream->process.arguments;

    fprintf(file, "producer    pid %u%s, %s", stream->info.pid,
            stream->process.elsewhere ? " elsewhere" : "", cli_look_stream_state(stream));
    if (*command)
        fprintf(file, ": %s", command);
    fputc('\n', file);
}

/* What is taken, and beside it what is promised, where that is not the same. */
static void show_memory(FILE *file, const struct streamx_info *info)
{
    char taken[16], promised[16];

    cli_text_amount(taken, sizeof taken, (double)info->memory_bytes, 1024);
    cli_text_amount(promised, sizeof promised, (double)info->segment_bytes, 1024);
    if (info->memory_bytes >= info->segment_bytes)
        fprintf(file, "%s of memory", promised);
    else
        fprintf(file, "%s of memory of at most %s", taken, promised);
}

static void show_ring(FILE *file, const struct streamx_info *info)
{
    char size[16], evict[32];

    cli_text_amount(size, sizeof size, info->slot_size, 1024);
    fprintf(file, "ring        %u slot%s of %s, %llu in use; ", info->slots,
            info->slots == 1 ? "" : "s", size, (unsigned long long)info->publications_in_ring);
    show_memory(file, info);
    fprintf(file, ", mode %04o%s%s\n", info->mode,
            info->flags & STREAMX_TIMESTAMPS ? ", timestamps" : "",
            info->flags & STREAMX_PIPE ? ", ends with its consumers" : "");
    if (info->flags & (STREAMX_SHARED | STREAMX_RESUME))
        fprintf(file, "producers   %u%s%s\n", info->producers,
                info->flags & STREAMX_SHARED ? ", sharing the stream" : "",
                info->flags & STREAMX_RESUME ? ", to be continued after a death" : "");
    if (info->type[0])
        show_word(file, "type", info->type);
    if (info->evict_after_ns <= 0)
        return;
    cli_text_duration(evict, sizeof evict, (uint64_t)info->evict_after_ns);
    fprintf(file, "eviction    after %s\n", evict);
}

static void show_messages(FILE *file, const struct cli_look_stream *stream)
{
    char messages[CLI_TABLE_CELL], bytes[CLI_TABLE_CELL];

    fprintf(file, "messages    %llu put, %llu bytes; acknowledged through %llu\n",
            (unsigned long long)stream->info.published, (unsigned long long)stream->info.bytes,
            (unsigned long long)stream->info.acknowledged);
    if (!stream->has_rates)
        return;
    set_rates(messages, bytes, stream);
    fprintf(file, "rate        %s messages/s, %s bytes/s\n", messages, bytes);
}

/* Who is waited for, behind a title; and, below it, who is beyond. */
static void show_blame(FILE *file, const char *title, const struct cli_look_stream *stream)
{
    char sentence[SENTENCE];

    cli_blame_sentence(sentence, sizeof sentence, stream);
    fprintf(file, "%s%s\n", title, sentence);
    cli_blame_sentence_beyond(sentence, sizeof sentence, stream);
    if (sentence[0] != '\0')
        fprintf(file, "%*s%s\n", (int)cli_text_columns(title), "", sentence);
}

void cli_show_info(FILE *file, const struct cli_look_stream *stream)
{
    show_word(file, "stream", stream->name);
    show_producer(file, stream);
    show_ring(file, &stream->info);
    show_messages(file, stream);
    fprintf(file, "consumers   %u of at most %u\n", stream->info.consumers,
            stream->info.max_consumers);
    show_blame(file, "waited for  ", stream);
    if (stream->producer_count > 0)
        fputc('\n', file);
    show_producers(file, "", stream);
    if (stream->consumer_count > 0)
        fputc('\n', file);
    show_consumers(file, "", stream);
}

/* ---- top ---- */

void cli_show_top(FILE *file, const struct cli_look *look)
{
    char title[sizeof look->streams->name + 2];

    cli_show_list(file, look);
    for (size_t i = 0; i < look->count; i++) {
        const struct cli_look_stream *stream = &look->streams[i];

        if (stream->error != 0)
            continue;
        snprintf(title, sizeof title, "%s: ", stream->name);
        cli_text_clean(title);
        fputc('\n', file);
        show_blame(file, title, stream);
        show_producers(file, "  ", stream);
        show_consumers(file, "  ", stream);
    }
}
