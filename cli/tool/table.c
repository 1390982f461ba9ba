/* SPDX-License-Identifier: MIT */
/* Writes tables for people to read. What scripts read is in json.c. */
#include "tool/table.h"

#include "common/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char (*row_of(const struct cli_table *table, size_t row))[CLI_TABLE_CELL]
{
    return &table->cells[row * table->columns];
}

void cli_table_begin(struct cli_table *table, const char *alignment, const char *titles)
{
    char(*row)[CLI_TABLE_CELL];

    *table = (struct cli_table){.columns = strlen(alignment), .left = alignment};
    row = cli_table_row(table);
    for (size_t i = 0; row && i < table->columns; i++) {
        size_t length = strcspn(titles, " ");

        snprintf(row[i], sizeof row[i], "%.*s", (int)length, titles);
        titles += length + (titles[length] == ' ');
    }
}

char (*cli_table_row(struct cli_table *table))[CLI_TABLE_CELL]
{
    char(*grown)[CLI_TABLE_CELL] =
        reallocarray(table->cells, (table->rows + 1) * table->columns, sizeof *grown);

    if (!grown)
        return NULL;
    table->cells = grown;
    memset(row_of(table, table->rows), 0, table->columns * sizeof *grown);
    return row_of(table, table->rows++);
}

static void measure(struct cli_table *table)
{
    for (size_t i = table->measured * table->columns; i < table->rows * table->columns; i++) {
        size_t column = i % table->columns, needed = cli_text_columns(table->cells[i]);

        if (table->width[column] < needed)
            table->width[column] = needed;
    }
    table->measured = table->rows;
}

void cli_table_line(struct cli_table *table, size_t row, char *text, size_t size)
{
    size_t used = 0;

    measure(table);
    text[0] = '\0';
    for (size_t i = 0; i < table->columns && used < size; i++) {
        const char *cell = row_of(table, row)[i];
        int padding = (int)(table->width[i] - cli_text_columns(cell));
        bool left = table->left[i] == 'l', last = i + 1 == table->columns;

        used += (size_t)snprintf(text + used, size - used, "%*s%s%*s", left ? 0 : padding, "", cell,
                                 last ? 0 : 2 + (left ? padding : 0), "");
    }
}

void cli_table_print(struct cli_table *table, const char *indent, FILE *file)
{
    char text[CLI_TABLE_COLUMNS * CLI_TABLE_CELL];

    for (size_t row = 0; row < table->rows; row++) {
        cli_table_line(table, row, text, sizeof text);
        fprintf(file, "%s%s\n", indent, text);
    }
}

void cli_table_end(struct cli_table *table)
{
    free(table->cells);
    *table = (struct cli_table){.columns = 0};
}
