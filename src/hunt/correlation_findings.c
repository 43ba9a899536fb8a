#include "hunt/correlation_findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hunt/correlations.h"

struct making {
	struct pool *pool;
	struct spool_writer *writer;
	struct names *names;
	struct arena *arena;		/* of one finding */
	struct buf body;
};

/*
 * 32 hex digits of SHA-256 over: rule id, NUL, the group's key (values folded, each behind its length), NUL, path and
 * record of the first match and of the one that made the condition true, each with a NUL behind it. Later matches of the
 * episode do not change it.
 */
static void add_place(struct sha256 *h, const struct correlations *c, const struct correlate_place *place)
{
	struct str path = correlations_origin(c, place->file)->path;
	char record[24];
	int n = snprintf(record, sizeof record, "%llu", (unsigned long long)place->record);

	sha256_add(h, path.p, path.n);
	sha256_add(h, "", 1);
	sha256_add(h, record, (size_t)n + 1);
}

static void make_id(const struct making *m, const struct report_rule *rule, const struct correlate_episode *e, char out[33])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 *h = sha256_new();

	sha256_add(h, rule->id.p, rule->id.n);
	sha256_add(h, "", 1);
	sha256_add(h, e->key.p, e->key.n);
	sha256_add(h, "", 1);
	if (e->part_count)
		add_place(h, m->pool->correlations, &e->parts[0]);
	add_place(h, m->pool->correlations, &e->fired);
	sha256_end(h, digest);
	for (int i = 0; i < 16; i++)
		snprintf(out + (ptrdiff_t)2 * i, 3, "%02x", digest[i]);
}

/* The group as if it were an event: so host and user are found under the names that events have them under. */
static void put_group(struct making *m, const struct sigma_correlation *c, struct str shown, struct event *out)
{
	struct str value;

	names_begin_batch(m->names);
	event_init(out, m->names, m->arena);
	for (uint32_t i = 0; i < c->group_count && sigma_shown_next(&shown, &value); i++)
		event_add_named(out, FIELD_DATA, c->groups[i], VALUE_TEXT, value);
}

static const struct report_field *make_fields(struct making *m, const struct sigma_correlation *c, const struct event *group)
{
	struct report_field *fields = ARENA_ARRAY(m->arena, struct report_field, group->field_count + 1);

	for (uint32_t i = 0; i < group->field_count; i++)
		fields[i] = (struct report_field){c->groups[i], group->fields[i]};
	return fields;
}

static const struct report_part *make_parts(struct making *m, const struct correlate_episode *e)
{
	struct report_part *parts = ARENA_ARRAY(m->arena, struct report_part, e->part_count + 1);

	for (uint32_t i = 0; i < e->part_count; i++)
		parts[i] = (struct report_part){
			.time = e->parts[i].time, .record = e->parts[i].record,
			.rule_id = m->pool->rules[e->parts[i].rule].id,
			.rule_title = m->pool->rules[e->parts[i].rule].title,
			.file = correlations_origin(m->pool->correlations, e->parts[i].file)->path};
	return parts;
}

/* STR_NONE where two parts differ, or not all are known. */
static struct str common_host(const struct making *m, const struct correlate_episode *e)
{
	struct str host = correlations_origin(m->pool->correlations, e->fired.file)->host;

	for (uint32_t i = 0; i < e->part_count && host.p; i++) {
		struct str other = correlations_origin(m->pool->correlations, e->parts[i].file)->host;

		if (!other.p || !str_eq_nocase(other, host))
			host = STR_NONE;
	}
	return e->part_count == e->count ? host : STR_NONE;
}

static int on_ended(void *user, uint32_t rule, const struct correlate_episode *e)
{
	struct making *m = user;
	struct pool *p = m->pool;
	const struct sigma_correlation *c = engine_rule(&p->options->engine, rule).correlation;
	const struct match_origin *origin = correlations_origin(p->correlations, e->fired.file);
	struct event group;

	arena_reset(m->arena);
	put_group(m, c, e->shown, &group);
	struct report_finding f = {
		.rule = &p->rules[rule], .time = e->fired.time, .host = event_host(&group), .user = event_user(&group),
		.file = origin->path, .format = origin->format, .record = e->fired.record,
		.fields = make_fields(m, c, &group), .field_count = group.field_count,
		.parts = make_parts(m, e), .part_count = e->part_count, .count = e->count,
		.first_time = e->first_time, .last_time = e->last_time,
	};
	struct spool_row row = {.time = f.time, .path = f.file, .record = f.record, .rank = p->ranks[rule], .rule = rule};

	if (!f.host.p)
		f.host = common_host(m, e);
	make_id(m, f.rule, e, f.id);
	if (!extras_apply(&p->extras, &f))
		return 0;
	buf_clear(&m->body);
	p->options->format->render(&f, &m->body);
	row.body = buf_get(&m->body);
	atomic_fetch_add_explicit(&p->findings, 1, memory_order_relaxed);
	return spool_add(m->writer, &row);
}

void correlation_findings(struct pool *p)
{
	struct making m = {.pool = p, .writer = spool_writer_new(p->spool), .names = names_new(NULL), .arena = arena_new(0)};
	struct correlations_calls calls = {.user = &m, .ended = on_ended};

	errno = 0;
	if (correlations_run(p->correlations, &calls))
		pool_fail(p, "what correlations look at cannot be sorted on disk ($TMPDIR)", errno);
	names_free(m.names);
	arena_free(m.arena);
	buf_free(&m.body);
}
