#include <string.h>

#include "pairs/parts.h"

/* ---- the header, shared with LEEF -------------------------------------------------------------------------------- */

struct str pairs_take_header(struct str *rest)
{
	struct str s = *rest;
	size_t i = 0;
	while (i < s.n && s.p[i] != '|')
		i += s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
	if (i >= s.n) {
		*rest = STR_NONE;
		return s;
	}
	*rest = str_skip(s, i + 1);
	return str_head(s, i);
}

struct str pairs_unescape(struct str v, struct arena *arena)
{
	if (v.n == 0 || !memchr(v.p, '\\', v.n))
		return v;
	char *out = arena_bytes(arena, v.n);
	size_t n = 0;
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i], next = i + 1 < v.n ? v.p[i + 1] : '\0';
		if (c == '\\' && next && strchr("=|\\nr", next)) {
			c = next == 'n' ? '\n' : next == 'r' ? '\r' : next;
			i++;
		}
		out[n++] = c;
	}
	arena_trim(arena, out, v.n, n);
	return (struct str){out, n};
}

void pairs_put_header(struct event *e, const struct str *parts, size_t count, struct pairs_result *r)
{
	static const char *const names[HEADER_PARTS] = {
		"deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity",
	};
	for (size_t i = 0; i < count && !r->full; i++) {
		struct str value = pairs_unescape(parts[i], e->arena);
		if (value.n && !event_add_named(e, FIELD_DATA, str_c(names[i]), VALUE_TEXT, value)) {
			r->result = DECODE_PARTIAL;
			r->trouble = "too many fields";
			r->full = true;
		}
	}
}

struct str pairs_product_of(struct str vendor)
{
	static const struct { const char *vendor; struct str product; } rows[] = {
		{"Cisco", {"cisco", 5}}, {"Palo Alto Networks", {"paloalto", 8}}, {"Juniper Networks", {"juniper", 7}},
		{"Juniper", {"juniper", 7}}, {"Huawei", {"huawei", 6}}, {"Check Point", {"checkpoint", 10}},
		{"CyberArk", {"cyberark", 8}}, {"Cyber-Ark", {"cyberark", 8}}, {"SonicWall", {"sonicwall", 9}},
		{"Sophos", {"sophos", 6}}, {"WatchGuard", {"watchguard", 10}}, {"F5", {"f5", 2}},
		{"Barracuda", {"barracuda", 9}}, {"Citrix", {"citrix", 6}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq_nocase(vendor, str_c(rows[i].vendor)))
			return rows[i].product;
	return STR_NONE;
}

/* ---- the extension ----------------------------------------------------------------------------------------------- */

/* A value of Fortinet's that CEF writes in another way. */
static struct str translate(struct pairs *p, enum pairs_role role, struct str v)
{
	if (role == PAIRS_DIRECTION && v.n == 1 && (v.p[0] == '0' || v.p[0] == '1'))
		return v.p[0] == '0' ? STR("incoming") : STR("outgoing");
	if (role != PAIRS_CAT)
		return v;
	v = str_cut(&v, ':');		/* "utm:virus" */
	p->seen[PAIRS_TYPE] = v;
	return v;
}

static bool put_value(struct pairs *p, struct dict *d, struct str name, struct str value, struct event *e)
{
	const struct entry *en = dict_find(p, d, name, e->names);
	value = pairs_unescape(value, e->arena);
	if (d->fortinet_cef) {
		if (str_eq(value, STR("N/A")))
			return true;
		value = translate(p, en->role, value);
	}
	p->seen[en->role] = value;
	return pairs_put(e, en, value, !en->is_id && pairs_is_number(value));
}

/* The '=' of the next name: none with a backslash before it, and only behind a blank. *out_name begins it. */
static const char *next_equals(const char *from, const char *begin, const char *end, const char **out_name)
{
	for (const char *q = from; q < end; q++) {
		q = memchr(q, '=', (size_t)(end - q));
		if (!q)
			return NULL;
		const char *n = q;
		while (n > begin && pairs_is_key_byte((unsigned char)n[-1]) && q - n < (ptrdiff_t)PAIRS_NAME_MAX)
			n--;
		if (n < q && (n == begin || n[-1] == ' ' || n[-1] == '\t')) {
			*out_name = n;
			return q;
		}
	}
	return NULL;
}

static struct str without_blanks_behind(const char *p, const char *end)
{
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct str){p, (size_t)(end - p)};
}

void cef_extension(struct pairs *p, struct dict *d, struct str s, struct event *e, struct pairs_result *r)
{
	const char *end = s.p + s.n, *name, *next_name;
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	const char *equals = next_equals(s.p, s.p, end, &name);
	if (s.n && (!equals || name != s.p)) {
		r->result = DECODE_PARTIAL;
		r->trouble = "text that is no key=value";
	}
	while (equals && !r->full) {
		const char *next = next_equals(equals + 1, equals + 1, end, &next_name);
		struct str value = without_blanks_behind(equals + 1, next ? next_name : end);
		if (!put_value(p, d, (struct str){name, (size_t)(equals - name)}, value, e)) {
			r->result = DECODE_PARTIAL;
			r->trouble = "too many fields";
			r->full = true;
		}
		equals = next;
		name = next_name;
	}
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

#define LABELS_MAX 64u

static struct field *field_named(struct event *e, uint32_t first, struct str name)
{
	for (uint32_t i = first; i < e->field_count; i++)
		if (str_eq(names_text(e->names, e->fields[i].name), name))
			return &e->fields[i];
	return NULL;
}

static bool resolve(struct event *e, uint32_t first, const struct field *label)
{
	struct str text = names_text(e->names, label->name), value = {label->data, label->size};
	struct field *f = field_named(e, first, str_head(text, text.n - 5));
	if (!f || value.n == 0 || value.n > PAIRS_NAME_MAX)
		return false;
	if (e->product.p && str_starts(e->product, STR("forti")))
		value = fortinet_cef_name(value);
	f->name = names_intern(e->names, value);
	f->key = names_key(e->names, f->name);
	return true;
}

/* cs1Label=x cs1=v becomes x=v. */
void pairs_resolve_labels(const struct pairs *p, struct event *e, uint32_t first)
{
	uint32_t kept = first;
	unsigned looked = 0;
	if (!p->seen[PAIRS_LABEL].p)
		return;
	for (uint32_t i = first; i < e->field_count; i++) {
		const struct field f = e->fields[i];
		struct str name = names_text(e->names, f.name);
		bool label = looked < LABELS_MAX && name.n > 5 && str_ends(name, STR("Label"));
		looked += label;
		if (label && resolve(e, first, &f))
			e->fields[i].size = UINT32_MAX;		/* gone; swept out below */
	}
	for (uint32_t i = first; i < e->field_count; i++)
		if (e->fields[i].size != UINT32_MAX)
			e->fields[kept++] = e->fields[i];
	e->field_count = kept;
}

/* ---- the line ---------------------------------------------------------------------------------------------------- */

/* The first of the line's times that can be read. */
static void set_time(const struct pairs *p, const struct pairs_clock *clock, struct event *e)
{
	static const enum pairs_role rank[] = {PAIRS_RT, PAIRS_END, PAIRS_START, PAIRS_CUSTOM_DATE, PAIRS_EVENTTIME};
	for (size_t i = 0; i < sizeof rank / sizeof *rank; i++) {
		struct pairs_time t;
		if (p->seen[rank[i]].n && time_from_words(p->seen[rank[i]], clock, &t)) {
			e->time = t.ticks;
			e->offset_min = t.offset_min;
			return;
		}
	}
}

/* "utm:virus infected blocked" in the header's name tells the type where no `cat` does. */
static void type_from_name(struct pairs *p, struct str name, struct event *e, struct pairs_result *r)
{
	struct str type = str_cut(&name, ':');
	if (p->seen[PAIRS_TYPE].n || !name.p || str_find_byte(type, ' ') >= 0 || r->full)
		return;
	p->seen[PAIRS_TYPE] = type;
	event_add_named(e, FIELD_DATA, STR("type"), VALUE_TEXT, type);
}

static void finish_fortinet(struct pairs *p, const struct str *parts, const struct pairs_clock *clock, struct event *e,
			    struct pairs_result *r)
{
	type_from_name(p, parts[4], e, r);
	if (!r->full && !fortinet_finish(p, clock, e)) {
		r->result = DECODE_PARTIAL;
		r->trouble = "too many fields";
		r->full = true;
	}
	if (str_starts_nocase(parts[1], STR("FortiProxy")))
		e->product = STR("fortiproxy");
}

struct pairs_result cef_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e)
{
	struct pairs_result r = {.result = DECODE_MATCH};
	struct str parts[HEADER_PARTS], rest = line;
	uint32_t first = e->field_count;
	size_t count = 0;
	pairs_take_header(&rest);	/* "CEF:0" */
	while (count < HEADER_PARTS && rest.p)
		parts[count++] = pairs_take_header(&rest);
	if (count < HEADER_PARTS || !rest.p) {
		r.result = DECODE_PARTIAL;
		r.trouble = "a header that ends too early";
	}
	for (size_t i = count; i < HEADER_PARTS; i++)
		parts[i] = STR("");
	bool fortinet = str_eq_nocase(parts[0], STR("Fortinet"));
	struct dict *d = fortinet ? &p->fortinet_cef : &p->plain;
	dict_begin(d, e->names);
	memset(p->seen, 0, sizeof p->seen);
	e->product = fortinet ? STR("fortigate") : pairs_product_of(parts[0]);
	e->service = e->category = STR_NONE;
	pairs_put_header(e, parts, fortinet ? 4 : HEADER_PARTS, &r);
	if (rest.p && !r.full)
		cef_extension(p, d, rest, e, &r);
	pairs_resolve_labels(p, e, first);
	if (fortinet)
		finish_fortinet(p, parts, clock, e, &r);
	if (!fortinet || (!p->seen[PAIRS_EVENTTIME].n && !p->seen[PAIRS_DATE].n))
		set_time(p, clock, e);
	return r;
}
