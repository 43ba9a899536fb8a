#ifndef SIGMA_PATTERN_H
#define SIGMA_PATTERN_H
/*
 * String patterns while a rule is being loaded: a sequence of literals and wildcards (rule.h), before it is folded. A
 * pattern is a value: every function makes a new one in the arena and leaves the old one alone.
 */
#include "sigma/rule.h"

struct sigma_pattern { struct sigma_part *parts; uint32_t count; };

/* Reads a value as Sigma writes it: '*', '?' and the backslash (detection.md 3.4). */
struct sigma_pattern sigma_pattern_parse(struct arena *a, struct str text);
struct sigma_pattern sigma_pattern_literal(struct arena *a, struct str bytes);
/* With '*' before it, behind it, or both, where there is none yet. */
struct sigma_pattern sigma_pattern_wrap(struct arena *a, struct sigma_pattern p, bool before, bool after);
/* One behind the other. */
struct sigma_pattern sigma_pattern_join(struct arena *a, struct sigma_pattern front, struct sigma_pattern back);
/* Each '-' and '/' at which \B[-/]\b matches becomes a DASH. */
struct sigma_pattern sigma_pattern_windash(struct arena *a, struct sigma_pattern p);
/* Every literal folded. */
struct sigma_pattern sigma_pattern_fold(struct arena *a, struct sigma_pattern p);
/* True where it is one literal or empty; *out is its text. */
bool sigma_pattern_plain(struct sigma_pattern p, struct str *out);

enum sigma_utf16 { SIGMA_UTF16_LE, SIGMA_UTF16_BE, SIGMA_UTF16_BOM };
/* Every literal re-encoded; BOM puts FF FE before the first part. */
struct sigma_pattern sigma_pattern_utf16(struct arena *a, struct sigma_pattern p, enum sigma_utf16 form);

/* Base64 of a text's bytes, with padding. */
struct str sigma_base64(struct arena *a, struct str bytes);
/* The part of the base64 form that does not depend on what stands around `bytes`, when they begin at a position that
 * leaves `shift` (0..2) over three. Empty where nothing is certain. */
struct str sigma_base64_shifted(struct arena *a, struct str bytes, unsigned shift);

/* A folded copy. */
struct str sigma_fold(struct arena *a, struct str s);
#endif
