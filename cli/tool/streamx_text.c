/* SPDX-License-Identifier: MIT */
/* Writes numbers and tables for people to read. What scripts read is in streamx_json.c. */
#include "tool/streamx_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void sx_text_duration(char *text, size_t size, uint64_t duration_ns)
{
    unsigned long long ms = duration_ns / 1000000, seconds = ms / 1000, minutes = seconds / 60;

    if (ms < 1000)
        snprintf(text, size, "%llums", ms);
    else if (seconds < 60)
        snprintf(text, size, "%llu.%llus", seconds, ms % 1000 / 100);
    else if (minutes < 60)
        snprintf(text, size, "%llum%02llus", minutes, seconds % 60);
    else if (minutes < 24 * 60)
        snprintf(text, size, "%lluh%02llum", minutes / 60, minutes % 60);
    else
        snprintf(text, size, "%llud%02lluh", minutes / (24 * 60), minutes / 60 % 24);
}

void sx_text_amount(char *text, size_t size, double amount, unsigned base)
{
    static const char letters[] = "\0KMGTPE";
    size_t power = 0;

    while (amount >= base && power + 2 < sizeof letters) {
        amount /= base;
        power++;
    }
    /* one decimal, but for whole numbers, and where 99.95 would be rounded to four digits */
    snprintf(text, size, "%.*f%.1s",
             power > 0 && amount < 99.95 && amount > (double)(uint64_t)amount ? 1 : 0, amount,
             &letters[power]);
}

void sx_text_clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

/* ---- tables ---- */

static char (*row_of(const struct sx_text_table *table, size_t row))[SX_TEXT_CELL]
{
    return &table->cells[row * table->columns];
}

void sx_text_table_begin(struct sx_text_table *table, const char *alignment, const char *titles)
{
    char(*row)[SX_TEXT_CELL];

    *table = (struct sx_text_table){.columns = strlen(alignment), .left = alignment};
    row = sx_text_table_row(table);
    for (size_t i = 0; row && i < table->columns; i++) {
        size_t length = strcspn(titles, " ");

        snprintf(row[i], sizeof row[i], "%.*s", (int)length, titles);
        titles += length + (titles[length] == ' ');
    }
}

char (*sx_text_table_row(struct sx_text_table *table))[SX_TEXT_CELL]
{
    char(*grown)[SX_TEXT_CELL] =
        reallocarray(table->cells, (table->rows + 1) * table->columns, sizeof *grown);

    if (!grown)
        return NULL;
    table->cells = grown;
    memset(row_of(table, table->rows), 0, table->columns * sizeof *grown);
    return row_of(table, table->rows++);
}

/* How many places a cell takes: bytes that continue a UTF-8 character take none. */
static size_t places(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void measure(struct sx_text_table *table)
{
    for (size_t i = table->measured * table->columns; i < table->rows * table->columns; i++) {
        size_t column = i % table->columns, needed = places(table->cells[i]);

        if (table->width[column] < needed)
            table->width[column] = needed;
    }
    table->measured = table->rows;
}

void sx_text_table_line(struct sx_text_table *table, size_t row, char *text, size_t size)
{
    size_t used = 0;

    measure(table);
    text[0] = '\0';
    for (size_t i = 0; i < table->columns && used < size; i++) {
        const char *cell = row_of(table, row)[i];
        int padding = (int)(table->width[i] - places(cell));
        bool left = table->left[i] == 'l', last = i + 1 == table->columns;

        used += (size_t)snprintf(text + used, size - used, "%*s%s%*s", left ? 0 : padding, "", cell,
                                 last ? 0 : 2 + (left ? padding : 0), "");
    }
}

void sx_text_table_print(struct sx_text_table *table, const char *indent, FILE *file)
{
    char text[SX_TEXT_COLUMNS * SX_TEXT_CELL];

    for (size_t row = 0; row < table->rows; row++) {
        sx_text_table_line(table, row, text, sizeof text);
        fprintf(file, "%s%s\n", indent, text);
    }
}

void sx_text_table_end(struct sx_text_table *table)
{
    free(table->cells);
    *table = (struct sx_text_table){.columns = 0};
}
