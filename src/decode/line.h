#ifndef DECODE_LINE_H
#define DECODE_LINE_H
/*
 * Decoders of the text behind a syslog header: one program's messages to fields. Each is a row. A decoder gets the
 * message (without header, PRI, tag), adds data fields to the event, and may sharpen its source (service).
 */
#include "decode/decode.h"

enum decode_result {
	DECODE_MATCH,		/* the line is ours, all of it is in the event */
	DECODE_PARTIAL,		/* ours, but cut short: the fields so far stand */
	DECODE_MISS,		/* not ours; the event is untouched */
};

struct line_decoder {
	const char *name;	/* "sshd" */
	const char *summary;
	const char *programs;	/* space-separated program names that it is for; "" for any */
	enum decode_result (*decode)(struct str message, struct event *e);
};

extern const struct line_decoder *const line_decoders[];	/* in the order tried; ends with NULL */

/* Runs the first decoder that takes it; MISS where none does. */
enum decode_result line_decode(struct str program, struct str message, struct event *e);
#endif
