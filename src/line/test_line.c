/* The decoders of the messages of programs: the .case files of tests/cases/line. */
#include "line/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/cases.h"
#include "line/line_parts.h"
#include "event/value.h"

struct fixture {
	struct arena *arena;
	struct names *names;
	char program[64];
};

static void write_fields(const struct event *e, struct buf *out)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_str(out, names_text(e->names, f->name));
		buf_byte(out, '=');
		case_escape(value_text(f, e->arena), out);
		buf_byte(out, '\n');
	}
}

static void decode_message(void *user, struct str input, struct buf *out)
{
	static const char *const results[] = {"match\n", "partial\n", "miss\n"};
	struct fixture *x = user;
	struct event e;
	arena_reset(x->arena);
	event_init(&e, x->names, x->arena);
	buf_text(out, results[line_decode(str_c(x->program), input, &e)]);
	write_fields(&e, out);
}

static void set_program(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	assert_true(str_eq(name, STR("program")));
	snprintf(x->program, sizeof x->program, "%.*s", STR_ARGS(value));
}

static void run_file(const char *name)
{
	char path[128];
	struct fixture x = {.arena = arena_new(0), .names = names_new(NULL)};
	struct case_run r = {.path = path, .decode = decode_message, .set = set_program, .user = &x};
	struct arena *file = arena_new(0);
	struct str text;
	snprintf(path, sizeof path, "tests/cases/line/%s.case", name);
	assert_int_equal(io_read_file(path, 1 << 20, file, &text), 0);
	case_file(&r, text);
	if (r.failures || r.cases == 0)
		fail_msg("%s: %u of %u cases failed", path, r.failures, r.cases);
	arena_free(file);
	names_free(x.names);
	arena_free(x.arena);
}

static void test_sshd(void **state) { (void)state; run_file("sshd"); }
static void test_pam(void **state) { (void)state; run_file("pam"); }
static void test_sudo(void **state) { (void)state; run_file("sudo"); }
static void test_su(void **state) { (void)state; run_file("su"); }
static void test_cron(void **state) { (void)state; run_file("cron"); }
static void test_account(void **state) { (void)state; run_file("account"); }
static void test_systemd(void **state) { (void)state; run_file("systemd"); }
static void test_login(void **state) { (void)state; run_file("login"); }
static void test_kernel(void **state) { (void)state; run_file("kernel"); }

static void test_ip(void **state)
{
	static const struct { const char *text; bool ip; } rows[] = {
		{"1.2.3.4", true}, {"255.255.255.255", true}, {"256.1.1.1", false}, {"1.2.3", false}, {"1.2.3.4.5", false},
		{"1.2.3.", false}, {"", false}, {"::1", true}, {"::", true}, {"fe80::1%eth0", true}, {"2001:db8::8a2e:370:7334", true},
		{"::ffff:1.2.3.4", true}, {"::ffff:1.2.3", false}, {"12345::1", false}, {"dead", false}, {"a:b", false},
		{"1:2:3:4:5:6:7:8", true}, {"1:2:3:4:5:6:7:8:9:a", false}, {"host.example.org", false}, {"0001.2.3.4", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (line_is_ip(str_c(rows[i].text)) != rows[i].ip)
			fail_msg("row \"%s\"", rows[i].text);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; line_decoders[i]; i++) {
		assert_non_null(line_decoders[i]->name);
		assert_non_null(line_decoders[i]->summary);
		assert_non_null(line_decoders[i]->programs);
		assert_non_null(line_decoders[i]->decode);
	}
	for (int i = 0; i < LINE_NAMES; i++)
		assert_true(line_name_text(i).n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_ip), cmocka_unit_test(test_sshd),
		cmocka_unit_test(test_pam), cmocka_unit_test(test_sudo), cmocka_unit_test(test_su),
		cmocka_unit_test(test_cron), cmocka_unit_test(test_account), cmocka_unit_test(test_systemd),
		cmocka_unit_test(test_login), cmocka_unit_test(test_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
