/* auditd: tests/cases/decode/auditd.case, what ends an event, limits, cutting elsewhere, the shared logs. */
#include "decode/auditd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/audit_join.h"
#include "base/testing.h"
#include "event/cases.h"
#include "event/value.h"

#define CASES "tests/cases/decode/auditd.case"

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct buf out;
};

static void write_text(struct buf *out, const char *name, struct str value)
{
	if (!value.p)
		return;
	buf_printf(out, "%s=", name);
	case_escape(value, out);
	buf_byte(out, '\n');
}

static void write_event(const struct event *e, struct buf *out)
{
	buf_printf(out, "%s %llu\n", e->flags & EVENT_PARTIAL ? "partial" : "match", (unsigned long long)e->record);
	if (e->time != TICKS_NONE) {
		buf_text(out, "time=");
		buf_time(out, e->time);
		buf_byte(out, '\n');
	}
	write_text(out, "category", e->category);
	write_text(out, "raw", e->raw);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		buf_byte(out, f->space == FIELD_SYSTEM ? '@' : '.');
		case_escape(names_text(e->names, f->name), out);
		write_text(out, f->kind == VALUE_TEXT ? "" : ":", value_text(f, e->arena));
	}
}

static void emit(void *user, struct event *e)
{
	struct fixture *x = user;

	assert_true(str_eq(e->product, STR("linux")) && str_eq(e->service, STR("auditd")));
	write_event(e, &x->out);
}

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct fixture *x = user;

	buf_printf(&x->out, "skip %llu %s %s\n", (unsigned long long)place, decode_cause_name(cause), detail);
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = emit, .skip = on_skip, .user = x, .first_record = 1,
				     .state = auditd_format.state_new()};
}

static void teardown(struct fixture *x)
{
	auditd_format.state_free(x->ctx.state);
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
	buf_free(&x->out);
}

static uint64_t lines_of(struct str s)
{
	uint64_t n = 0;

	while (s.n) {
		str_cut(&s, '\n');
		n++;
	}
	return n;
}

/* Blocks as the hunt gives them: a copy that goes away, the arena empty, a new batch of names. */
static void decode_block(struct fixture *x, struct str block)
{
	char *copy = malloc(block.n + 1);

	assert_non_null(copy);
	memcpy(copy, block.p, block.n);
	arena_reset(x->ctx.arena);
	names_begin_batch(x->ctx.names);
	auditd_format.decode(&x->ctx, str_n(copy, block.n));
	x->ctx.offset += block.n;
	x->ctx.first_record += lines_of(block);
	free(copy);
}

static void finish(struct fixture *x)
{
	arena_reset(x->ctx.arena);
	names_begin_batch(x->ctx.names);
	auditd_format.finish(&x->ctx);
}

static void decode_case(void *user, struct str input, struct buf *out)
{
	struct fixture x;

	(void)user;
	setup(&x);
	decode_block(&x, input);
	finish(&x);
	buf_str(out, buf_get(&x.out));
	teardown(&x);
}

static void test_cases(void **state)
{
	(void)state;
	struct case_run run = {.path = CASES, .decode = decode_case};
	struct arena *file = arena_new(0);
	struct str text;

	assert_int_equal(io_read_file(run.path, 1u << 20, file, &text), 0);
	case_file(&run, text);
	if (run.failures || run.cases < 20)
		fail_msg("%u of %u cases failed", run.failures, run.cases);
	arena_free(file);
}

/* ---- what ends an event ---- */

static const struct {
	const char *row, *text;
	uint64_t early;		/* events when the last line was read */
	uint64_t all;
} ends[] = {
	{"EOE", "type=SYSCALL msg=audit(1.0:1): a=1\ntype=EOE msg=audit(1.0:1): \n", 1, 1},
	{"proctitle waits", "type=SYSCALL msg=audit(1.0:1): a=1\ntype=PROCTITLE msg=audit(1.0:1): proctitle=\"x\"\n", 0, 1},
	{"and goes", "type=PROCTITLE msg=audit(1.0:1): proctitle=\"x\"\ntype=SYSCALL msg=audit(1.0:2): a=1\n", 1, 2},
	{"behind it", "type=PROCTITLE msg=audit(1.0:1): proctitle=\"x\"\ntype=PATH msg=audit(1.0:1): a=1\n", 0, 1},
	{"program", "type=USER_CMD msg=audit(1.0:1): a=1\ntype=CWD msg=audit(1.0:2): a=1\n", 1, 2},
	{"two seconds", "type=CWD msg=audit(1.0:1): a=1\ntype=CWD msg=audit(3.000:2): a=1\n", 0, 2},
	{"more", "type=CWD msg=audit(1.0:1): a=1\ntype=CWD msg=audit(3.001:2): a=1\n", 1, 2},
	{"back", "type=CWD msg=audit(9.0:1): a=1\ntype=CWD msg=audit(6.999:2): a=1\n", 1, 2},
	{"back a little", "type=CWD msg=audit(9.0:1): a=1\ntype=CWD msg=audit(7.000:2): a=1\n", 0, 2},
	{"late", "type=CWD msg=audit(9.0:1): a=1\ntype=CWD msg=audit(10.5:2): a=1\ntype=PATH msg=audit(9.0:1): b=1\n", 0, 2},
	{"nodes", "node=a type=CWD msg=audit(1.0:1): a=1\nnode=b type=CWD msg=audit(1.0:1): a=1\n", 0, 2},
	{"clocks", "node=a type=CWD msg=audit(1.0:1): a=1\nnode=b type=CWD msg=audit(9.0:1): a=1\n", 0, 2},
	{"EOE of none", "type=EOE msg=audit(1.0:1): \n", 0, 0},
	{"ausearch", "----\ntime->Sun\ntype=CWD msg=audit(1.0:1): a=1\n", 0, 1},
	{"no stamp", "type=USER_CMD msg=audit(1.0:1): a=1\ntype=CWD msg=audit(x): a=1\n", 2, 2},
};

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct fixture x;
		uint64_t early;

		setup(&x);
		decode_block(&x, str_c(ends[i].text));
		early = x.stats.events;
		finish(&x);
		if (early != ends[i].early || x.stats.events != ends[i].all)
			fail_msg("%s: %llu, then %llu events", ends[i].row, (unsigned long long)early,
				 (unsigned long long)x.stats.events);
		teardown(&x);
	}
}

/* More open events than are kept: the oldest go, each counted, none lost. */
static void test_many_open(void **state)
{
	(void)state;
	struct fixture x;
	struct buf text = {0};

	setup(&x);
	for (unsigned i = 0; i < AUDIT_OPEN_MAX + 10; i++)
		buf_printf(&text, "type=CWD msg=audit(1.0:%u): cwd=\"/%u\"\n", i, i);
	decode_block(&x, buf_get(&text));
	assert_int_equal(x.stats.count[DECODE_EVENT_EARLY], 10);
	assert_int_equal(audit_join_open(x.ctx.state), AUDIT_OPEN_MAX);
	finish(&x);
	assert_int_equal(x.stats.events, AUDIT_OPEN_MAX + 10);
	assert_int_equal(audit_join_open(x.ctx.state), 0);
	assert_non_null(strstr((buf_byte(&x.out, '\0'), x.out.p), "skip 1 event-early"));
	buf_free(&text);
	teardown(&x);
}

/* One event without an end: its bytes are bounded. */
static void test_many_bytes(void **state)
{
	(void)state;
	struct fixture x;
	struct buf text = {0};
	char *value = malloc(1u << 20);

	assert_non_null(value);
	memset(value, 'x', 1u << 20);
	setup(&x);
	for (unsigned i = 0; i < 40; i++)
		buf_printf(&text, "type=PATH msg=audit(1.0:1): name=\"%.*s\"\n", 1 << 20, value);
	decode_block(&x, buf_get(&text));
	finish(&x);
	assert_int_equal(x.stats.count[DECODE_EVENT_EARLY], 2);
	assert_int_equal(x.stats.events, 3);
	buf_free(&text);
	free(value);
	teardown(&x);
}

/* ---- cutting ---- */

static void test_cutting(void **state)
{
	(void)state;
	struct buf whole = {0}, text = {0};
	struct fixture x;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		buf_text(&text, ends[i].text);
	setup(&x);
	decode_block(&x, buf_get(&text));
	finish(&x);
	buf_str(&whole, buf_get(&x.out));
	teardown(&x);
	setup(&x);
	for (struct str rest = buf_get(&text); rest.n;) {
		size_t n = (size_t)str_find_byte(rest, '\n') + 1;

		decode_block(&x, str_head(rest, n));
		rest = str_skip(rest, n);
	}
	finish(&x);
	assert_true(whole.n > 500);
	assert_true(str_eq(buf_get(&whole), buf_get(&x.out)));
	teardown(&x);
	buf_free(&whole);
	buf_free(&text);
}

/* ---- the shared logs ---- */

static const struct {
	const char *path;
	uint64_t events, odd;
	const char *has[6];
} shared[] = {
	{"logs/auditd/audit_enriched.log", 12, 0, {
		"category=process_creation\n", ".CommandLine=/usr/bin/cat /tmp/my report.txt\n", ".a2=grep -c . /etc/hostname\n",
		".proctitle=sshd-session: root [priv]\n", "match 24\ntime=2026-07-07T09:23:37.830Z\n", ".AUID=root\n"}},
	{"logs/auditd/selinux.log", 10, 4, {
		".seresult=denied\n", ".seperms=getattr\n", ".SYSCALL=fstat64\n", ".new-auid:=54321\n", ".type=UNKNOWN[1323]\n",
		".message=missing type value should be skipped by parser\n"}},
};

static void test_shared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
		struct fixture x;
		const char *path = testing_shared(shared[i].path);
		struct arena *arena;
		struct str text;

		if (!path)
			skip();
		arena = arena_new(0);
		assert_int_equal(io_read_file(path, 1u << 20, arena, &text), 0);
		assert_ptr_equal(decode_sniff(text), &auditd_format);
		setup(&x);
		decode_block(&x, text);
		finish(&x);
		assert_int_equal(x.stats.events, shared[i].events);
		assert_int_equal(x.stats.count[DECODE_TEXT_FORMAT], shared[i].odd);
		buf_byte(&x.out, '\0');
		for (size_t k = 0; k < 6; k++)
			if (!strstr(x.out.p, shared[i].has[k]))
				fail_msg("%s: no %s", shared[i].path, shared[i].has[k]);
		teardown(&x);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_ends), cmocka_unit_test(test_many_open),
		cmocka_unit_test(test_many_bytes), cmocka_unit_test(test_cutting), cmocka_unit_test(test_shared),
	};
	return cmocka_run_group_tests_name("auditd", tests, NULL, NULL);
}
