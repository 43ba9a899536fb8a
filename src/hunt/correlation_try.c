#include "hunt/correlation_try.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "report/text.h"

/* ---- the run ---- */

struct trial {
	struct engine_matcher *matcher;
	struct matches *matches;
	struct match_origin origin;
	uint64_t record;
	int error;
};

static void on_event(void *user, struct event *e)
{
	struct trial *t = user;
	const uint32_t *rules;
	uint32_t n = engine_run(t->matcher, e, &rules);

	t->origin.order = e->record == t->record ? t->origin.order + 1 : 0;
	t->record = e->record;
	t->origin.host = event_host(e);
	if (!t->error)
		t->error = matches_add(t->matches, &t->origin, e, rules, n);
}

int correlation_try(const struct sigma_set *set, uint32_t rule, const char *path, const struct correlations_calls *calls,
		    struct correlations_counts *counts, struct sample_result *result)
{
	struct engine engine = {.set = set};
	uint8_t *keep = mem_alloc(set->rule_count + 1);
	struct correlations_options options = {.engine = &engine, .keep = keep, .named = true, .spool = {.buffer_bytes = 4u << 20}};
	struct correlations *c;
	struct trial t = {.origin = {.path = str_c(path), .format = STR("")}, .record = UINT64_MAX};
	int err;

	keep[rule] = 1;
	c = correlations_new(&options);
	t.matcher = engine_matcher_new(&engine, correlations_evaluated(c));
	t.matches = matches_new(c, t.matcher);
	err = samples_each(path, set->keys, on_event, &t, result);
	matches_free(t.matches);
	if (!err)
		err = t.error;
	if (!err)
		err = correlations_run(c, calls);
	*counts = *correlations_counts(c);
	engine_matcher_free(t.matcher);
	correlations_free(c);
	free(keep);
	return err;
}

/* ---- in words ---- */

struct group { struct buf shown; uint64_t matches, findings; int64_t first, last; };

struct telling {
	const struct explain *x;
	uint32_t rule;
	struct buf lines;
	struct arena *arena;
	struct map *by_key;
	VEC(struct group) groups;	/* of the correlation that was asked for */
};

#define SHOWN_COLUMNS 60u

static void put_text(struct buf *b, struct str s)
{
	buf_byte(b, '"');
	text_put(b, s, SHOWN_COLUMNS);
	buf_byte(b, '"');
}

static void put_group(struct buf *b, const struct sigma_correlation *c, struct str shown)
{
	struct str value;

	if (!c->group_count)
		buf_text(b, "the one group");
	for (uint32_t i = 0; i < c->group_count && sigma_shown_next(&shown, &value); i++) {
		buf_text(b, i ? ", " : "");
		text_put(b, c->groups[i], SHOWN_COLUMNS);
		buf_byte(b, ' ');
		put_text(b, value);
	}
}

static void note_group(struct telling *t, const struct sigma_correlation *c, const struct correlate_match *m)
{
	uint32_t at = map_get(t->by_key, m->key);
	struct group *g;

	if (at == MAP_NONE) {
		at = (uint32_t)t->groups.n;
		map_put(t->by_key, arena_str(t->arena, m->key), at);
		g = vec_add(&t->groups);
		g->first = m->place.time;
		put_group(&g->shown, c, m->shown);
	}
	t->groups.at[at].matches++;
	t->groups.at[at].last = m->place.time;
}

static void put_value(struct buf *b, const struct sigma_correlation *c, const struct correlate_match *m)
{
	bool has = c->spec.type == CORRELATE_VALUE_COUNT ? m->value.p != NULL : m->number >= 0 || m->number < 0;

	if (!c->value_count)
		return;
	buf_text(b, ", with ");
	for (uint32_t i = 0; i < c->value_count; i++) {
		buf_text(b, i ? ", " : "");
		text_put(b, c->values[i], SHOWN_COLUMNS);
	}
	if (!has)
		buf_text(b, " missing or no number, so it does not count");
	else if (c->spec.type != CORRELATE_VALUE_COUNT)
		buf_printf(b, " %g", m->number);
}

static void on_fed(void *user, uint32_t rule, const struct correlate_match *m)
{
	struct telling *t = user;
	const struct sigma_rule *r = t->x->set->rules[rule];

	buf_printf(&t->lines, "  event %llu, ", (unsigned long long)m->place.record);
	buf_time(&t->lines, m->place.time);
	buf_text(&t->lines, ", by ");
	put_text(&t->lines, t->x->set->rules[m->place.rule]->title);
	buf_text(&t->lines, ": enters ");
	if (rule != t->rule) {
		put_text(&t->lines, r->title);
		buf_text(&t->lines, ", ");
	}
	put_group(&t->lines, r->correlation, m->shown);
	put_value(&t->lines, r->correlation, m);
	buf_byte(&t->lines, '\n');
	if (rule == t->rule)
		note_group(t, r->correlation, m);
}

static void on_fired(void *user, uint32_t rule, const struct correlate_episode *e)
{
	struct telling *t = user;
	const struct sigma_rule *r = t->x->set->rules[rule];
	uint32_t at = rule == t->rule ? map_get(t->by_key, e->key) : MAP_NONE;

	buf_text(&t->lines, t->x->color ? "  \033[32m✓\033[0m " : "  ✓ ");
	if (rule != t->rule) {
		put_text(&t->lines, r->title);
		buf_byte(&t->lines, ' ');
	}
	buf_text(&t->lines, "holds for ");
	put_group(&t->lines, r->correlation, e->shown);
	buf_printf(&t->lines, ": the value is %g\n", e->value);
	if (at != MAP_NONE)
		t->groups.at[at].findings++;
}

static void put_condition(struct buf *b, const struct sigma_correlation *c)
{
	static const char *const words[CORRELATE_OPS] = {
		[CORRELATE_GT] = "more than", [CORRELATE_GTE] = "at least", [CORRELATE_LT] = "less than",
		[CORRELATE_LTE] = "at most", [CORRELATE_EQ] = "exactly", [CORRELATE_NEQ] = "not"};

	buf_text(b, correlate_type_name(c->spec.type));
	for (uint32_t i = 0; i < c->spec.condition_count; i++)
		buf_printf(b, "%s %s %g", i ? " and" : "", words[c->spec.conditions[i].op], c->spec.conditions[i].number);
	if (!c->spec.condition_count)
		buf_text(b, ", all rules");
	buf_printf(b, " within %lld s", (long long)(c->spec.timespan / TICKS_PER_SECOND));
}

static void put_losses(struct telling *t, const struct correlations_counts *n)
{
	if (n->no_group)
		buf_printf(&t->lines, "  %llu matched but lack a field of group-by: they do not enter\n", (unsigned long long)n->no_group);
	if (n->no_time)
		buf_printf(&t->lines, "  %llu matched but have no time: they do not enter\n", (unsigned long long)n->no_time);
	if (!n->matches)
		buf_text(&t->lines, "  no event enters\n");
}

static bool put_verdict(struct telling *t)
{
	const struct sigma_rule *r = t->x->set->rules[t->rule];
	struct buf *out = t->x->out;
	uint64_t findings = 0;

	for (size_t i = 0; i < t->groups.n; i++)
		findings += t->groups.at[i].findings;
	if (t->x->color)
		buf_text(out, findings ? "\033[32m✓\033[0m " : "\033[31m✗\033[0m ");
	else
		buf_text(out, findings ? "✓ " : "✗ ");
	put_text(out, r->title);
	buf_text(out, findings ? " holds: " : " does not hold: ");
	put_condition(out, r->correlation);
	buf_byte(out, '\n');
	buf_str(out, buf_get(&t->lines));
	for (size_t i = 0; i < t->groups.n; i++) {
		const struct group *g = &t->groups.at[i];

		buf_text(out, "  in all: ");
		buf_str(out, buf_get(&g->shown));
		buf_printf(out, " had %llu match%s from ", (unsigned long long)g->matches, g->matches == 1 ? "" : "es");
		buf_time(out, g->first);
		buf_text(out, " to ");
		buf_time(out, g->last);
		buf_printf(out, g->findings ? ", and the condition held\n" : ", and the condition never held\n");
	}
	return findings > 0;
}

int explain_correlation(struct explain *x, uint32_t rule, const char *path, bool *out_holds)
{
	struct telling t = {.x = x, .rule = rule, .arena = arena_new(0), .by_key = map_new(16)};
	struct correlations_calls calls = {.user = &t, .fed = on_fed, .fired = on_fired};
	struct correlations_counts counts;
	struct sample_result result;
	int err = correlation_try(x->set, rule, path, &calls, &counts, &result);

	if (!err) {
		put_losses(&t, &counts);
		*out_holds = put_verdict(&t);
	}
	for (size_t i = 0; i < t.groups.n; i++)
		buf_free(&t.groups.at[i].shown);
	vec_free(&t.groups);
	map_free(t.by_key);
	arena_free(t.arena);
	buf_free(&t.lines);
	return err;
}
