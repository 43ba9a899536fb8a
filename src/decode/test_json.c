/* JSON: tests/cases/decode/json.case, limits, the naive parser on real data, counts of the shared archives. */
#include "decode/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "event/cases.h"
#include "decode/json_naive.h"
#include "decode/json_time.h"
#include "event/value.h"

#define CASES "tests/cases/decode/json.case"

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct buf *out;		/* where events and skips go; NULL: they are only counted */
	void (*look)(struct fixture *x, struct event *e);
	uint64_t last_record;
	void *looker;
};

/* Text that is not UTF-8 with all bytes beyond ASCII as \xNN, so that the case file is UTF-8. */
static void write_escaped(struct buf *out, struct str text)
{
	if (utf8_is_valid(text)) {
		case_escape(text, out);
		return;
	}
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] & 0x80)
			buf_printf(out, "\\x%02x", (unsigned char)text.p[i]);
		else
			case_escape((struct str){text.p + i, 1}, out);
	}
}

static void write_text(struct buf *out, const char *name, struct str value)
{
	if (value.p) {
		buf_printf(out, "%s=", name);
		write_escaped(out, value);
		buf_byte(out, '\n');
	}
}

static void write_event(const struct event *e, struct buf *out)
{
	buf_printf(out, "%s %llu\n", e->flags & EVENT_PARTIAL ? "partial" : "match", (unsigned long long)e->record);
	if (e->time != TICKS_NONE) {
		buf_text(out, "time=");
		buf_time(out, e->time);
		if (e->offset_min != CLOCK_NO_OFFSET)
			buf_printf(out, " %+d", e->offset_min);
		buf_byte(out, '\n');
	}
	write_text(out, "product", e->product);
	write_text(out, "service", e->service);
	write_text(out, "category", e->category);
	write_text(out, "channel", e->channel);
	write_text(out, "provider", e->provider);
	if (e->event_id != EVENT_NO_ID)
		buf_printf(out, "event_id=%lld\n", (long long)e->event_id);
	write_text(out, "raw", e->raw);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		buf_byte(out, f->space == FIELD_SYSTEM ? '@' : '.');
		case_escape(names_text(e->names, f->name), out);
		if (f->kind == VALUE_NULL)
			buf_text(out, " is null\n");
		else
			write_text(out, f->kind == VALUE_TEXT ? "" : ":", value_text(f, e->arena));
	}
}

static void emit(void *user, struct event *e)
{
	struct fixture *x = user;

	if (x->out)
		write_event(e, x->out);
	if (x->look)
		x->look(x, e);
	x->last_record = e->record;
}

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct fixture *x = user;

	if (x->out)
		buf_printf(x->out, "skip %llu %s%s%s\n", (unsigned long long)place, decode_cause_name(cause),
			   detail ? " " : "", detail ? detail : "");
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->options = (struct decode_options){.reference = 0};
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = emit, .skip = on_skip, .user = x, .first_record = 1};
	x->ctx.state = json_format.state_new();
}

static void teardown(struct fixture *x)
{
	json_format.state_free(x->ctx.state);
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
}

/* ---- cases ---- */

static bool case_objects;

static void case_set(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	int64_t zone = 0;

	if (str_eq(name, STR("unit")))
		case_objects = str_eq(value, STR("objects"));
	else if (str_eq(name, STR("zone")) && !str_to_i64(value, &zone))
		x->options.zone_min = (int)zone;
	else
		fail_msg("%s: unknown setting %.*s", CASES, STR_ARGS(name));
}

static void case_decode(void *user, struct str input, struct buf *out)
{
	struct fixture *x = user;

	x->out = out;
	(case_objects ? &json_objects_format : &json_format)->decode(&x->ctx, input);
	x->out = NULL;
	if (!out->n)
		buf_text(out, "nothing\n");
}

static void run_cases(const char *path, unsigned at_least)
{
	struct fixture x;
	struct arena *a = arena_new(0);
	struct str text;
	struct case_run r = {.path = path, .decode = case_decode, .set = case_set, .user = &x};

	setup(&x);
	case_objects = false;
	assert_int_equal(io_read_file(path, 1 << 20, a, &text), 0);
	case_file(&r, text);
	assert_int_equal(r.failures, 0);
	assert_true(r.cases >= at_least);
	teardown(&x);
	arena_free(a);
}

static void test_cases(void **state)
{
	(void)state;
	run_cases(CASES, 40);
}

static void test_kinds(void **state)
{
	(void)state;
	run_cases("tests/cases/decode/kinds.case", 30);
}

/* ---- limits ---- */

static void repeat(struct buf *b, const char *text, unsigned times)
{
	while (times--)
		buf_text(b, text);
}

struct made {
	const char *row;
	const char *head, *unit, *tail;
	unsigned times;
	enum naive_result result;
};

static const struct made made[] = {
	{"depth 64", "", "{\"a\":", "1", 64, NAIVE_OK},
	{"depth 65", "", "{\"a\":", "1", 65, NAIVE_LIMIT},
	{"arrays, depth 64", "{\"a\":", "[", "1", 63, NAIVE_OK},
	{"arrays, depth 65", "{\"a\":", "[", "1", 64, NAIVE_LIMIT},
	{"arrays, far too deep", "{\"a\":", "[", "1", 100000, NAIVE_LIMIT},
	{"values, most", "{\"a\":[0", ",1", "]}", 65535, NAIVE_OK},
	{"values, too many", "{\"a\":[0", ",1", "]}", 65536, NAIVE_LIMIT},
	{"members, most", "{\"a\":{}", ",\"b\":{}", "}", 65535, NAIVE_OK},
	{"members, too many", "{\"a\":{}", ",\"b\":{}", "}", 65536, NAIVE_LIMIT},
	{"names, flat", "{\"a\":0", ",\"b\":1", "}", 60000, NAIVE_OK},
};

static void make(const struct made *m, struct buf *b)
{
	bool closes = strcmp(m->tail, "1") == 0;

	buf_clear(b);
	buf_text(b, m->head);
	repeat(b, m->unit, m->times);
	buf_text(b, m->tail);
	if (closes)
		repeat(b, m->unit[0] == '[' ? "]" : "}", m->times);
	if (closes && m->head[0])
		buf_text(b, "}");
}

static void test_limits(void **state)
{
	struct naive_bench b;
	struct buf text = {0};

	(void)state;
	naive_bench_init(&b);
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		enum naive_result result;
		const char *differs;

		make(&made[i], &text);
		differs = naive_compare(&b, buf_get(&text), true, &result);
		if (differs)
			fail_msg("%s: not as the naive parser: %s", made[i].row, differs);
		if (result != made[i].result)
			fail_msg("%s: result %d", made[i].row, result);
	}
	naive_bench_free(&b);
	buf_free(&text);
}

/* A long name over many short ones: their flattened names would be a thousand times the input. */
static void test_limit_names(void **state)
{
	struct fixture x;
	struct buf text = {0};

	(void)state;
	setup(&x);
	buf_text(&text, "{\"");
	repeat(&text, "0123456789", 1000);
	buf_text(&text, "\":{\"\":0");
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, ",\"%d\":0", i);
	buf_text(&text, "}}");
	json_format.decode(&x.ctx, buf_get(&text));
	assert_int_equal(x.stats.count[DECODE_JSON_LIMIT], 1);
	assert_int_equal(x.stats.events, 1);
	teardown(&x);
	buf_free(&text);
}

/* Ever new names must not grow the decoder for ever: its table is dropped between objects. */
static void test_new_names(void **state)
{
	struct fixture x;
	struct json_state *s;
	struct buf text = {0};

	(void)state;
	setup(&x);
	s = x.ctx.state;
	for (int i = 0; i < 60; i++) {
		buf_clear(&text);
		for (int k = 0; k < 1000; k++)
			buf_printf(&text, "{\"name%d\":{\"x\":1}}\n", i * 1000 + k);
		names_begin_batch(x.ctx.names);
		arena_reset(x.ctx.arena);
		json_format.decode(&x.ctx, buf_get(&text));
		assert_true(s->entries.n <= JSON_ENTRIES_KEEP + 4096);
	}
	assert_int_equal(x.stats.events, 60000);
	teardown(&x);
	buf_free(&text);
}

/* ---- the splitter ---- */

/* One value over DECODE_LINE_MAX between two others. */
static void test_split_long(void **state)
{
	struct json_splitter s = {0};
	struct buf text = {0};
	uint64_t normal = 0, too_long = 0, records[4] = {0};
	size_t taken = 0, n, held = 0, kept = 0;

	(void)state;
	buf_text(&text, "{\"a\":1}\n{\"b\":\"");
	repeat(&text, "0123456789abcdef", DECODE_LINE_MAX / 16);
	buf_text(&text, "\"}\n{\"c\":2}\n");
	while (taken < text.n) {
		held = held + 1000000 < text.n ? held + 1000000 : text.n;
		while ((n = json_split(&s, (struct str){text.p + taken, held - taken}, held == text.n))) {
			too_long += s.too_long ? n : 0;
			normal += s.too_long ? 0 : n;
			records[kept < 4 ? kept : 3] = s.first_record;
			kept++;
			taken += n;
		}
	}
	assert_int_equal(too_long, DECODE_LINE_MAX + 8);
	assert_int_equal(normal, text.n - too_long);
	assert_int_equal(records[0], 1);
	assert_int_equal(records[1], 2);
	assert_int_equal(records[3], 3);
	buf_free(&text);
}

/* ---- times ---- */

static const struct {
	const char *value;
	enum value_kind kind;
	const char *time;	/* "" : none */
	int offset;
} times[] = {
	{"2024-01-02T03:04:05.678Z", VALUE_TEXT, "2024-01-02T03:04:05.678Z", 0},
	{"2024-01-02T03:04:05.678+0700", VALUE_TEXT, "2024-01-01T20:04:05.678Z", 420},
	{"2024-01-02 03:04:05", VALUE_TEXT, "2024-01-02T03:04:05Z", CLOCK_NO_OFFSET},
	{"2024-01-02 03:04:05 ", VALUE_TEXT, "2024-01-02T03:04:05Z", CLOCK_NO_OFFSET},
	{"2024-01-02 03:04:05 x", VALUE_TEXT, "", 0},
	{"/Date(1603019765123)/", VALUE_TEXT, "2020-10-18T11:16:05.123Z", 0},
	{"1603019765", VALUE_NUMBER, "2020-10-18T11:16:05Z", 0},
	{"1603019765.5", VALUE_NUMBER, "2020-10-18T11:16:05.500Z", 0},
	{"1603019765.1234567891", VALUE_TEXT, "2020-10-18T11:16:05.1234567Z", 0},
	{"1603019765123", VALUE_NUMBER, "2020-10-18T11:16:05.123Z", 0},
	{"1603019765123456", VALUE_NUMBER, "2020-10-18T11:16:05.123456Z", 0},
	{"1603019765123456789", VALUE_NUMBER, "2020-10-18T11:16:05.1234567Z", 0},
	{"12", VALUE_NUMBER, "", 0},
	{"-1603019765", VALUE_NUMBER, "", 0},
	{"1.6e9", VALUE_NUMBER, "", 0},
	{"18446744073709551615", VALUE_NUMBER, "2554-07-21T23:34:33.7095516Z", 0},
	{"18446744073709551616", VALUE_NUMBER, "", 0},
	{"", VALUE_TEXT, "", 0},
	{"true", VALUE_TRUE, "", 0},
};

static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct field f = {.data = times[i].value, .size = (uint32_t)strlen(times[i].value),
			.kind = (uint8_t)times[i].kind};
		int64_t ticks = 0;
		int offset = 0;
		struct buf text = {0};

		if (json_time(&f, NULL, false, &ticks, &offset))
			buf_time(&text, ticks);
		if (!str_eq(buf_get(&text), str_c(times[i].time)) || (text.n && offset != times[i].offset))
			fail_msg("%s: %.*s %d", times[i].value, STR_ARGS(buf_get(&text)), offset);
		buf_free(&text);
	}
}

/* ---- shared data ---- */

static const char *shared(void)
{
	const char *top = getenv("TRUC_SHARED");
	static char path[512];

	if (!top)
		top = "../shared";
	snprintf(path, sizeof path, "%s/data", top);
	return path;
}

/* Inflates a whole stream: bits as for inflateInit2. */
static void inflate_all(struct str in, int bits, struct buf *out)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};
	int err;

	assert_int_equal(inflateInit2(&z, bits), Z_OK);
	do {
		buf_reserve(out, 1 << 20);
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = 1 << 20;
		err = inflate(&z, Z_NO_FLUSH);
		out->n += (1 << 20) - z.avail_out;
	} while (err == Z_OK);
	assert_int_equal(err, Z_STREAM_END);
	inflateEnd(&z);
}

static uint32_t little(const char *p, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | (uint8_t)p[n];
	return v;
}

static bool is_member(struct str path, struct str member)
{
	return str_ends(path, member) && str_find(path, STR("__MACOSX")) < 0;
}

/* Walks the central directory, which gives the sizes that local headers may leave out. */
static bool read_zip(struct str zip, struct str member, struct buf *out)
{
	struct str end = zip, at;

	while (end.n > 22 && !str_starts((struct str){end.p + end.n - 22, 22}, STR("PK\5\6")))
		end.n--;
	at = str_skip(zip, little(end.p + end.n - 22 + 16, 4));
	while (at.n > 46 && str_starts(at, STR("PK\1\2"))) {
		struct str name = {at.p + 46, little(at.p + 28, 2)};

		if (is_member(name, member)) {
			const char *local = zip.p + little(at.p + 42, 4);
			struct str data = {local + 30 + little(local + 26, 2) + little(local + 28, 2),
				little(at.p + 20, 4)};

			if (little(at.p + 10, 2))
				inflate_all(data, -15, out);
			else
				buf_str(out, data);
			return true;
		}
		at = str_skip(at, 46 + name.n + little(at.p + 30, 2) + little(at.p + 32, 2));
	}
	return false;
}

static bool read_tar(struct str gz, struct str member, struct buf *out)
{
	struct buf tar = {0};
	struct str at;
	bool found = false;

	inflate_all(gz, 31, &tar);
	at = buf_get(&tar);
	while (!found && at.n > 512 && at.p[0]) {
		size_t size = strtoul(at.p + 124, NULL, 8);

		found = is_member(str_c(at.p), member) && at.p[156] != 'x';
		if (found)
			buf_str(out, str_head(str_skip(at, 512), size));
		at = str_skip(at, 512 + (size + 511) / 512 * 512);
	}
	buf_free(&tar);
	return found;
}

static bool read_member(const char *path, struct str member, struct buf *out)
{
	struct arena *a = arena_new(0);
	struct str file;
	bool found;

	assert_int_equal(io_read_file(path, 64 << 20, a, &file), 0);
	found = str_starts(file, STR("PK")) ? read_zip(file, member, out) : read_tar(file, member, out);
	arena_free(a);
	return found;
}

static void decode_blocks(struct fixture *x, struct str text, size_t block)
{
	x->ctx.first_record = 1;
	x->ctx.offset = 0;
	while (text.n) {
		struct str b = str_head(text, block);
		const char *lf = b.n == text.n ? NULL : memrchr(b.p, '\n', b.n);

		if (lf)
			b.n = (size_t)(lf - b.p) + 1;
		names_begin_batch(x->ctx.names);
		arena_reset(x->ctx.arena);
		json_format.decode(&x->ctx, b);
		x->ctx.first_record = x->last_record + 1;
		x->ctx.offset += b.n;
		text = str_skip(text, b.n);
	}
}

static void look_at_windows(struct fixture *x, struct event *e)
{
	uint64_t *bad = x->looker;

	*bad += !str_eq(e->product, STR("windows")) || !e->channel.n || e->event_id < 0 || e->time == TICKS_NONE ||
		!event_host(e).n;
}

static void compare_lines(struct str text)
{
	struct naive_bench b;

	naive_bench_init(&b);
	while (text.n) {
		struct str line = str_trim(str_cut(&text, '\n'));
		enum naive_result result;
		const char *differs = line.n ? naive_compare(&b, line, true, &result) : NULL;

		if (differs)
			fail_msg("%s differ: %.*s", differs, STR_ARGS(str_head(line, 300)));
	}
	naive_bench_free(&b);
}

static void check_archive(struct str archive, struct str member, uint64_t want)
{
	char path[1024];
	struct buf text = {0};
	struct fixture x;
	uint64_t bad = 0;

	snprintf(path, sizeof path, "%s/json/otrf/%.*s", shared(), STR_ARGS(archive));
	if (!read_member(path, member, &text))
		fail_msg("%s: no %.*s in it", path, STR_ARGS(member));
	setup(&x);
	x.look = look_at_windows;
	x.looker = &bad;
	decode_blocks(&x, buf_get(&text), 1 << 20);
	if (x.stats.events != want || x.stats.count[DECODE_JSON_SYNTAX] || x.last_record != want)
		fail_msg("%.*s: %llu events, %llu wanted", STR_ARGS(member), (unsigned long long)x.stats.events,
			 (unsigned long long)want);
	if (bad)
		fail_msg("%.*s: %llu events lack product, channel, id, time or host", STR_ARGS(member),
			 (unsigned long long)bad);
	compare_lines(str_head(buf_get(&text), 400000));
	assert_ptr_equal(decode_sniff(str_head(buf_get(&text), 65536)), &json_format);
	teardown(&x);
	buf_free(&text);
}

#define SMALL_BYTES 2000000	/* archives whose member is smaller are always run */

/* Every line of datasets.tsv that is JSON and small; all of them where TRUC_ALL is set. */
static void test_archives(void **state)
{
	struct arena *a = arena_new(0);
	struct str text;
	char path[600];
	bool all = getenv("TRUC_ALL");
	unsigned run = 0, left = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/json/otrf/datasets.tsv", shared());
	if (io_read_file(path, 1 << 20, a, &text)) {
		arena_free(a);
		print_message("no %s\n", path);
		skip();
	}
	str_cut(&text, '\n');
	while (text.n) {
		struct str row = str_cut(&text, '\n'), archive = str_cut(&row, '\t'), member = str_cut(&row, '\t');
		uint64_t bytes, lines;

		assert_int_equal(str_to_u64(str_cut(&row, '\t'), &bytes), 0);
		assert_int_equal(str_to_u64(str_cut(&row, '\t'), &lines), 0);
		if (!str_ends(member, STR(".json")))
			continue;
		left += !all && bytes > SMALL_BYTES;
		if (!all && bytes > SMALL_BYTES)
			continue;
		check_archive(archive, member, lines);
		run++;
	}
	print_message("%u archives; %u larger ones are run with TRUC_ALL=1\n", run, left);
	assert_true(run >= 10);
	arena_free(a);
}

/* ---- cases of Windows events by another parser's makers ---- */

/* A text field of the case file by its flattened name. */
static struct str case_text(const struct event *e, const char *name)
{
	for (uint32_t i = 0; i < e->field_count; i++)
		if (str_eq(names_text(e->names, e->fields[i].name), str_c(name)))
			return value_text(&e->fields[i], e->arena);
	return STR_NONE;
}

/* Copied, with its field table, so that it outlives the emit. */
static void keep_event(struct fixture *x, struct event *e)
{
	struct event *kept = x->looker;
	struct field *fields = ARENA_ARRAY(e->arena, struct field, e->field_count + 1);

	memcpy(fields, e->fields, e->field_count * sizeof *fields);
	*kept = *e;
	kept->fields = fields;
}

static unsigned compare_text(const char *path, const char *what, struct str got, struct str want)
{
	if (!want.p || str_eq_nocase(got, want))
		return 0;
	print_message("%s: %s: got '%.*s', want '%.*s'\n", strrchr(path, '/') + 1, what, STR_ARGS(str_head(got, 100)),
		      STR_ARGS(str_head(want, 100)));
	return 1;
}

static struct str text_of(const struct event *e, struct str name)
{
	const struct field *f = event_find(e, name);

	return f ? value_text(f, e->arena) : STR_NONE;
}

/* The value of that name that is `want`, else the first. */
static struct str best_text(const struct event *e, struct str name, struct str want)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		struct str text = value_text(&e->fields[i], e->arena);

		if (str_eq_nocase(names_text(e->names, e->fields[i].name), name) && str_eq_nocase(text, want))
			return text;
	}
	return text_of(e, name);
}

/* Their names for what has EVTX's here. STR_NONE: not compared. */
static struct str property_name(struct str name)
{
	static const char *const pairs[][2] = {
		{"SourceName", "Provider_Name"}, {"ProviderGuid", "Provider_Guid"}, 
		{"Keywords", NULL},		/* hexadecimal here */
		{"Opcode", NULL}, {"OpcodeValue", NULL},	/* NXLog's word stands before the number */
		{"Product", NULL},		/* theirs is the file's version */
		{"BytesTotal", NULL},		/* theirs is cut to 63 bits */
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (str_eq_nocase(name, str_c(pairs[i][0])))
			return str_c(pairs[i][1]);
	return name;
}

#define PROPERTY "expected.action.properties."

/* Is it a member of the message? Other properties were read out of the message's prose. */
static bool is_member_name(const struct event *want, struct str name)
{
	char quoted[128];

	snprintf(quoted, sizeof quoted, "\"%.*s\"", STR_ARGS(name));
	return str_find(case_text(want, "input.message"), str_c(quoted)) >= 0;
}

static unsigned compare_event(const char *path, const struct event *want, const struct event *got, unsigned *checked)
{
	unsigned bad = 0;
	char id[24];

	snprintf(id, sizeof id, "%lld", (long long)got->event_id);
	bad += compare_text(path, "event id", str_c(id), case_text(want, "expected.event.code"));
	bad += compare_text(path, "channel", got->channel, case_text(want, "expected.action.type"));
	bad += compare_text(path, "provider", got->provider, case_text(want, "expected.event.provider"));
	bad += compare_text(path, "record", text_of(got, STR("EventRecordID")),
			    case_text(want, "expected.action.record_id"));
	bad += compare_text(path, "host", text_of(got, STR("Computer")), case_text(want, "expected.winlog.computer_name"));
	for (uint32_t i = 0; i < want->field_count; i++) {
		struct str name = names_text(want->names, want->fields[i].name), value;

		if (!str_starts(name, STR(PROPERTY)) || !is_member_name(want, str_skip(name, strlen(PROPERTY))))
			continue;
		name = property_name(str_skip(name, strlen(PROPERTY)));
		if (!name.p)
			continue;
		++*checked;
		value = value_text(&want->fields[i], want->arena);
		bad += compare_text(path, name.p, best_text(got, name, value), value);
	}
	return bad;
}

struct windows_cases {
	unsigned files, bad, checked;
};

static int check_windows_case(void *user, const char *path)
{
	struct windows_cases *w = user;
	struct fixture x;
	struct event want = {0}, got = {0};
	struct str text, message;
	const struct decode_format *f;

	if (!str_ends(str_c(path), STR(".json")))
		return 0;
	setup(&x);
	x.look = keep_event;
	x.looker = &want;
	assert_int_equal(io_read_file(path, 4 << 20, x.ctx.arena, &text), 0);
	json_objects_format.decode(&x.ctx, text);
	message = case_text(&want, "input.message");
	f = decode_sniff(message);
	if (!message.p || !f || strcmp(f->name, "json"))
		fail_msg("%s: taken for %s", path, f ? f->name : "nothing");
	x.looker = &got;
	x.ctx.first_record = 1;
	f->decode(&x.ctx, message);
	/* One of them is about a broken message: it names no event. */
	if (case_text(&want, "expected.event.code").p != NULL && !str_eq(got.product, STR("windows")))
		fail_msg("%s: no Windows event", path);
	if (x.stats.events != 2)
		fail_msg("%s: %d events", path, (int)x.stats.events - 1);
	w->files++;
	w->bad += compare_event(path, &want, &got, &w->checked);
	teardown(&x);
	return 0;
}

static void test_windows_cases(void **state)
{
	struct windows_cases w = {0};
	const struct io_walk walk = {.visit = check_windows_case, .user = &w};
	char path[600];

	(void)state;
	snprintf(path, sizeof path, "%s/logs/windows-json", shared());
	if (io_walk(path, &walk) < 0) {
		print_message("no %s\n", path);
		skip();
	}
	assert_int_equal(w.files, 84);
	assert_true(w.checked > 500);
	assert_int_equal(w.bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limit_names),
		cmocka_unit_test(test_new_names),
		cmocka_unit_test(test_split_long),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_windows_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
