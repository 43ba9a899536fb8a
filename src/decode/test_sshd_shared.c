/* What sshd's messages say, against what another project reads in them (shared data). */
#include "line/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/testing.h"
#include "decode/json.h"
#include "event/value.h"

struct fixture {
	struct arena *arena;
	struct names *names;
	unsigned cases;
};

struct expected {
	struct arena *keep;
	struct str message, user, ip, host, port;
};

static struct str member(struct event *e, struct arena *keep, const char *name)
{
	const struct field *f = event_find(e, str_c(name));
	return f ? arena_str(keep, value_text(f, e->arena)) : STR_NONE;
}

static void read_expected(void *user, struct event *e)
{
	struct expected *x = user;
	x->message = member(e, x->keep, "input.message");
	x->user = member(e, x->keep, "expected.user.name");
	x->ip = member(e, x->keep, "expected.source.ip");
	x->host = member(e, x->keep, "expected.source.domain");
	x->port = member(e, x->keep, "expected.source.port");
}

/* Where they differ for a reason: they take a name's "@domain" for the source's, and "user unknown" for a name. */
static bool agrees(struct event *e, struct arena *a, const char *name, struct str want)
{
	struct str got = member(e, a, name);
	if (!want.p || str_eq(got, want) || str_eq(want, STR("unknown")))
		return true;
	return str_starts(got, want) && str_skip(got, want.n).p[0] == '@';
}

static int check_case(void *user, const char *path)
{
	struct fixture *x = user;
	struct decode_options options = {0};
	struct decode_stats stats = {0};
	struct arena *files = arena_new(0);
	struct expected want = {.keep = files};
	struct decode_ctx c = {.arena = x->arena, .names = x->names, .options = &options, .stats = &stats,
			       .emit = read_expected, .user = &want, .first_record = 1};
	struct str text;
	struct event e;
	assert_int_equal(io_read_file(path, 1 << 20, files, &text), 0);
	c.state = json_objects_format.state_new ? json_objects_format.state_new() : NULL;
	json_objects_format.decode(&c, text);
	if (json_objects_format.state_free)
		json_objects_format.state_free(c.state);
	if (!want.message.p)
		fail_msg("%s: no message", path);
	event_init(&e, x->names, x->arena);
	line_decode(STR("sshd"), want.message, &e);
	bool by_name = want.host.p && !str_eq(member(&e, files, "src_host"), want.host) && !member(&e, files, "src_ip").p;
	if (!agrees(&e, files, "user", want.user) || !agrees(&e, files, "src_ip", want.ip) ||
	    !agrees(&e, files, "src_port", want.port) || by_name) {
		struct buf got = {0};
		event_json(&e, &got);
		fail_msg("%s: %.*s\n%.*s", path, STR_ARGS(want.message), STR_ARGS(buf_get(&got)));
	}
	x->cases++;
	arena_free(files);
	return 0;
}

static void test_sekoia(void **state)
{
	const char *shared = getenv("TRUC_SHARED");
	char path[4096];
	struct fixture x = {.arena = arena_new(0), .names = names_new(NULL)};
	struct io_walk walk = {.visit = check_case, .user = &x};
	(void)state;
	snprintf(path, sizeof path, "%s/data/logs/openssh/sekoia_cases", shared ? shared : "../shared");
	int err = io_walk(path, &walk);
	names_free(x.names);
	arena_free(x.arena);
	if (err) {
		print_message("SKIP: no %s\n", path);
		skip();
	}
	assert_int_equal(x.cases, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sekoia)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
