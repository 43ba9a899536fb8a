#include "decode/journald.h"

#include <string.h>

#include "base/err.h"
#include "line/line.h"
#include "decode/syslog.h"

/* The first field of that name, as text; STR_NONE without one, or where it is null. */
static struct str text_of(const struct event *e, struct str name)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->space == FIELD_DATA && f->kind != VALUE_NULL && str_eq(names_text(e->names, f->name), name))
			return (struct str){f->data, f->size};
	}
	return STR_NONE;
}

static struct str first_of(const struct event *e, struct str one, struct str other)
{
	struct str s = text_of(e, one);

	return s.n ? s : text_of(e, other);
}

static bool byte_of(const struct field *f, uint8_t *out)
{
	uint64_t v;

	if (f->kind != VALUE_NUMBER || str_to_u64((struct str){f->data, f->size}, &v) || v > 255)
		return false;
	*out = (uint8_t)v;
	return true;
}

/*
 * In `-o json` a value that is not UTF-8 is an array of its bytes; other values are text or null. A run of numbers under
 * one name is put together again.
 */
static void join_bytes(struct event *e)
{
	uint32_t kept = 0, i = 0;

	while (i < e->field_count) {
		struct field f = e->fields[i];
		uint32_t end = i;
		uint8_t byte = 0;
		char *bytes;

		while (end < e->field_count && e->fields[end].name == f.name && byte_of(&e->fields[end], &byte))
			end++;
		if (end == i) {
			e->fields[kept++] = f;
			i++;
			continue;
		}
		bytes = arena_bytes(e->arena, end - i);
		f.data = bytes;
		f.size = end - i;
		f.kind = VALUE_TEXT;
		for (; i < end; i++, bytes++) {
			byte_of(&e->fields[i], &byte);
			*bytes = (char)byte;
		}
		e->fields[kept++] = f;
	}
	e->field_count = kept;
}

/* Microseconds since 1970. */
static void set_time(struct event *e)
{
	static const struct str names[] = {STR("_SOURCE_REALTIME_TIMESTAMP"), STR("__REALTIME_TIMESTAMP")};

	for (size_t i = 0; i < 2; i++) {
		uint64_t us;

		if (str_to_u64(text_of(e, names[i]), &us) || us > INT64_MAX / 10)
			continue;
		e->time = (int64_t)us * 10;
		e->offset_min = 0;
		return;
	}
}

static int code_of(const struct event *e, struct str name, uint64_t max)
{
	uint64_t v;

	return str_to_u64(text_of(e, name), &v) || v > max ? SYSLOG_NO_CODE : (int)v;
}

static void add(struct decode_ctx *c, struct event *e, const char *name, struct str value)
{
	uint64_t number;
	bool pid = !strcmp(name, "pid") && !str_to_u64(value, &number);

	if (value.n && !event_add_named(e, FIELD_SYSTEM, str_c(name), pid ? VALUE_NUMBER : VALUE_TEXT, value))
		decode_skip(c, DECODE_FIELDS_LIMIT, 0, e->record, name);
}

/* MESSAGE goes by the name that it has in syslog events. */
static void rename_message(struct event *e)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		struct field *f = &e->fields[i];

		if (f->space != FIELD_DATA || !str_eq(names_text(e->names, f->name), STR("MESSAGE")))
			continue;
		f->name = names_intern(e->names, STR("message"));
		f->key = names_key(e->names, f->name);
	}
}

/* The program as syslog's tag would have it: without folder and without a module in parentheses. */
static struct str program_of(struct str identifier)
{
	struct str name = identifier;
	ptrdiff_t at;

	while ((at = str_find_byte(name, '/')) >= 0 && (size_t)at + 1 < name.n)
		name = str_skip(name, (size_t)at + 1);
	at = str_find_byte(name, '(');
	return at > 0 ? str_head(name, (size_t)at) : name;
}

void journald_finish(struct decode_ctx *c, struct event *e)
{
	int facility, severity;
	struct str program, transport, message;

	join_bytes(e);
	set_time(e);
	transport = text_of(e, STR("_TRANSPORT"));
	program = first_of(e, STR("SYSLOG_IDENTIFIER"), STR("_COMM"));
	if (!program.n)
		program = transport;
	program = program_of(program);
	facility = code_of(e, STR("SYSLOG_FACILITY"), 23);
	severity = code_of(e, STR("PRIORITY"), 7);
	message = text_of(e, STR("MESSAGE"));
	e->product = STR("linux");
	e->service = str_eq(transport, STR("audit")) ? STR("auditd") : syslog_service_at(program, facility);
	e->raw = message;
	rename_message(e);
	add(c, e, "host", text_of(e, STR("_HOSTNAME")));
	add(c, e, "program", program);
	add(c, e, "pid", first_of(e, STR("SYSLOG_PID"), STR("_PID")));
	add(c, e, "facility", facility >= 0 ? syslog_facility_name(facility) : STR_NONE);
	add(c, e, "severity", severity >= 0 ? syslog_severity_name(severity) : STR_NONE);
	if (message.n && program.n && line_decode(program, message, e) == DECODE_PARTIAL)
		e->flags |= EVENT_PARTIAL;
}
