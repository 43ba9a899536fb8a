/*
 * The decoders of messages. Input: a program's name, LF, a message. Held: MISS leaves the event untouched, values lie in
 * the message or are the decoder's fixed texts, decoding again gives the same. And no forging: the message is also put
 * where attackers put names, into lines with a known address, which must come out whatever the name is.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "line/line.h"
#include "line/line_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 16384u

static struct arena *arena;
static struct names *names;

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void prepare(struct event *e)
{
	event_init(e, names, arena);
	e->product = STR("linux");
	e->service = STR("syslog");
	event_add_named(e, FIELD_SYSTEM, STR("host"), VALUE_TEXT, STR("pc"));
	event_add_named(e, FIELD_DATA, STR("message"), VALUE_TEXT, STR("m"));
}

static void check_fields(const struct event *e, struct str message)
{
	static const enum line_name fixed[] = {LINE_ACTION, LINE_OUTCOME, LINE_REASON, LINE_PROTOCOL, LINE_INVALID_USER};
	for (uint32_t i = 2; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str value = {f->data, f->size}, name = names_text(names, f->name);
		bool known = str_eq(name, STR("user")) && str_eq(value, STR("root"));
		assert(f->space == FIELD_DATA && (f->kind == VALUE_TEXT || f->kind == VALUE_NUMBER));
		for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
			known = known || str_eq(name, line_name_text(fixed[k]));
		assert(value.p && (known || inside(value, message)));
		assert(f->kind != VALUE_NUMBER || line_is_digits(value));
		if (str_eq(name, line_name_text(LINE_SRC_IP)))
			assert(line_is_ip(value));
	}
}

static bool same(const struct event *a, const struct event *b)
{
	if (a->field_count != b->field_count || !str_eq(a->service, b->service) || !str_eq(a->product, b->product))
		return false;
	for (uint32_t i = 0; i < a->field_count; i++) {
		const struct field *x = &a->fields[i], *y = &b->fields[i];
		if (x->data != y->data || x->size != y->size || x->name != y->name || x->kind != y->kind)
			return false;
	}
	return true;
}

static void contract(struct str program, struct str message)
{
	struct event e, again, before;
	prepare(&e);
	prepare(&again);
	before = e;
	enum decode_result r = line_decode(program, message, &e);
	assert(r == line_decode(program, message, &again) && same(&e, &again));
	assert(e.field_count >= 2 && str_eq(names_text(names, e.fields[0].name), STR("host")));
	assert(e.time == before.time && e.record == before.record && e.flags == before.flags);
	if (r == DECODE_MISS) {
		assert(e.field_count == 2 && e.fields == before.fields && str_eq(e.service, before.service));
		return;
	}
	assert(e.field_count > 2);
	check_fields(&e, message);
}

/* Has the event this value under the name, and (where `only`) no other? */
static bool has(const struct event *e, enum line_name name, struct str want, bool only)
{
	bool found = false;
	for (uint32_t i = 2; i < e->field_count; i++) {
		if (!str_eq(names_text(names, e->fields[i].name), line_name_text(name)))
			continue;
		bool equal = str_eq((struct str){e->fields[i].data, e->fields[i].size}, want);
		if (only && !equal)
			return false;
		found = found || equal;
	}
	return found;
}

static bool has_any(const struct event *e, enum line_name name)
{
	for (uint32_t i = 2; i < e->field_count; i++)
		if (str_eq(names_text(names, e->fields[i].name), line_name_text(name)))
			return true;
	return false;
}

static struct str put_together(struct str begin, struct str name, struct str end)
{
	char *bytes = arena_bytes(arena, begin.n + name.n + end.n);
	memcpy(bytes, begin.p, begin.n);
	if (name.n)
		memcpy(bytes + begin.n, name.p, name.n);
	memcpy(bytes + begin.n + name.n, end.p, end.n);
	return (struct str){bytes, begin.n + name.n + end.n};
}

/* `name` in the place of %: the address is 192.0.2.7 port 4711 always. */
static void forge_sshd(struct str name)
{
	static const struct { const char *text; bool user; } lines[] = {
		{"Failed password for invalid user % from 192.0.2.7 port 4711 ssh2", true},
		{"Failed publickey for invalid user % from 192.0.2.7 port 4711 ssh2: RSA SHA256:abc", true},
		{"Postponed keyboard-interactive for invalid user % from 192.0.2.7 port 4711 ssh2 [preauth]", true},
		{"Invalid user % from 192.0.2.7 port 4711", true},
		{"Connection closed by invalid user % 192.0.2.7 port 4711 [preauth]", true},
		{"Connection reset by authenticating user % 192.0.2.7 port 4711 [preauth]", true},
		{"Disconnected from invalid user % 192.0.2.7 port 4711 [preauth]", true},
		{"Disconnecting invalid user % 192.0.2.7 port 4711: Too many authentication failures [preauth]", true},
		{"error: maximum authentication attempts exceeded for invalid user % from 192.0.2.7 port 4711 ssh2 [preauth]", true},
		{"Failed publickey for invalid user % from 192.0.2.7 port 4711 ssh2: RSA-CERT SHA256:ab ID z (serial 0) CA RSA SHA256:c",
		 true},
		{"Failed publickey for x from 192.0.2.7 port 4711 ssh2: RSA-CERT SHA256:abc ID % (serial 0) CA RSA SHA256:cc",
		 false},
		{"Bad protocol version identification '%' from 192.0.2.7 port 4711", false},
		{"Received disconnect from 192.0.2.7 port 4711:11: %", false},
		{"Unable to negotiate with 192.0.2.7 port 4711: no matching cipher found. Their offer: % [preauth]", false},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct str end = str_c(lines[i].text), begin = str_cut(&end, '%');
		struct event e;
		prepare(&e);
		enum decode_result r = line_decode(STR("sshd"), put_together(begin, name, end), &e);
		if (r == DECODE_PARTIAL) {
			assert(!has_any(&e, LINE_SRC_IP) && !has_any(&e, LINE_SRC_PORT) && !has_any(&e, LINE_USER));
			continue;
		}
		assert(r == DECODE_MATCH);
		assert(has(&e, LINE_SRC_IP, STR("192.0.2.7"), true) && has(&e, LINE_SRC_PORT, STR("4711"), true));
		assert(!lines[i].user || has(&e, LINE_USER, name, true));
	}
}

/* A folder's name that holds settings: the true account and command are among those given. */
static void forge_sudo(struct str name)
{
	struct str begin = STR("eve : TTY=pts/0 ; PWD="), end = STR(" ; USER=root ; COMMAND=/bin/sh");
	struct event e;
	prepare(&e);
	enum decode_result r = line_decode(STR("sudo"), put_together(begin, name, end), &e);
	assert(r != DECODE_MISS && has(&e, LINE_USER, STR("eve"), true));
	if (r == DECODE_MATCH)
		assert(has(&e, LINE_SUDO_USER, STR("root"), false) && has(&e, LINE_SUDO_COMMAND, STR("/bin/sh"), false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	arena = arena_new(0);
	names = names_new(NULL);
	struct str message = str_n(data, size), program = str_cut(&message, '\n');
	if (!message.p)
		message = program;
	contract(program, message);
	for (size_t i = 0; line_decoders[i]; i++) {
		struct str list = str_c(line_decoders[i]->programs), first = str_cut(&list, ' ');
		contract(first, message);
	}
	forge_sshd(message);
	forge_sudo(message);
	names_free(names);
	arena_free(arena);
	return 0;
}
