#ifndef EVENT_CASES_H
#define EVENT_CASES_H
/*
 * The runner of tests/cases/MODULE/NAME.case, for tests only. A case is the input on one line (\xNN for any byte), the
 * result "match", "partial" or "miss", and every field that must come out, name=value, in order and no more. A blank line
 * ends it. Lines that begin with "#!" set something for the cases that follow ("#!program su"); "# " is a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"

struct case_run {
	const char *path;
	unsigned line, cases, failures;
	/* Writes the result word and the fields, a line each, to out. */
	void (*decode)(void *user, struct str input, struct buf *out);
	void (*set)(void *user, struct str name, struct str value);
	void *user;
};

static inline void case_unescape(struct str text, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < text.n; i++) {
		unsigned v;
		if (text.p[i] == '\\' && i + 3 < text.n && text.p[i + 1] == 'x' && sscanf(text.p + i + 2, "%2x", &v) == 1) {
			buf_byte(out, (char)v);
			i += 3;
		} else {
			buf_byte(out, text.p[i]);
		}
	}
}

/* Control bytes as \xNN, so that one field is one line. */
static inline void case_escape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < ' ' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, (char)c);
	}
}

static inline void case_one(struct case_run *r, struct str input, struct str want)
{
	struct buf bytes = {0}, got = {0};
	case_unescape(input, &bytes);
	r->decode(r->user, buf_get(&bytes), &got);
	r->cases++;
	if (!str_eq(buf_get(&got), want)) {
		r->failures++;
		fprintf(stderr, "%s:%u: %.*s\n--- want\n%.*s--- got\n%.*s---\n", r->path, r->line, STR_ARGS(input),
			STR_ARGS(want), STR_ARGS(buf_get(&got)));
	}
	buf_free(&bytes);
	buf_free(&got);
}

static inline void case_file(struct case_run *r, struct str text)
{
	struct str rest = text;
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		r->line++;
		if (str_starts(line, STR("#!"))) {
			struct str value = str_skip(line, 2), name = str_cut(&value, ' ');
			r->set(r->user, name, value);
			continue;
		}
		if (line.n == 0 || str_starts(line, STR("# ")))
			continue;
		struct str want = {rest.p, 0};
		unsigned lines = 0;
		while (rest.n && rest.p[0] != '\n') {
			str_cut(&rest, '\n');
			lines++;
		}
		want.n = rest.p ? (size_t)(rest.p - want.p) : (size_t)(text.p + text.n - want.p);
		case_one(r, line, want);
		r->line += lines;
	}
}
#endif
