#ifndef SIGMA_REGEX_H
#define SIGMA_REGEX_H
/*
 * Regexes as Sigma uses them: an unanchored search in raw text, in linear time, by the engine of regex/regex.h. What
 * cannot be done in linear time (look-around, back-references) is refused, never approximated. Empty matches count.
 */
#include "base/buf.h"
#include "regex/regex.h"

struct sigma_match;

struct regex_flags sigma_regex_flags(const struct sigma_match *m);
/* 0, or ERR_UNSUPPORTED with the reason and the byte it is about in `why`. */
int sigma_regex_check(const struct sigma_match *m, struct buf *why) __attribute__((warn_unused_result));
#endif
