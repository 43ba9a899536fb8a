/*
 * The EVTX decoder against the shared test data: the records that the tables count, and the values that another parser
 * printed as JSON or XML. Skipped where the data is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "decode/evtx.h"
#include "decode/winxml.h"
#include "event/value.h"

#define FILE_MAX ((size_t)256 << 20)

static char shared[1024];

static int find_shared(void **state)
{
	static const char *const below[] = {"", "/data"};
	const char *top = getenv("TRUC_SHARED");
	(void)state;
	for (size_t i = 0; i < 2 && !*shared; i++) {
		char path[1200];
		snprintf(path, sizeof path, "%s%s/evtx/attack-samples/record-counts.tsv", top ? top : "../shared", below[i]);
		FILE *f = fopen(path, "r");
		if (f)
			snprintf(shared, sizeof shared, "%s%s", top ? top : "../shared", below[i]);
		if (f)
			fclose(f);
	}
	if (!*shared)
		printf("SKIP the shared test data is not there ($TRUC_SHARED, ../shared)\n");
	return 0;
}

/* ---- expected values --------------------------------------------------------------------------------------------------- */

/*
 * One value that the other parser printed: "S:EventID", "D:Image", "S:Provider_Name" and its text. Both parsers of text
 * below put a path of elements together and file() turns it into our name.
 */
struct want { struct str name, text; };

struct wants {
	struct arena *arena;
	VEC(struct want) list;
	struct str path[64];	/* elements, outermost first */
	size_t depth;
};

/* attribute: STR_NONE for the element's text. EventData's elements bear their field's name in JSON. */
static void file(struct wants *w, struct str attribute, struct str text)
{
	size_t top = w->depth && str_eq(w->path[0], STR("Event"));
	if (w->depth <= top || str_starts(attribute, STR("xmlns")))
		return;
	bool system = str_eq(w->path[top], STR("System"));
	struct str last = w->path[w->depth - 1];
	struct want *one = vec_add(&w->list);
	one->name = arena_printf(w->arena, "%s:%.*s%s%.*s", system ? "S" : "D", STR_ARGS(last), attribute.p ? "_" : "",
				 STR_ARGS(attribute));
	one->text = arena_str(w->arena, text);
}

static bool is_blank(struct str s)
{
	return str_trim(s).n == 0;
}

/* ---- JSON, of the shape that the other parser writes ------------------------------------------------------------------------- */

static void skip_space(struct str *s)
{
	while (s->n && ascii_is_space((unsigned char)*s->p))
		*s = str_skip(*s, 1);
}

static uint32_t hex4(const char *p)
{
	return (uint32_t)strtoul((char[5]){p[0], p[1], p[2], p[3], 0}, NULL, 16);
}

static struct str json_text(struct wants *w, struct str *s)
{
	char *out = arena_bytes(w->arena, s->n + 4);
	size_t n = 0;
	assert_true(s->n && *s->p == '"');
	for (*s = str_skip(*s, 1); s->n && *s->p != '"';) {
		if (*s->p != '\\') {
			out[n++] = *s->p;
			*s = str_skip(*s, 1);
			continue;
		}
		static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
		const char *at = memchr(from, s->p[1], 5);
		if (s->p[1] == 'u') {
			n += utf8_encode(hex4(s->p + 2), out + n);
			*s = str_skip(*s, 4);
		} else {
			out[n++] = at ? to[at - from] : s->p[1];
		}
		*s = str_skip(*s, 2);
	}
	*s = str_skip(*s, 1);
	return (struct str){out, n};
}

static void json_value(struct wants *w, struct str *s, struct str attribute);

/* "name_7" where an element came several times: the other parser numbers them. */
static struct str without_number(const struct wants *w, struct str key)
{
	size_t n = key.n;
	while (n && ascii_is_digit((unsigned char)key.p[n - 1]))
		n--;
	bool below_system = w->depth > 1 && str_eq(w->path[1], STR("System"));
	return n < key.n && n > 1 && key.p[n - 1] == '_' && !below_system ? str_head(key, n - 1) : key;
}

static void json_member(struct wants *w, struct str *s, bool attributes)
{
	struct str key = json_text(w, s), none = STR_NONE;
	skip_space(s);
	assert_true(s->n && *s->p == ':');
	*s = str_skip(*s, 1);
	size_t depth = w->depth;
	assert_true(depth + 1 < 64);
	if (attributes) {
		json_value(w, s, key);
		return;
	}
	if (str_ends(key, STR("_attributes")))
		w->path[w->depth++] = without_number(w, str_head(key, key.n - strlen("_attributes")));
	else if (!str_eq(key, STR("#attributes")) && !str_eq(key, STR("#text")))
		w->path[w->depth++] = without_number(w, key);
	skip_space(s);
	if (*s->p == '{' && str_ends(key, STR("attributes"))) {
		while (*s->p != '}') {
			*s = str_skip(*s, 1);
			skip_space(s);
			json_member(w, s, true);
			skip_space(s);
		}
		*s = str_skip(*s, 1);
	} else {
		json_value(w, s, none);
	}
	w->depth = depth;
}

static void json_object(struct wants *w, struct str *s)
{
	do {
		*s = str_skip(*s, 1);
		skip_space(s);
		if (*s->p != '}')
			json_member(w, s, false);
		skip_space(s);
	} while (*s->p == ',');
	*s = str_skip(*s, 1);
}

static void json_value(struct wants *w, struct str *s, struct str attribute)
{
	skip_space(s);
	if (*s->p == '{') {
		json_object(w, s);
	} else if (*s->p == '[') {
		do {
			*s = str_skip(*s, 1);
			json_value(w, s, attribute);
			skip_space(s);
		} while (*s->p == ',');
		*s = str_skip(*s, 1);
	} else if (*s->p == '"') {
		file(w, attribute, json_text(w, s));
	} else {
		size_t n = 0;
		while (n < s->n && !strchr(",]} \n\r\t", s->p[n]))
			n++;
		struct str word = str_head(*s, n);
		file(w, attribute, str_eq(word, STR("null")) ? STR("") : word);
		*s = str_skip(*s, n);
	}
}

/* ---- XML ----------------------------------------------------------------------------------------------------------------- */

static struct str xml_text(struct wants *w, struct str s)
{
	static const struct { struct str name; char c; } known[] = {
		{{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&amp;", 5}, '&'}, {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''},
	};
	char *out = arena_bytes(w->arena, s.n + 1);
	size_t n = 0;
	while (s.n) {
		size_t k = 0;
		while (k < 5 && !str_starts(s, known[k].name))
			k++;
		out[n++] = k < 5 ? known[k].c : *s.p;
		s = str_skip(s, k < 5 ? known[k].name.n : 1);
	}
	return (struct str){out, n};
}

/* Attributes of `tag` (behind its name); Data's Name becomes the element's name. */
static void xml_attributes(struct wants *w, struct str tag)
{
	while (tag.n) {
		struct str name = str_trim(str_cut(&tag, '='));
		str_cut(&tag, '"');
		struct str text = xml_text(w, str_cut(&tag, '"'));
		if (str_eq(name, STR("Name")) && str_eq(w->path[w->depth - 1], STR("Data")))
			w->path[w->depth - 1] = text;
		else
			file(w, name, text);
	}
}

static void xml_document(struct wants *w, struct str s)
{
	bool leaf = false;
	str_cut(&s, '>');	/* <?xml ...?> */
	while (s.n) {
		struct str text = str_cut(&s, '<'), tag = str_cut(&s, '>');
		if (leaf && str_starts(tag, STR("/")))
			file(w, STR_NONE, is_blank(text) ? STR("") : xml_text(w, text));
		leaf = tag.n && *tag.p != '/';
		if (leaf) {
			struct str rest = tag, name = str_cut(&rest, ' ');
			assert_true(w->depth < 64);
			w->path[w->depth++] = name;
			xml_attributes(w, rest);
		} else if (tag.n) {
			assert_true(w->depth > 0);
			w->depth--;
		}
	}
}

/* ---- comparing ------------------------------------------------------------------------------------------------------------- */

static struct str without_end_space(struct str s)
{
	while (s.n && ascii_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/*
 * The ways in which the other parser prints otherwise, and no more: GUIDs without braces, SystemTime of a FILETIME to
 * microseconds, white space at the end of a text left out.
 */
static bool same_value(const struct field *f, struct str got, struct str want)
{
	if (f->kind == VALUE_GUID)
		return str_eq(str_head(str_skip(got, 1), got.n - 2), want) || str_eq(got, want);
	if (f->kind == VALUE_FILETIME)
		return want.n >= 20 && str_eq(str_head(got, 26), str_head(want, 26));
	return str_eq(without_end_space(got), without_end_space(want));
}

/* One document was edited by hand: its EVTX file has this in the field. */
static bool edited(const char *path, struct str name, struct str got)
{
	return strstr(path, "ad691d92-15f2-4181-9aa4-723c74f9ddc3") && str_eq(name, STR("D:ParentCommandLine")) &&
		str_eq(got, STR("C:\\Windows\\Explorer.EXE"));
}

static struct str field_name(const struct event *e, const struct field *f)
{
	return arena_printf(e->arena, "%s:%.*s", f->space == FIELD_SYSTEM ? "S" : "D", STR_ARGS(names_text(e->names, f->name)));
}

/* EventData's own Name is printed as if it were a field of that name. */
static bool same_name(struct str got, struct str want)
{
	return str_eq(got, want) || (str_eq(want, STR("D:Name")) && str_eq(got, STR("D:EventData_Name")));
}

/* Each value that was printed stands in the event, and each of the event's was printed; values of one name in order.
 * What has no text may be missing on either side: an empty element is null there. Returns how many were compared. */
static unsigned compare(const struct event *e, const struct wants *w, const char *row)
{
	unsigned compared = 0;
	uint8_t *used = ARENA_ARRAY(e->arena, uint8_t, w->list.n + 1);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str name = field_name(e, f), text = value_text(f, e->arena);
		size_t k = 0;
		while (k < w->list.n && (used[k] || !same_name(name, w->list.at[k].name)))
			k++;
		if (k == w->list.n && text.n)
			fail_msg("%s: %.*s = \"%.*s\" was not printed", row, STR_ARGS(name), STR_ARGS(text));
		if (k == w->list.n)
			continue;
		if (!same_value(f, text, w->list.at[k].text) && !edited(row, name, text))
			fail_msg("%s: %.*s is \"%.*s\", printed \"%.*s\"", row, STR_ARGS(name), STR_ARGS(text),
				 STR_ARGS(w->list.at[k].text));
		used[k] = 1;
		compared++;
	}
	for (size_t k = 0; k < w->list.n; k++)
		if (!used[k] && w->list.at[k].text.n)
			fail_msg("%s: no %.*s = \"%.*s\"", row, STR_ARGS(w->list.at[k].name), STR_ARGS(w->list.at[k].text));
	return compared;
}

/* ---- decoding files ---------------------------------------------------------------------------------------------------------- */

struct reader {
	struct decode_ctx c;
	struct decode_stats stats;
	struct arena *file_arena;
	void (*each)(struct reader *r, struct event *e);
	const char *path;
	/* for the comparisons */
	struct wants *wants;
	struct str record, time, computer;
	unsigned matched, compared;
};

static void on_event(void *user, struct event *e)
{
	struct reader *r = user;
	if (r->each)
		r->each(r, e);
}

static void reader_open(struct reader *r)
{
	memset(r, 0, sizeof *r);
	r->c = (struct decode_ctx){.arena = arena_new(1 << 20), .names = names_new(NULL), .stats = &r->stats, .emit = on_event,
				   .user = r, .state = evtx_format.state_new()};
	r->file_arena = arena_new(1 << 20);
}

static void reader_close(struct reader *r)
{
	evtx_format.state_free(r->c.state);
	names_free(r->c.names);
	arena_free(r->c.arena);
	arena_free(r->file_arena);
}

static void read_evtx(struct reader *r, const char *path)
{
	struct str s;
	arena_reset(r->file_arena);
	r->path = path;
	r->stats = (struct decode_stats){0};
	if (io_read_file(path, FILE_MAX, r->file_arena, &s) < 0)
		fail_msg("cannot read %s", path);
	evtx_check_header(&r->c, str_head(s, EVTX_FILE_HEADER));
	for (s = str_skip(s, EVTX_FILE_HEADER); s.n; s = str_skip(s, EVTX_CHUNK)) {
		names_begin_batch(r->c.names);
		arena_reset(r->c.arena);
		evtx_format.decode(&r->c, str_head(s, EVTX_CHUNK));
	}
}

static struct str read_text(struct arena *a, const char *format, const char *name)
{
	char path[2048];
	struct str s;
	int n = snprintf(path, sizeof path, "%s/%s/%s", shared, format, name);
	assert_true(n > 0 && (size_t)n < sizeof path);
	if (io_read_file(path, FILE_MAX, a, &s) < 0)
		fail_msg("cannot read %s", path);
	return s;
}

/* ---- the tables ------------------------------------------------------------------------------------------------------------- */

/* Where damage hides records from the plain walk that made the table, scanning on finds more of them. */
static unsigned recovered(struct str file)
{
	return str_ends(file, STR("sample-with-zero-data-size-event.evtx")) ? 114 :
		str_ends(file, STR("sample_with_a_bad_chunk_magic.evtx")) ? 28 : 0;
}

static void check_row(struct reader *r, const char *folder, struct str line)
{
	struct str column[11];
	for (size_t i = 0; i < 11; i++)
		column[i] = str_cut(&line, '\t');
	char path[2048];
	snprintf(path, sizeof path, "%s/%s/%.*s", shared, folder, STR_ARGS(column[0]));
	read_evtx(r, path);
	uint64_t live, bad_head, bad_data;
	assert_int_equal(str_to_u64(column[4], &live), 0);
	assert_int_equal(str_to_u64(column[6], &bad_head), 0);
	assert_int_equal(str_to_u64(column[7], &bad_data), 0);
	const uint64_t *count = r->stats.count;
	if (r->stats.events != live + recovered(column[0]) || count[DECODE_EVTX_CHUNK_HEADER_CRC] != bad_head ||
	    count[DECODE_EVTX_CHUNK_DATA_CRC] != bad_data || (!bad_data && count[DECODE_EVTX_RECORD_FRAME]) ||
	    count[DECODE_EVTX_RECORD_BODY] || count[DECODE_FIELDS_LIMIT])
		fail_msg("%s: %u records, table %u; sums %u %u, table %u %u; %u frames and %u bodies bad", path,
			 (unsigned)r->stats.events, (unsigned)live, (unsigned)count[DECODE_EVTX_CHUNK_HEADER_CRC],
			 (unsigned)count[DECODE_EVTX_CHUNK_DATA_CRC], (unsigned)bad_head, (unsigned)bad_data,
			 (unsigned)count[DECODE_EVTX_RECORD_FRAME], (unsigned)count[DECODE_EVTX_RECORD_BODY]);
}

static void test_counts(void **state)
{
	static const struct { const char *table, *folder; unsigned rows; } tables[] = {
		{"evtx/attack-samples", "evtx/attack-samples", 275},
		{"evtx/parser-samples", "evtx/parser-samples/files", 19},
		{"sigma/regression", "sigma/regression", 134},
	};
	(void)state;
	if (!*shared)
		skip();
	struct reader r;
	struct arena *a = arena_new(0);
	reader_open(&r);
	for (size_t i = 0; i < 3; i++) {
		struct str text = read_text(a, tables[i].table, "record-counts.tsv"), line;
		unsigned rows = 0;
		str_cut(&text, '\n');
		for (; (line = str_cut(&text, '\n')).n; rows++)
			check_row(&r, tables[i].folder, line);
		assert_int_equal(rows, tables[i].rows);
	}
	arena_free(a);
	reader_close(&r);
}

/* ---- printed records ---------------------------------------------------------------------------------------------------------- */

static struct str wanted(const struct wants *w, const char *name)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (str_eq(w->list.at[i].name, str_c(name)))
			return w->list.at[i].text;
	return STR("");
}

static bool field_is(const struct event *e, const char *name, struct str text, size_t most)
{
	const struct field *f = event_find(e, str_c(name));
	return f && str_eq(str_head(value_text(f, e->arena), most), str_head(text, most));
}

/* The record that was printed, found by its number, its second and its computer. */
static void match_printed(struct reader *r, struct event *e)
{
	if (!field_is(e, "EventRecordID", r->record, 32) || !field_is(e, "TimeCreated_SystemTime", r->time, 19) ||
	    !field_is(e, "Computer", r->computer, 256))
		return;
	r->matched++;
	r->compared += compare(e, r->wants, r->path);
}

static void look_for(struct reader *r, struct wants *w)
{
	r->wants = w;
	r->record = wanted(w, "S:EventRecordID");
	r->time = wanted(w, "S:TimeCreated_SystemTime");
	r->computer = wanted(w, "S:Computer");
	r->each = match_printed;
	r->matched = 0;
}

static void wants_reset(struct wants *w)
{
	vec_clear(&w->list);
	w->depth = 0;
	arena_reset(w->arena);
}

struct files {
	struct arena *arena;
	VEC(const char *) list;
};

static int collect(void *user, const char *path)
{
	struct files *files = user;
	if (str_ends(str_c(path), STR(".evtx")) || str_ends(str_c(path), STR(".snap")) || str_ends(str_c(path), STR(".json")))
		*vec_add(&files->list) = arena_str(files->arena, str_c(path)).p;
	return 0;
}

static void files_open(struct files *f, const char *folder)
{
	char path[2048];
	memset(f, 0, sizeof *f);
	f->arena = arena_new(0);
	snprintf(path, sizeof path, "%s/%s", shared, folder);
	struct io_walk walk = {.visit = collect, .user = f};
	assert_int_equal(io_walk(path, &walk), 0);
}

static void files_close(struct files *f)
{
	vec_free(&f->list);
	arena_free(f->arena);
}

/* The text of a .snap behind its YAML head. */
static struct str snap_body(struct str s)
{
	for (int i = 0; i < 2; i++) {
		ptrdiff_t at = str_find(s, STR("---\n"));
		assert_true(at >= 0);
		s = str_skip(s, (size_t)at + 4);
	}
	return str_trim(s);
}

static void compare_printed(void *user, struct event *e)
{
	struct reader *r = user;
	r->matched++;
	assert_true(compare(e, r->wants, r->path) > 10);
	assert_false(e->flags & EVENT_PARTIAL);
}

/* What another parser printed of a record, read by our decoder of XML: the values that the record has. */
static void check_winxml(struct wants *w, struct str xml, const char *path)
{
	struct reader r = {.wants = w, .path = path};
	struct decode_stats stats = {0};
	struct decode_ctx c = {.arena = arena_new(0), .names = names_new(NULL), .stats = &stats, .emit = compare_printed, .user = &r,
			       .state = winxml_format.state_new()};
	winxml_format.decode(&c, xml);
	if (r.matched != 1 || stats.count[DECODE_XML_SYNTAX])
		fail_msg("%s: %u events, %u faults", path, (unsigned)r.matched, (unsigned)stats.count[DECODE_XML_SYNTAX]);
	winxml_format.state_free(c.state);
	names_free(c.names);
	arena_free(c.arena);
}

static void test_snapshots(void **state)
{
	(void)state;
	if (!*shared)
		skip();
	struct files snaps, samples;
	struct reader r;
	struct wants w = {.arena = arena_new(0)};
	struct arena *a = arena_new(0);
	unsigned found = 0;
	files_open(&snaps, "evtx/parser-samples/expected");
	files_open(&samples, "evtx/parser-samples/files");
	reader_open(&r);
	for (size_t i = 0; i < snaps.list.n; i++) {
		struct str s;
		wants_reset(&w);
		assert_int_equal(io_read_file(snaps.list.at[i], FILE_MAX, a, &s), 0);
		s = snap_body(s);
		if (*s.p == '{')
			json_value(&w, &s, STR_NONE);
		else
			xml_document(&w, s);
		if (*s.p == '<')
			check_winxml(&w, s, snaps.list.at[i]);
		assert_true(w.list.n > 10);
		look_for(&r, &w);
		for (size_t k = 0; k < samples.list.n; k++)
			read_evtx(&r, samples.list.at[k]);
		/* Of these three the sample is not among the shared files. */
		bool absent = str_ends(str_c(snaps.list.at[i]), STR("_sample_with_event_data.snap")) ||
			str_ends(str_c(snaps.list.at[i]), STR("_with_separate_json_attributes.snap"));
		if (!r.matched != absent)
			fail_msg("%s: its record is in %s sample", snaps.list.at[i], absent ? "a" : "no");
		found += r.matched > 0;
	}
	assert_int_equal(snaps.list.n, 18);
	assert_int_equal(found, 15);
	printf("%u snapshots, %u values\n", found, r.compared);
	files_close(&snaps);
	files_close(&samples);
	vec_free(&w.list);
	arena_free(w.arena);
	arena_free(a);
	reader_close(&r);
}

static void compare_documents(struct reader *r, struct wants *w, struct str s, const char *path)
{
	char evtx[2048];
	snprintf(evtx, sizeof evtx, "%.*s.evtx", (int)strlen(path) - 5, path);
	for (skip_space(&s); s.n; skip_space(&s)) {
		wants_reset(w);
		json_value(w, &s, STR_NONE);
		look_for(r, w);
		read_evtx(r, evtx);
		if (!r->matched)
			fail_msg("%s: record %.*s is not in the EVTX file", path, STR_ARGS(r->record));
	}
}

static void test_regression(void **state)
{
	(void)state;
	if (!*shared)
		skip();
	struct files f;
	struct reader r;
	struct wants w = {.arena = arena_new(0)};
	struct arena *a = arena_new(0);
	unsigned documents = 0;
	files_open(&f, "sigma/regression/rules");
	reader_open(&r);
	for (size_t i = 0; i < f.list.n; i++) {
		struct str s;
		if (!str_ends(str_c(f.list.at[i]), STR(".json")))
			continue;
		assert_int_equal(io_read_file(f.list.at[i], FILE_MAX, a, &s), 0);
		if (str_starts(s, STR("\xef\xbb\xbf")))
			s = str_skip(s, 3);
		compare_documents(&r, &w, s, f.list.at[i]);
		documents++;
	}
	assert_int_equal(documents, 134);
	assert_true(r.compared > 134 * 20);
	printf("%u documents, %u values\n", documents, r.compared);
	files_close(&f);
	vec_free(&w.list);
	arena_free(w.arena);
	arena_free(a);
	reader_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts), cmocka_unit_test(test_snapshots), cmocka_unit_test(test_regression),
	};
	return cmocka_run_group_tests(tests, find_shared, NULL);
}
