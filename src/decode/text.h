#ifndef DECODE_TEXT_H
#define DECODE_TEXT_H
/*
 * Plain lines of text, of which nothing else is known: each that is not blank is an event with the field "message", and
 * the line as `raw`. Product and service are unknown, so that every rule with keywords may look at it. An ISO time at
 * the very beginning of a line is the event's time.
 */
#include "decode/decode.h"

extern const struct decode_format text_format;

/*
 * The lines of a block, as every line format cuts them. false at the end. The line comes without its LF or CRLF;
 * lines longer than DECODE_LINE_MAX are cut there (DECODE_TEXT_LONG), NUL bytes are counted (DECODE_TEXT_NUL), and a
 * byte order mark at the beginning of the file is passed over. `number` counts blank lines too.
 */
struct text_lines {
	struct decode_ctx *ctx;
	struct str rest;
	uint64_t number;	/* of the line that text_next gave */
	bool cut;		/* that line was cut */
};
void text_begin(struct text_lines *t, struct decode_ctx *ctx, struct str block);
bool text_next(struct text_lines *t, struct str *line);		/* passes over blank lines */

/* How much of a head is what no text holds: control bytes and bad UTF-8, in percent. */
int text_rubbish(struct str head);
#endif
