#ifndef DECODE_COLUMNS_FORMATS_H
#define DECODE_COLUMNS_FORMATS_H
/*
 * The formats w3c and zeek: lines in columns (columns/columns.h). Directives are no events. A line that does not fit the
 * columns in force is an event of the whole line in the field `message`, and counts as DECODE_TEXT_FORMAT. The directives
 * in force are carried from block to block.
 */
#include "decode/decode.h"

extern const struct decode_format w3c_format, zeek_format;
#endif
