#include "hunt/indicators.h"

#include "base/err.h"
#include "base/io.h"
#include "base/utf16.h"
#include "hunt/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- reading --- */

struct reading {
	struct intel *set;
	struct diags *diags;
	int (*read)(struct intel *set, struct str file, struct str text);
	bool named;		/* the path was given, not found */
	int error;		/* of a named path */
};

static void tell(struct reading *r, const char *path, const char *what, const char *why)
{
	struct diag_place place = {str_c(path), 0, 0};

	diags_add(r->diags, DIAG_ERROR, "unreadable", place, "cannot read the %s: %s", what, why);
}

/* What Windows calls Unicode: lists out of Excel, PowerShell and Notepad. */
static struct str as_utf8(struct str text, struct buf *room)
{
	struct utf16_reader utf16 = {0};

	if (!utf16_is_marked(text, &utf16.big_endian))
		return text;
	utf16_add(&utf16, text, true, room);
	return buf_get(room);
}

static int read_one(struct reading *r, const char *path)
{
	struct arena *a = arena_new(4096);
	struct buf room = {0};
	struct str text;
	int err = io_read_file(path, INDICATORS_FILE_MAX, a, &text);

	if (err)
		tell(r, path, "file", err == ERR_LIMIT ? "it is larger than 1 GiB" : strerror(errno));
	else
		err = r->read(r->set, str_c(path), as_utf8(text, &room));
	buf_free(&room);
	arena_free(a);
	if (r->named && !r->error)
		r->error = err;
	return 0;
}

static bool has_ending(struct str path)
{
	static const char *const endings[] = {".txt", ".csv", ".tsv", ".list", ".lst", ".ioc", ".iocs", ".json", ".stix", ".stix2",
					      ".ipset", ".netset", ".domains", ".hosts"};

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		if (path.n > strlen(endings[i]) &&
		    str_eq_nocase(str_skip(path, path.n - strlen(endings[i])), str_c(endings[i])))
			return true;
	}
	return false;
}

static int visit(void *user, const char *path)
{
	return has_ending(str_c(path)) ? read_one(user, path) : 0;
}

static void failed(void *user, const char *path, int errno_value)
{
	tell(user, path, "folder", strerror(errno_value));
}

static int read_path(struct reading *r, const char *path)
{
	struct io_walk walk = {visit, failed, r};
	struct stat st;

	r->named = false;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return io_walk(path, &walk);
	r->named = true;
	r->error = 0;
	read_one(r, path);
	return r->error;
}

static int read_all(struct reading *r, const char *const *paths, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = read_path(r, paths[i]);
	return err;
}

int indicators_load(const struct indicators_options *o, struct diags *diags, struct intel **out)
{
	struct reading r = {.set = intel_new(o->now, o->judge_now, diags), .diags = diags, .read = intel_read};
	int err = read_all(&r, o->paths, o->path_count);

	*out = r.set;
	r.read = intel_allow;
	if (!err)
		err = read_all(&r, o->allow, o->allow_count);
	if (!err)
		intel_freeze(r.set);
	return err;
}

/* --- rules --- */

struct sigma_rule_info indicators_rule(uint32_t i)
{
	static const enum sigma_level levels[INTEL_LEVELS] = {SIGMA_LOW, SIGMA_MEDIUM, SIGMA_HIGH};
	const struct intel_type_info *type = intel_type_info((enum intel_type)(i / INTEL_LEVELS));

	return (struct sigma_rule_info){.id = str_c(type->id), .title = str_c(type->title), .level = levels[i % INTEL_LEVELS]};
}

uint32_t indicators_rule_of(const struct intel_indicator *i)
{
	return (uint32_t)i->type * INTEL_LEVELS + (uint32_t)i->level;
}

/* --- findings --- */

/* Equal names stand one after another, as reports want them. */
static uint32_t list_fields(const struct event *e, const struct intel_match *m, struct report_field *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->field_count; i++) {
		const struct field *f = &e->fields[m->fields[i]];
		struct str name = names_text(e->names, f->name);
		uint32_t at = n;

		for (uint32_t k = 0; k < n; k++) {
			if (str_eq(out[k].name, name))
				at = k + 1;
		}
		memmove(out + at + 1, out + at, (n - at) * sizeof *out);
		out[at] = (struct report_field){name, *f};
		n++;
	}
	return n;
}

void indicators_report(const struct intel_indicator *i, struct arena *a, struct report_indicator *out)
{
	*out = (struct report_indicator){.type = str_c(intel_type_info(i->type)->name), .value = i->value, .source = i->file,
					 .valid_until = i->valid_until};
	if (i->name.p)
		out->source = arena_printf(a, "%.*s: %.*s", STR_ARGS(i->file), STR_ARGS(i->name));
}

static void add_finding(struct worker *w, struct event *e, const struct intel_match *match, struct report_finding *f)
{
	const struct pool *p = w->pool;
	struct intel_indicator i = intel_indicator(p->options->indicators, match->id);
	uint32_t rule = p->first_indicator + indicators_rule_of(&i);
	struct report_field fields[INTEL_FIELDS_MAX];
	struct report_indicator indicator;

	if (!p->keep[rule])
		return;
	indicators_report(&i, e->arena, &indicator);
	f->rule = &p->rules[rule];
	f->fields = fields;
	f->field_count = list_fields(e, match, fields);
	f->indicator = &indicator;
	findings_keep(w, f, rule);
	f->fields = NULL;
	f->indicator = NULL;
}

void indicators_on_event(struct worker *w, struct event *e)
{
	const struct intel_match *matches;
	uint32_t n = intel_match(w->intel, e, &matches);
	struct report_finding f;

	if (!n || !findings_begin(w, e, &f))
		return;
	for (uint32_t i = 0; i < n; i++)
		add_finding(w, e, &matches[i], &f);
}
