/* SPDX-License-Identifier: MIT */
/* Tables for people. */
#ifndef CLI_TOOL_TABLE_H
#define CLI_TOOL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define CLI_TABLE_COLUMNS 12
#define CLI_TABLE_CELL 640

/* A table, written row by row once the widest cell of each column is known. */
struct cli_table {
    size_t columns;
    const char *left; /* one letter per column: 'l' left, 'r' right-aligned */
    size_t width[CLI_TABLE_COLUMNS];
    char (*cells)[CLI_TABLE_CELL]; /* row after row */
    size_t rows;
    size_t measured; /* how many of them went into the widths */
};

/* `titles` is one word per column, separated by blanks. */
void cli_table_begin(struct cli_table *table, const char *alignment, const char *titles);

/* Adds a row of empty cells; NULL if there is no memory. Cell i of it is `row[i]`. */
char (*cli_table_row(struct cli_table *table))[CLI_TABLE_CELL];

/* Writes one row, the titles being row 0, without a newline. */
void cli_table_line(struct cli_table *table, size_t row, char *text, size_t size);

/* Writes all rows, each after `indent`. */
void cli_table_print(struct cli_table *table, const char *indent, FILE *file);

void cli_table_end(struct cli_table *table);

#endif /* CLI_TOOL_TABLE_H */
