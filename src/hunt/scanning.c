#include "hunt/scanning.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "hunt/pool.h"

#define SUFFIXES_MAX 32u		/* of a path: it may lie below any folder of the evidence */
#define FIELDS_MAX (SCAN_STRINGS_MAX + 8u)

struct scanning {
	struct pool *pool;
	struct tee tee;
	unsigned hashes;
	pthread_mutex_t lock;		/* guards all below */
	struct spool_writer *writer;
	struct buf body;
	struct names *names;
	struct arena *arena;
	struct intel_matcher *intel;	/* or NULL */
	struct extras extras;
	struct scanning_counts counts;
};

/* A file under way. */
struct scanned {
	struct scanning *scanning;
	struct scan_file *file;
	char *path;
	int64_t date;
};

struct sigma_rule_info scanning_rule(const struct scan_rules *rules, uint32_t rule)
{
	struct scan_rule_info i = scan_rules_info(rules, rule);

	return (struct sigma_rule_info){.id = i.id, .title = i.title, .level = (enum sigma_level)i.severity};
}

/* --- findings --- */

static void keep(struct scanning *s, struct report_finding *f, uint32_t rule)
{
	struct finding_keeper k = {s->pool, s->writer, &s->body, &s->extras};

	if (!s->pool->keep[rule])
		return;
	f->rule = &s->pool->rules[rule];
	findings_store(&k, f, rule, 0);
}

static void add_field(struct report_finding *f, struct report_field *fields, const char *name, struct str text)
{
	if (text.n && f->field_count < FIELDS_MAX)
		fields[f->field_count++] = (struct report_field){
			str_c(name), {.data = text.p, .size = (uint32_t)text.n, .kind = VALUE_TEXT}};
}

static struct str name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_c(slash ? slash + 1 : path);
}

/* Each string that was found, its place in the file and what stands there. */
static void add_yara(struct scanning *s, struct report_finding f, const struct scan_match *m, const struct scan_result *r)
{
	struct report_field fields[FIELDS_MAX];
	char size[24];

	f.fields = fields;
	add_field(&f, fields, "file_name", name_of(f.file.p));
	add_field(&f, fields, "sha256", str_c(r->sha256));
	snprintf(size, sizeof size, "%llu", (unsigned long long)r->bytes);
	add_field(&f, fields, "size", str_c(size));
	for (uint32_t i = 0; i < m->string_count; i++) {
		const struct scan_string *string = &m->strings[i];

		add_field(&f, fields, string->name.p,
			  arena_printf(s->arena, "0x%llx: %.*s", (unsigned long long)string->offset, STR_ARGS(string->excerpt)));
	}
	keep(s, &f, s->pool->first_yara + m->rule);
}

static void put_text(struct event *e, const char *name, struct str text)
{
	if (text.n)
		event_add_named(e, FIELD_DATA, str_c(name), VALUE_TEXT, text);
}

/* The folder of evidence stands for a machine's root or its drive C: each end of the path may be a whole path there. */
static void put_paths(struct event *e, const char *path)
{
	const char *at = strrchr(path, '/');
	unsigned n = 0;

	put_text(e, "file_path", str_c(path));
	for (; at && n < SUFFIXES_MAX; n++) {
		put_text(e, "file_path", str_c(at));
		put_text(e, "file_path", arena_printf(e->arena, "C:%s", at));
		if (at == path)
			break;
		at = memrchr(path, '/', (size_t)(at - path));
	}
}

static bool is_of_files(enum intel_type type)
{
	return type >= INTEL_MD5 && type <= INTEL_FILE_PATH;
}

static void add_indicator(struct scanning *s, struct report_finding f, const struct event *e, const struct intel_match *m)
{
	struct intel_indicator i = intel_indicator(s->pool->options->indicators, m->id);
	struct report_indicator indicator;
	struct report_field fields[FIELDS_MAX];

	if (!is_of_files(i.type) && i.type != INTEL_PATTERN)
		return;
	indicators_report(&i, s->arena, &indicator);
	f.fields = fields;
	f.indicator = &indicator;
	/* A name stands at the end of each path that was tried: once is enough. */
	for (uint32_t k = 0; k < (i.type == INTEL_PATTERN ? m->field_count : 1); k++) {
		const struct field *field = &e->fields[m->fields[k]];

		add_field(&f, fields, names_text(e->names, field->name).p, str_n(field->data, field->size));
	}
	keep(s, &f, s->pool->first_indicator + indicators_rule_of(&i));
}

static void match_indicators(struct scanning *s, const struct report_finding *f, const struct scan_result *r)
{
	const struct intel_match *matches;
	struct event e;
	uint32_t n;

	event_init(&e, s->names, s->arena);
	e.time = f->time;
	put_text(&e, "file_name", name_of(f->file.p));
	put_paths(&e, f->file.p);
	put_text(&e, "md5", str_c(r->md5));
	put_text(&e, "sha1", str_c(r->sha1));
	put_text(&e, "sha256", str_c(r->sha256));
	n = intel_match(s->intel, &e, &matches);
	for (uint32_t i = 0; i < n; i++)
		add_indicator(s, *f, &e, &matches[i]);
}

static void tell_findings(struct scanning *s, const struct scanned *x, const struct scan_result *r)
{
	const struct filter *filter = &s->pool->options->filter;
	struct report_finding f = {.time = x->date, .file = str_c(x->path), .format = STR("file")};

	s->counts.files++;
	s->counts.bytes += r->bytes;
	s->counts.timed_out += r->timed_out;
	s->counts.failed += r->failed;
	if (!filter_host(filter, f.host) || !filter_time(filter, x->date))
		return;
	arena_reset(s->arena);
	names_begin_batch(s->names);
	for (uint32_t i = 0; i < r->match_count; i++)
		add_yara(s, f, &r->matches[i], r);
	if (s->intel)
		match_indicators(s, &f, r);
}

/* --- the tee --- */

static void *on_begin(void *user, const struct tee_file *file)
{
	struct scanning *s = user;
	struct scanned *x = mem_alloc(sizeof *x);

	x->scanning = s;
	x->path = strdup(file->path);
	x->date = file->date;
	x->file = scan_begin(s->pool->options->yara, s->hashes, file->path);
	return x;
}

static void on_bytes(void *state, struct str bytes)
{
	struct scanned *x = state;

	scan_bytes(x->file, bytes);
}

static void on_end(void *state, bool whole)
{
	struct scanned *x = state;
	struct scanning *s = x->scanning;

	/* Of a file that could not be read to its end nothing is said; the decoder tells of it. */
	if (whole) {
		const struct scan_result *r = scan_end(x->file);

		pthread_mutex_lock(&s->lock);
		tell_findings(s, x, r);
		pthread_mutex_unlock(&s->lock);
	}
	scan_free(x->file);
	free(x->path);
	free(x);
}

static unsigned hashes_wanted(const struct intel *set)
{
	unsigned hashes = SCAN_SHA256;

	if (set && intel_has(set, INTEL_MD5))
		hashes |= SCAN_MD5;
	if (set && intel_has(set, INTEL_SHA1))
		hashes |= SCAN_SHA1;
	return hashes;
}

struct scanning *scanning_new(struct pool *p)
{
	const struct hunt_options *o = p->options;
	struct scanning *s;

	if (!o->yara && !o->scan_files)
		return NULL;
	s = mem_alloc(sizeof *s);
	s->pool = p;
	s->tee = (struct tee){s, on_begin, on_bytes, on_end};
	s->hashes = hashes_wanted(o->indicators);
	pthread_mutex_init(&s->lock, NULL);
	s->writer = spool_writer_new(p->spool);
	s->names = names_new(NULL);
	s->arena = arena_new(0);
	if (o->indicators)
		s->intel = intel_matcher_new(o->indicators);
	extras_begin(&s->extras, o->compare, o->geoip, o->format);
	p->env.tee = &s->tee;
	return s;
}

void scanning_free(struct scanning *s)
{
	if (!s)
		return;
	intel_matcher_free(s->intel);
	extras_end(&s->extras);
	names_free(s->names);
	arena_free(s->arena);
	buf_free(&s->body);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct extras *scanning_extras(const struct scanning *s)
{
	return &s->extras;
}

struct scanning_counts scanning_counts(const struct scanning *s)
{
	return s ? s->counts : (struct scanning_counts){0};
}
