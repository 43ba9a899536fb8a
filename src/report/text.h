#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H
/*
 * Text for terminals: columns as people see them, and log data that can do no harm there.
 */
#include "base/buf.h"

/* Columns that a code point takes: 0 combining, 2 wide (East Asian, emoji), else 1. */
unsigned text_columns_of(uint32_t code_point);
/* Columns of the text as text_put writes it. */
unsigned text_columns(struct str s);
/*
 * Appends at most `columns` columns of s and returns how many. What does not fit is cut and ends in "…". Control
 * characters, invisible direction marks and bad bytes come out as U+FFFD, line ends and tabs as a space.
 */
unsigned text_put(struct buf *b, struct str s, unsigned columns);
/* The same, filled with spaces to exactly `columns`; to the right-hand edge where `right`. */
void text_pad(struct buf *b, struct str s, unsigned columns, bool right);
/* 1234567 as "1,234,567"; in Vietnamese, where a comma begins the decimals, with narrow spaces (U+202F). */
void text_number(struct buf *b, uint64_t n);
/* 123456789 bytes as "118 MiB", 0 to 1023 of each unit. */
void text_bytes(struct buf *b, uint64_t n);
#endif
