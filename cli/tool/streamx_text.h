/* SPDX-License-Identifier: MIT */
/* Text for people: numbers with units, and tables. */
#ifndef SX_STREAMX_TEXT_H
#define SX_STREAMX_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "850ms", "3.2s", "4m10s", "2h05m", "3d04h" */
void sx_text_duration(char *text, size_t size, uint64_t duration_ns);

/* Three digits and a letter for a power of `base`, which is 1000 or 1024: "12.3M". */
void sx_text_amount(char *text, size_t size, double amount, unsigned base);

/* Replaces control bytes, which a name or label may hold, by '?'. */
void sx_text_clean(char *text);

#define SX_TEXT_COLUMNS 12
#define SX_TEXT_CELL 640

/* A table, written row by row once the widest cell of each column is known. */
struct sx_text_table {
    size_t columns;
    const char *left; /* one letter per column: 'l' left, 'r' right-aligned */
    size_t width[SX_TEXT_COLUMNS];
    char (*cells)[SX_TEXT_CELL]; /* row after row */
    size_t rows;
    size_t measured; /* so many of them went into the widths */
};

/* `titles` is one word per column, separated by blanks. */
void sx_text_table_begin(struct sx_text_table *table, const char *alignment, const char *titles);

/* Adds a row of empty cells; NULL if there is no memory. Cell i of it is `row[i]`. */
char (*sx_text_table_row(struct sx_text_table *table))[SX_TEXT_CELL];

/* Writes one row, the titles being row 0, without a newline. */
void sx_text_table_line(struct sx_text_table *table, size_t row, char *text, size_t size);

/* Writes all rows, each after `indent`. */
void sx_text_table_print(struct sx_text_table *table, const char *indent, FILE *file);

void sx_text_table_end(struct sx_text_table *table);

#endif /* SX_STREAMX_TEXT_H */
