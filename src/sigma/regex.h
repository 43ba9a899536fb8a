#ifndef SIGMA_REGEX_H
#define SIGMA_REGEX_H
/*
 * Regexes as Sigma uses them: an unanchored search in raw text, in linear time. vectorscan is the engine; what it cannot
 * do in linear time (look-around, back-references) is refused, never approximated.
 *
 * Expressions and texts are UTF-8 (HS_FLAG_UTF8): `.` is one code point. The engine does not define what happens on bad
 * bytes, so whoever scans must hand in valid UTF-8 (buf_utf8 replaces bad bytes). Empty matches count (HS_FLAG_ALLOWEMPTY).
 */
#include "base/buf.h"

struct sigma_match;

struct sigma_regex;	/* one compiled expression; const, shared */
struct sigma_regex_scratch;

/* vectorscan flags and the expression text for a REGEX match; the text is cut to what hs_compile takes. */
unsigned sigma_regex_flags(const struct sigma_match *m);
/* 0, or ERR_UNSUPPORTED with the reason (and the byte it points at, or -1) in `why`. Does not build a database. */
int sigma_regex_check(const struct sigma_match *m, struct buf *why) __attribute__((warn_unused_result));
#endif
