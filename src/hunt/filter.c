#include "hunt/filter.h"

static bool is_status(const struct filter_texts *t, struct str status)
{
	for (size_t i = 0; i < t->count; i++) {
		if (str_eq_nocase(str_c(t->at[i]), status))
			return true;
	}
	return t->count == 0;
}

/* `want` is the tag, or all of it up to one of its dots. */
static bool tag_covers(struct str want, struct str tag)
{
	return str_starts_nocase(tag, want) && (tag.n == want.n || tag.p[want.n] == '.');
}

static bool has_tag(const struct filter_texts *t, const struct sigma_rule_info *r)
{
	for (size_t i = 0; i < t->count; i++) {
		for (uint32_t k = 0; k < r->tag_count; k++) {
			struct str want = str_c(t->at[i]), tag = r->tags[k];

			if (tag_covers(want, tag) || (str_starts_nocase(tag, STR("attack.")) &&
						      tag_covers(want, str_skip(tag, 7))))
				return true;
		}
	}
	return t->count == 0;
}

static bool contains_nocase(struct str text, struct str part)
{
	for (size_t i = 0; i + part.n <= text.n; i++) {
		if (str_eq_nocase(str_n(text.p + i, part.n), part))
			return true;
	}
	return false;
}

/* By its id, its title, or the title that people are shown in their language. */
static bool is_rule(const struct filter_texts *t, const struct sigma_rule_info *r)
{
	const struct report_rule shown = {.title = r->title};

	for (size_t i = 0; i < t->count; i++) {
		if (str_eq_nocase(str_c(t->at[i]), r->id) || contains_nocase(r->title, str_c(t->at[i])) ||
		    contains_nocase(report_rule_title(&shown, lang_now()), str_c(t->at[i])))
			return true;
	}
	return t->count == 0;
}

bool filter_rule(const struct filter *f, const struct sigma_rule_info *r)
{
	return r->level >= f->level && is_status(&f->status, r->status) && has_tag(&f->tags, r) && is_rule(&f->rules, r);
}

uint32_t filter_rules(const struct filter *f, const struct engine *g, uint8_t *keep)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < engine_rule_count(g); i++) {
		struct sigma_rule_info r = engine_rule(g, i);

		keep[i] = filter_rule(f, &r);
		kept += keep[i];
	}
	return kept;
}

bool filter_time(const struct filter *f, int64_t time)
{
	if (f->since == TICKS_NONE && f->until == TICKS_NONE)
		return true;
	return time != TICKS_NONE && (f->since == TICKS_NONE || time >= f->since) &&
	       (f->until == TICKS_NONE || time < f->until);
}

/* Without case; the last '*' met is where it goes on after a failure. */
static bool glob(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.n && (pattern.p[p] == '?' ||
			   ascii_lower((unsigned char)pattern.p[p]) == ascii_lower((unsigned char)text.p[t]))) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

bool filter_host(const struct filter *f, struct str host)
{
	struct str rest = host, first = str_cut(&rest, '.');

	for (size_t i = 0; i < f->hosts.count; i++) {
		struct str want = str_c(f->hosts.at[i]);

		if (glob(want, host) || (str_find_byte(want, '.') < 0 && glob(want, first)))
			return true;
	}
	return f->hosts.count == 0;
}
