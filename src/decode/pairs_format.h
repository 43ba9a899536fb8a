#ifndef DECODE_PAIRS_FORMAT_H
#define DECODE_PAIRS_FORMAT_H
/*
 * Lines made of pairs (pairs/pairs.h says what an event of theirs holds): as payloads behind a syslog header, and as formats
 * of their own for files in which no line has one, but for a "<PRI>". Such a file is read by the syslog decoder all the
 * same, so that a line of another kind among them is no loss. A line that breaks its form counts
 * as DECODE_TEXT_FORMAT; what was understood of it stands in the event.
 */
#include "decode/payload.h"

extern const struct decode_format fortinet_format, cef_format, leef_format;
extern const struct payload fortinet_payload, cef_payload, leef_payload;
#endif
