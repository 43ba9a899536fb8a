#include "report/html.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "event/value.h"
#include "report/fields.h"

/* --- bodies: host, user and brief, each with its length in 4 bytes, then the details --- */

static void put_part(struct buf *out, struct str s)
{
	uint32_t n = (uint32_t)s.n;

	buf_put(out, &n, sizeof n);
	if (n)
		buf_put(out, s.p, n);
}

static struct str take_part(struct str *rest)
{
	uint32_t n;
	struct str part;

	assert(rest->n >= sizeof n);
	memcpy(&n, rest->p, sizeof n);
	*rest = str_skip(*rest, sizeof n);
	assert(n <= rest->n);
	part = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return part;
}

void html_body_put(struct buf *out, const struct html_body *b)
{
	put_part(out, b->host);
	put_part(out, b->user);
	put_part(out, b->brief);
	buf_str(out, b->details);
}

struct html_body html_body_get(struct str body)
{
	struct html_body b;

	b.host = take_part(&body);
	b.user = take_part(&body);
	b.brief = take_part(&body);
	b.details = body;
	return b;
}

/* --- escaping --- */

void html_put_json(struct buf *out, struct str json)
{
	size_t from = 0;

	for (size_t i = 0; i < json.n; i++) {
		unsigned char c = (unsigned char)json.p[i];
		bool line = c == 0xE2 && i + 2 < json.n && (unsigned char)json.p[i + 1] == 0x80 &&
			    ((unsigned char)json.p[i + 2] & 0xFE) == 0xA8;

		if (c != '<' && c != '>' && c != '&' && !line)
			continue;
		buf_put(out, json.p + from, i - from);
		if (line)
			buf_printf(out, "\\u20%02x", (unsigned)(unsigned char)json.p[i + 2] - 0x80);
		else
			buf_printf(out, "\\u%04x", c);
		i += line ? 2 : 0;
		from = i + 1;
	}
	if (json.n > from)
		buf_put(out, json.p + from, json.n - from);
}

static bool is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
	       (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
	       c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static void put_character(struct buf *out, uint32_t c)
{
	char bytes[4];

	switch (c) {
	case '<': buf_text(out, "&lt;"); break;
	case '>': buf_text(out, "&gt;"); break;
	case '&': buf_text(out, "&amp;"); break;
	case '"': buf_text(out, "&quot;"); break;
	case '\t': case '\n': case '\r': buf_byte(out, ' '); break;
	default:
		if (is_hidden(c))
			buf_printf(out, "[U+%04X]", c);
		else
			buf_put(out, bytes, utf8_encode(c, bytes));
	}
}

void html_put_text(struct buf *out, struct str text)
{
	for (size_t i = 0, size; i < text.n; i += size)
		put_character(out, utf8_decode(text.p + i, text.n - i, &size));
}

/* --- a finding's details --- */

/* A text (numbers too: they keep their spelling); null; or ["its beginning", bytes in all]. */
static void put_value(const struct field *f, struct buf *room, struct buf *out)
{
	struct str text;

	if (f->kind == VALUE_NULL) {
		buf_text(out, "null");
		return;
	}
	text = report_text(f, room);
	if (text.n <= HTML_VALUE_BYTES) {
		json_string(out, text);
		return;
	}
	buf_byte(out, '[');
	json_string(out, report_head(text, HTML_VALUE_BYTES));
	buf_printf(out, ",%zu]", text.n);
}

/* ["name", value] */
static void put_pair(const char *space, struct str name, const struct field *f, struct buf *room, struct buf *out)
{
	json_comma(out);
	buf_byte(out, '[');
	buf_clear(room);
	buf_text(room, space);
	buf_str(room, report_head(name, 1024));
	json_string(out, buf_get(room));
	buf_byte(out, ',');
	put_value(f, room, out);
	buf_byte(out, ']');
}

static void put_left(uint32_t left, const char *key, struct buf *out)
{
	if (!left)
		return;
	json_key(out, key);
	buf_u64(out, left);
}

static void put_fields(const struct report_finding *f, struct buf *room, struct buf *out)
{
	uint32_t i;

	json_key(out, "fields");
	buf_byte(out, '[');
	for (i = 0; i < f->field_count && out->n < HTML_DETAIL_BYTES; i++)
		put_pair("", f->fields[i].name, &f->fields[i].field, room, out);
	buf_byte(out, ']');
	put_left(f->field_count - i, "fields_left", out);
}

static void put_event(const struct event *e, struct buf *room, struct buf *out)
{
	bool windows = e->channel.p || e->provider.p || e->event_id != EVENT_NO_ID;
	uint32_t i;

	json_key(out, "event");
	buf_byte(out, '[');
	for (i = 0; i < e->field_count && out->n < HTML_DETAIL_BYTES; i++) {
		const struct field *f = &e->fields[i];

		put_pair(windows && f->space == FIELD_SYSTEM ? "System." : "", names_text(e->names, f->name), f, room, out);
	}
	buf_byte(out, ']');
	put_left(e->field_count - i, "event_left", out);
	if (e->raw.p) {
		json_key(out, "raw");
		json_string(out, report_head(e->raw, HTML_VALUE_BYTES));
	}
}

static void put_time(struct buf *out, const char *key, int64_t time)
{
	if (time == TICKS_NONE)
		return;
	json_key(out, key);
	buf_byte(out, '"');
	buf_time(out, time);
	buf_byte(out, '"');
}

/* [[time or null, "rule's title", "file", "record"], ...] */
static void put_parts(const struct report_finding *f, struct buf *out)
{
	json_key(out, "count");
	buf_u64(out, f->count);
	put_time(out, "first", f->first_time);
	put_time(out, "last", f->last_time);
	json_key(out, "parts");
	buf_byte(out, '[');
	for (uint32_t i = 0; i < f->part_count && out->n < HTML_DETAIL_BYTES; i++) {
		const struct report_part *p = &f->parts[i];

		json_comma(out);
		buf_text(out, p->time == TICKS_NONE ? "[null" : "[\"");
		if (p->time != TICKS_NONE) {
			buf_time(out, p->time);
			buf_byte(out, '"');
		}
		buf_byte(out, ',');
		json_string(out, p->rule_title.n ? p->rule_title : p->rule_id);
		buf_byte(out, ',');
		json_string(out, report_head(p->file, 4096));
		buf_printf(out, ",\"%llu\"]", (unsigned long long)p->record);
	}
	buf_byte(out, ']');
}

static void put_indicator(const struct report_indicator *i, struct buf *out)
{
	json_key(out, "indicator");
	buf_byte(out, '{');
	json_key(out, "type");
	json_string(out, i->type);
	json_key(out, "value");
	json_string(out, report_head(i->value, HTML_VALUE_BYTES));
	json_key(out, "source");
	json_string(out, report_head(i->source, 4096));
	put_time(out, "valid_until", i->valid_until);
	buf_byte(out, '}');
}

void html_details(const struct report_finding *f, struct buf *out)
{
	struct buf room = {0};

	buf_text(out, "{\"id\":\"");
	buf_put(out, f->id, 32);
	buf_byte(out, '"');
	put_time(out, "time", f->time);
	json_key(out, "format");
	json_string(out, f->format);
	if (f->count)
		put_parts(f, out);
	if (f->indicator)
		put_indicator(f->indicator, out);
	if (f->geo_count) {
		json_key(out, "geo");
		report_put_geo(f, out);
	}
	put_fields(f, &room, out);
	if (f->event)
		put_event(f->event, &room, out);
	buf_byte(out, '}');
	buf_free(&room);
}
