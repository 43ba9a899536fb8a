#ifndef INTEL_PULL_H
#define INTEL_PULL_H
/*
 * Inside of intel: JSON read once from front to back, for documents of any size. The reader asks for one value after the other;
 * what it does not want it skips. Nothing is built but the texts that are asked for.
 *
 * After an error every call fails, and error and at say what and where.
 */
#include "base/arena.h"

#define PULL_DEPTH_MAX 64u

struct pull {
	const char *at, *end;
	const char *counted;		/* lines up to here are in `lines` */
	uint32_t lines;
	unsigned depth;
	const char *error;		/* static, or NULL */
};

enum pull_kind { PULL_ERROR, PULL_OBJECT, PULL_ARRAY, PULL_TEXT, PULL_NUMBER, PULL_TRUE, PULL_FALSE, PULL_NULL };

void pull_begin(struct pull *p, struct str text);
enum pull_kind pull_peek(struct pull *p);	/* what stands next */
/* Enters the object or array that stands next. */
bool pull_enter(struct pull *p);
/*
 * The next member of the object entered last: its key as it is written (escapes are not undone); its value stands next. False
 * at the object's end, which is then left, and after errors. The value must be taken or skipped before the next call.
 */
bool pull_member(struct pull *p, bool *first, struct str *out_key);
bool pull_element(struct pull *p, bool *first);
bool pull_skip(struct pull *p);
/* A text, unescaped: borrowed where it has no escapes, else in the arena. A number, true and false as they are written. */
bool pull_text(struct pull *p, struct arena *a, struct str *out);
bool pull_end(struct pull *p);			/* nothing but space follows */
uint32_t pull_line(struct pull *p);		/* 1-based, of `at` */
#endif
